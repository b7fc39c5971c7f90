// What a store costs: a cached update, a commit of dirty rows, and the same rows put into the backend alone.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <string>
#include <vector>

#include "state/stores.h"
#include "state/task_state.h"

namespace {

using namespace leat;

class NoChangelog final : public RecordCollector {
 public:
  void send(const Outgoing& record) override { bytes += record.key->size(); }
  std::int32_t partition_count(std::string_view) override { return 1; }
  void send_when_known(const Outgoing& record, Choose) override { send(record); }
  std::size_t bytes = 0;
};

/// A counting store over RocksDB in a temporary directory.
class Counts {
 public:
  using Store = TimestampedKeyValueStore<std::string, std::int64_t>;

  explicit Counts(std::int64_t cache_bytes) {
    directory_ = std::filesystem::temp_directory_path() / "leat-state-bench";
    std::filesystem::remove_all(directory_);
    cache_.bytes_max = cache_bytes;
    context_.headers = &headers_;
    context_.metadata = &metadata_;
    auto builder =
        Stores::persistent_timestamped_key_value<std::string, std::int64_t>("counts")->with_caching_enabled();
    std::vector<TaskState::Entry> entries;
    entries.push_back({builder->build(), "changelog", false});
    state_ = std::make_unique<TaskState>(std::move(entries),
                                         std::move(StateBackend::open(directory_.string(), memory_)).value());
    StoreContext context;
    context.context = &context_;
    context.collector = &changelog_;
    context.cache_budget = &cache_;
    LEAT_CHECK(state_->open(context).ok());
    store_ = dynamic_cast<Store*>(state_->find("counts"));
    for (int i = 0; i < kKeys; ++i) keys_.push_back("key-" + std::to_string(i * 7919 % kKeys));
  }
  ~Counts() {
    state_.reset();
    std::filesystem::remove_all(directory_);
  }

  void count(std::size_t i) {
    const std::string& key = keys_[i % kKeys];
    const ValueAndTimestamp<std::int64_t>* old = store_->find(key);
    const ValueAndTimestamp<std::int64_t> updated{(old ? old->value : 0) + 1, static_cast<std::int64_t>(i)};
    store_->write(key, &updated);
  }
  void commit() {
    state_->flush();
    LEAT_CHECK(state_->install({{"changelog", 1}}).ok());
  }

  static constexpr int kKeys = 10'000;

 private:
  std::filesystem::path directory_;
  StateMemory memory_{64 << 20, 64 << 20};
  RecordCacheBudget cache_;
  RecordContext context_;
  Headers headers_;
  RecordMetadata metadata_{"topic", 0, 0};
  NoChangelog changelog_;
  std::unique_ptr<TaskState> state_;
  Store* store_ = nullptr;
  std::vector<std::string> keys_;
};

void CachedUpdate(benchmark::State& state) {
  Counts counts(64 << 20);
  std::size_t i = 0;
  for (auto _ : state) counts.count(i++);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(CachedUpdate);

/// Without a cache: to the write buffer and the changelog each time; a commit every 10,000 updates.
void UncachedUpdate(benchmark::State& state) {
  Counts counts(0);
  std::size_t i = 0;
  for (auto _ : state) {
    counts.count(i++);
    if (i % Counts::kKeys == 0) counts.commit();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(UncachedUpdate);

/// A commit of 10,000 dirty rows: flush to the changelog, one atomic batch to RocksDB. Per row.
void CommitOfDirtyRows(benchmark::State& state) {
  Counts counts(64 << 20);
  for (auto _ : state) {
    state.PauseTiming();
    for (std::size_t i = 0; i < Counts::kKeys; ++i) counts.count(i);
    state.ResumeTiming();
    counts.commit();
  }
  state.SetItemsProcessed(state.iterations() * Counts::kKeys);
}
BENCHMARK(CommitOfDirtyRows)->Unit(benchmark::kMillisecond);

/// The floor: the same rows, in ascending order, straight into the backend, and installed.
void AscendingRowsInstalled(benchmark::State& state) {
  const auto directory = std::filesystem::temp_directory_path() / "leat-state-bench-plain";
  std::filesystem::remove_all(directory);
  const StateMemory memory(64 << 20, 64 << 20);
  {
    auto backend = std::move(StateBackend::open(directory.string(), memory)).value();
    std::vector<std::string> keys;
    for (int i = 0; i < Counts::kKeys; ++i) keys.push_back("key-" + std::to_string(i));
    std::sort(keys.begin(), keys.end());
    for (auto _ : state) {
      for (const std::string& key : keys) backend->table("counts").put(key, "0123456789abcdef");
      LEAT_CHECK(backend->install({}).ok());
    }
  }
  std::filesystem::remove_all(directory);
  state.SetItemsProcessed(state.iterations() * Counts::kKeys);
}
BENCHMARK(AscendingRowsInstalled)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
