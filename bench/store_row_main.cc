// Row 15: our store's way to the disk against RocksDB's own rate for the same rows, in one process, interleaved.
//
//   build/bin/store_row DIRECTORY [ROWS [ROUNDS]]
//
// `rocksdb` puts rows of 16 + 16 bytes in ascending order in batches of 1,000, the log off: the best that its write
// buffers reach. `ours` puts them into a store's table in random order and installs them as commits of 100,000.
// `cached` is an update of a counting store whose rows are all in its cache.
#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/os/real_world.h"
#include "state/stores.h"
#include "state/task_state.h"

namespace {

using leat::Bytes;

constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15;
constexpr std::size_t kStride = 7919;  // a prime: all rows in another order

std::string key_of(std::uint64_t number) { return fmt::format("{:016x}", number); }
double since(leat::os::RealWorld& world, leat::Instant begun) {
  return std::chrono::duration<double>(world.loop().now() - begun).count();
}

double rocksdb_alone(leat::os::RealWorld& world, const std::string& directory, const std::vector<std::string>& keys) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = 16 << 20;
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocksdb::DB* db = nullptr;
  LEAT_CHECK(rocksdb::DB::Open(options, directory, &db).ok(), "RocksDB does not open");
  rocksdb::WriteOptions writing;
  writing.disableWAL = true;
  const leat::Instant begun = world.loop().now();
  rocksdb::WriteBatch batch;
  for (const std::string& key : keys) {
    batch.Put(key, "0123456789abcdef");
    if (batch.Count() < 1000) continue;
    LEAT_CHECK(db->Write(writing, &batch).ok(), "RocksDB does not write");
    batch.Clear();
  }
  const double seconds = since(world, begun);
  delete db;
  return seconds;
}

double our_table(leat::os::RealWorld& world, const std::string& directory, const std::vector<std::string>& keys) {
  constexpr std::size_t kRowsPerCommit = 100'000;
  const leat::StateMemory memory(64 << 20, 64 << 20);
  auto backend = std::move(leat::StateBackend::open(directory, memory)).value();
  const leat::Instant begun = world.loop().now();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    backend->table("rows").put(keys[i * kStride % keys.size()], "0123456789abcdef");
    if ((i + 1) % kRowsPerCommit == 0) LEAT_CHECK(backend->install({{"changelog", i}}).ok(), "no install");
  }
  return since(world, begun);
}

double cached_updates(leat::os::RealWorld& world, const std::string& directory, std::size_t updates) {
  constexpr std::size_t kKeys = 10'000;
  const leat::StateMemory memory(64 << 20, 64 << 20);
  leat::RecordCacheBudget cache;
  cache.bytes_max = 64 << 20;
  leat::Headers headers;
  leat::RecordMetadata metadata{"topic", 0, 0};
  leat::RecordContext record;
  record.headers = &headers;
  record.metadata = &metadata;
  std::vector<leat::TaskState::Entry> entries;
  entries.push_back({leat::Stores::persistent_timestamped_key_value<std::string, std::int64_t>("counts")
                         ->with_caching_enabled()
                         ->build(),
                     "", false});
  leat::TaskState state(std::move(entries), std::move(leat::StateBackend::open(directory, memory)).value());
  leat::StoreContext context;
  context.context = &record;
  context.cache_budget = &cache;
  LEAT_CHECK(state.open(context).ok(), "the store does not open");
  auto& store = *dynamic_cast<leat::TimestampedKeyValueStore<std::string, std::int64_t>*>(state.find("counts"));
  std::vector<std::string> keys;
  for (std::uint64_t i = 0; i < kKeys; ++i) keys.push_back(key_of(i * kSpread));
  const leat::Instant begun = world.loop().now();
  for (std::size_t i = 0; i < updates; ++i) {
    const auto* old = store.find(keys[i % kKeys]);
    const leat::ValueAndTimestamp<std::int64_t> updated{(old ? old->value : 0) + 1, static_cast<std::int64_t>(i)};
    store.write(keys[i % kKeys], &updated);
  }
  return since(world, begun);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: store_row DIRECTORY [ROWS [ROUNDS]]\n");
    return 2;
  }
  const std::filesystem::path directory = argv[1];
  const std::size_t rows = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 3;
  leat::os::RealWorld world;
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < rows; ++i) keys.push_back(key_of(i));
  for (int round = 0; round < rounds; ++round) {
    std::filesystem::create_directories(directory);
    const double theirs = rocksdb_alone(world, (directory / "rocksdb").string(), keys);
    const double ours = our_table(world, (directory / "ours").string(), keys);
    const double cached = cached_updates(world, (directory / "cached").string(), rows);
    const auto ns = [&](double seconds) { return seconds * 1e9 / static_cast<double>(rows); };
    fmt::print("rocksdb={:.0f} ours={:.0f} cached={:.0f} ns per row; ours reaches {:.0f} % of rocksdb's rate\n",
               ns(theirs), ns(ours), ns(cached), 100 * theirs / ours);
    for (const char* each : {"rocksdb", "ours", "cached"}) std::filesystem::remove_all(directory / each);
  }
}
