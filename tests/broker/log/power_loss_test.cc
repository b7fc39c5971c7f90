// One log on the simulated disk, by seed: appends, retries, transactions, rolls, kills and power cuts, some of them on
// a disk that fails now and then. Whatever happens, the log is a beginning of what was appended that holds everything
// acknowledged, and a retry is stored once.
#include <fmt/format.h>

#include <array>

#include "base/log.h"
#include "base/sim/sim_world.h"
#include "broker/log/log_directory.h"
#include "tests/broker/log/log_fixture.h"

namespace leat::log {

using wire::BatchView;
using wire::ErrorCode;

namespace {

constexpr int kSeeds = 400;
constexpr int kSteps = 120;
constexpr int kProducers = 3;

class Life {
 public:
  explicit Life(std::uint64_t seed) : sim_(seed, options(seed)), chance_(seed * 7919 + 1) { start(); }

  void run() {
    for (int i = 0; i < kSteps && !testing::Test::HasFailure(); ++i) step();
    power_loss();
    check();
  }

 private:
  struct Producer {
    std::int32_t sequence = 0;
  };

  static sim::SimOptions options(std::uint64_t seed) {
    sim::SimOptions options;
    if (seed % 4 == 3) options.io_error_percent = 1.5;
    return options;
  }

  World world() { return sim_.process("broker"); }

  void start() {
    for (int attempt = 0; attempt < 50; ++attempt) {
      LogConfig config;
      config.segment_bytes = 1500;
      config.index_interval_bytes = 200;
      directory_.reset();
      auto directory = LogDirectory::open(world(), "/data", 1);
      if (!directory) continue;
      directory_ = std::move(*directory);
      auto log = directory_->open_log({"orders", 0}, Uuid{1, 2}, config);
      if (!log) continue;
      log_ = std::move(*log);
      return;
    }
    FAIL() << "does not open";
  }

  void stop(bool power) {
    if (power)
      sim_.power_loss("broker");
    else
      sim_.kill("broker");
    log_.reset();
    directory_.reset();
    start();
    if (!log_) return;
    // What was written and not acknowledged is there or is not; from here on it is known.
    const auto found = values();
    EXPECT_GE(found.size(), acknowledged_) << "acknowledged records are gone";
    EXPECT_LE(found.size(), appended_.size());
    appended_.resize(std::min(appended_.size(), found.size()));
    EXPECT_EQ(found, appended_);
    acknowledged_ = std::min(acknowledged_, appended_.size());
    for (std::size_t id = 0; id < producers_.size(); ++id) resume(id);
  }
  void power_loss() { stop(true); }

  /// A producer that asks again for what was not answered: here, from what the log knows of it.
  void resume(std::size_t id) {
    const auto& known = log_->producers().producers();
    const auto found = known.find(static_cast<std::int64_t>(id));
    producers_[id].sequence = found == known.end() ? 0 : found->second.last_sequence() + 1;
  }

  Buf batch(std::size_t id, const std::string& value) {
    wire::BatchBuilder builder;
    builder.append(world().loop.wall_clock_ms(), "key", value);
    return builder.seal(
        {.producer_id = static_cast<std::int64_t>(id), .producer_epoch = 0, .base_sequence = producers_[id].sequence});
  }

  void append() {
    const std::size_t id = chance_.below(producers_.size());
    const std::string value = fmt::format("{}:{}", id, next_value_++);
    const auto outcome = log_->append(batch(id, value), AppendOrigin::kClient);
    if (outcome.error != ErrorCode::kNone) return;
    EXPECT_EQ(outcome.base_offset, static_cast<std::int64_t>(appended_.size()));
    appended_.push_back(value);
    log_->when_committed(outcome.last_offset + 1, [this, end = appended_.size()](Status status) {
      if (status) acknowledged_ = std::max(acknowledged_, end);
    });
    if (chance_.chance(20)) {
      const auto retry = log_->append(batch(id, value), AppendOrigin::kClient);
      EXPECT_TRUE(retry.error == ErrorCode::kKafkaStorageError || retry.duplicate);
      if (retry.duplicate) {
        EXPECT_EQ(retry.base_offset, outcome.base_offset);
      }
    }
    ++producers_[id].sequence;
  }

  void step() {
    const auto dice = chance_.below(100);
    if (dice < 70) {
      append();
    } else if (dice < 88) {
      sim_.run_for(std::chrono::microseconds(chance_.below(3000)));
    } else if (dice < 92) {
      [[maybe_unused]] const Status written =
          directory_->checkpoint({.recovery_points = {{log_->partition(), log_->durable_offset()}}});
    } else if (dice < 95) {
      stop(false);
    } else if (dice < 97) {
      if (log_->close() && directory_->checkpoint({.recovery_points = {{log_->partition(), log_->durable_offset()}}}) &&
          directory_->mark_clean())
        stop(chance_.chance(50));
    } else {
      power_loss();
    }
  }

  /// All values that a reader sees once everything is durable.
  std::vector<std::string> values() {
    std::vector<std::string> found;
    for (std::int64_t offset = 0; offset < log_->high_watermark();) {
      const auto read = log_->read(offset, 1 << 16, true, Isolation::kReadUncommitted);
      if (read.error == ErrorCode::kKafkaStorageError) continue;  // the disk fails now and then
      const Buf whole = read.records.flatten();
      EXPECT_EQ(read.error, ErrorCode::kNone);
      if (whole.empty()) break;
      for (BytesView rest = whole.view(); !rest.empty();) {
        const BatchView each = *BatchView::parse(rest);
        rest.remove_prefix(each.size());
        auto cursor = wire::RecordCursor::open(each, whole, 1 << 20);
        wire::RecordView record;
        while (cursor->next(record)) found.emplace_back(record.value.value_or("null"));
        EXPECT_EQ(each.base_offset(), offset);
        offset = each.last_offset() + 1;
      }
    }
    return found;
  }

  void check() {
    if (!log_) return;
    const auto found = values();
    EXPECT_EQ(found, appended_);
  }

  sim::SimWorld sim_;
  Random chance_;
  std::unique_ptr<LogDirectory> directory_;
  std::unique_ptr<PartitionLog> log_;
  std::array<Producer, kProducers> producers_;
  std::vector<std::string> appended_;
  std::size_t acknowledged_ = 0;
  int next_value_ = 0;
};

}  // namespace

TEST(PowerLossTest, KeepsItsPromisesForEverySeed) {
  set_log_level(LogLevel::kError);
  for (std::uint64_t seed = 0; seed < kSeeds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Life(seed).run();
  }
  set_log_level(LogLevel::kInfo);
}

}  // namespace leat::log
