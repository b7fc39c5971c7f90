#include "streams/thread_metrics.h"

namespace leat {

namespace {

constexpr double kNsPerMs = 1e6;

}  // namespace

std::string ThreadMetrics::thread_id(const StreamsConfig& config, int index) {
  return config.client_name() + "-StreamThread-" + std::to_string(index + 1);
}

ThreadMetrics::ThreadMetrics(const StreamsConfig& config, int index, Instant now, std::int64_t wall_clock_ms)
    : level_(config.metrics_recording_level),
      tags_{{"thread-id", thread_id(config, index)}},
      started_ms_(wall_clock_ms),
      window_(now, config.metrics_sample_window_ms),
      own_(level_, thread_id(config, index)) {}

void ThreadMetrics::Activity::turn() {
  count.turn();
  ns.turn();
  latency_ns.turn();
}

void ThreadMetrics::polled(Duration took, std::int64_t records) {
  poll_.count.add();
  poll_.ns.add(took.count());
  poll_.latency_ns.record(took.count());
  poll_records_.record(records);
}

void ThreadMetrics::processed(Duration took, std::int64_t records) {
  process_.ns.add(took.count());
  if (records == 0) return;
  process_.count.add(records);
  process_.latency_ns.record(took.count() / records);
  process_records_.record(records);
}

void ThreadMetrics::punctuated(Duration took) {
  punctuate_.count.add();
  punctuate_.ns.add(took.count());
  punctuate_.latency_ns.record(took.count());
}

void ThreadMetrics::committed(Duration took) {
  commit_.count.add();
  commit_.ns.add(took.count());
  commit_.latency_ns.record(took.count());
}

bool ThreadMetrics::turn_when_due(Instant now) {
  if (!window_.due(now)) return false;
  window_.turn(now);
  for (Activity* each : {&poll_, &process_, &punctuate_, &commit_}) each->turn();
  poll_records_.turn();
  process_records_.turn();
  created_.turn();
  closed_.turn();
  own_.turn();
  return true;
}

void ThreadMetrics::show(std::vector<Metric>& to, std::string_view state, Instant now) const {
  MetricGroup group(to, "stream-thread-metrics", tags_, window_.seconds(now));
  const auto activity = [&](const std::string& name, std::string_view what, const Activity& of) {
    group.rate_and_total(name, what, of.count);
    group.avg_and_max(name + "-latency", "ms that it took: " + std::string(what), of.latency_ns, kNsPerMs);
    group.ratio(name + "-ratio", "the part of the time of it: " + std::string(what), of.ns);
  };
  activity("poll", "looks for new records", poll_);
  activity("process", "records processed", process_);
  activity("punctuate", "turns with timers that fired", punctuate_);
  activity("commit", "commits", commit_);
  group.avg_and_max("poll-records", "records that a look found", poll_records_);
  group.avg_and_max("process-records", "records of a turn", process_records_);
  group.rate_and_total("task-created", "tasks made", created_);
  group.rate_and_total("task-closed", "tasks closed", closed_);
  group.gauge("thread-start-time", "ms since 1970", static_cast<double>(started_ms_));
  group.text("state", "the state of the thread", std::string(state));
  own_.show(to, window_.seconds(now));
}

}  // namespace leat
