#include "broker/log/partition_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace leat::log {

using wire::BatchView;
using wire::ErrorCode;

namespace {

constexpr std::string_view kLogExtension = ".log";
constexpr std::string_view kSnapshotExtension = ".snapshot";

/// The number in front of an extension: 20 digits, as segment_name writes them.
std::optional<std::int64_t> base_offset_of(std::string_view name, std::string_view extension) {
  if (!name.ends_with(extension) || name.size() != 20 + extension.size()) return std::nullopt;
  std::int64_t offset = 0;
  for (const char c : name.substr(0, 20)) {
    if (c < '0' || c > '9') return std::nullopt;
    offset = offset * 10 + (c - '0');
  }
  return offset;
}

}  // namespace

PartitionLog::PartitionLog(World world, std::string directory, TopicPartition partition, LogConfig config)
    : world_(world), directory_(std::move(directory)), partition_(std::move(partition)), config_(config) {}

PartitionLog::~PartitionLog() = default;

Result<std::unique_ptr<PartitionLog>> PartitionLog::open(World world, const std::string& directory,
                                                         TopicPartition partition, const Uuid& topic_id,
                                                         const LogConfig& config, const LogCheckpoint& checkpoint) {
  std::unique_ptr<PartitionLog> log(new PartitionLog(world, directory, std::move(partition), config));
  if (auto loaded = log->load(topic_id, checkpoint); !loaded)
    return loaded.error().in("partition " + log->partition_.to_string());
  return log;
}

Status PartitionLog::load(const Uuid& topic_id, const LogCheckpoint& checkpoint) {
  const bool is_new = !world_.files.exists(directory_ + "/partition.metadata");
  LEAT_RETURN_IF_ERROR(world_.files.make_directories(directory_));
  LEAT_RETURN_IF_ERROR(load_segments(checkpoint));
  log_start_offset_ = std::max(checkpoint.log_start_offset, segments_.front()->base_offset());
  log_end_offset_ = std::max(log_end_offset_, log_start_offset_);
  durable_offset_ = log_end_offset_;
  advance();
  return is_new ? write_metadata(topic_id) : Status{};
}

Status PartitionLog::write_metadata(const Uuid& topic_id) {
  LEAT_RETURN_IF_ERROR(write_file_atomically(world_.files, directory_ + "/leader-epoch-checkpoint", "0\n1\n0 0\n"));
  return write_file_atomically(world_.files, directory_ + "/partition.metadata",
                               "version: 0\ntopic_id: " + topic_id.to_base64());
}

Status PartitionLog::load_segments(const LogCheckpoint& checkpoint) {
  LEAT_ASSIGN_OR_RETURN(const auto names, world_.files.list(directory_));
  std::vector<std::int64_t> bases;
  for (const std::string& name : names)
    if (auto base = base_offset_of(name, kLogExtension)) bases.push_back(*base);
  if (bases.empty()) bases.push_back(checkpoint.log_start_offset);
  std::sort(bases.begin(), bases.end());
  for (std::size_t i = 0; i < bases.size(); ++i) {
    LEAT_ASSIGN_OR_RETURN(auto segment, Segment::open(world_.files, directory_, bases[i]));
    segments_.push_back(std::move(segment));
  }
  // Segments that end before the recovery point are durable and closed: their indexes are trusted where they fit.
  std::size_t first_to_recover = segments_.size() - 1;
  if (!checkpoint.clean)
    while (first_to_recover > 0 && segments_[first_to_recover]->base_offset() > checkpoint.recovery_point)
      --first_to_recover;
  for (std::size_t i = 0; i + 1 < segments_.size() || i < first_to_recover; ++i)
    if (i < first_to_recover && !segments_[i]->load_indexes()) first_to_recover = std::min(first_to_recover, i);
  LEAT_RETURN_IF_ERROR(load_producers(static_cast<std::int64_t>(first_to_recover)));
  for (std::size_t i = first_to_recover; i < segments_.size(); ++i) {
    std::int64_t next_offset = segments_[i]->base_offset();
    const std::uint64_t size_before = segments_[i]->size();
    LEAT_ASSIGN_OR_RETURN(const std::uint64_t cut,
                          segments_[i]->recover(config_.index_interval_bytes, next_offset,
                                                [&](const BatchView& batch) { return producers_.apply(batch); }));
    log_end_offset_ = next_offset;
    if (cut == 0) continue;
    log_line(
        LogLevel::kWarn, "log", "cut a torn or damaged tail",
        {{"partition", partition_.to_string()}, {"bytes", std::to_string(cut)}, {"of", std::to_string(size_before)}});
    // What lies behind a hole was never acknowledged: acknowledged bytes were synced in order.
    while (segments_.size() > i + 1) {
      LEAT_RETURN_IF_ERROR(segments_.back()->remove());
      segments_.pop_back();
    }
  }
  return {};
}

