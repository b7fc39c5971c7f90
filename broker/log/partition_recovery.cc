// The opening half of PartitionLog: what a log is after a start, whatever the stop before it was like.
//
//   clean stop   index files and the newest snapshot are believed; only the few batches behind the last index entry are
//                read
//   crash        the segments from the recovery point on are walked batch by batch; indexes, aborted transactions and
//                producers are made anew from them, beginning at the snapshot that the segment's roll wrote
//
// An index that is missing or does not fit sends the walk back to its segment, a snapshot that fails its checksum to
// the one before it.
#include <algorithm>

#include "base/log.h"
#include "broker/log/partition_log.h"

namespace leat::log {

using wire::BatchView;

namespace {

constexpr std::string_view kSnapshotExtension = ".snapshot";
constexpr std::size_t kReplayBytes = 1024 * 1024;
constexpr std::string_view kMetadata = "/partition.metadata";
constexpr std::string_view kTopicId = "topic_id: ";
constexpr std::string_view kLeaderEpochs = "/leader-epoch-checkpoint";

std::string snapshot_path(const std::string& directory, std::int64_t offset) {
  return directory + "/" + segment_name(offset) + std::string(kSnapshotExtension);
}

}  // namespace

Status PartitionLog::load(const Uuid& topic_id, const LogCheckpoint& checkpoint, std::int32_t leader_epoch) {
  const auto found_id = topic_id_in(world_.files, directory_);
  const bool is_new = !found_id || *found_id != topic_id;
  if (found_id && *found_id != topic_id) {
    // Kafka's name for it. Nothing is deleted: it may be the number in partition.metadata that is damaged.
    const std::string aside = directory_ + "." + found_id->to_base64() + "-stray";
    log_line(LogLevel::kWarn, "log", "set aside the partition of another topic id; delete it when nobody misses it",
             {{"partition", partition_.to_string()}, {"now", aside}});
    LEAT_RETURN_IF_ERROR(world_.files.rename(directory_, aside));
  }
  LEAT_RETURN_IF_ERROR(world_.files.make_directories(directory_));
  if (is_new) {
    // The name of the directory itself must survive too, before anything in it is acknowledged.
    const std::size_t slash = directory_.rfind('/');
    LEAT_RETURN_IF_ERROR(world_.files.sync_directory(slash == std::string::npos ? "." : directory_.substr(0, slash)));
  }
  LEAT_RETURN_IF_ERROR(finish_swaps());
  LEAT_RETURN_IF_ERROR(open_segments(checkpoint));
  // An empty last segment is a beginning, or what a roll that failed left behind: its predecessor tells.
  std::unique_ptr<Segment> beginning;
  if (segments_.size() > 1 && active().size() == 0) {
    beginning = std::move(segments_.back());
    segments_.pop_back();
  }
  LEAT_RETURN_IF_ERROR(load_segments(checkpoint));
  // Where its predecessor lost an end that was not durable, no hole is to be left between them.
  const bool hole_is_loss = !config_.cleanup_compact && !checkpoint.clean && beginning &&
                            beginning->base_offset() > std::max(log_end_offset_, checkpoint.recovery_point);
  if (beginning && beginning->base_offset() >= log_end_offset_ && !hole_is_loss) {
    log_end_offset_ = beginning->base_offset();
    segments_.push_back(std::move(beginning));
  } else if (beginning) {
    LEAT_RETURN_IF_ERROR(beginning->remove());
  }
  log_start_offset_ = std::max(checkpoint.log_start_offset, segments_.front()->base_offset());
  cleaned_to_ = std::clamp(checkpoint.cleaned_to, log_start_offset_, std::max(log_start_offset_, log_end_offset_));
  // Where the crash took the end of a log whose beginning had been deleted, nothing is left of it.
  const bool nothing_left = log_start_offset_ > log_end_offset_;
  durable_offset_ = log_end_offset_ = std::max(log_start_offset_, log_end_offset_);
  if (nothing_left || active().ends_damaged()) LEAT_RETURN_IF_ERROR(roll());
  LEAT_RETURN_IF_ERROR(remove_dead_segments());
  LEAT_RETURN_IF_ERROR(remove_stray_snapshots());
  if (!checkpoint.clean) LEAT_RETURN_IF_ERROR(world_.files.sync_directory(directory_));
  advance();
  LEAT_RETURN_IF_ERROR(load_leader_epochs(leader_epoch, is_new));
  changed_ = !checkpoint.clean && !is_new;
  return is_new ? write_metadata(topic_id) : Status{};
}

Result<Uuid> PartitionLog::topic_id_in(Files& files, const std::string& directory) {
  LEAT_ASSIGN_OR_RETURN(const Bytes text, read_file(files, directory + std::string(kMetadata)));
  const std::size_t at = text.find(kTopicId);
  if (at == Bytes::npos) return Error{ErrorKind::kNotFound, directory + std::string(kMetadata) + " names no topic_id"};
  const std::size_t begin = at + kTopicId.size();
  return Uuid::from_base64(BytesView(text).substr(begin, text.find_first_of("\r\n", begin) - begin));
}

Status PartitionLog::open_segments(const LogCheckpoint& checkpoint) {
  LEAT_ASSIGN_OR_RETURN(const auto names, world_.files.list(directory_));
  std::vector<std::int64_t> bases = offsets_in_names(names, kLogExtension);
  if (bases.empty()) bases.push_back(checkpoint.log_start_offset);
  for (const std::int64_t base : bases) {
    LEAT_ASSIGN_OR_RETURN(auto segment, Segment::open(world_.files, directory_, base));
    // An empty file in the middle is what a roll that failed left behind: the segment before it went on.
    if (segment->size() == 0 && base != bases.back()) {
      LEAT_RETURN_IF_ERROR(segment->remove());
      continue;
    }
    segments_.push_back(std::move(segment));
  }
  return {};
}

Status PartitionLog::load_segments(const LogCheckpoint& checkpoint) {
  const std::size_t first_to_recover = load_indexes(checkpoint);
  const bool all_loaded = first_to_recover == segments_.size();
  if (!all_loaded) log_end_offset_ = segments_[first_to_recover]->base_offset();
  LEAT_RETURN_IF_ERROR(load_producers(log_end_offset_));
  return all_loaded ? Status{} : recover_segments(first_to_recover, checkpoint);
}

/// Reads the indexes of the segments that need no recovery. Returns the first that does, or how many there are.
std::size_t PartitionLog::load_indexes(const LogCheckpoint& checkpoint) {
  std::size_t first_to_recover = segments_.size();
  if (!checkpoint.clean) {
    first_to_recover = segments_.size() - 1;
    while (first_to_recover > 0 && segments_[first_to_recover]->base_offset() > checkpoint.recovery_point)
      --first_to_recover;
  }
  for (std::size_t i = 0; i < first_to_recover; ++i)
    if (!segments_[i]->load_indexes()) return i;
  if (first_to_recover < segments_.size()) return first_to_recover;
  log_end_offset_ = active().base_offset();
  return active().load_tail(log_end_offset_) ? segments_.size() : segments_.size() - 1;
}

Status PartitionLog::recover_segments(std::size_t first, const LogCheckpoint& checkpoint) {
  for (std::size_t i = first; i < segments_.size(); ++i) {
    Segment& segment = *segments_[i];
    const bool is_last = i + 1 == segments_.size();
    const std::int64_t segment_end =
        is_last ? std::numeric_limits<std::int64_t>::max() : segments_[i + 1]->base_offset();
    const bool is_durable = !is_last && (checkpoint.clean || segment_end <= checkpoint.recovery_point);
    const RecoveryRules rules{
        .index_interval_bytes = config_.index_interval_bytes,
        .gaps_are_normal = config_.cleanup_compact || segment.base_offset() < checkpoint.cleaned_to,
        .durable_offset = is_durable ? segment_end : checkpoint.recovery_point};
    std::int64_t next_offset = segment.base_offset();
    const std::uint64_t size_before = segment.size();
    LEAT_ASSIGN_OR_RETURN(const std::uint64_t cut, segment.recover(rules, next_offset, [&](const BatchView& batch) {
      return producers_.apply(batch);
    }));
    log_end_offset_ = next_offset;
    if (is_durable) LEAT_RETURN_IF_ERROR(segment.write_indexes());
    // A hole before the next segment: its predecessor lost an end that was not synced (log.durability=page-cache).
    const bool hole = !is_last && !is_durable && !rules.gaps_are_normal && log_end_offset_ < segment_end;
    if (cut == 0 && !hole) continue;
    log_line(LogLevel::kWarn, "log", "cut a torn or damaged tail",
             {{"partition", partition_.to_string()},
              {"log_end", std::to_string(log_end_offset_)},
              {"bytes", std::to_string(cut)},
              {"of", std::to_string(size_before)},
              {"segments_behind_it", std::to_string(segments_.size() - i - 1)}});
    // What lies behind a hole was never acknowledged: acknowledged bytes were synced in order.
    while (segments_.size() > i + 1) {
      LEAT_RETURN_IF_ERROR(segments_.back()->remove());
      segments_.pop_back();
    }
  }
  return {};
}

/// Producers as they were at `replay_end`: from the newest good snapshot at or before it, and the batches in between.
Status PartitionLog::load_producers(std::int64_t replay_end) {
  LEAT_ASSIGN_OR_RETURN(const auto names, world_.files.list(directory_));
  auto snapshots = offsets_in_names(names, kSnapshotExtension);
  std::int64_t covered = segments_.front()->base_offset();
  for (auto offset = snapshots.rbegin(); offset != snapshots.rend(); ++offset) {
    if (*offset > replay_end) continue;
    const auto content = read_file(world_.files, snapshot_path(directory_, *offset));
    if (!content || !producers_.load(*content)) continue;  // an older one will do, or the log itself
    covered = *offset;
    break;
  }
  for (std::size_t i = 0; i < segments_.size() && segments_[i]->base_offset() < replay_end; ++i)
    if (i + 1 == segments_.size() || segments_[i + 1]->base_offset() > covered)
      LEAT_RETURN_IF_ERROR(replay_producers(*segments_[i], covered, replay_end));
  return {};
}

Status PartitionLog::replay_producers(Segment& segment, std::int64_t from, std::int64_t end) {
  std::uint64_t position = segment.place_before(from).position;
  while (position < segment.size()) {
    const auto block = segment.read_intact(position, kReplayBytes, true);
    if (!block && block.error().kind != ErrorKind::kCorrupt) return block.error();
    if (!block) {
      LEAT_ASSIGN_OR_RETURN(const auto behind, segment.find_intact(position + 1, segment.base_offset()));
      if (!behind) return {};
      position = *behind;
      continue;
    }
    for (BytesView rest = block->view(); !rest.empty();) {
      const BatchView batch = *BatchView::parse(rest);
      if (batch.base_offset() >= end) return {};
      if (batch.base_offset() >= from) producers_.apply(batch);
      rest.remove_prefix(batch.size());
    }
    position += block->size();
  }
  return {};
}

/// Snapshots behind the log end tell of batches that are gone; of the others, a segment needs the one at its base, and
/// the log the newest.
Status PartitionLog::remove_stray_snapshots() {
  LEAT_ASSIGN_OR_RETURN(const auto names, world_.files.list(directory_));
  std::int64_t newest = -1;
  for (const std::int64_t offset : offsets_in_names(names, kSnapshotExtension))
    if (offset <= log_end_offset_) newest = offset;
  for (const std::int64_t offset : offsets_in_names(names, kSnapshotExtension)) {
    const bool at_base = std::any_of(segments_.begin(), segments_.end(),
                                     [&](const auto& segment) { return segment->base_offset() == offset; });
    if (offset != newest && (!at_base || offset > log_end_offset_))
      LEAT_RETURN_IF_ERROR(world_.files.remove(snapshot_path(directory_, offset)));
  }
  return {};
}

Status PartitionLog::write_snapshot() {
  return replace_file(world_.files, snapshot_path(directory_, log_end_offset_), producers_.snapshot());
}

Status PartitionLog::write_metadata(const Uuid& topic_id) {
  return write_file_atomically(world_.files, directory_ + std::string(kMetadata),
                               "version: 0\n" + std::string(kTopicId) + topic_id.to_base64());
}

/// The file is written with the next checkpoint: until then a crash costs no more than the knowledge where an epoch
/// began.
Status PartitionLog::load_leader_epochs(std::int32_t epoch, bool is_new) {
  if (const auto text = read_file(world_.files, directory_ + std::string(kLeaderEpochs));
      text && !leader_epochs_.parse(*text))
    log_line(LogLevel::kWarn, "log", "made a damaged leader-epoch-checkpoint anew",
             {{"partition", partition_.to_string()}});
  const bool unknown = leader_epochs_.latest() < 0;
  leader_epochs_written_ = !leader_epochs_.begin(epoch, unknown ? log_start_offset_ : log_end_offset_);
  return is_new ? write_leader_epochs() : Status{};
}

Status PartitionLog::write_leader_epochs() {
  if (leader_epochs_written_) return {};
  LEAT_RETURN_IF_ERROR(
      write_file_atomically(world_.files, directory_ + std::string(kLeaderEpochs), leader_epochs_.text()));
  leader_epochs_written_ = true;
  return {};
}

}  // namespace leat::log
