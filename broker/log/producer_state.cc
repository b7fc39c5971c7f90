#include "broker/log/producer_state.h"

#include <algorithm>

#include "base/big_endian.h"
#include "base/crc32c.h"

namespace leat::log {

using wire::ErrorCode;

namespace {

constexpr std::int16_t kSnapshotVersion = 1;
constexpr std::size_t kSnapshotEntryBytes = 8 + 2 + 4 + 8 + 4 + 8 + 4 + 8;
constexpr std::size_t kSnapshotHeaderBytes = 2 + 4;

bool follows(std::int32_t last, std::int32_t next) {
  return next == last + 1LL || (next == 0 && last == std::numeric_limits<std::int32_t>::max());
}

}  // namespace

ProducerState::Verdict ProducerState::judge(const wire::BatchView& batch) const {
  if (!batch.idempotent()) return {};
  const auto found = producers_.find(batch.producer_id());
  // No transaction begins behind what it has tried, even if what it tried was refused.
  const auto expected = beginnings_.find(batch.producer_id());
  const bool late = expected != beginnings_.end() && expected->second.epoch == batch.producer_epoch() &&
                    batch.base_sequence() > expected->second.sequence;
  if (found == producers_.end())
    return {.error = late ? ErrorCode::kOutOfOrderSequenceNumber : ErrorCode::kNone, .duplicate = {}};
  const ProducerEntry& entry = found->second;
  if (batch.producer_epoch() < entry.epoch) return {.error = ErrorCode::kInvalidProducerEpoch, .duplicate = {}};
  if (entry.open_transaction_offset && !batch.transactional())
    return {.error = ErrorCode::kInvalidTxnState, .duplicate = {}};
  if (batch.base_sequence() == wire::kNoSequence) return {};
  if (batch.producer_epoch() > entry.epoch) {
    const bool begins_anew = batch.base_sequence() == 0 || entry.epoch == wire::kNoProducerEpoch;
    return {.error = begins_anew ? ErrorCode::kNone : ErrorCode::kOutOfOrderSequenceNumber, .duplicate = {}};
  }
  for (const auto& stored : entry.batches)
    if (stored.first_sequence() == batch.base_sequence() && stored.last_sequence == batch.last_sequence())
      return {.error = ErrorCode::kNone, .duplicate = stored};
  // Behind a marker of a newer epoch nothing is retained (sequence -1), and the next batch begins at 0.
  const bool in_order = entry.epoch == wire::kNoProducerEpoch || follows(entry.last_sequence(), batch.base_sequence());
  return {.error = in_order && !late ? ErrorCode::kNone : ErrorCode::kOutOfOrderSequenceNumber, .duplicate = {}};
}

void ProducerState::expect_from(std::int64_t producer_id, std::int16_t epoch, std::int32_t sequence) {
  if (beginnings_.size() >= kBeginningsMax) beginnings_.clear();
  const auto [expected, is_new] = beginnings_.try_emplace(producer_id, Beginning{epoch, sequence});
  if (is_new || epoch < expected->second.epoch) return;
  if (epoch > expected->second.epoch || sequence < expected->second.sequence) expected->second = {epoch, sequence};
}

ErrorCode ProducerState::judge_marker(std::int64_t producer_id, std::int16_t epoch) const {
  const auto found = producers_.find(producer_id);
  return found != producers_.end() && epoch < found->second.epoch ? ErrorCode::kInvalidProducerEpoch : ErrorCode::kNone;
}

std::optional<AbortedTransaction> ProducerState::apply(const wire::BatchView& batch) {
  if (!batch.idempotent()) return std::nullopt;
  ProducerEntry& entry = producers_[batch.producer_id()];
  beginnings_.erase(batch.producer_id());
  if (batch.producer_epoch() != entry.epoch) {
    entry.epoch = batch.producer_epoch();
    entry.batches.clear();
  }
  entry.last_timestamp = batch.max_timestamp();
  if (!batch.control()) {
    entry.batches.push_back({.last_sequence = batch.last_sequence(),
                             .last_offset = batch.last_offset(),
                             .offset_delta = batch.last_offset_delta(),
                             .timestamp = batch.max_timestamp()});
    if (entry.batches.size() > ProducerEntry::kBatchesMax) entry.batches.pop_front();
    if (batch.transactional() && !entry.open_transaction_offset) {
      entry.open_transaction_offset = batch.base_offset();
      open_.emplace(batch.base_offset(), batch.producer_id());
    }
    return std::nullopt;
  }
  auto cursor = wire::RecordCursor::open(batch, Buf(), batch.size());
  wire::RecordView marker;
  if (!cursor || !cursor->next(marker)) return std::nullopt;
  const auto type = wire::control_type(marker);
  if (type == wire::ControlType::kUnknown) return std::nullopt;
  if (marker.value && marker.value->size() >= 6)
    entry.coordinator_epoch = load_big_endian<std::int32_t>(marker.value->data() + 2);
  if (!entry.open_transaction_offset) return std::nullopt;
  const std::int64_t first = *entry.open_transaction_offset;
  entry.open_transaction_offset.reset();
  open_.erase(first);
  ended_.emplace(first, batch.last_offset());
  if (type == wire::ControlType::kCommit) return std::nullopt;
  return AbortedTransaction{.producer_id = batch.producer_id(),
                            .first_offset = first,
                            .last_offset = batch.last_offset(),
                            .last_stable_offset = open_.empty() ? batch.last_offset() + 1 : open_.begin()->first};
}

std::optional<std::int64_t> ProducerState::first_unstable_offset(std::int64_t high_watermark) {
  std::erase_if(ended_, [&](const auto& transaction) { return transaction.second < high_watermark; });
  std::optional<std::int64_t> first;
  if (!open_.empty()) first = open_.begin()->first;
  if (!ended_.empty()) first = std::min(first.value_or(ended_.begin()->first), ended_.begin()->first);
  return first;
}

bool ProducerState::in_transaction(std::int64_t producer_id, std::int16_t epoch) const {
  const auto found = producers_.find(producer_id);
  return found != producers_.end() && found->second.epoch == epoch && found->second.open_transaction_offset;
}

void ProducerState::expire(std::int64_t now_ms, std::int64_t silence_ms) {
  std::erase_if(producers_, [&](const auto& producer) {
    return !producer.second.open_transaction_offset && now_ms - producer.second.last_timestamp >= silence_ms;
  });
}

void ProducerState::clear() {
  producers_.clear();
  beginnings_.clear();
  open_.clear();
  ended_.clear();
}

Bytes ProducerState::snapshot() const {
  Bytes bytes;
  append_big_endian<std::int16_t>(bytes, kSnapshotVersion);
  append_big_endian<std::uint32_t>(bytes, 0);
  append_big_endian<std::int32_t>(bytes, static_cast<std::int32_t>(producers_.size()));
  for (const auto& [id, entry] : producers_) {
    const ProducerEntry::Batch last = entry.batches.empty() ? ProducerEntry::Batch{} : entry.batches.back();
    append_big_endian<std::int64_t>(bytes, id);
    append_big_endian<std::int16_t>(bytes, entry.epoch);
    append_big_endian<std::int32_t>(bytes, last.last_sequence);
    append_big_endian<std::int64_t>(bytes, last.last_offset);
    append_big_endian<std::int32_t>(bytes, last.offset_delta);
    append_big_endian<std::int64_t>(bytes, entry.last_timestamp);
    append_big_endian<std::int32_t>(bytes, entry.coordinator_epoch);
    append_big_endian<std::int64_t>(bytes, entry.open_transaction_offset.value_or(-1));
  }
  store_big_endian(bytes.data() + 2, crc32c(BytesView(bytes).substr(kSnapshotHeaderBytes)));
  return bytes;
}

Status ProducerState::load(BytesView snapshot) {
  clear();
  BigEndianReader reader(snapshot);
  const auto version = reader.read<std::int16_t>();
  const auto crc = reader.read<std::uint32_t>();
  if (!reader.ok() || version != kSnapshotVersion || crc != crc32c(reader.rest()))
    return Error{ErrorKind::kCorrupt, "a producer snapshot that fails its checksum"};
  for (auto left = reader.read_count(kSnapshotEntryBytes); left > 0; --left) {
    const auto id = reader.read<std::int64_t>();
    ProducerEntry entry;
    ProducerEntry::Batch last;
    entry.epoch = reader.read<std::int16_t>();
    last.last_sequence = reader.read<std::int32_t>();
    last.last_offset = reader.read<std::int64_t>();
    last.offset_delta = reader.read<std::int32_t>();
    last.timestamp = entry.last_timestamp = reader.read<std::int64_t>();
    entry.coordinator_epoch = reader.read<std::int32_t>();
    const auto open = reader.read<std::int64_t>();
    if (!reader.ok()) break;
    if (last.last_offset >= 0) entry.batches.push_back(last);
    if (open >= 0) {
      entry.open_transaction_offset = open;
      open_.emplace(open, id);
    }
    producers_.emplace(id, std::move(entry));
  }
  if (!reader.ok()) {
    clear();
    return Error{ErrorKind::kCorrupt, "a producer snapshot that is cut off"};
  }
  return {};
}

}  // namespace leat::log
