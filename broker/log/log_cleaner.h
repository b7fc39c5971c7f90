// LogCleaner: compacts the logs whose cleanup.policy asks for it, one at a time, the dirtiest first.
//
// Lives on the broker's loop. A log that cannot be cleaned because it is damaged is said once and left alone until a
// restart. (Kafka: LogCleaner, LogCleanerManager)
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "broker/log/compaction.h"

namespace leat::log {

class LogCleaner {
 public:
  /// `logs` names all that are open; `cleaned` is called after each pass that went well.
  LogCleaner(World world, const CleanerConfig& config, std::function<std::vector<PartitionLog*>()> logs,
             std::function<void()> cleaned);
  ~LogCleaner();

  void start();

 private:
  void look();
  void look_again_in(std::int64_t ms);
  void finished(const TopicPartition& partition, const Result<Compaction::Figures>& result);

  World world_;
  CleanerConfig config_;
  std::function<std::vector<PartitionLog*>()> logs_;
  std::function<void()> cleaned_;
  std::set<TopicPartition> uncleanable_;
  std::unique_ptr<Compaction> pass_;
  std::optional<TimerId> timer_;
};

}  // namespace leat::log
