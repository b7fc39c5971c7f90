#include "broker/log/compaction.h"

#include <algorithm>
#include <limits>

namespace leat::log {

using wire::BatchView;

namespace {

/// What is read in one step: short enough to make nobody wait.
constexpr std::size_t kStepBytes = 256 * 1024;
constexpr std::size_t kInflatedBytesMax = 256 * 1024 * 1024;

}  // namespace

CompactionPlan plan_compaction(const PartitionLog& log, std::int64_t now_ms) {
  CompactionPlan plan;
  const LogConfig& config = log.config();
  const auto& segments = log.segments();
  const std::int64_t limit = std::min(log.last_stable_offset(), log.durable_offset());
  plan.first_dirty = std::clamp(log.cleaned_to(), segments.front()->base_offset(), log.log_end_offset());
  plan.end = segments.front()->base_offset();
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    const Segment& segment = *segments[i];
    const std::int64_t end = segments[i + 1]->base_offset();
    const bool dirty = end > plan.first_dirty;
    const bool too_young =
        dirty && config.compaction_lag_ms_min > 0 && segment.max_timestamp() > now_ms - config.compaction_lag_ms_min;
    if (end > limit || too_young) break;
    plan.end = end;
    (dirty ? plan.dirty_bytes : plan.clean_bytes) += segment.size();
    plan.overdue |= dirty && segment.first_timestamp().value_or(0) > 0 &&
                    now_ms - *segment.first_timestamp() > config.compaction_lag_ms_max;
  }
  return plan;
}

Compaction::Compaction(World world, PartitionLog& log, const CompactionPlan& plan, std::size_t map_bytes_max)
    : world_(world),
      log_(log),
      log_life_(log.life()),
      plan_(plan),
      now_ms_(world.loop.wall_clock_ms()),
      map_(map_bytes_max),
      map_end_(plan.first_dirty),
      transactions_(log.aborted_between(plan.first_dirty, plan.end)) {
  for (const auto& segment : log.segments())
    if (segment->base_offset() <= plan.end) bases_.push_back(segment->base_offset());
  while (at_ + 1 < bases_.size() && bases_[at_ + 1] <= plan.first_dirty) ++at_;
}

Compaction::~Compaction() {
  if (done_) done_.discard();
  if (!cleaned_) return;
  [[maybe_unused]] const Status removed = cleaned_->remove();  // or the next start removes it
}

void Compaction::run(OneShot<Result<Figures>> done) {
  done_ = std::move(done);
  step();
}

void Compaction::end(Status status) {
  if (cleaned_)
    if (const Status removed = cleaned_->remove(); !removed && status) status = removed;
  cleaned_.reset();
  // Whoever is told may destroy this object.
  auto done = std::move(done_);
  if (!status) return done(status.error());
  done(figures_);
}

void Compaction::step_later() {
  world_.loop.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) step();
  });
}

void Compaction::step() {
  if (log_life_.expired()) return end(Error{ErrorKind::kClosed, "the partition was deleted meanwhile"});
  const auto over = phase_ == Phase::kMap ? map_some() : copy_some();
  if (!over) return end(over.error());
  if (!*over) return step_later();
  if (phase_ == Phase::kMap) {
    begin_copy();
    return step_later();
  }
  phase_ = Phase::kReplace;
  cleaned_->file().sync([this, alive = std::weak_ptr<bool>(alive_)](Status synced) {
    if (!alive.expired()) replace(std::move(synced));
  });
}

Result<Segment*> Compaction::source(std::size_t index) const {
  for (const auto& segment : log_.segments())
    if (segment->base_offset() == bases_[index]) return segment.get();
  return Error{ErrorKind::kClosed, "segments of " + log_.partition().to_string() + " were deleted meanwhile"};
}

Result<bool> Compaction::map_some() {
  if (map_full_ || at_ + 1 >= bases_.size()) return true;
  LEAT_ASSIGN_OR_RETURN(Segment* const segment, source(at_));
  if (position_ < segment->size()) {
    LEAT_ASSIGN_OR_RETURN(const Buf block, segment->read_intact(position_, kStepBytes, true));
    for (BytesView rest = block.view(); !rest.empty() && !map_full_;) {
      const BatchView batch = *BatchView::parse(rest);
      LEAT_RETURN_IF_ERROR(map_batch(batch, block));
      rest.remove_prefix(batch.size());
    }
    position_ += block.size();
    return map_full_;
  }
  map_end_ = source_end();
  ++at_;
  position_ = 0;
  return false;
}

