// What a log is after a stop that was not clean, on a disk that is not good.
#include "tests/broker/log/log_fixture.h"

namespace leat::log {

using testing::Contains;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
using wire::ErrorCode;

class RecoveryTest : public LogFixture {
 protected:
  /// Whether `found` is a beginning of `all`.
  static bool is_beginning(const std::vector<std::string>& found, const std::vector<std::string>& all) {
    return found.size() <= all.size() && std::equal(found.begin(), found.end(), all.begin());
  }
};

TEST_F(RecoveryTest, KeepsWhatWasAcknowledgedThroughAPowerCut) {
  open();
  batches(5);
  const auto acknowledged = records();
  append();
  append();
  crash();
  reopen();
  EXPECT_EQ(records(), acknowledged);
  EXPECT_EQ(append().base_offset, 5);
}

TEST_F(RecoveryTest, KeepsANewLogsFirstBatchThroughAPowerCut) {
  open();
  batches(1);
  crash();
  reopen();
  EXPECT_THAT(records(), SizeIs(1));
  EXPECT_TRUE(disk_.exists(std::string(kDirectory) + "/partition.metadata"));
}

TEST_F(RecoveryTest, KeepsWholeBatchesOfATornTail) {
  for (int seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    Random chance(static_cast<std::uint64_t>(seed));
    ASSERT_TRUE(disk_.remove_directory(kDirectory).ok());
    ASSERT_TRUE(disk_.sync_directory(kRoot).ok());
    checkpoint_ = {};
    open();
    std::vector<std::string> acknowledged;
    for (int i = 0; i < 30; ++i) {
      LogConfig config = config_;
      config.segment_bytes = chance.chance(10) ? 1 : 1 << 20;
      log().configure(config);
      append({.records = 1 + static_cast<int>(chance.below(3))});
      if (chance.chance(30)) {
        disk_.finish_syncs();
        if (chance.chance(30)) checkpoint_.recovery_point = log().durable_offset();
      }
    }
    acknowledged = records();
    config_.durability = Durability::kPageCache;
    log().configure(config_);
    const auto written = records();
    config_.durability = Durability::kFsync;
    crash(&chance);
    open();
    const auto recovered = records();
    EXPECT_TRUE(is_beginning(acknowledged, recovered));
    EXPECT_TRUE(is_beginning(recovered, written))
        << testing::PrintToString(recovered) << " of " << testing::PrintToString(written);
    EXPECT_EQ(append().base_offset, static_cast<std::int64_t>(recovered.size()));
    log_.reset();
  }
}

TEST_F(RecoveryTest, CutsAtEveryByteOfTheLastThreeBatches) {
  open();
  batches(5);
  std::vector<std::size_t> ends{disk_.content(path(0, ".log")).size()};
  for (int i = 0; i < 3; ++i) {
    batches(1, 2);
    ends.push_back(disk_.content(path(0, ".log")).size());
  }
  const auto all = records();
  kill();
  const Bytes content = disk_.content(path(0, ".log"));
  for (std::size_t size = ends[0]; size <= ends[3]; ++size) {
    disk_.content(path(0, ".log")) = content.substr(0, size);
    open();
    const auto whole = static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), size) - ends.begin() - 1);
    EXPECT_EQ(log().log_end_offset(), static_cast<std::int64_t>(5 + 2 * whole));
    EXPECT_TRUE(is_beginning(records(), all));
    EXPECT_EQ(disk_.content(path(0, ".log")).size(), ends[whole]);
    log_.reset();
  }
}

TEST_F(RecoveryTest, CutsAtAFlippedBitOrCorrectsIt) {
  open();
  batches(5, 2);
  const auto all = records();
  kill();
  const Bytes content = disk_.content(path(0, ".log"));
  for (std::size_t bit = 0; bit < content.size() * 8; ++bit) {
    disk_.content(path(0, ".log")) = content;
    disk_.content(path(0, ".log"))[bit / 8] ^= static_cast<char>(1 << bit % 8);
    open();
    const auto found = records();
    EXPECT_TRUE(is_beginning(found, all)) << bit;
    const std::size_t batch_bytes = content.size() / 5;
    EXPECT_GE(found.size(), bit / 8 / batch_bytes * 2) << bit;
    if (bit / 8 % batch_bytes < 8 || bit / 8 % batch_bytes == 16) {
      EXPECT_EQ(found.size(), all.size()) << "base offset and magic are corrected, bit " << bit;
    }
    log_.reset();
  }
}

