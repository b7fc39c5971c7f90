// LogDirectory: `log.dirs`, where all partitions of a broker lie.
//
//   .lock                              held by the broker that works here
//   meta.properties                    cluster id, node id, directory id
//   .kafka_cleanshutdown               there only after a clean stop
//   recovery-point-offset-checkpoint   topic partition offset: everything before it is durable and indexed
//   log-start-offset-checkpoint        topic partition offset: raised by DeleteRecords or retention
//   cleaner-offset-checkpoint          topic partition offset: where the log cleaner goes on
//   orders-0/                          a partition
//   orders-0.TOPIC_ID-stray/           a partition that was found under the name of another topic's
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/world.h"
#include "broker/log/partition_log.h"

namespace leat::log {

class LogDirectory {
 public:
  /// Makes the directory where it is missing, locks it, reads the checkpoints, and takes away the mark of a clean stop.
  static Result<std::unique_ptr<LogDirectory>> open(World world, const std::string& path, std::int32_t node_id);

  const std::string& path() const { return path_; }
  const std::string& cluster_id() const { return cluster_id_; }
  bool was_clean() const { return clean_; }

  Result<std::unique_ptr<PartitionLog>> open_log(const TopicPartition& partition, const Uuid& topic_id,
                                                 const LogConfig& config, std::int32_t leader_epoch = 0);
  /// Removes what is left of a partition whose topic was deleted; nothing, where the directory is of another topic id.
  Status remove_log(const TopicPartition& partition, const Uuid& topic_id);
  /// What a start is to know of the logs. Where a log's start offset was raised, it must be told before the next crash.
  struct Checkpoints {
    std::map<TopicPartition, std::int64_t> recovery_points;
    std::map<TopicPartition, std::int64_t> log_starts;
    std::map<TopicPartition, std::int64_t> cleaned_to;
  };
  Status checkpoint(const Checkpoints& offsets);
  /// After all logs are closed: the next open needs no recovery.
  Status mark_clean();

 private:
  LogDirectory(World world, std::string path) : world_(world), path_(std::move(path)) {}
  Status read_identity(std::int32_t node_id);
  void forget(const TopicPartition& partition);
  std::map<TopicPartition, std::int64_t> read_checkpoint(const std::string& name);

  World world_;
  std::string path_;
  std::unique_ptr<File> lock_;
  std::string cluster_id_;
  bool clean_ = false;
  Checkpoints found_;
};

}  // namespace leat::log
