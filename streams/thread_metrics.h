// ThreadMetrics: what a stream thread measures of its turns. Counted on its loop; a reader's question is a task there.
#pragma once

#include <string>
#include <vector>

#include "base/metrics.h"
#include "streams/streams_config.h"
#include "topology/streams_metrics.h"

namespace leat {

class ThreadMetrics {
 public:
  ThreadMetrics(const StreamsConfig& config, int index, Instant now, std::int64_t wall_clock_ms);

  /// CLIENT-StreamThread-N, which is also the name of the thread's clients.
  static std::string thread_id(const StreamsConfig& config, int index);

  /// The program's own.
  StreamsMetrics& own() { return own_; }
  RecordingLevel level() const { return level_; }
  const MetricTags& tags() const { return tags_; }

  void polled(Duration took, std::int64_t records);
  void processed(Duration took, std::int64_t records);
  void punctuated(Duration took);
  void committed(Duration took);
  void task_created() { created_.add(); }
  void task_closed() { closed_.add(); }

  /// Whether the window is over; then the tasks' figures turn too.
  bool turn_when_due(Instant now);
  double seconds(Instant now) const { return window_.seconds(now); }
  void show(std::vector<Metric>& to, std::string_view state, Instant now) const;

 private:
  struct Activity {
    Counter count;
    Counter ns;
    Spread latency_ns;
    void turn();
  };
  RecordingLevel level_;
  MetricTags tags_;
  std::int64_t started_ms_;
  MetricWindow window_;
  StreamsMetrics own_;
  Activity poll_, process_, punctuate_, commit_;
  Spread poll_records_, process_records_;
  Counter created_, closed_;
};

}  // namespace leat
