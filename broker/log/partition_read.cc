// The reading half of PartitionLog.
#include <algorithm>

#include "base/log.h"
#include "broker/log/partition_log.h"

namespace leat::log {

using wire::BatchView;
using wire::ErrorCode;

namespace {

constexpr std::size_t kTailBytesMax = 4 * 1024 * 1024;
constexpr std::size_t kScanBytes = 256 * 1024;
constexpr std::size_t kInflatedBytesMax = 256 * 1024 * 1024;

/// Drops batches at or behind `end` from a block of whole batches. Returns what is left.
Buf cut_at(Buf block, std::int64_t end) {
  std::size_t keep = 0;
  while (keep < block.size()) {
    const auto batch = BatchView::parse(block.view().substr(keep));
    if (!batch || batch->base_offset() >= end) break;
    keep += batch->size();
  }
  return block.slice(0, keep);
}

/// The offset behind a block of whole batches.
std::int64_t end_of(const Buf& block) {
  std::int64_t end = -1;
  for (BytesView rest = block.view(); !rest.empty();) {
    const BatchView batch = *BatchView::parse(rest);
    end = batch.last_offset() + 1;
    rest.remove_prefix(batch.size());
  }
  return end;
}

/// Whether the batch that an index entry names is there.
bool place_holds(const Segment::Place& place, const Result<Buf>& block) {
  if (!place.last_offset) return true;
  if (!block) return block.error().kind != ErrorKind::kCorrupt;
  return block->empty() || BatchView::parse(block->view())->last_offset() == *place.last_offset;
}

}  // namespace

void PartitionLog::keep_in_tail(std::int64_t base_offset, std::int64_t last_offset, const Buf& batch) {
  tail_.push_back({base_offset, last_offset, batch});
  tail_bytes_ += batch.size();
  while (tail_bytes_ > kTailBytesMax && tail_.size() > 1) {
    tail_bytes_ -= tail_.front().bytes.size();
    tail_.pop_front();
  }
}

void PartitionLog::forget_tail_before(std::int64_t offset) {
  while (!tail_.empty() && tail_.front().last_offset < offset) {
    tail_bytes_ -= tail_.front().bytes.size();
    tail_.pop_front();
  }
}

void PartitionLog::forget_idle_tail() {
  forget_tail_before(tail_idle_before_);
  tail_idle_before_ = log_end_offset_;
}

std::size_t PartitionLog::segment_of(std::int64_t offset) const {
  auto behind =
      std::upper_bound(segments_.begin(), segments_.end(), offset,
                       [](std::int64_t wanted, const auto& segment) { return wanted < segment->base_offset(); });
  return behind == segments_.begin() ? 0 : static_cast<std::size_t>(behind - segments_.begin()) - 1;
}

ReadOutcome PartitionLog::read(std::int64_t offset, std::size_t bytes_max, bool at_least_one, Isolation isolation) {
  ReadOutcome outcome;
  const std::int64_t end = readable_end(isolation);
  if (offline_) {
    outcome.error = ErrorCode::kKafkaStorageError;
  } else if (offset < log_start_offset_ || offset > log_end_offset_) {
    outcome.error = ErrorCode::kOffsetOutOfRange;
  } else if (offset < end && (bytes_max > 0 || at_least_one)) {
    if (!read_from_tail(offset, end, bytes_max, at_least_one, outcome.records))
      if (const auto read = read_from_segments(offset, end, bytes_max, at_least_one, outcome.records); !read) {
        const bool damaged = read.error().kind == ErrorKind::kCorrupt;
        outcome.error = damaged ? ErrorCode::kCorruptMessage : ErrorCode::kKafkaStorageError;
        log_line(
            LogLevel::kError, "log", "read failed",
            {{"partition", partition_.to_string()}, {"offset", std::to_string(offset)}, {"why", read.error().message}});
      }
  }
  if (isolation == Isolation::kReadCommitted && !outcome.records.empty()) {
    // Up to the end of the segment, as Kafka: transactions behind the records are told too soon, which does no harm.
    const std::size_t next = segment_of(offset) + 1;
    const std::int64_t behind = next < segments_.size() ? segments_[next]->base_offset() : end;
    collect_aborted(offset, std::max(behind, end_of(outcome.records.slices().back())), outcome.aborted);
  }
  return outcome;
}

bool PartitionLog::read_from_tail(std::int64_t offset, std::int64_t end, std::size_t bytes_max, bool at_least_one,
                                  BufChain& records) const {
  if (tail_.empty() || offset < tail_.front().base_offset) return false;
  auto batch = std::lower_bound(tail_.begin(), tail_.end(), offset,
                                [](const TailBatch& each, std::int64_t wanted) { return each.last_offset < wanted; });
  if (batch == tail_.end()) return true;
  // A read ends with its segment, from memory as from the disk.
  if (const std::size_t next = segment_of(batch->base_offset) + 1; next < segments_.size())
    end = std::min(end, segments_[next]->base_offset());
  for (; batch != tail_.end() && batch->base_offset < end; ++batch) {
    if (records.size() + batch->bytes.size() > bytes_max && !(records.empty() && at_least_one)) break;
    records.append(batch->bytes);
  }
  return true;
}

Status PartitionLog::read_from_segments(std::int64_t offset, std::int64_t end, std::size_t bytes_max, bool at_least_one,
                                        BufChain& records) {
  for (std::size_t i = segment_of(offset); i < segments_.size(); ++i) {
    Segment& segment = *segments_[i];
    Segment::Place place = segment.place_before(offset);
    if (hint_segment_ == &segment && hint_offset_ == offset) place = {hint_position_, std::nullopt};
    while (place.position < segment.size()) {
      auto block = segment.read_intact(place.position, bytes_max, at_least_one);
      if (!place_holds(place, block)) {
        place = {};  // the index is damaged, or the batch it names: the way from the start is long but safe
        continue;
      }
      if (!block) {
        LEAT_ASSIGN_OR_RETURN(place, behind_damage(segment, place.position, offset, block.error()));
        continue;
      }
      if (block->empty()) return {};
      place.last_offset.reset();
      // Batches before the offset are there because the index is sparse.
      std::size_t skip = 0;
      while (skip < block->size()) {
        const BatchView batch = *BatchView::parse(block->view().substr(skip));
        if (batch.last_offset() >= offset) break;
        skip += batch.size();
      }
      place.position += skip;
      if (skip == block->size()) continue;
      const Buf wanted = cut_at(block->slice(skip), end);
      if (!wanted.empty()) {
        hint_segment_ = &segment;
        hint_offset_ = end_of(wanted);
        hint_position_ = place.position + wanted.size();
        records.append(wanted);
      }
      return {};
    }
  }
  return {};
}

/// Damage at `position`. A reader that wants what lies behind it may go on there; one that wants what is lost may not.
Result<Segment::Place> PartitionLog::behind_damage(Segment& segment, std::uint64_t position, std::int64_t offset,
                                                   const Error& damage) const {
  if (damage.kind != ErrorKind::kCorrupt) return damage;
  LEAT_ASSIGN_OR_RETURN(const auto behind, segment.find_intact(position + 1, segment.base_offset()));
  if (!behind) return damage;
  LEAT_ASSIGN_OR_RETURN(const Buf batch, segment.read(*behind, BatchView::kHeaderBytes, true));
  if (BatchView::trusted(batch.view()).base_offset() > offset) return damage;
  return Segment::Place{*behind, std::nullopt};
}

void PartitionLog::collect_aborted(std::int64_t offset, std::int64_t end,
                                   std::vector<AbortedTransaction>& aborted) const {
  for (std::size_t i = segment_of(offset); i < segments_.size(); ++i)
    for (const AbortedTransaction& transaction : segments_[i]->aborted()) {
      if (transaction.last_offset >= offset && transaction.first_offset < end) aborted.push_back(transaction);
      // Whatever was aborted later began at or behind what was the last stable offset then.
      if (transaction.last_stable_offset >= end) return;
    }
}

Result<OffsetAndTimestamp> PartitionLog::offset_of_timestamp(std::int64_t timestamp, Isolation isolation) {
  const std::int64_t end = readable_end(isolation);
  for (const auto& segment : segments_) {
    if (segment->max_timestamp() < timestamp) continue;
    Segment::Place place = segment->place_before_timestamp(timestamp);
    while (place.position < segment->size()) {
      const auto block = segment->read_intact(place.position, kScanBytes, true);
      if (!place_holds(place, block)) {
        place = {};
        continue;
      }
      place.last_offset.reset();
      if (!block) {
        LEAT_ASSIGN_OR_RETURN(place, behind_damage(*segment, place.position, end, block.error()));
        continue;
      }
      place.position += block->size();
      for (BytesView rest = block->view(); !rest.empty();) {
        const BatchView batch = *BatchView::parse(rest);
        rest.remove_prefix(batch.size());
        if (batch.base_offset() >= end) return OffsetAndTimestamp{};
        if (batch.max_timestamp() < timestamp || batch.last_offset() < log_start_offset_) continue;
        LEAT_ASSIGN_OR_RETURN(auto cursor, wire::RecordCursor::open(batch, *block, kInflatedBytesMax));
        for (wire::RecordView record; cursor.next(record);)
          if (record.timestamp >= timestamp && record.offset >= log_start_offset_)
            return record.offset < end ? OffsetAndTimestamp{record.offset, record.timestamp} : OffsetAndTimestamp{};
      }
    }
  }
  return OffsetAndTimestamp{};
}

OffsetAndTimestamp PartitionLog::max_timestamp() const {
  OffsetAndTimestamp greatest;
  for (const auto& segment : segments_)
    if (segment->max_timestamp() > greatest.timestamp)
      greatest = {segment->max_timestamp_offset(), segment->max_timestamp()};
  return greatest;
}

}  // namespace leat::log
