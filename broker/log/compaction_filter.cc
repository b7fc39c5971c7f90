#include "broker/log/compaction_filter.h"

#include <algorithm>

#include "broker/wire/filtered_batch.h"

namespace leat::log {

using wire::BatchView;
using wire::RecordView;

namespace {

constexpr std::size_t kInflatedBytesMax = 256 * 1024 * 1024;

}  // namespace

TransactionsRead::TransactionsRead(std::vector<AbortedTransaction> aborted) : aborted_(std::move(aborted)) {
  std::sort(aborted_.begin(), aborted_.end(),
            [](const auto& one, const auto& other) { return one.first_offset < other.first_offset; });
}

void TransactionsRead::begin_up_to(std::int64_t offset) {
  for (; next_ < aborted_.size() && aborted_[next_].first_offset <= offset; ++next_)
    aborting_.try_emplace(aborted_[next_].producer_id, Aborting{aborted_[next_]});
}

bool TransactionsRead::is_aborted(const BatchView& batch) {
  begin_up_to(batch.last_offset());
  if (!batch.transactional()) return false;
  if (const auto found = aborting_.find(batch.producer_id()); found != aborting_.end()) {
    found->second.data_seen = true;
    return true;
  }
  committing_.insert(batch.producer_id());
  return false;
}

TransactionsRead::Marker TransactionsRead::end_of(const BatchView& batch, const Buf& owner) {
  begin_up_to(batch.last_offset());
  auto cursor = wire::RecordCursor::open(batch, owner, batch.size());
  RecordView record;
  if (!cursor || !cursor->next(record)) return {.is_idle = true, .aborted = {}};  // cleaned before
  const auto type = wire::control_type(record);
  if (type == wire::ControlType::kCommit)
    return {.is_idle = committing_.erase(batch.producer_id()) == 0, .aborted = {}};
  if (type != wire::ControlType::kAbort) return {};
  const auto found = aborting_.find(batch.producer_id());
  if (found == aborting_.end()) return {.is_idle = true, .aborted = {}};
  const Aborting ended = found->second;
  aborting_.erase(found);
  if (!ended.data_seen) return {.is_idle = true, .aborted = {}};
  return {.is_idle = false, .aborted = ended.transaction};
}

bool CompactionFilter::last_of_producer(const BatchView& batch, const ProducerState& producers) {
  if (!batch.idempotent()) return false;
  const auto found = producers.producers().find(batch.producer_id());
  if (found == producers.producers().end()) return false;
  const ProducerEntry& entry = found->second;
  // Its last data tells the sequence to come; where there is none, a marker tells the epoch that is fenced.
  if (!entry.batches.empty()) return batch.last_offset() == entry.batches.back().last_offset;
  return batch.control() && batch.producer_epoch() == entry.epoch;
}

bool CompactionFilter::keeps(const BatchView& batch, const RecordView& record) const {
  if (record.offset >= rules_.map_end) return true;
  if (!record.key) return false;  // from the days before the topic was compacted
  if (record.offset < map_.find(*record.key)) return false;
  const auto horizon = wire::delete_horizon_ms(batch);
  return record.value || !horizon || rules_.now_ms < *horizon;
}

Result<std::optional<AbortedTransaction>> CompactionFilter::filter(const BatchView& batch, const Buf& owner,
                                                                   const ProducerState& producers, bool last_of_group,
                                                                   Bytes& to) {
  const auto horizon = wire::delete_horizon_ms(batch);
  TransactionsRead::Marker marker;
  bool discard = false;
  if (batch.control()) {
    marker = transactions_.end_of(batch, owner);
    discard = marker.is_idle && horizon && *horizon <= rules_.now_ms;
  } else {
    discard = transactions_.is_aborted(batch);
  }
  std::vector<RecordView> kept;
  bool tombstones = false;
  wire::RecordCursor cursor;
  if (!discard) {
    LEAT_ASSIGN_OR_RETURN(cursor, wire::RecordCursor::open(batch, owner, kInflatedBytesMax));
    for (RecordView record; cursor.next(record);) {
      if (!batch.control() && !keeps(batch, record)) continue;
      tombstones |= !record.value;
      kept.push_back(record);
    }
    if (!cursor.ok())
      return Error{ErrorKind::kCorrupt, "malformed records in the batch at offset " +
                                            std::to_string(batch.base_offset()) + "; the log stays as it is"};
  }
  if (!kept.empty()) {
    const bool begins_to_wait = (tombstones || (batch.control() && marker.is_idle)) && !horizon;
    if (static_cast<std::int32_t>(kept.size()) == batch.record_count() && !begins_to_wait)
      to.append(batch.bytes());
    else
      to.append(
          wire::batch_with_records(batch, kept, begins_to_wait ? rules_.now_ms + rules_.delete_retention_ms : horizon)
              .view());
  } else if (last_of_group || last_of_producer(batch, producers)) {
    to.append(wire::batch_without_records(batch).view());
  }
  return marker.aborted;
}

}  // namespace leat::log
