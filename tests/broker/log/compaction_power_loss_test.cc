// A compacted log on the simulated disk, by seed, with the log cleaner at work: appends, transactions, tombstones,
// rolls, kills and power cuts at any moment of a pass. Whatever happens, what a reader sees was appended at that
// offset, the last committed value of each key is there, and what was aborted is not.
#include <fmt/format.h>

#include "base/log.h"
#include "base/sim/sim_world.h"
#include "broker/log/log_cleaner.h"
#include "broker/log/log_directory.h"
#include "tests/broker/log/log_fixture.h"

namespace leat::log {

using wire::BatchView;
using wire::ErrorCode;

namespace {

constexpr int kSeeds = 300;
constexpr int kSteps = 250;
constexpr int kKeys = 6;

struct Appended {
  std::string key;
  std::optional<std::string> value;
  bool transactional = false;
  bool marker = false;
  bool aborted = false;
};

class Life {
 public:
  explicit Life(std::uint64_t seed) : sim_(seed), chance_(seed * 104729 + 3) { start(); }

  /// Returns how many bytes the cleaner removed.
  std::uint64_t run() {
    for (int i = 0; i < kSteps && !testing::Test::HasFailure(); ++i) step();
    stop(true);
    return passes_;
  }

 private:
  World world() { return sim_.process("broker"); }

  void start() {
    LogConfig config;
    config.segment_bytes = 700;
    config.index_interval_bytes = 150;
    config.cleanup_delete = false;
    config.cleanup_compact = true;
    config.dirty_ratio_min = 0.1;
    config.delete_retention_ms = 20;
    auto directory = LogDirectory::open(world(), "/data", 1);
    ASSERT_TRUE(directory.ok()) << directory.error().message;
    directory_ = std::move(*directory);
    auto log = directory_->open_log({"table", 0}, Uuid{1, 2}, config);
    ASSERT_TRUE(log.ok()) << log.error().message;
    log_ = std::move(*log);
    cleaner_ = std::make_unique<LogCleaner>(
        world(), CleanerConfig{.backoff_ms = 2}, [this] { return std::vector<PartitionLog*>{log_.get()}; },
        [this] {
          ++passes_;
          checkpoint();
        });
    cleaner_->start();
  }

  void checkpoint() {
    [[maybe_unused]] const Status written =
        directory_->checkpoint({.recovery_points = {{log_->partition(), log_->durable_offset()}},
                                .log_starts = {},
                                .cleaned_to = {{log_->partition(), log_->cleaned_to()}}});
  }

  void stop(bool power) {
    if (power)
      sim_.power_loss("broker");
    else
      sim_.kill("broker");
    cleaner_.reset();
    log_.reset();
    directory_.reset();
    start();
    if (!log_) return;
    EXPECT_GE(log_->log_end_offset(), acknowledged_) << "acknowledged records are gone";
    appended_.resize(static_cast<std::size_t>(log_->log_end_offset()));
    acknowledged_ = std::min(acknowledged_, log_->log_end_offset());
    // The writer is fenced and what it had open is aborted, as the transaction coordinator would.
    ++epoch_;
    sequence_ = 0;
    if (const auto& known = log_->producers().producers(); known.contains(7) && known.at(7).open_transaction_offset)
      end_transaction(false);
    open_ = false;
    check();
  }

  void append(bool transactional) {
    Appended record{.key = fmt::format("k{}", chance_.below(kKeys)), .value = fmt::format("v{}", next_value_++)};
    if (chance_.chance(15)) record.value.reset();
    wire::BatchBuilder builder;
    builder.append(world().loop.wall_clock_ms(), record.key,
                   record.value ? std::optional<BytesView>(*record.value) : std::nullopt);
    wire::BatchAttributes attributes{.codec = chance_.chance(20) ? wire::Codec::kZstd : wire::Codec::kNone};
    if (transactional) {
      attributes.transactional = true;
      attributes.producer_id = 7;
      attributes.producer_epoch = epoch_;
      attributes.base_sequence = sequence_++;
    }
    const auto outcome = log_->append(builder.seal(attributes), AppendOrigin::kClient);
    ASSERT_EQ(outcome.error, ErrorCode::kNone) << outcome.message;
    record.transactional = transactional;
    open_ |= transactional;
    note(std::move(record), outcome);
  }

  void end_transaction(bool commit) {
    const auto outcome = log_->append(wire::end_transaction_marker(commit, 7, epoch_, 0, world().loop.wall_clock_ms()),
                                      AppendOrigin::kCoordinator);
    ASSERT_EQ(outcome.error, ErrorCode::kNone) << outcome.message;
    if (!commit)
      for (std::size_t at = appended_.size(); at-- > 0 && !appended_[at].marker;)
        appended_[at].aborted = appended_[at].transactional;
    note({.marker = true}, outcome);
    open_ = false;
  }

