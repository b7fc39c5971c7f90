#include "broker/log/partition_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace leat::log {

using wire::BatchView;
using wire::ErrorCode;

PartitionLog::PartitionLog(World world, std::string directory, TopicPartition partition, LogConfig config)
    : world_(world), directory_(std::move(directory)), partition_(std::move(partition)), config_(config) {}

PartitionLog::~PartitionLog() = default;

Result<std::unique_ptr<PartitionLog>> PartitionLog::open(World world, const std::string& directory,
                                                         TopicPartition partition, const Uuid& topic_id,
                                                         const LogConfig& config, const LogCheckpoint& checkpoint,
                                                         std::int32_t leader_epoch) {
  std::unique_ptr<PartitionLog> log(new PartitionLog(world, directory, std::move(partition), config));
  if (auto loaded = log->load(topic_id, checkpoint, leader_epoch); !loaded)
    return loaded.error().in("partition " + log->partition_.to_string());
  return log;
}

std::uint64_t PartitionLog::size_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& segment : segments_) bytes += segment->size();
  return bytes;
}

std::int64_t PartitionLog::high_watermark() const {
  return config_.durability == Durability::kPageCache ? log_end_offset_ : durable_offset_;
}

std::int64_t PartitionLog::last_stable_offset() const { return last_stable_offset_; }

AppendOutcome PartitionLog::refused(Refusal refusal) const {
  return {.error = refusal.code, .message = std::move(refusal.message), .record_errors = std::move(refusal.records)};
}

AppendOutcome PartitionLog::append(Buf bytes, AppendOrigin origin) {
  if (offline_) return refused({ErrorCode::kKafkaStorageError, offline_->message, {}});
  ValidBatch valid;
  Refusal refusal;
  const std::int64_t now_ms = world_.loop.wall_clock_ms();
  if (!validate_batch(std::move(bytes), origin, config_, now_ms, valid, refusal)) return refused(std::move(refusal));
  BatchView batch = BatchView::trusted(valid.batch.view());
  if (batch.control()) {
    const ErrorCode verdict = producers_.judge_marker(batch.producer_id(), batch.producer_epoch());
    if (verdict != ErrorCode::kNone) return refused({verdict, "the marker is of an older epoch", {}});
  } else {
    const auto verdict = producers_.judge(batch);
    if (verdict.error != ErrorCode::kNone)
      return refused(
          {verdict.error,
           fmt::format("producer {} epoch {} sequence {} does not follow what partition {} has of it",
                       batch.producer_id(), batch.producer_epoch(), batch.base_sequence(), partition_.to_string()),
           {}});
    if (verdict.duplicate) {
      const auto& stored = *verdict.duplicate;
      return {.base_offset = stored.last_offset - stored.offset_delta,
              .last_offset = stored.last_offset,
              .log_append_time_ms = stored.timestamp,
              .duplicate = true};
    }
  }
  if (roll_is_due(batch))
    if (auto rolled = roll(); !rolled) return refused({ErrorCode::kKafkaStorageError, rolled.error().message, {}});
  wire::BatchStamp stamp(valid.batch.mutable_data());
  stamp.base_offset(log_end_offset_);
  changed_ = true;
  stamp.leader_epoch(leader_epoch());
  if (auto written = active().append(valid.batch, config_.index_interval_bytes); !written) {
    log_line(LogLevel::kError, "log", "append failed",
             {{"partition", partition_.to_string()}, {"why", written.error().message}});
    return refused({ErrorCode::kKafkaStorageError, written.error().message, {}});
  }
  batch = BatchView::trusted(valid.batch.view());
  if (auto aborted = producers_.apply(batch)) active().append_aborted(*aborted);
  log_end_offset_ = batch.last_offset() + 1;
  keep_in_tail(batch.base_offset(), batch.last_offset(), valid.batch);
  if (unsynced_.empty() || unsynced_.back() != &active()) unsynced_.push_back(&active());
  AppendOutcome outcome{.base_offset = batch.base_offset(),
                        .last_offset = batch.last_offset(),
                        .log_append_time_ms = valid.log_append_time_ms};
  if (config_.durability == Durability::kFsync) start_sync();
  advance();
  return outcome;
}

bool PartitionLog::roll_is_due(const BatchView& batch) const {
  const Segment& last = *segments_.back();
  if (last.size() == 0) return false;
  if (last.size() + batch.size() > config_.segment_bytes_max()) return true;
  // What has to be compacted in time has to be closed in time.
  const std::int64_t segment_ms = config_.cleanup_compact && config_.compaction_lag_ms_max > 0
                                      ? std::min(config_.segment_ms, config_.compaction_lag_ms_max)
                                      : config_.segment_ms;
  if (last.first_timestamp().value_or(-1) >= 0 && batch.max_timestamp() - *last.first_timestamp() > segment_ms)
    return true;
  return log_end_offset_ + batch.record_count() - last.base_offset() > std::numeric_limits<std::int32_t>::max();
}