Status PartitionLog::load_producers(std::int64_t from_segment) {
  const std::int64_t replay_from = segments_[static_cast<std::size_t>(from_segment)]->base_offset();
  LEAT_ASSIGN_OR_RETURN(const auto names, world_.files.list(directory_));
  std::vector<std::int64_t> snapshots;
  for (const std::string& name : names)
    if (auto offset = base_offset_of(name, kSnapshotExtension)) snapshots.push_back(*offset);
  std::sort(snapshots.rbegin(), snapshots.rend());
  std::int64_t covered = segments_.front()->base_offset();
  for (const std::int64_t offset : snapshots) {
    if (offset > replay_from) continue;
    const auto content =
        read_file(world_.files, directory_ + "/" + segment_name(offset) + std::string(kSnapshotExtension));
    if (!content || !producers_.load(*content)) continue;  // an older one will do, or the log itself
    covered = offset;
    break;
  }
  // Batches between the snapshot and the first segment that is recovered anyway.
  for (std::int64_t i = 0; i < from_segment; ++i) {
    Segment& segment = *segments_[static_cast<std::size_t>(i)];
    if (segments_[static_cast<std::size_t>(i) + 1]->base_offset() <= covered) continue;
    for (std::uint64_t position = 0; position < segment.size();) {
      LEAT_ASSIGN_OR_RETURN(const Buf block, segment.read(position, 1 << 20, true));
      if (block.empty()) break;
      for (BytesView rest = block.view(); !rest.empty();) {
        const BatchView batch = *BatchView::parse(rest);
        if (batch.base_offset() >= covered) producers_.apply(batch);
        rest.remove_prefix(batch.size());
      }
      position += block.size();
    }
  }
  return {};
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
  stamp.leader_epoch(leader_epoch_);
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
  if (last.size() + batch.size() > static_cast<std::uint64_t>(config_.segment_bytes)) return true;
  if (last.first_timestamp() && batch.max_timestamp() - *last.first_timestamp() > config_.segment_ms) return true;
  return log_end_offset_ + batch.record_count() - last.base_offset() > std::numeric_limits<std::int32_t>::max();
}

Status PartitionLog::roll() {
  LEAT_RETURN_IF_ERROR(active().write_indexes());
  LEAT_RETURN_IF_ERROR(write_snapshot());
  LEAT_ASSIGN_OR_RETURN(auto segment, Segment::open(world_.files, directory_, log_end_offset_));
  LEAT_RETURN_IF_ERROR(world_.files.sync_directory(directory_));
  segments_.push_back(std::move(segment));
  return {};
}

Status PartitionLog::write_snapshot() {
  return write_file_atomically(world_.files,
                               directory_ + "/" + segment_name(log_end_offset_) + std::string(kSnapshotExtension),
                               producers_.snapshot());
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
  durable_offset_ = std::max(durable_offset_, covered);
  if (config_.durability == Durability::kFsync) start_sync();
  advance();
}

void PartitionLog::go_offline(const Error& why) {
  offline_ = why.in("partition " + partition_.to_string() + " is offline since a sync failed; restart to recover it");
  log_line(LogLevel::kError, "log", "partition goes offline",
           {{"partition", partition_.to_string()}, {"why", why.message}});
  for (Commit& commit : std::exchange(commits_, {})) commit.reply(*offline_);
  advance();
}

/// After anything that can move the high watermark or the last stable offset: answers and wakes whoever waited for it.
void PartitionLog::advance() {
  const std::int64_t watermark = high_watermark();
  const std::int64_t stable_before = std::exchange(
      last_stable_offset_, std::min(watermark, producers_.first_unstable_offset(watermark).value_or(watermark)));
  const auto alive = std::weak_ptr<bool>(alive_);
  while (!commits_.empty() && commits_.front().offset <= watermark) {
    OneShot<Status> reply = std::move(commits_.front().reply);
    commits_.pop_front();
    reply({});
    if (alive.expired()) return;
  }
  // A waiter is woken for anything new; it reads again and waits again if that is not enough for it.
  const bool stable_moved = last_stable_offset_ != stable_before;
  std::vector<MoveFunction<void()>> woken;
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    if (waiter->second.isolation == Isolation::kReadCommitted && !stable_moved && !offline_) {
      ++waiter;
      continue;
    }
    woken.push_back(std::move(waiter->second.wake));
    waiter = waiters_.erase(waiter);
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
  log_start_offset_ = std::max(log_start_offset_, std::min(offset, high_watermark()));
  while (segments_.size() > 1 && segments_[1]->base_offset() <= log_start_offset_) {
    std::erase(unsynced_, segments_.front().get());
    if (hint_segment_ == segments_.front().get()) hint_segment_ = nullptr;
    if (sync_under_way_) break;  // a sync may hold on to it; the next call removes it
    LEAT_RETURN_IF_ERROR(segments_.front()->remove());
    segments_.erase(segments_.begin());
  }
  std::erase_if(tail_, [&](const TailBatch& batch) {
    const bool gone = batch.last_offset < log_start_offset_;
    if (gone) tail_bytes_ -= batch.bytes.size();
    return gone;
  });
  return {};
}

Status PartitionLog::maintain(std::int64_t producer_silence_ms) {
  const std::int64_t now_ms = world_.loop.wall_clock_ms();
  producers_.expire(now_ms, producer_silence_ms);
  if (!config_.cleanup_delete || offline_) return {};
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
  for (auto& segment : segments_) LEAT_RETURN_IF_ERROR(segment->file().sync_now());
  durable_offset_ = log_end_offset_;
  unsynced_.clear();
  LEAT_RETURN_IF_ERROR(active().write_indexes());
  return write_snapshot();
}

Status PartitionLog::destroy() {
  *alive_ = false;
  alive_.reset();
  segments_.clear();
  for (Commit& commit : std::exchange(commits_, {})) commit.reply(Error{ErrorKind::kNotFound, "the topic was deleted"});
  for (auto& [token, waiter] : std::exchange(waiters_, {})) waiter.wake();
  return world_.files.remove_directory(directory_);
}

}  // namespace leat::log
