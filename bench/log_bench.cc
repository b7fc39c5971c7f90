// Row 4: the partition log alone, in this process, on the real disk. LEAT_BENCH_DIR chooses where (default: /tmp).
//
// A batch is 16 records of 1 KiB and some, 17 KiB; its copy (what a connection would have read) is part of an append.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "base/os/real_world.h"
#include "broker/log/partition_log.h"

namespace leat::log {

namespace {

constexpr int kRecords = 16;
constexpr std::size_t kReadBytes = 1 << 20;
constexpr std::size_t kDiskBytes = 256 << 20;
constexpr int kBatchesUnderWay = 64;

std::string directory() {
  const char* chosen = std::getenv("LEAT_BENCH_DIR");
  return std::string(chosen ? chosen : "/tmp") + "/leat-log-bench";
}

class Bench {
 public:
  explicit Bench(Durability durability) {
    config_.durability = durability;
    config_.segment_bytes = 64 << 20;
    std::filesystem::remove_all(directory());
    std::filesystem::create_directories(directory());
    open();
    wire::BatchBuilder builder;
    const std::string value(1024, 'v');
    const std::int64_t now_ms = world_.loop().wall_clock_ms();
    for (int i = 0; i < kRecords; ++i) builder.append(now_ms, "some key of a record", value);
    batch_ = builder.seal({});
  }
  ~Bench() {
    log_.reset();
    std::filesystem::remove_all(directory());
  }

  void open() {
    log_.reset();
    auto opened = PartitionLog::open(world_.world(), directory() + "/bench-0", {"bench", 0}, Uuid{1, 2}, config_, {});
    LEAT_CHECK(opened.ok(), opened.error().message);
    log_ = std::move(*opened);
  }
  AppendOutcome append() { return log_->append(Buf::copy_of(batch_), AppendOrigin::kClient); }
  void fill() {
    while (log_->size_bytes() < kDiskBytes) append();
  }
  void run_once() { world_.loop().run_once(std::chrono::milliseconds(100)); }

  PartitionLog& log() { return *log_; }
  std::int64_t batch_bytes() const { return static_cast<std::int64_t>(batch_.size()); }

 private:
  os::RealWorld world_;
  LogConfig config_;
  Buf batch_;
  std::unique_ptr<PartitionLog> log_;
};

/// Keeps the log from growing over all iterations.
void trim(Bench& bench) {
  if (bench.log().size_bytes() < 2 * kDiskBytes) return;
  [[maybe_unused]] const Status trimmed = bench.log().delete_before(bench.log().log_end_offset());
}

void append_page_cache(benchmark::State& state) {
  Bench bench(Durability::kPageCache);
  for (auto _ : state) {
    bench.append();
    trim(bench);
  }
  state.SetBytesProcessed(state.iterations() * bench.batch_bytes());
}
BENCHMARK(append_page_cache)->UseRealTime();

void append_and_read_the_tail(benchmark::State& state) {
  Bench bench(Durability::kPageCache);
  std::int64_t offset = 0;
  for (auto _ : state) {
    bench.append();
    benchmark::DoNotOptimize(bench.log().read(offset, kReadBytes, true, Isolation::kReadUncommitted));
    offset = bench.log().log_end_offset();
    trim(bench);
  }
  state.SetBytesProcessed(state.iterations() * bench.batch_bytes());
}
BENCHMARK(append_and_read_the_tail)->UseRealTime();

/// Each batch is acknowledged when it is durable; 64 are under way.
void append_fsync(benchmark::State& state) {
  Bench bench(Durability::kFsync);
  std::int64_t committed = 0, appended = 0;
  for (auto _ : state) {
    while (appended - committed < kBatchesUnderWay) {
      ++appended;
      bench.log().when_committed(bench.append().last_offset + 1, [&](Status) { ++committed; });
    }
    const std::int64_t before = committed;
    while (committed == before) bench.run_once();
    trim(bench);
  }
  state.SetBytesProcessed(committed * bench.batch_bytes());
  while (committed < appended) bench.run_once();
}
BENCHMARK(append_fsync)->UseRealTime();

/// The way of a consumer that is far behind: checksums included.
void read_from_disk(benchmark::State& state) {
  Bench bench(Durability::kPageCache);
  bench.fill();
  std::int64_t offset = 0, bytes = 0;
  for (auto _ : state) {
    const auto read =
        bench.log().read(offset, static_cast<std::size_t>(state.range(0)), true, Isolation::kReadUncommitted);
    bytes += static_cast<std::int64_t>(read.records.size());
    offset += kRecords * static_cast<std::int64_t>(read.records.size()) / bench.batch_bytes();
    if (offset > bench.log().log_end_offset() * 9 / 10) offset = 0;
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(read_from_disk)->Arg(64 << 10)->Arg(1 << 20)->UseRealTime();

void recover(benchmark::State& state) {
  Bench bench(Durability::kPageCache);
  bench.fill();
  for (auto _ : state) bench.open();
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bench.log().size_bytes()));
}
BENCHMARK(recover)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace leat::log

BENCHMARK_MAIN();