TEST_F(RecoveryTest, NeverCutsBeforeTheRecoveryPoint) {
  open();
  batches(4);
  roll();
  batches(5);
  const auto all = records();
  checkpoint_.recovery_point = log().durable_offset();
  kill();
  const Bytes content = disk_.content(path(4, ".log"));
  for (std::size_t byte = 0; byte < content.size(); ++byte) {
    SCOPED_TRACE(byte);
    disk_.content(path(4, ".log"))[byte] ^= 0x55;
    open();
    EXPECT_EQ(log().log_end_offset(), 10);
    const auto damaged = 4 + static_cast<std::int64_t>(byte * 6 / content.size());
    for (std::int64_t offset = 0; offset < 10; ++offset) {
      const auto read = records(offset, Isolation::kReadUncommitted, 1);
      const bool unnoticed_epoch = byte % (content.size() / 6) >= 12 && byte % (content.size() / 6) < 16;
      const bool corrected = byte % (content.size() / 6) < 8 || byte % (content.size() / 6) == 16;
      if (offset == damaged && !unnoticed_epoch && !corrected)
        EXPECT_EQ(read.front(), "error 2");
      else
        EXPECT_EQ(read.front(), all[static_cast<std::size_t>(offset)]);
    }
    EXPECT_EQ(append().base_offset, 10);
    log_.reset();
    disk_.content(path(4, ".log")) = content;
    for (const char* extension : {".log", ".snapshot"})
      if (disk_.exists(path(10, extension))) {
        ASSERT_TRUE(disk_.remove(path(10, extension)).ok());
      }
  }
}

TEST_F(RecoveryTest, ServesNoDamageInSegmentsThatWereNotRecovered) {
  open();
  batches(10);
  roll();
  const auto all = records();
  reopen();
  const Bytes content = disk_.content(path(0, ".log"));
  disk_.content(path(0, ".log"))[content.size() / 2 - 5] ^= 1;
  for (std::int64_t offset = 0; offset < 11; ++offset) {
    const auto read = records(offset, Isolation::kReadUncommitted, 1);
    EXPECT_EQ(read.front(), offset == 4 ? "error 2" : all[static_cast<std::size_t>(offset)]);
  }
}

TEST_F(RecoveryTest, RebuildsWhateverIndexIsMissingEmptyCutOrFlipped) {
  config_.index_interval_bytes = 150;
  open();
  for (int i = 0; i < 20; ++i) {
    const Writer writer{.id = 3, .sequence = i, .transactional = true};
    append({.writer = writer});
    marker(i % 2 == 0, writer);
    if (i % 7 == 6) roll();
  }
  disk_.finish_syncs();
  const auto all = records();
  const auto committed = committed_records();
  reopen();
  checkpoint_ = {log().durable_offset(), 0, true};
  ASSERT_TRUE(log().close().ok());
  log_.reset();
  for (const char* extension : {".index", ".timeindex", ".txnindex", ".snapshot"})
    for (const std::int64_t base : {0, 14, 29}) {
      if (!disk_.exists(path(base, extension))) {
        ASSERT_EQ(extension + std::to_string(base), ".snapshot0");
        continue;
      }
      const Bytes content = disk_.content(path(base, extension));
      std::vector<Bytes> damaged{Bytes(), content.substr(0, content.size() - 1)};
      for (std::size_t i = 0; i < content.size(); ++i) {
        damaged.push_back(content);
        damaged.back()[i] ^= 0x11;
      }
      for (const Bytes& bad : damaged) {
        disk_.content(path(base, extension)) = bad;
        open();
        EXPECT_EQ(records(), all) << extension << base;
        for (std::int64_t offset = 0; offset < log().log_end_offset(); offset += 5)
          EXPECT_EQ(records(offset, Isolation::kReadUncommitted, 1),
                    records(offset, Isolation::kReadUncommitted, 1 << 20));
        if (extension != std::string(".txnindex") || bad.size() != content.size()) {
          EXPECT_EQ(committed_records(), committed) << extension << base;
        }
        log_.reset();
        disk_.content(path(base, extension)) = content;
      }
      ASSERT_TRUE(disk_.remove(path(base, extension)).ok());
      open();
      EXPECT_EQ(records(), all) << extension << base;
      EXPECT_EQ(log().producers().producers().at(3).last_sequence(), 19) << extension << base;
      log_.reset();
      ASSERT_TRUE(disk_.make_directories(kDirectory).ok());
      auto file = disk_.open(path(base, extension), OpenMode::kCreate);
      disk_.content(path(base, extension)) = content;
    }
}