/// Closes the active segment and begins the next. What acknowledges durable bytes syncs the old segment before the new
/// one exists: so only the last segment of a log can be torn, and no crash leaves a hole between two.
Status PartitionLog::roll() {
  changed_ = true;
  if (config_.durability == Durability::kFsync && durable_offset_ < log_end_offset_) {
    if (auto status = active().file().sync_now(); !status) {
      go_offline(status.error());
      return status;
    }
    unsynced_.clear();
    // A sync that is under way may have failed already: its error is told once, and this sync would not know.
    (sync_under_way_ ? synced_by_roll_ : durable_offset_) = log_end_offset_;
  }
  LEAT_RETURN_IF_ERROR(active().write_indexes());
  LEAT_RETURN_IF_ERROR(write_snapshot());
  LEAT_ASSIGN_OR_RETURN(auto segment, Segment::open(world_.files, directory_, log_end_offset_));
  if (auto status = world_.files.sync_directory(directory_); !status) {
    // The old segment goes on, so no other may begin in the middle of it.
    if (auto removed = segment->remove(); !removed) go_offline(removed.error());
    return status;
  }
  segments_.push_back(std::move(segment));
  start_sync();  // in page-cache mode too: what has been rolled and synced need not be recovered
  return {};
}

void PartitionLog::start_sync() {
  if (sync_under_way_ || unsynced_.empty() || offline_) return;
  sync_under_way_ = true;
  sync_next(std::exchange(unsynced_, {}), log_end_offset_);
}

/// Syncs the segments one behind the other; the oldest first, so that what is durable is a beginning of the log.
void PartitionLog::sync_next(std::vector<Segment*> segments, std::int64_t covered) {
  if (segments.empty()) return synced({}, covered);
  Segment* const segment = segments.front();
  segments.erase(segments.begin());
  segment->file().sync(
      [this, alive = std::weak_ptr<bool>(alive_), rest = std::move(segments), covered](Status status) mutable {
        if (alive.expired()) return;
        if (!status) return synced(status, covered);
        sync_next(std::move(rest), covered);
      });
}

void PartitionLog::synced(Status status, std::int64_t covered) {
  sync_under_way_ = false;
  if (!status) return go_offline(status.error());
  durable_offset_ = std::max({durable_offset_, covered, synced_by_roll_});
  if (const Status removed = remove_dead_segments(); !removed)
    log_line(LogLevel::kWarn, "log", "an old segment stays on the disk",
             {{"partition", partition_.to_string()}, {"why", removed.error().message}});
  if (config_.durability == Durability::kFsync) start_sync();
  advance();
}

void PartitionLog::go_offline(const Error& why) {
  offline_ = why.in("partition " + partition_.to_string() + " is offline since the disk failed; restart to recover it");
  if (why.kind != ErrorKind::kClosed)  // else the world ends, and this log with it
    log_line(LogLevel::kError, "log", "partition goes offline",
             {{"partition", partition_.to_string()}, {"why", why.message}});
  for (Commit& commit : std::exchange(commits_, {})) commit.reply(*offline_);
  advance();
}

/// After anything that can move the high watermark or the last stable offset: answers and wakes whoever waited for it.
void PartitionLog::advance() {
  const std::int64_t watermark = high_watermark();
  const std::int64_t unstable = producers_.first_unstable_offset(watermark).value_or(watermark);
  const std::int64_t stable = std::clamp(unstable, std::min(log_start_offset_, watermark), watermark);
  const bool watermark_moved = std::exchange(last_watermark_, watermark) != watermark || offline_;
  const bool stable_moved = std::exchange(last_stable_offset_, stable) != stable || offline_;
  // Each reply may append again or close the log.
  const auto alive = std::weak_ptr<bool>(alive_);
  while (!commits_.empty() && commits_.front().offset <= watermark) {
    OneShot<Status> reply = std::move(commits_.front().reply);
    commits_.pop_front();
    reply({});
    if (alive.expired()) return;
  }
  if (waiters_.empty() || !(watermark_moved || stable_moved)) return;
  std::vector<MoveFunction<void()>> woken;
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    if (waiter->second.isolation == Isolation::kReadCommitted ? stable_moved : watermark_moved) {
      woken.push_back(std::move(waiter->second.wake));
      waiter = waiters_.erase(waiter);
    } else {
      ++waiter;
    }
  }
  for (auto& wake : woken) wake();
}

