// Record batches, format version 2 (https://kafka.apache.org/documentation/#recordbatch): the unit that is produced,
// stored and fetched.
//
//    0  int64  base offset               \  outside of the checksum, so that a
//    8  int32  length of what follows     | broker can set the offset and the
//   12  int32  partition leader epoch     | epoch without computing it anew
//   16  int8   magic, 2                  /
//   17  uint32 CRC-32C of all that follows
//   21  int16  attributes: 0-2 codec, 3 log append time, 4 transactional, 5 control, 6 delete horizon
//   23  int32  last offset delta
//   27  int64  base timestamp            35  int64  max timestamp
//   43  int64  producer id               51  int16  producer epoch        53  int32  base sequence
//   57  int32  count of records
//   61  records, compressed as a whole:
//
//   record = varint length, int8 attributes, varlong timestamp delta, varint offset delta,
//            varint key length (-1: null) key, varint value length (-1: null) value,
//            varint count {varint key length, key, varint value length (-1: null), value}
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/buf.h"
#include "base/result.h"
#include "broker/wire/compression.h"

namespace leat::wire {

inline constexpr std::int64_t kNoProducerId = -1;
inline constexpr std::int16_t kNoProducerEpoch = -1;
inline constexpr std::int32_t kNoSequence = -1;
inline constexpr std::int64_t kNoTimestamp = -1;

/// A header of a record, borrowed.
struct RecordHeader {
  BytesView key;
  std::optional<BytesView> value;
};

/// A record, borrowed from its batch; offset and timestamp are absolute. Headers are parsed only when asked for.
struct RecordView {
  std::int64_t offset = 0;
  std::int64_t timestamp = 0;
  std::optional<BytesView> key;
  std::optional<BytesView> value;
  std::int32_t header_count = 0;
  BytesView raw_headers;

  /// The headers, appended to `to`. False where they are malformed.
  template <class Container>
  bool headers(Container& to) const {
    BytesView rest = raw_headers;
    for (std::int32_t i = 0; i < header_count; ++i) {
      RecordHeader header;
      if (!next_header(rest, header)) return false;
      to.push_back(header);
    }
    return rest.empty();
  }

 private:
  static bool next_header(BytesView& rest, RecordHeader& header);
};

/// A batch, borrowed. The accessors read the header in place; `parse` has made sure that it is whole.
class BatchView {
 public:
  static constexpr std::size_t kHeaderBytes = 61;
  static constexpr std::size_t kOverheadBytes = 12;  ///< base offset and length
  static constexpr std::int8_t kMagic = 2;

  BatchView() = default;

  /// The first batch in `bytes`: kNotFound where less than a batch is there, kCorrupt for an impossible length or a
  /// magic that is not 2. Does not look at the checksum or the records.
  static Result<BatchView> parse(BytesView bytes);
  /// A batch that has been parsed before, without any check.
  static BatchView trusted(BytesView bytes) { return BatchView(bytes); }

  BytesView bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }

  std::int64_t base_offset() const;
  std::int32_t leader_epoch() const;
  std::uint32_t crc() const;
  std::int16_t attributes() const;
  std::int32_t last_offset_delta() const;
  std::int64_t base_timestamp() const;
  std::int64_t max_timestamp() const;
  std::int64_t producer_id() const;
  std::int16_t producer_epoch() const;
  std::int32_t base_sequence() const;
  std::int32_t record_count() const;

  std::int64_t last_offset() const;
  /// Sequences wrap from 2^31 - 1 to 0.
  std::int32_t last_sequence() const;
  int codec_number() const { return attributes() & 7; }
  bool log_append_time() const { return attributes() & 8; }
  bool transactional() const { return attributes() & 16; }
  bool control() const { return attributes() & 32; }
  bool has_delete_horizon() const { return attributes() & 64; }
  bool idempotent() const { return producer_id() != kNoProducerId; }

  bool crc_matches() const;
  /// The records as they lie there, compressed or not.
  BytesView records_section() const { return bytes_.substr(kHeaderBytes); }

 private:
  explicit BatchView(BytesView bytes) : bytes_(bytes) {}
  BytesView bytes_;
};