TEST_F(RecoveryTest, ForgetsSnapshotsOfWhatWasCut) {
  open();
  batches(3);
  append({.writer = {.id = 9, .sequence = 0}});
  reopen();  // leaves a snapshot at 4
  log_.reset();
  disk_.content(path(0, ".log")).resize(disk_.content(path(0, ".log")).size() - 1);
  checkpoint_ = {};
  open();
  EXPECT_EQ(log().log_end_offset(), 3);
  EXPECT_FALSE(disk_.exists(path(4, ".snapshot")));
  EXPECT_THAT(log().producers().producers(), IsEmpty());
}

TEST_F(RecoveryTest, KeepsItsPromisesWhicheverOperationFails) {
  for (const ErrorKind kind : {ErrorKind::kIo, ErrorKind::kNoSpace})
    for (const bool for_good : {false, true})
      for (std::size_t n = 1;; ++n) {
        SCOPED_TRACE(testing::Message() << name(kind) << " for good " << for_good << " at " << n);
        ASSERT_TRUE(disk_.remove_directory(kDirectory).ok());
        ASSERT_TRUE(disk_.sync_directory(kRoot).ok());
        checkpoint_ = {};
        std::vector<std::string> acknowledged;
        disk_.fail_at(n, kind, for_good);
        if (auto opened = try_open()) {
          log_ = std::move(*opened);
          for (int i = 0; i < 12; ++i) {
            LogConfig config = config_;
            config.segment_bytes = i % 4 == 3 ? 1 : 1 << 20;
            log().configure(config);
            const auto outcome = append();
            if (outcome.error != ErrorCode::kNone) continue;
            const std::string value = std::to_string(outcome.base_offset) + ":value" + std::to_string(values_ - 1);
            log().when_committed(outcome.last_offset + 1, [&acknowledged, value](Status status) {
              if (status) acknowledged.push_back(value);
            });
            if (i % 3 == 2) disk_.finish_syncs();
          }
          if (n % 2 == 0) [[maybe_unused]]
            const Status closed = log().close();
        }
        const bool failed = disk_.failed();
        crash();
        open();
        const auto recovered = records();
        EXPECT_TRUE(is_beginning(acknowledged, recovered)) << testing::PrintToString(recovered);
        EXPECT_EQ(append().base_offset, static_cast<std::int64_t>(recovered.size()));
        disk_.finish_syncs();
        EXPECT_THAT(records(), SizeIs(recovered.size() + 1));
        log_.reset();
        if (!failed) break;
      }
}

TEST_F(RecoveryTest, MakesADamagedLeaderEpochCheckpointAnew) {
  open();
  batches(2);
  const std::string epochs = std::string(kDirectory) + "/leader-epoch-checkpoint";
  for (const char* text : {"0\n1\n7 0\n", "garbage", "", "0\n2\n7 0\n"}) {
    kill();
    disk_.content(epochs) = text;
    open();
    EXPECT_EQ(log().leader_epoch(), text == std::string("0\n1\n7 0\n") ? 7 : 0);
    EXPECT_THAT(records(), SizeIs(2));
  }
}

TEST_F(RecoveryTest, BeginsAnewWhereACrashTookTheEndAndDeletionTheBeginning) {
  open();
  batches(3);
  kill();
  checkpoint_.log_start_offset = 10;
  open();
  EXPECT_EQ(log().log_start_offset(), 10);
  EXPECT_EQ(append().base_offset, 10);
  disk_.finish_syncs();
  EXPECT_THAT(records(10), SizeIs(1));
  reopen();
  EXPECT_THAT(records(10), SizeIs(1));
}

}  // namespace leat::log
