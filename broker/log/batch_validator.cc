#include "broker/log/batch_validator.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/big_endian.h"
#include "base/varint.h"

namespace leat::log {

using wire::BatchView;
using wire::ErrorCode;

namespace {

/// A small batch may inflate to much; beyond so many times what a batch may have compressed it is a bomb, which would
/// hold up the loop for everybody.
constexpr std::int64_t kInflatedTimesMax = 64;
constexpr std::int64_t kInflatedBytesLeast = 16 * 1024 * 1024;
constexpr std::int64_t kInflatedBytesMost = 256 * 1024 * 1024;

/// A batch of fewer bytes behind its length field has no room for a checksum.
constexpr std::int32_t kBatchLengthMin = 14;

/// Takes headers to find out whether they are well-formed, and keeps none.
struct NoHeaders {
  void push_back(const wire::RecordHeader&) {}
};

class Validation {
 public:
  Validation(Buf records, AppendOrigin origin, const LogConfig& config, std::int64_t now_ms, Refusal& refusal)
      : records_(std::move(records)), origin_(origin), config_(config), now_ms_(now_ms), refusal_(refusal) {}

  bool run(ValidBatch& valid) {
    if (!find_batch() || !check_header() || !check_records()) return false;
    valid.batch = needs_new_batch() ? rebuild() : stamp_in_place();
    if (config_.log_append_time) valid.log_append_time_ms = now_ms_;
    return true;
  }

 private:
  bool refuse(ErrorCode code, std::string message) {
    refusal_.code = code;
    refusal_.message = std::move(message);
    return false;
  }
  bool refuse_record(std::int32_t index, ErrorCode code, std::string message) {
    refusal_.records.push_back({index, message});
    return refuse(code, "One or more records have been rejected: " + message);
  }

  bool find_batch() {
    auto batch = BatchView::parse(records_.view());
    if (!batch) {
      if (batch.error().kind == ErrorKind::kNotFound)
        return refuse(ErrorCode::kInvalidRecord, "Produce requests must contain exactly one batch per partition");
      const bool old_format = records_.size() > 16 && (records_.data()[16] == 0 || records_.data()[16] == 1);
      return refuse(old_format ? ErrorCode::kInvalidRecord : ErrorCode::kCorruptMessage, batch.error().message);
    }
    batch_ = *batch;
    if (origin_ == AppendOrigin::kClient && batch_.base_offset() != 0)
      return refuse(ErrorCode::kInvalidRecord,
                    fmt::format("The base offset of the batch should be 0, but it is {}", batch_.base_offset()));
    if (static_cast<std::int64_t>(batch_.size()) > config_.max_message_bytes)
      return refuse(ErrorCode::kMessageTooLarge,
                    fmt::format("The batch size is {} bytes, which exceeds max.message.bytes ({})", batch_.size(),
                                config_.max_message_bytes));
    if (!batch_.crc_matches()) return refuse(ErrorCode::kCorruptMessage, "The batch fails its checksum");
    const BytesView rest = records_.view().substr(batch_.size());
    if (rest.empty()) return true;
    const bool impossible =
        rest.size() >= BatchView::kOverheadBytes && load_big_endian<std::int32_t>(rest.data() + 8) < kBatchLengthMin;
    return refuse(impossible ? ErrorCode::kCorruptMessage : ErrorCode::kInvalidRecord,
                  "Produce requests must contain exactly one batch per partition");
  }

  bool check_header() {
    if (batch_.record_count() <= 0 || batch_.last_offset_delta() != batch_.record_count() - 1)
      return refuse(ErrorCode::kInvalidRecord,
                    fmt::format("The count {} of the batch does not fit its last offset delta {}",
                                batch_.record_count(), batch_.last_offset_delta()));
    if (origin_ == AppendOrigin::kClient && batch_.control())
      return refuse(ErrorCode::kInvalidRecord, "Clients are not allowed to write control records");
    if (origin_ == AppendOrigin::kClient && batch_.producer_id() > wire::kNoProducerId &&
        batch_.producer_epoch() > wire::kNoProducerEpoch && batch_.base_sequence() < 0)
      return refuse(ErrorCode::kInvalidRecord, fmt::format("Invalid sequence number {} with producer id {}",
                                                           batch_.base_sequence(), batch_.producer_id()));
    return true;
  }

  std::size_t inflated_bytes_max() const {
    const std::int64_t compressed = std::min(std::max<std::int64_t>(config_.max_message_bytes, 0), kInflatedBytesMost);
    return static_cast<std::size_t>(
        std::clamp(compressed * kInflatedTimesMax, kInflatedBytesLeast, kInflatedBytesMost));
  }