  void note(Appended record, const AppendOutcome& outcome) {
    ASSERT_EQ(outcome.base_offset, static_cast<std::int64_t>(appended_.size()));
    appended_.push_back(std::move(record));
    log_->when_committed(outcome.last_offset + 1, [this, end = outcome.last_offset + 1](Status status) {
      if (status) acknowledged_ = std::max(acknowledged_, end);
    });
  }

  void step() {
    const auto dice = chance_.below(100);
    if (dice < 50) {
      append(false);
    } else if (dice < 64) {
      append(true);
    } else if (dice < 70) {
      if (open_) end_transaction(chance_.chance(50));
    } else if (dice < 94) {
      sim_.run_for(std::chrono::microseconds(chance_.below(9000)));
    } else if (dice < 95) {
      cleaner_.reset();
      if (log_->close()) {
        checkpoint();
        if (directory_->mark_clean()) stop(chance_.chance(50));
      }
    } else {
      stop(dice < 98);
    }
  }

  struct Seen {
    std::optional<std::string> value;
    std::int64_t offset;
  };

  /// What a read_committed consumer makes of the whole log: the last of each key.
  std::map<std::string, Seen> table() {
    std::map<std::string, Seen> table;
    const std::int64_t end = log_->last_stable_offset();
    for (std::int64_t offset = 0; offset < end;) {
      const auto read = log_->read(offset, 1 << 12, true, Isolation::kReadCommitted);
      EXPECT_EQ(read.error, ErrorCode::kNone);
      const Buf whole = read.records.flatten();
      if (whole.empty()) break;
      for (BytesView rest = whole.view(); !rest.empty();) {
        const BatchView batch = *BatchView::parse(rest);
        rest.remove_prefix(batch.size());
        EXPECT_TRUE(batch.crc_matches());
        if (batch.last_offset() < offset) continue;
        EXPECT_GE(batch.base_offset(), offset) << "offsets never go back";
        offset = batch.last_offset() + 1;
        if (batch.control()) continue;
        const bool aborted = std::any_of(read.aborted.begin(), read.aborted.end(), [&](const auto& each) {
          return each.producer_id == batch.producer_id() && each.first_offset <= batch.base_offset() &&
                 batch.base_offset() <= each.last_offset;
        });
        auto cursor = wire::RecordCursor::open(batch, whole, 1 << 20);
        for (wire::RecordView record; cursor->next(record);) {
          const Appended& expected = appended_.at(static_cast<std::size_t>(record.offset));
          EXPECT_EQ(expected.key, record.key.value_or(""));
          EXPECT_EQ(expected.value.has_value(), record.value.has_value());
          EXPECT_EQ(expected.value.value_or(""), record.value.value_or(""));
          EXPECT_EQ(expected.aborted, aborted) << "at " << record.offset;
          if (!aborted) table[expected.key] = {expected.value, record.offset};
        }
      }
    }
    return table;
  }

  void check() {
    sim_.run_for(std::chrono::milliseconds(1));
    const auto found = table();
    std::map<std::string, Seen> expected;
    for (std::int64_t offset = 0; offset < log_->last_stable_offset(); ++offset)
      if (const Appended& each = appended_.at(static_cast<std::size_t>(offset)); !each.marker && !each.aborted)
        expected[each.key] = {each.value, offset};
    for (const auto& [key, last] : expected) {
      const auto there = found.find(key);
      if (there == found.end()) {
        EXPECT_FALSE(last.value) << key << " of offset " << last.offset << " is gone";
      } else {
        EXPECT_EQ(there->second.offset, last.offset) << key;
      }
    }
  }

  sim::SimWorld sim_;
  Random chance_;
  std::unique_ptr<LogDirectory> directory_;
  std::unique_ptr<PartitionLog> log_;
  std::unique_ptr<LogCleaner> cleaner_;
  std::vector<Appended> appended_;  ///< by offset
  bool open_ = false;               ///< a transaction
  std::int64_t acknowledged_ = 0;
  std::int16_t epoch_ = 0;
  std::int32_t sequence_ = 0;
  int next_value_ = 0;
  std::uint64_t passes_ = 0;
};

}  // namespace

TEST(CompactionPowerLossTest, KeepsTheLastValueOfEachKeyForEverySeed) {
  set_log_level(LogLevel::kError);
  std::uint64_t passes = 0;
  for (std::uint64_t seed = 0; seed < kSeeds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    passes += Life(seed).run();
  }
  EXPECT_TRUE(testing::Test::HasFailure() || passes > kSeeds * 3) << "the cleaner had little to do";
  set_log_level(LogLevel::kInfo);
}

}  // namespace leat::log