void PartitionLog::when_committed(std::int64_t offset, OneShot<Status> reply) {
  if (offline_) return reply(*offline_);
  if (offset <= high_watermark()) return reply({});
  commits_.insert(std::upper_bound(commits_.begin(), commits_.end(), offset,
                                   [](std::int64_t wanted, const Commit& each) { return wanted < each.offset; }),
                  Commit{offset, std::move(reply)});
}

std::uint64_t PartitionLog::wait_for_more(Isolation isolation, MoveFunction<void()> wake) {
  const std::uint64_t token = next_token_++;
  waiters_.emplace(token, Waiter{isolation, std::move(wake)});
  return token;
}

void PartitionLog::cancel_wait(std::uint64_t token) { waiters_.erase(token); }

Status PartitionLog::delete_before(std::int64_t offset) {
  changed_ = true;
  log_start_offset_ = std::max(log_start_offset_, std::min(offset, high_watermark()));
  forget_tail_before(log_start_offset_);
  const Status removed = remove_dead_segments();
  // Nothing is unstable before the log start. Whom that wakes may close this log, so it is not done under the caller.
  world_.loop.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) advance();
  });
  return removed;
}

/// Removes the segments that end before the log start offset. A sync that is under way holds on to its segments: they
/// are removed when it ends.
Status PartitionLog::remove_dead_segments() {
  while (!sync_under_way_ && segments_.size() > 1 && segments_[1]->base_offset() <= log_start_offset_) {
    const auto dead = std::move(segments_.front());
    segments_.erase(segments_.begin());
    std::erase(unsynced_, dead.get());
    if (hint_segment_ == dead.get()) hint_segment_ = nullptr;
    LEAT_RETURN_IF_ERROR(dead->remove());
  }
  return {};
}

void PartitionLog::expire_producers(std::int64_t silence_ms) {
  producers_.expire(world_.loop.wall_clock_ms(), silence_ms);
}

Status PartitionLog::maintain() {
  const std::int64_t now_ms = world_.loop.wall_clock_ms();
  forget_idle_tail();
  if (offline_) return {};
  if (changed_) LEAT_RETURN_IF_ERROR(write_leader_epochs());
  LEAT_RETURN_IF_ERROR(remove_dead_segments());
  if (!config_.cleanup_delete) return {};
  std::uint64_t bytes = size_bytes();
  std::int64_t keep_from = log_start_offset_;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const Segment& segment = *segments_[i];
    const std::int64_t end = i + 1 < segments_.size() ? segments_[i + 1]->base_offset() : log_end_offset_;
    const bool too_old = config_.retention_ms >= 0 && segment.max_timestamp() >= 0 &&
                         now_ms - segment.max_timestamp() > config_.retention_ms;
    const bool too_much =
        config_.retention_bytes >= 0 && bytes >= static_cast<std::uint64_t>(config_.retention_bytes) + segment.size();
    if ((!too_old && !too_much) || segment.size() == 0 || end > high_watermark()) break;
    bytes -= segment.size();
    keep_from = end;
  }
  if (keep_from == log_start_offset_) return {};
  // The active segment is deleted like any other: it is rolled first.
  if (keep_from == log_end_offset_) LEAT_RETURN_IF_ERROR(roll());
  return delete_before(keep_from);
}

Status PartitionLog::close() {
  if (offline_) return *offline_;
  if (!changed_) return {};
  if (sync_under_way_)  // it may be about a segment that was rolled since
    for (std::size_t i = segment_of(durable_offset_); i < segments_.size(); ++i)
      LEAT_RETURN_IF_ERROR(segments_[i]->write_again(segments_[i]->place_before(durable_offset_ - 1).position));
  // With thousands of partitions every sync that can be spared counts.
  const bool durable = !sync_under_way_ && unsynced_.empty() && durable_offset_ == log_end_offset_;
  for (auto segment = segments_.begin(); !durable && segment != segments_.end(); ++segment)
    if (auto status = (*segment)->file().sync_now(); !status) {
      go_offline(status.error());
      return *offline_;
    }
  durable_offset_ = log_end_offset_;
  unsynced_.clear();
  advance();
  LEAT_RETURN_IF_ERROR(active().write_indexes());
  LEAT_RETURN_IF_ERROR(write_snapshot());
  LEAT_RETURN_IF_ERROR(write_leader_epochs());
  LEAT_RETURN_IF_ERROR(world_.files.sync_directory(directory_));
  changed_ = false;
  return {};
}

Status PartitionLog::destroy() {
  alive_.reset();
  offline_ = Error{ErrorKind::kNotFound, "partition " + partition_.to_string() + " was deleted"};
  segments_.clear();
  unsynced_.clear();
  tail_.clear();
  for (Commit& commit : std::exchange(commits_, {})) commit.reply(*offline_);
  for (auto& [token, waiter] : std::exchange(waiters_, {})) waiter.wake();
  return world_.files.remove_directory(directory_);
}

}  // namespace leat::log
