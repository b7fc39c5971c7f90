// LogFixture: one partition log on a disk in memory, and words for what may happen to it.
//
//   batches(10); roll(); batches(3); crash(); reopen();
//   EXPECT_EQ(log().log_end_offset(), 13);
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "broker/log/partition_log.h"
#include "tests/broker/log/memory_disk.h"

namespace leat::log {

/// A loop whose clock stands still until the test moves it. Nothing here posts to it.
class StandingLoop : public Loop {
 public:
  Instant now() const override { return Instant(std::chrono::milliseconds(wall_clock_ms_)); }
  std::int64_t wall_clock_ms() const override { return wall_clock_ms_; }
  void post(Task task) override { task(); }
  TimerId call_at(Instant, Task) override { return TimerId{0}; }
  void cancel(TimerId) override {}
  void run() override {}
  std::size_t run_once(Duration) override { return 0; }
  void stop() override {}

  std::int64_t wall_clock_ms_ = 1'800'000'000'000;
};

class NoNet : public Net {
 public:
  void connect(const Endpoint&, OneShot<Result<std::unique_ptr<Connection>>> done) override {
    done(Error{ErrorKind::kUnavailable, "a log needs no network"});
  }
  Result<std::unique_ptr<Listener>> listen(const Endpoint&, MoveFunction<void(std::unique_ptr<Connection>)>) override {
    return Error{ErrorKind::kUnavailable, "a log needs no network"};
  }
};

/// Identity and sequence of a producer, for `BatchSpec`.
struct Writer {
  std::int64_t id = wire::kNoProducerId;
  std::int16_t epoch = 0;
  std::int32_t sequence = 0;
  bool transactional = false;
};

struct BatchSpec {
  int records = 1;
  std::string value = "value";
  std::int64_t timestamp = -1;  ///< -1: now
  Writer writer;
  wire::Codec codec = wire::Codec::kNone;
  bool keys = true;
};

class LogFixture : public testing::Test {
 protected:
  static constexpr const char* kRoot = "/data";
  static constexpr const char* kDirectory = "/data/orders-0";

  LogFixture();
  /// With LEAT_EXPORT_LOGS=DIR in the environment the log is closed and copied to DIR/orders-N, N counting the tests:
  /// for Kafka's own tools.
  void TearDown() override;

  World world() { return {loop_, disk_, net_, random_}; }
  PartitionLog& log() { return *log_; }

  /// Opens the log; fails the test where that fails.
  void open();
  Result<std::unique_ptr<PartitionLog>> try_open();
  /// Clean stop and start.
  void reopen();
  /// The process dies; what is on the disk stays.
  void kill();
  /// Power cut: of what was not synced, nothing survives, or a random part.
  void crash(Random* random = nullptr);

  Buf batch(const BatchSpec& spec = {});
  AppendOutcome append(const BatchSpec& spec = {});
  AppendOutcome marker(bool commit, const Writer& writer);
  /// Appends `count` batches of `records` records, synced.
  void batches(int count, int records = 1);
  /// Makes the next batch begin a new segment.
  void roll();

  /// Records that a reader sees from `offset` on, reading on until the end: "offset:value".
  std::vector<std::string> records(std::int64_t offset = 0, Isolation isolation = Isolation::kReadUncommitted,
                                   std::size_t bytes_max = 1 << 20);
  /// What read_committed consumers see, with aborted transactions and markers left out as a client does it.
  std::vector<std::string> committed_records();
  std::string path(std::int64_t base, const std::string& extension) const;

  MemoryDisk disk_;
  StandingLoop loop_;
  NoNet net_;
  Random random_{1};
  LogConfig config_;
  LogCheckpoint checkpoint_;
  std::unique_ptr<PartitionLog> log_;
  int values_ = 0;
};

}  // namespace leat::log
