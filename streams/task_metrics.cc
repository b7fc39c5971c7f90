// The metrics of a task, its nodes, topics and stores.
#include "streams/task.h"

namespace leat {

namespace {

constexpr double kNsPerMs = 1e6;

double hit_ratio(const StoreFigures& figures, double seconds) {
  const double reads = figures.cache_reads.rate(seconds);
  return reads > 0 ? figures.cache_hits.rate(seconds) / reads : 0;
}

}  // namespace

/// Kafka's scopes; they name the tag of the store: rocksdb-window-state-id.
std::string Task::scope_of(const StoreDescription& store) {
  const std::string where = store.in_memory || store.kind == StoreKind::kBuffer ? "in-memory" : "rocksdb";
  switch (store.kind) {
    case StoreKind::kWindow:
    case StoreKind::kTimestampedWindow: return where + "-window";
    case StoreKind::kSession: return where + "-session";
    case StoreKind::kVersioned: return where + "-versioned";
    case StoreKind::kBuffer: return where + "-suppression";
    default: return store.entries_max > 0 ? "in-memory-lru" : where;
  }
}

void Task::begin_measuring() {
  const auto measure = [this](Node& node) {
    auto latency = std::make_unique<EndToEndLatency>();
    latency->now_ms = &figures_.now_ms;
    node.measure(latency.get());
    figures_.latencies[&node] = std::move(latency);
  };
  for (const auto& [topic, source] : instance_.sources) measure(*source);
  for (const auto& [pattern, source] : instance_.pattern_sources) measure(*source);
  for (Node* end : instance_.ends)
    if (!figures_.latencies.contains(end)) measure(*end);
}

void Task::turn_figures() {
  figures_.dropped.follow(dropped_total());
  figures_.turn();
  for (const auto& node : instance_.nodes) node->processed().turn();
  for (const TaskState::Entry& entry : state_.stores()) entry.store->figures().turn();
}

void Task::show_metrics(std::vector<Metric>& to, const MetricTags& thread, double seconds) {
  MetricTags tags = thread;
  tags["task-id"] = options_.id;
  figures_.dropped.follow(dropped_total());
  MetricGroup task(to, "stream-task-metrics", tags, seconds);
  task.rate_and_total("dropped-records", "records that were dropped", figures_.dropped);
  task.ratio("active-process-ratio", "the part of the time in which the task processed", figures_.process_ns);
  for (std::size_t cause = 0; cause <= static_cast<std::size_t>(DropCause::kNotWritten); ++cause) {
    if (dropped_[cause] == 0) continue;
    MetricTags caused = tags;
    caused["cause"] = name(static_cast<DropCause>(cause));
    MetricGroup(to, "stream-task-metrics", caused)
        .gauge("dropped-records-by-cause-total", "records that were dropped, by why",
               static_cast<double>(dropped_[cause]));
  }
  if (figures_.level >= RecordingLevel::kDebug) {
    task.rate_and_total("process", "records processed", figures_.processed);
    task.avg_and_max("process-latency", "ms that a record took", figures_.process_latency_ns, kNsPerMs);
    task.rate_and_total("punctuate", "timers fired", figures_.punctuated);
    task.avg_and_max("punctuate-latency", "ms that timers took", figures_.punctuate_latency_ns, kNsPerMs);
    task.avg_and_max("record-lateness", "ms that a record was behind stream time", figures_.lateness_ms);
    std::int64_t waiting = 0;
    for (const auto& [partition, queue] : queues_) waiting += queue->size();
    task.gauge("active-buffer-count", "records that wait in queues", static_cast<double>(waiting));
  }
  show_node_metrics(to, tags, seconds);
  show_store_metrics(to, tags, seconds);
}

void Task::show_node_metrics(std::vector<Metric>& to, const MetricTags& task, double seconds) const {
  MetricTags tags = task;
  const auto flow = [&](const TopicFlow& each, const char* records, const char* bytes) {
    MetricTags of_topic = tags;
    of_topic["topic"] = each.topic;
    MetricGroup group(to, "stream-topic-metrics", of_topic);
    group.gauge(records, "records, since the start", static_cast<double>(each.records));
    group.gauge(bytes, "bytes, since the start", static_cast<double>(each.bytes));
  };
  for (const auto& node : instance_.nodes) {
    tags["processor-node-id"] = node->name();
    MetricGroup group(to, "stream-processor-node-metrics", tags, seconds);
    if (figures_.level >= RecordingLevel::kDebug)
      group.rate_and_total("process", "records that came to the node", node->processed());
    if (const auto latency = figures_.latencies.find(node.get()); latency != figures_.latencies.end()) {
      group.avg_and_max("record-e2e-latency", "ms between a record's timestamp and now", latency->second->spread);
      group.min("record-e2e-latency", "ms between a record's timestamp and now", latency->second->spread);
    }
    for (const TopicFlow& each : node->written()) flow(each, "records-produced-total", "bytes-produced-total");
  }
  std::map<std::pair<const Node*, std::string>, TopicFlow> read;
  for (const auto& [partition, queue] : queues_) {
    TopicFlow& sum = read[{source_of(partition.topic), partition.topic}];
    sum.topic = partition.topic;
    sum.records += queue->flow().records;
    sum.bytes += queue->flow().bytes;
  }
  for (const auto& [source, sum] : read) {
    tags["processor-node-id"] = source.first->name();
    flow(sum, "records-consumed-total", "bytes-consumed-total");
  }
}

void Task::show_store_metrics(std::vector<Metric>& to, const MetricTags& task, double seconds) {
  for (std::size_t i = 0; i < state_.stores().size(); ++i) {
    StateStore& store = *state_.stores()[i].store;
    const StoreFigures& figures = store.figures();
    MetricTags tags = task;
    tags[store_scopes_[i] + "-state-id"] = store.name();
    MetricGroup group(to, "stream-state-metrics", tags, seconds);
    group.gauge("num-open-iterators", "iterators that are open", static_cast<double>(figures.open_iterators));
    store.show_figures(group);
    if (store.persistent()) state_.backend().show_figures(store.name(), group);
    if (figures_.level < RecordingLevel::kDebug) continue;
    group.rate("put", "rows written", figures.puts);
    group.rate("delete", "rows deleted", figures.deletes);
    group.rate("get", "rows read", figures.gets);
    group.rate("fetch", "reads of several rows", figures.fetches);
    group.rate("flush", "flushes", figures.flushes);
    group.rate("restore", "changelog records restored", figures.restored);
    if (figures.cache_reads.total() == 0) continue;
    MetricTags of_cache = task;
    of_cache["record-cache-id"] = store.name();
    MetricGroup(to, "stream-record-cache-metrics", of_cache)
        .gauge("hit-ratio-avg", "the part of the reads that the record cache answered", hit_ratio(figures, seconds));
  }
  if (!state_.stores().empty())
    MetricGroup(to, "stream-task-metrics", task)
        .gauge("uncommitted-bytes", "bytes of writes that wait for the commit",
               static_cast<double>(state_.uncommitted_bytes()));
}

}  // namespace leat
