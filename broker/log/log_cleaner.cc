#include "broker/log/log_cleaner.h"

#include "base/log.h"

namespace leat::log {

LogCleaner::LogCleaner(World world, const CleanerConfig& config, std::function<std::vector<PartitionLog*>()> logs,
                       std::function<void()> cleaned)
    : world_(world), config_(config), logs_(std::move(logs)), cleaned_(std::move(cleaned)) {}

LogCleaner::~LogCleaner() {
  if (timer_) world_.loop.cancel(*timer_);
}

void LogCleaner::start() {
  if (config_.enabled) look_again_in(config_.backoff_ms);
}

void LogCleaner::look_again_in(std::int64_t ms) {
  timer_ = world_.loop.call_at(world_.loop.now() + std::chrono::milliseconds(ms), [this] {
    timer_.reset();
    look();
  });
}

void LogCleaner::look() {
  const std::int64_t now_ms = world_.loop.wall_clock_ms();
  PartitionLog* dirtiest = nullptr;
  CompactionPlan plan;
  for (PartitionLog* log : logs_()) {
    if (!log->config().cleanup_compact || log->offline() || uncleanable_.contains(log->partition())) continue;
    const CompactionPlan found = plan_compaction(*log, now_ms);
    if (!found.is_due(log->config()) || (dirtiest != nullptr && found.dirty_ratio() <= plan.dirty_ratio())) continue;
    dirtiest = log;
    plan = found;
  }
  if (dirtiest == nullptr) return look_again_in(config_.backoff_ms);
  pass_ = std::make_unique<Compaction>(world_, *dirtiest, plan, config_.dedupe_buffer_bytes);
  pass_->run(
      [this, partition = dirtiest->partition()](Result<Compaction::Figures> result) { finished(partition, result); });
}

void LogCleaner::finished(const TopicPartition& partition, const Result<Compaction::Figures>& result) {
  if (result) {
    log_line(LogLevel::kInfo, "log", "compacted",
             {{"partition", partition.to_string()},
              {"bytes_before", std::to_string(result->bytes_before)},
              {"bytes_after", std::to_string(result->bytes_after)}});
    cleaned_();
    return look_again_in(0);  // the pass is in the middle of telling this
  }
  if (result.error().kind == ErrorKind::kClosed) return look_again_in(0);
  const bool again = result.error().kind == ErrorKind::kNoSpace;
  log_line(LogLevel::kError, "log",
           again ? "cannot compact for lack of space; tries again" : "cannot compact; leaves it until a restart",
           {{"partition", partition.to_string()}, {"why", result.error().message}});
  if (!again) uncleanable_.insert(partition);
  look_again_in(config_.backoff_ms);
}

}  // namespace leat::log
