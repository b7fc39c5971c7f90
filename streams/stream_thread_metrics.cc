// What a stream thread tells of itself, its tasks and its changelogs.
#include <algorithm>

#include "streams/stream_thread.h"

namespace leat {

std::string_view StreamThread::name(State state) {
  switch (state) {
    case State::kStarting: return "STARTING";
    case State::kRestoring: return "PARTITIONS_ASSIGNED";
    case State::kRunning: return "RUNNING";
    case State::kClosing: return "PENDING_SHUTDOWN";
    case State::kDead: return "DEAD";
  }
  return "UNKNOWN";
}

void StreamThread::turn_metrics() {
  if (!metrics_.turn_when_due(world_.loop.now())) return;
  for (auto& [id, running] : tasks_) running.task->turn_figures();
  for (auto& [id, standby] : standbys_) standby->turn_figures();
}

void StreamThread::note_processed(Task& task, Duration took, int records) {
  metrics_.processed(took, records);
  TaskFigures& figures = task.figures();
  figures.process_ns.add(took.count());
  figures.processed.add(records);
  if (records > 0) figures.process_latency_ns.record(took.count() / records);
}

void StreamThread::note_punctuated(Task& task, Duration took) {
  metrics_.punctuated(took);
  task.figures().punctuated.add();
  task.figures().punctuate_latency_ns.record(took.count());
}

std::vector<Metric> StreamThread::metrics() {
  const Instant now = world_.loop.now();
  const double seconds = metrics_.seconds(now);
  std::vector<Metric> all;
  metrics_.show(all, name(state_), now);
  MetricGroup updater(all, "stream-state-updater-metrics", metrics_.tags(), seconds);
  const auto restoring =
      std::count_if(tasks_.begin(), tasks_.end(), [](const auto& each) { return !each.second.restored; });
  updater.gauge("active-restoring-tasks", "tasks whose stores are being read back", static_cast<double>(restoring));
  updater.gauge("standby-updating-tasks", "copies of others' tasks that are kept up to date",
                static_cast<double>(standbys_.size()));
  updater.gauge("restore-records-total", "changelog records read back, since the thread (re)joined",
                restorer_ ? static_cast<double>(restorer_->records_restored()) : 0);
  updater.gauge("standby-records-total", "changelog records read for standbys, since the thread (re)joined",
                standby_updater_ ? static_cast<double>(standby_updater_->records_read()) : 0);
  for (auto& [id, running] : tasks_) {
    running.task->show_metrics(all, metrics_.tags(), seconds);
    MetricTags tags = metrics_.tags();
    tags["task-id"] = id.to_string();
    const bool restoring_now = !running.restored && restorer_;
    MetricGroup(all, "stream-task-metrics", tags)
        .gauge("restore-remaining-records-total", "changelog records that are still to be read back",
               restoring_now ? static_cast<double>(restorer_->remaining(*running.task)) : 0);
  }
  for (auto& [id, standby] : standbys_) standby->show_metrics(all, metrics_.tags(), seconds);
  show_lags(all);
  return all;
}

/// How far the input is ahead, as consumers say it.
void StreamThread::show_lags(std::vector<Metric>& to) const {
  if (!fetcher_) return;
  const std::string client = ThreadMetrics::thread_id(config_, index_) + "-consumer";
  std::int64_t most = 0;
  for (const auto& [partition, task] : task_of_) {
    const auto position = fetcher_->position(partition);
    const std::int64_t end = fetcher_->end_offset(partition);
    if (!position || end < 0) continue;
    const std::int64_t lag = std::max<std::int64_t>(0, end - *position);
    most = std::max(most, lag);
    MetricGroup(to, "consumer-fetch-manager-metrics",
                {{"client-id", client}, {"topic", partition.topic}, {"partition", std::to_string(partition.partition)}})
        .gauge("records-lag", "records of the partition that have not been fetched", static_cast<double>(lag));
  }
  MetricGroup(to, "consumer-fetch-manager-metrics", {{"client-id", client}})
      .gauge("records-lag-max", "the most of them in one partition", static_cast<double>(most));
}

}  // namespace leat