  /// Walks every record: what is stored must be readable by everybody.
  bool check_records() {
    auto cursor = wire::RecordCursor::open(batch_, records_, inflated_bytes_max());
    if (!cursor) return refuse(ErrorCode::kUnknownServerError, cursor.error().message);
    std::int32_t index = 0;
    max_timestamp_ = wire::kNoTimestamp;
    for (wire::RecordView record; cursor->next(record); ++index) {
      if (config_.cleanup_compact && !record.key && !batch_.control())
        refuse_record(index, ErrorCode::kInvalidRecord, "Compacted topic cannot accept message without key");
      else
        check_timestamp(index, record.timestamp);
      max_timestamp_ = std::max(max_timestamp_, record.timestamp);
      offsets_fit_ &= record.offset == batch_.base_offset() + index;
      headers_fit_ &= record.header_count == 0 || headers_fit(record);
    }
    if (!cursor->ok() && has_endless_length(cursor->rest()))
      return refuse(ErrorCode::kUnknownServerError, "The length of a record is no number");
    if (!cursor->ok() || !headers_fit_)
      return refuse(ErrorCode::kInvalidRecord, "The records of the batch are malformed");
    return refusal_.code == ErrorCode::kNone;
  }

  /// Kafka fails to read a number that goes on behind its fifth byte, rather than to find that it does not fit.
  static bool has_endless_length(BytesView record) {
    const BytesView number = record.substr(0, kVarintBytesMax);
    return number.size() == kVarintBytesMax && std::all_of(number.begin(), number.end(), [](char c) { return c < 0; });
  }
  static bool headers_fit(const wire::RecordView& record) {
    NoHeaders headers;
    return record.headers(headers);
  }

  void check_timestamp(std::int32_t index, std::int64_t timestamp) {
    if (config_.log_append_time && batch_.log_append_time())
      refuse_record(index, ErrorCode::kInvalidTimestamp, "Producers may not set the timestamp type to LogAppendTime");
    if (config_.log_append_time || timestamp == wire::kNoTimestamp) return;
    // A producer may send any number for a timestamp: distances are taken without a sign.
    const auto distance = [](std::int64_t from, std::int64_t to) {
      return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
    };
    const bool too_old = timestamp < now_ms_ &&
                         distance(timestamp, now_ms_) > static_cast<std::uint64_t>(config_.timestamp_before_max_ms);
    const bool too_new = timestamp > now_ms_ &&
                         distance(now_ms_, timestamp) > static_cast<std::uint64_t>(config_.timestamp_after_max_ms);
    if (too_old || too_new)
      refuse_record(index, ErrorCode::kInvalidTimestamp,
                    fmt::format("Timestamp {} of message with offset {} is out of range", timestamp, index));
  }

  wire::Codec source_codec() const { return static_cast<wire::Codec>(batch_.codec_number()); }
  wire::Codec target_codec() const { return config_.compression.value_or(source_codec()); }
  bool needs_new_batch() const { return !batch_.control() && (!offsets_fit_ || target_codec() != source_codec()); }

  Buf rebuild() {
    auto cursor = wire::RecordCursor::open(batch_, records_, inflated_bytes_max());
    wire::BatchBuilder builder(records_.size() * 2);
    std::int32_t index = 0;
    for (wire::RecordView record; cursor->next(record); ++index) builder.append(record, index);
    Buf built = builder.seal({.codec = target_codec(),
                              .transactional = batch_.transactional(),
                              .control = false,
                              .producer_id = batch_.producer_id(),
                              .producer_epoch = batch_.producer_epoch(),
                              .base_sequence = batch_.base_sequence()});
    records_ = built;
    batch_ = BatchView::trusted(records_.view());
    return stamp_in_place();
  }

  /// Timestamps lie inside of the checksum, so it is computed anew only when they change.
  Buf stamp_in_place() {
    const auto wanted_attributes =
        static_cast<std::int16_t>(config_.log_append_time ? batch_.attributes() | 8 : batch_.attributes() & ~8);
    const std::int64_t wanted_timestamp = config_.log_append_time ? now_ms_ : max_timestamp_;
    if (batch_.attributes() != wanted_attributes || batch_.max_timestamp() != wanted_timestamp) {
      wire::BatchStamp stamp(records_.mutable_data());
      stamp.attributes(wanted_attributes);
      stamp.max_timestamp(wanted_timestamp);
      stamp.seal(records_.size());
    }
    return records_;
  }

  Buf records_;
  AppendOrigin origin_;
  const LogConfig& config_;
  std::int64_t now_ms_;
  Refusal& refusal_;
  BatchView batch_;
  std::int64_t max_timestamp_ = wire::kNoTimestamp;
  bool offsets_fit_ = true;
  bool headers_fit_ = true;
};

}  // namespace

bool validate_batch(Buf records, AppendOrigin origin, const LogConfig& config, std::int64_t now_ms, ValidBatch& valid,
                    Refusal& refusal) {
  return Validation(std::move(records), origin, config, now_ms, refusal).run(valid);
}

}  // namespace leat::log
