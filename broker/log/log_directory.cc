#include "broker/log/log_directory.h"

#include <sstream>

#include "base/properties.h"

namespace leat::log {

namespace {

constexpr std::string_view kCleanShutdown = "/.kafka_cleanshutdown";
constexpr std::string_view kRecoveryPoints = "recovery-point-offset-checkpoint";
constexpr std::string_view kLogStarts = "log-start-offset-checkpoint";
constexpr std::string_view kCleaned = "cleaner-offset-checkpoint";

Bytes checkpoint_text(const std::map<TopicPartition, std::int64_t>& offsets) {
  std::ostringstream text;
  text << "0\n" << offsets.size() << "\n";
  for (const auto& [partition, offset] : offsets)
    text << partition.topic << " " << partition.partition << " " << offset << "\n";
  return std::move(text).str();
}

}  // namespace

Result<std::unique_ptr<LogDirectory>> LogDirectory::open(World world, const std::string& path, std::int32_t node_id) {
  std::unique_ptr<LogDirectory> directory(new LogDirectory(world, path));
  Files& files = world.files;
  if (auto made = files.make_directories(path); !made) return made.error().in("log.dirs=" + path + " cannot be used");
  auto lock = files.lock(path + "/.lock");
  if (!lock) {
    if (lock.error().kind != ErrorKind::kAlreadyExists) return lock.error().in("log.dirs=" + path + " cannot be used");
    return Error{ErrorKind::kAlreadyExists,
                 "another broker works in log.dirs=" + path + "; stop it, or give this one a directory of its own"};
  }
  directory->lock_ = std::move(*lock);
  LEAT_RETURN_IF_ERROR(directory->read_identity(node_id));
  directory->clean_ = files.exists(path + std::string(kCleanShutdown));
  directory->found_.recovery_points = directory->read_checkpoint(std::string(kRecoveryPoints));
  directory->found_.log_starts = directory->read_checkpoint(std::string(kLogStarts));
  directory->found_.cleaned_to = directory->read_checkpoint(std::string(kCleaned));
  if (directory->clean_) {
    LEAT_RETURN_IF_ERROR(files.remove(path + std::string(kCleanShutdown)));
    LEAT_RETURN_IF_ERROR(files.sync_directory(path));
  }
  return directory;
}

Status LogDirectory::read_identity(std::int32_t node_id) {
  const std::string file = path_ + "/meta.properties";
  if (world_.files.exists(file)) {
    LEAT_ASSIGN_OR_RETURN(const Bytes text, read_file(world_.files, file));
    LEAT_ASSIGN_OR_RETURN(const auto properties, parse_properties(text));
    for (const Property& property : properties) {
      if (property.key == "cluster.id") cluster_id_ = property.value;
      if (property.key == "node.id" && property.value != std::to_string(node_id))
        return Error{ErrorKind::kInvalidArgument, path_ + " belongs to the broker with node.id=" + property.value +
                                                      ", and this one has node.id=" + std::to_string(node_id) +
                                                      "; correct node.id or choose another log.dirs"};
    }
    if (!cluster_id_.empty()) return {};
  }
  cluster_id_ = Uuid::random(world_.random).to_base64();
  return write_file_atomically(world_.files, file,
                               "version=1\ncluster.id=" + cluster_id_ + "\nnode.id=" + std::to_string(node_id) +
                                   "\ndirectory.id=" + Uuid::random(world_.random).to_base64() + "\n");
}

std::map<TopicPartition, std::int64_t> LogDirectory::read_checkpoint(const std::string& name) {
  std::map<TopicPartition, std::int64_t> offsets;
  const auto text = read_file(world_.files, path_ + "/" + name);
  if (!text) return offsets;
  std::istringstream lines(*text);
  std::int64_t version = -1, count = 0;
  lines >> version >> count;
  TopicPartition partition;
  for (std::int64_t offset; lines >> partition.topic >> partition.partition >> offset;) offsets[partition] = offset;
  // Half a checkpoint is none: recovery then begins at the start of each log.
  if (version != 0 || offsets.size() != static_cast<std::size_t>(count)) offsets.clear();
  return offsets;
}

Result<std::unique_ptr<PartitionLog>> LogDirectory::open_log(const TopicPartition& partition, const Uuid& topic_id,
                                                             const LogConfig& config, std::int32_t leader_epoch) {
  const auto offset = [&](const std::map<TopicPartition, std::int64_t>& offsets) {
    const auto found = offsets.find(partition);
    return found == offsets.end() ? 0 : found->second;
  };
  const LogCheckpoint checkpoint{.recovery_point = offset(found_.recovery_points),
                                 .log_start_offset = offset(found_.log_starts),
                                 .clean = clean_,
                                 .cleaned_to = offset(found_.cleaned_to)};
  LEAT_ASSIGN_OR_RETURN(auto log, PartitionLog::open(world_, path_ + "/" + partition.to_string(), partition, topic_id,
                                                     config, checkpoint, leader_epoch));
  forget(partition);
  return log;
}

/// What was found at the start is not about a later topic of the same name.
void LogDirectory::forget(const TopicPartition& partition) {
  found_.recovery_points.erase(partition);
  found_.log_starts.erase(partition);
  found_.cleaned_to.erase(partition);
}

Status LogDirectory::remove_log(const TopicPartition& partition, const Uuid& topic_id) {
  forget(partition);
  const std::string directory = path_ + "/" + partition.to_string();
  const auto found = PartitionLog::topic_id_in(world_.files, directory);
  if (!found || *found != topic_id) return {};
  return world_.files.remove_directory(directory);
}

Status LogDirectory::checkpoint(const Checkpoints& offsets) {
  const auto write = [&](std::string_view name, const std::map<TopicPartition, std::int64_t>& content) {
    return write_file_atomically(world_.files, path_ + "/" + std::string(name), checkpoint_text(content));
  };
  LEAT_RETURN_IF_ERROR(write(kRecoveryPoints, offsets.recovery_points));
  LEAT_RETURN_IF_ERROR(write(kLogStarts, offsets.log_starts));
  const bool needed = !offsets.cleaned_to.empty() || world_.files.exists(path_ + "/" + std::string(kCleaned));
  return needed ? write(kCleaned, offsets.cleaned_to) : Status{};
}

Status LogDirectory::mark_clean() {
  return write_file_atomically(world_.files, path_ + std::string(kCleanShutdown), "{\"version\":0,\"brokerEpoch\":0}");
}

}  // namespace leat::log