/// Walks the records of one batch.
///
///   LEAT_ASSIGN_OR_RETURN(RecordCursor cursor, RecordCursor::open(batch, block, kInflatedBytesMax));
///   for (RecordView record; cursor.next(record);) ...
///   if (!cursor.ok()) ...                              // asked once, at the end
class RecordCursor {
 public:
  RecordCursor() = default;
  /// Inflates the records where they are compressed, refusing more than `inflated_bytes_max`. `owner` is the block the
  /// batch lies in; the cursor keeps it, or the inflated block, alive.
  static Result<RecordCursor> open(const BatchView& batch, Buf owner, std::size_t inflated_bytes_max);

  bool next(RecordView& record);
  /// False once a record was malformed, or when bytes are left behind the last one.
  bool ok() const { return ok_ && (left_ > 0 || at_ == end_); }
  std::int32_t left() const { return left_; }
  /// The bytes from the next record on, or from the malformed one.
  BytesView rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }

 private:
  Buf owner_;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::int64_t base_offset_ = 0;
  std::int64_t base_timestamp_ = 0;
  std::int64_t append_timestamp_ = kNoTimestamp;
  std::int32_t left_ = 0;
  bool ok_ = true;
};

/// What a batch says beside its records.
struct BatchAttributes {
  Codec codec = Codec::kNone;
  bool transactional = false;
  bool control = false;
  std::int64_t producer_id = kNoProducerId;
  std::int16_t producer_epoch = kNoProducerEpoch;
  std::int32_t base_sequence = kNoSequence;
};

/// Builds a batch record by record, straight into the block that will be sent. Offsets count from 0.
class BatchBuilder {
 public:
  explicit BatchBuilder(std::size_t bytes_expected = 16 * 1024);

  /// The base timestamp, to which those of the records are relative: the first record's unless given, before it.
  void relative_to(std::int64_t base_timestamp) { given_base_timestamp_ = base_timestamp; }

  /// Appends a record; its bytes are copied. `offset_delta` is the next one unless given (compaction leaves gaps).
  void append(std::int64_t timestamp, std::optional<BytesView> key, std::optional<BytesView> value,
              std::span<const RecordHeader> headers = {}, std::int32_t offset_delta = -1);
  /// Appends an uncompressed record section's worth of one record, as a cursor read it.
  void append(const RecordView& record, std::int32_t offset_delta);

  std::int32_t record_count() const { return count_; }
  bool empty() const { return count_ == 0; }
  /// Bytes of the batch if it were sealed uncompressed.
  std::size_t size() const { return size_; }
  std::int64_t max_timestamp() const { return max_timestamp_; }
  /// Bytes that a record would add at most.
  static std::size_t record_bytes_max(std::optional<BytesView> key, std::optional<BytesView> value,
                                      std::span<const RecordHeader> headers);

  /// The finished batch with base offset 0; the builder is empty after it. Requires a record.
  Buf seal(const BatchAttributes& attributes);

 private:
  char* room(std::size_t bytes);
  void begin_record(std::int64_t timestamp);

  Buf block_;
  std::size_t size_ = 0;
  std::size_t bytes_expected_;
  std::int32_t count_ = 0;
  std::int32_t last_offset_delta_ = -1;
  std::optional<std::int64_t> given_base_timestamp_;
  std::int64_t base_timestamp_ = 0;
  std::int64_t max_timestamp_ = kNoTimestamp;
};

/// Changes the header of a batch that nobody else can see yet.
class BatchStamp {
 public:
  /// Requires a whole batch at the start of `batch`, whose block is not shared for writing.
  explicit BatchStamp(char* batch) : at_(batch) {}
  void base_offset(std::int64_t offset);
  void length(std::size_t batch_bytes);
  void leader_epoch(std::int32_t epoch);
  void attributes(std::int16_t attributes);
  void last_offset_delta(std::int32_t delta);
  void base_timestamp(std::int64_t timestamp);
  void record_count(std::int32_t count);
  void max_timestamp(std::int64_t timestamp);
  void producer(std::int64_t id, std::int16_t epoch, std::int32_t base_sequence);
  /// Computes the checksum anew, after changes inside of it.
  void seal(std::size_t batch_bytes);

 private:
  char* at_;
};

/// A batch with the one control record that ends a transaction (org.apache.kafka.common.record.EndTransactionMarker).
Buf end_transaction_marker(bool commit, std::int64_t producer_id, std::int16_t producer_epoch,
                           std::int32_t coordinator_epoch, std::int64_t timestamp);

enum class ControlType : std::int16_t { kAbort = 0, kCommit = 1, kUnknown = -1 };
/// What a control record says.
ControlType control_type(const RecordView& record);

}  // namespace leat::wire
