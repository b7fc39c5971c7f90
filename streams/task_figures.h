// TaskFigures: what a task counts besides what its nodes, stores and queues count; on its loop.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/metrics.h"
#include "topology/node.h"

namespace leat {

struct TaskFigures {
  explicit TaskFigures(RecordingLevel at) : level(at) {}

  RecordingLevel level;
  Counter processed;
  Counter process_ns;
  Spread process_latency_ns;  ///< of a record, one value a turn
  Counter punctuated;
  Spread punctuate_latency_ns;
  Spread lateness_ms;  ///< from kDebug on
  /// Follows Task::dropped_total().
  Counter dropped;
  /// Of sources and of nodes without children.
  std::map<const Node*, std::unique_ptr<EndToEndLatency>> latencies;
  std::int64_t now_ms = 0;  ///< what latencies are measured against: when the turn began

  void turn() {
    for (Counter* each : {&processed, &process_ns, &punctuated, &dropped}) each->turn();
    for (Spread* each : {&process_latency_ns, &punctuate_latency_ns, &lateness_ms}) each->turn();
    for (auto& [node, latency] : latencies) latency->spread.turn();
  }
};

}  // namespace leat
