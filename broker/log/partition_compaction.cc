// How a cleaned segment takes the place of those it was made from, at any moment of which the power may go:
//
//   BASE.log.cleaned     being written; a start removes it
//   BASE.log.swap        whole and synced: from here on it counts, and a start ends what was begun
//   BASE.log             after the segments that it replaces are gone
//
// The names are Kafka's, and so is the order.
#include <algorithm>

#include "base/log.h"
#include "broker/log/partition_log.h"

namespace leat::log {

namespace {

constexpr std::string_view kSwap = ".log.swap";

}  // namespace

Result<std::unique_ptr<Segment>> PartitionLog::begin_cleaned_segment(std::int64_t base_offset) {
  return Segment::open(world_.files, directory_, base_offset, Segment::Stage::kCleaned);
}

Status PartitionLog::replace_segments(std::int64_t end, std::unique_ptr<Segment> cleaned) {
  if (offline_) return *offline_;
  const auto first = std::find_if(segments_.begin(), segments_.end(), [&](const auto& segment) {
    return segment->base_offset() == cleaned->base_offset();
  });
  const auto last = std::find_if(first, segments_.end(), [&](const auto& each) { return each->base_offset() == end; });
  if (first == segments_.end() || last == segments_.end()) {
    LEAT_RETURN_IF_ERROR(cleaned->remove());
    return Error{ErrorKind::kClosed, "segments of " + partition_.to_string() + " were deleted meanwhile"};
  }
  LEAT_CHECK(end <= durable_offset_, "only what is durable is replaced, so no sync is about it");
  changed_ = true;
  if (auto named = cleaned->enter(Segment::Stage::kSwap); !named) {
    [[maybe_unused]] const Status removed = cleaned->remove();
    return named;
  }
  if (auto done = end_swap(*cleaned, {first, last}); !done) {
    go_offline(done.error());
    return done;
  }
  // The tail may hold data of transactions that nobody is told about any more.
  forget_tail_before(end);
  hint_segment_ = nullptr;
  *first = std::move(cleaned);
  segments_.erase(std::next(first), last);
  return {};
}

/// Removes `replaced` and gives `swap` its final name and its indexes.
Status PartitionLog::end_swap(Segment& swap, std::span<const std::unique_ptr<Segment>> replaced) {
  LEAT_RETURN_IF_ERROR(world_.files.sync_directory(directory_));
  for (const auto& segment : replaced)
    LEAT_RETURN_IF_ERROR(segment->base_offset() == swap.base_offset() ? segment->remove_indexes() : segment->remove());
  // Two segments with the same offsets must never be found.
  LEAT_RETURN_IF_ERROR(world_.files.sync_directory(directory_));
  LEAT_RETURN_IF_ERROR(swap.enter(Segment::Stage::kLive));
  LEAT_RETURN_IF_ERROR(swap.write_indexes());
  return world_.files.sync_directory(directory_);
}

/// At a start: removes what the cleaner did not finish, and finishes what counts already.
Status PartitionLog::finish_swaps() {
  LEAT_ASSIGN_OR_RETURN(const auto names, world_.files.list(directory_));
  for (const std::string& name : names)
    if (name.ends_with(".cleaned") || name.ends_with(".deleted") || (name.ends_with(".swap") && !name.ends_with(kSwap)))
      LEAT_RETURN_IF_ERROR(world_.files.remove(directory_ + "/" + name));
  for (const std::int64_t base : offsets_in_names(names, kSwap)) {
    LEAT_ASSIGN_OR_RETURN(auto swap, Segment::open(world_.files, directory_, base, Segment::Stage::kSwap));
    std::int64_t end = base;
    const RecoveryRules rules{.index_interval_bytes = config_.index_interval_bytes, .gaps_are_normal = true};
    LEAT_RETURN_IF_ERROR(swap->recover(rules, end, [](const wire::BatchView&) { return std::nullopt; }));
    std::vector<std::unique_ptr<Segment>> replaced;
    for (const std::int64_t other : offsets_in_names(names, kLogExtension)) {
      if (other < base || other >= end) continue;
      LEAT_ASSIGN_OR_RETURN(auto segment, Segment::open(world_.files, directory_, other));
      replaced.push_back(std::move(segment));
    }
    log_line(LogLevel::kInfo, "log", "ends a compaction that a crash interrupted",
             {{"partition", partition_.to_string()}, {"from", std::to_string(base)}, {"to", std::to_string(end)}});
    // Aborted transactions are found when the segment is recovered; it is, because it has no indexes then.
    LEAT_RETURN_IF_ERROR(end_swap(*swap, replaced));
    LEAT_RETURN_IF_ERROR(swap->remove_indexes());
  }
  return {};
}

std::vector<AbortedTransaction> PartitionLog::aborted_between(std::int64_t from, std::int64_t end) const {
  std::vector<AbortedTransaction> aborted;
  collect_aborted(from, end, aborted);
  return aborted;
}

}  // namespace leat::log