/// Where the map is full, it ends at the first key without a place: what is behind `map_end_` will be kept.
Status Compaction::map_batch(const BatchView& batch, const Buf& owner) {
  if (batch.control()) {
    transactions_.end_of(batch, owner);
  } else if (!transactions_.is_aborted(batch) && batch.last_offset() >= plan_.first_dirty) {
    LEAT_ASSIGN_OR_RETURN(auto cursor, wire::RecordCursor::open(batch, owner, kInflatedBytesMax));
    for (wire::RecordView record; !map_full_ && cursor.next(record);)
      if (record.key && record.offset >= plan_.first_dirty && !map_.put(*record.key, record.offset)) {
        map_full_ = true;
        map_end_ = std::max(map_end_, record.offset);
      }
    if (!map_full_ && !cursor.ok())
      return Error{ErrorKind::kCorrupt, "malformed records at offset " + std::to_string(batch.base_offset())};
  }
  if (!map_full_) map_end_ = std::max(map_end_, batch.last_offset() + 1);
  return {};
}

void Compaction::begin_copy() {
  while (bases_.size() > 1 && bases_[bases_.size() - 2] >= map_end_) bases_.pop_back();
  filter_ = std::make_unique<CompactionFilter>(
      map_,
      CompactionFilter::Rules{
          .now_ms = now_ms_, .delete_retention_ms = log_.config().delete_retention_ms, .map_end = map_end_},
      log_.aborted_between(bases_.front(), bases_.back()));
  phase_ = Phase::kCopy;
  at_ = group_end_ = 0;
}

/// As many segments as make one of ordinary size.
Status Compaction::begin_group() {
  group_begin_ = at_;
  std::uint64_t bytes = 0;
  for (group_end_ = at_; group_end_ + 1 < bases_.size(); ++group_end_) {
    LEAT_ASSIGN_OR_RETURN(const Segment* const segment, source(group_end_));
    bytes += segment->size();
    const bool fits = bytes <= log_.config().segment_bytes_max() &&
                      bases_[group_end_ + 1] - bases_[group_begin_] <= std::numeric_limits<std::int32_t>::max();
    if (group_end_ > group_begin_ && !fits) break;
  }
  position_ = 0;
  LEAT_ASSIGN_OR_RETURN(cleaned_, log_.begin_cleaned_segment(bases_[group_begin_]));
  return {};
}

Result<bool> Compaction::copy_some() {
  if (!cleaned_) LEAT_RETURN_IF_ERROR(begin_group());
  LEAT_ASSIGN_OR_RETURN(Segment* const segment, source(at_));
  if (position_ < segment->size()) {
    LEAT_ASSIGN_OR_RETURN(const Buf block, segment->read_intact(position_, kStepBytes, true));
    position_ += block.size();
    LEAT_RETURN_IF_ERROR(copy_block(block, position_ == segment->size() && at_ + 1 == group_end_));
  }
  if (position_ < segment->size()) return false;
  position_ = 0;
  return ++at_ == group_end_;
}

Status Compaction::copy_block(const Buf& block, bool last_block) {
  Bytes kept;
  for (BytesView rest = block.view(); !rest.empty();) {
    const BatchView batch = *BatchView::parse(rest);
    rest.remove_prefix(batch.size());
    // So the copy reaches as far as what it replaces, and a start that finds both can tell what belongs to it.
    const bool last_of_group = rest.empty() && last_block;
    LEAT_ASSIGN_OR_RETURN(const auto aborted, filter_->filter(batch, block, log_.producers(), last_of_group, kept));
    if (aborted) cleaned_->append_aborted(*aborted);
  }
  figures_.bytes_before += block.size();
  figures_.bytes_after += kept.size();
  return kept.empty() ? Status{} : cleaned_->append(Buf::copy_of(kept), log_.config().index_interval_bytes);
}

void Compaction::replace(Status synced) {
  if (log_life_.expired()) return end(Error{ErrorKind::kClosed, "the partition was deleted meanwhile"});
  if (!synced) return end(synced);
  if (const auto done = log_.replace_segments(bases_[group_end_], std::move(cleaned_)); !done) return end(done);
  phase_ = Phase::kCopy;
  if (at_ + 1 < bases_.size()) return step_later();
  log_.note_cleaned_to(map_end_);
  end({});
}

}  // namespace leat::log
