// What a record costs inside a task, without a broker: from the wire batch to the sink's collector.
#include <benchmark/benchmark.h>

#include <chrono>
#include <string>
#include <vector>

#include "streams/task.h"
#include "topology/streams_builder.h"

namespace {

using namespace leat;
using namespace std::chrono_literals;

class CountingCollector final : public RecordCollector {
 public:
  void send(const Outgoing& record) override {
    ++records;
    if (record.value) bytes += record.value->size();
  }
  std::int32_t partition_count(std::string_view) override { return 1; }
  void send_when_known(const Outgoing& record, Choose) override { send(record); }
  std::int64_t records = 0;
  std::size_t bytes = 0;
};

constexpr int kKeys = 10'000;
constexpr int kRecordsPerBatch = 1000;

/// Batches of records with 10,000 keys and values of 100 bytes, a millisecond apart.
std::vector<Buf> input() {
  std::vector<Buf> batches;
  std::int64_t n = 0;
  for (int b = 0; b < 100; ++b) {
    wire::BatchBuilder builder;
    for (int i = 0; i < kRecordsPerBatch; ++i, ++n) {
      builder.append(n, "key-" + std::to_string(n * 7919 % kKeys), std::string(100, static_cast<char>('a' + n % 26)));
    }
    batches.push_back(builder.seal({}));
  }
  return batches;
}

void run(benchmark::State& state, const Topology& topology, int commit_every_batches) {
  const auto plan = topology.plan({"bench", 0});
  LEAT_CHECK(plan.ok());
  CountingCollector collector;
  RecordCacheBudget cache{64 << 20, 0};
  Task::Options options;
  options.application_id = "bench";
  options.cache_budget = &cache;
  options.max_task_idle_ms = -1;
  options.wall_clock_ms = [] { return std::int64_t{0}; };
  Task task(options, plan.value().instantiate(0), StateBackend::in_memory(), collector);
  LEAT_CHECK(task.add_partition({"in", 0}).ok());
  LEAT_CHECK(task.open().ok() && task.start().ok());
  const std::vector<Buf> batches = input();
  std::size_t at = 0;
  for (auto _ : state) {
    const Buf& batch = batches[at++ % batches.size()];
    LEAT_CHECK(task.add_batch({"in", 0}, wire::BatchView::trusted(batch), batch).ok());
    LEAT_CHECK(task.process(kRecordsPerBatch).ok());
    if (at % static_cast<std::size_t>(commit_every_batches) != 0) continue;
    LEAT_CHECK(task.prepare_commit().ok());
    LEAT_CHECK(task.finish_commit({}).ok());
  }
  state.SetItemsProcessed(state.iterations() * kRecordsPerBatch);
  state.counters["sent"] = static_cast<double>(collector.records);
}

/// Row 7: filter and map_values.
void Stateless(benchmark::State& state) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in")
      .filter([](const std::string& value) { return value[0] != 'z'; })
      .map_values([](const std::string& value) { return value + "!"; })
      .to("out");
  run(state, builder.build(), 100);
}
BENCHMARK(Stateless);

/// Row 8: a count per key, cached; a commit every 1,000,000 records.
void Count(benchmark::State& state) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in").group_by_key().count(Materialized::as("counts")).to_stream().to("out");
  run(state, builder.build(), 1000);
}
BENCHMARK(Count);

/// Row 10a: a count per key in windows of 10 s.
void TumblingCount(benchmark::State& state) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in")
      .group_by_key()
      .windowed_by(TimeWindows::of_size_and_grace(10s, 24h))
      .count(Materialized::as("counts"))
      .to_stream()
      .to("out");
  run(state, builder.build(), 1000);
}
BENCHMARK(TumblingCount);

}  // namespace

BENCHMARK_MAIN();
