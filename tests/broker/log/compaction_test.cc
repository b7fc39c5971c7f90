#include "broker/log/compaction.h"

#include <fmt/format.h>

#include "broker/wire/filtered_batch.h"
#include "tests/broker/log/log_fixture.h"

namespace leat::log {

using testing::ElementsAre;
using testing::IsEmpty;
using wire::BatchView;
using wire::ErrorCode;

class CompactionTest : public LogFixture {
 protected:
  static constexpr std::int64_t kDay = 24LL * 3600 * 1000;

  CompactionTest() {
    config_.cleanup_delete = false;
    config_.cleanup_compact = true;
    open();
  }

  /// One record; no value is a tombstone.
  AppendOutcome put(const std::string& key, std::optional<BytesView> value, const Writer& writer = {},
                    wire::Codec codec = wire::Codec::kNone) {
    wire::BatchBuilder builder;
    builder.append(loop_.wall_clock_ms_, key, value);
    const bool idempotent = writer.id != wire::kNoProducerId;
    const AppendOutcome outcome =
        log().append(builder.seal({.codec = codec,
                                   .transactional = writer.transactional,
                                   .producer_id = writer.id,
                                   .producer_epoch = idempotent ? writer.epoch : wire::kNoProducerEpoch,
                                   .base_sequence = idempotent ? writer.sequence : wire::kNoSequence}),
                     AppendOrigin::kClient);
    disk_.finish_syncs();
    return outcome;
  }

  /// Closes the active segment: what comes next lies in another one. That is a record of key "end".
  void close_segment() {
    LogConfig tiny = config_;
    tiny.segment_bytes = 1;
    log().configure(tiny);
    ASSERT_EQ(put("end", "e").error, ErrorCode::kNone);
    log().configure(config_);
  }

  CompactionPlan plan() { return plan_compaction(log(), loop_.wall_clock_ms_); }

  Result<Compaction::Figures> compact(std::size_t map_bytes_max = 1 << 20) {
    std::optional<Result<Compaction::Figures>> result;
    Compaction pass(world(), log(), plan(), map_bytes_max);
    pass.run([&](Result<Compaction::Figures> ended) { result = std::move(ended); });
    disk_.finish_syncs();
    LEAT_CHECK(result.has_value(), "the pass has ended");
    return *result;
  }

  int markers() {
    int found = 0;
    const Buf all = log().read(0, 1 << 20, true, Isolation::kReadUncommitted).records.flatten();
    for (BytesView rest = all.view(); !rest.empty();) {
      const BatchView batch = *BatchView::parse(rest);
      found += batch.control() && batch.record_count() > 0;
      rest.remove_prefix(batch.size());
    }
    return found;
  }

  std::vector<std::int64_t> bases() {
    std::vector<std::int64_t> bases;
    for (const auto& segment : log().segments()) bases.push_back(segment->base_offset());
    return bases;
  }
};

TEST_F(CompactionTest, KeepsTheLastRecordOfEachKeyAtItsOffset) {
  for (int round = 0; round < 3; ++round)
    for (const char* key : {"a", "b", "c"}) put(key, fmt::format("{}{}", key, round));
  close_segment();
  ASSERT_TRUE(compact().ok());
  EXPECT_THAT(records(), ElementsAre("6:a2", "7:b2", "8:c2", "9:e"));
  reopen();
  EXPECT_THAT(records(), ElementsAre("6:a2", "7:b2", "8:c2", "9:e"));
  EXPECT_THAT(records(3), ElementsAre("6:a2", "7:b2", "8:c2", "9:e")) << "an offset in a gap is as good as the next";
}

TEST_F(CompactionTest, LeavesTheActiveSegmentAlone) {
  put("a", "1");
  close_segment();
  put("a", "2");
  put("a", "3");
  ASSERT_TRUE(compact().ok());
  EXPECT_THAT(records(), ElementsAre("0:1", "1:e", "2:2", "3:3"));
}

TEST_F(CompactionTest, KnowsTheKeysOfEarlierPassesAgain) {
  put("a", "1");
  put("b", "1");
  close_segment();
  ASSERT_TRUE(compact().ok());
  EXPECT_EQ(log().cleaned_to(), 2);
  put("a", "2");
  close_segment();
  ASSERT_TRUE(compact().ok());
  EXPECT_THAT(records(), ElementsAre("1:1", "2:e", "3:2", "4:e"));
  EXPECT_EQ(plan().dirty_bytes, 0u);
}

TEST_F(CompactionTest, RewritesCompressedBatchesInTheirCodec) {
  for (const auto codec : {wire::Codec::kGzip, wire::Codec::kSnappy, wire::Codec::kLz4, wire::Codec::kZstd}) {
    wire::BatchBuilder builder;
    builder.append(7, std::string("a"), std::string("old"));
    builder.append(8, std::string("b"), std::string("keep") + std::to_string(static_cast<int>(codec)));
    builder.append(9, std::string("a"), std::string("new"));
    ASSERT_EQ(log().append(builder.seal({.codec = codec}), AppendOrigin::kClient).error, ErrorCode::kNone);
  }
  close_segment();
  ASSERT_TRUE(compact().ok());
  EXPECT_THAT(records(), ElementsAre("10:keep4", "11:new", "12:e"));
  const auto read = log().read(10, 1, true, Isolation::kReadUncommitted);
  EXPECT_EQ(BatchView::parse(read.records.flatten().view())->codec_number(), 4);
}

TEST_F(CompactionTest, TellsTombstonesUntilTheirHorizonHasPassed) {
  put("a", "1");
  put("a", std::nullopt);
  put("b", "1");
  close_segment();
  ASSERT_TRUE(compact().ok());
  EXPECT_THAT(records(), ElementsAre("1:null", "2:1", "3:e"));
  const auto tombstone = log().read(1, 1, true, Isolation::kReadUncommitted).records.flatten();
  const BatchView batch = *BatchView::parse(tombstone.view());
  EXPECT_EQ(wire::delete_horizon_ms(batch), loop_.wall_clock_ms_ + kDay);
  EXPECT_TRUE(batch.crc_matches());
  auto cursor = wire::RecordCursor::open(batch, tombstone, 1 << 20);
  wire::RecordView record;
  ASSERT_TRUE(cursor->next(record));
  EXPECT_EQ(record.timestamp, loop_.wall_clock_ms_) << "relative to the horizon now, but the same";

  loop_.wall_clock_ms_ += kDay - 1;
  close_segment();
  ASSERT_TRUE(compact().ok());
  EXPECT_THAT(records(), ElementsAre("1:null", "2:1", "3:e", "4:e"));
  loop_.wall_clock_ms_ += 1;
  close_segment();
  ASSERT_TRUE(compact().ok());
  EXPECT_THAT(records(), ElementsAre("2:1", "4:e", "5:e"));
}

TEST_F(CompactionTest, RemovesAbortedDataAtOnceAndItsMarkerAfterTheHorizon) {
  const Writer writer{.id = 7, .epoch = 0, .sequence = 0, .transactional = true};
  put("a", "kept");
  put("a", "aborted", writer);
  marker(false, writer);
  put("b", "1");
  close_segment();
  ASSERT_TRUE(compact().ok());
  EXPECT_THAT(committed_records(), ElementsAre("0:kept", "3:1", "4:e"));
  EXPECT_THAT(records(), ElementsAre("0:kept", "3:1", "4:e")) << "nobody needs to be told of it any more";

  // The empty batch that tells the producer's sequence holds on to the marker until the producer is forgotten.
  loop_.wall_clock_ms_ += kDay;
  close_segment();
  ASSERT_TRUE(compact().ok());
  EXPECT_EQ(markers(), 1);
  log().expire_producers(kDay);
  for (int pass = 0; pass < 3; ++pass) {
    close_segment();
    ASSERT_TRUE(compact().ok());
    EXPECT_EQ(markers(), pass < 2 ? 1 : 0) << "first without the data, then with a horizon, then gone";
    if (pass == 1) loop_.wall_clock_ms_ += kDay;
  }
  EXPECT_THAT(committed_records(), ElementsAre("0:kept", "3:1", "7:e", "8:e"));
}

TEST_F(CompactionTest, StopsBeforeATransactionThatIsOpen) {
  put("a", "1");
  put("a", "2");
  close_segment();
  put("a", "3", {.id = 7, .epoch = 0, .sequence = 0, .transactional = true});
  close_segment();
  close_segment();
  EXPECT_EQ(plan().end, 2);
  ASSERT_TRUE(compact().ok());
  EXPECT_THAT(records(), ElementsAre("1:2", "2:e", "3:3", "4:e", "5:e"));
}

TEST_F(CompactionTest, KeepsTheSequenceOfAProducerWhoseRecordsAreGone) {
  put("a", "1", {.id = 7, .epoch = 0, .sequence = 0});
  put("a", "2", {.id = 7, .epoch = 0, .sequence = 1});
  put("a", "3");
  close_segment();
  ASSERT_TRUE(compact().ok());
  EXPECT_THAT(records(), ElementsAre("2:3", "3:e"));
  // Even where the snapshot is lost and the log is all there is.
  const auto closed = log().close();
  ASSERT_TRUE(closed.ok());
  for (const std::int64_t base : {3, 4}) [[maybe_unused]] const Status removed = disk_.remove(path(base, ".snapshot"));
  checkpoint_ = {};
  open();
  EXPECT_TRUE(put("a", "2", {.id = 7, .epoch = 0, .sequence = 1}).duplicate);
  EXPECT_EQ(put("a", "5", {.id = 7, .epoch = 0, .sequence = 5}).error, ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(put("a", "4", {.id = 7, .epoch = 0, .sequence = 2}).error, ErrorCode::kNone);
}

TEST_F(CompactionTest, GathersSmallSegmentsIntoOneAndKeepsTheStartOfTheLog) {
  for (int i = 0; i < 5; ++i) {
    put("a", std::to_string(i));
    close_segment();
  }
  EXPECT_THAT(bases(), ElementsAre(0, 1, 3, 5, 7, 9));
  ASSERT_TRUE(compact().ok());
  EXPECT_THAT(bases(), ElementsAre(0, 9));
  EXPECT_THAT(records(), ElementsAre("7:e", "8:4", "9:e"));
  EXPECT_EQ(log().log_start_offset(), 0);
  reopen();
  EXPECT_EQ(log().log_start_offset(), 0);
  EXPECT_THAT(records(), ElementsAre("7:e", "8:4", "9:e"));
}

TEST_F(CompactionTest, KeepsWhatTheFullMapDoesNotKnow) {
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 1000; ++i) put(std::to_string(i), std::to_string(round));
  close_segment();
  ASSERT_TRUE(compact(0).ok());  // as small as it gets: 768 keys
  const auto left = records();
  EXPECT_EQ(left.size(), 2001u) << "no key was found twice before the map was full";
  EXPECT_EQ(log().cleaned_to(), 768);
  ASSERT_TRUE(compact(0).ok());
  ASSERT_TRUE(compact(0).ok());
  EXPECT_LT(records().size(), 1300u);
}

TEST_F(CompactionTest, WaitsUntilALogIsDirtyEnoughOrOverdue) {
  for (int i = 0; i < 20; ++i) put(std::to_string(i), "long enough to weigh something");
  close_segment();
  ASSERT_TRUE(compact().ok());
  put("1", "2");
  close_segment();
  EXPECT_GT(plan().dirty_bytes, 0u);
  EXPECT_FALSE(plan().is_due(config_));
  config_.compaction_lag_ms_max = 1000;
  log().configure(config_);
  EXPECT_FALSE(plan().is_due(config_));
  loop_.wall_clock_ms_ += 1001;
  EXPECT_TRUE(plan().is_due(config_));
}

TEST_F(CompactionTest, LeavesRecordsAloneThatAreTooYoung) {
  config_.compaction_lag_ms_min = 1000;
  log().configure(config_);
  put("a", "1");
  put("a", "2");
  close_segment();
  EXPECT_EQ(plan().dirty_bytes, 0u);
  loop_.wall_clock_ms_ += 1001;
  EXPECT_GT(plan().dirty_bytes, 0u);
}

TEST_F(CompactionTest, EndsWhereItsSegmentsAreDeletedMeanwhile) {
  put("a", "1");
  close_segment();
  put("a", "2");
  close_segment();
  std::optional<Result<Compaction::Figures>> result;
  Compaction pass(world(), log(), plan(), 1 << 20);
  pass.run([&](Result<Compaction::Figures> ended) { result = std::move(ended); });
  ASSERT_FALSE(result) << "it waits for the disk";
  ASSERT_TRUE(log().delete_before(3).ok());
  disk_.finish_syncs();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error().kind, ErrorKind::kClosed);
  EXPECT_THAT(records(3), ElementsAre("3:e"));
  EXPECT_FALSE(disk_.exists(path(0, ".log.cleaned")));
}

TEST_F(CompactionTest, LeavesADamagedLogAsItIs) {
  put("a", "1");
  put("a", "2");
  close_segment();
  disk_.content(path(0, ".log"))[65] ^= 1;
  const auto result = compact();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(log().segments().front()->size(), disk_.content(path(0, ".log")).size());
  EXPECT_FALSE(disk_.exists(path(0, ".log.cleaned")));
}

/// Every file operation of a pass fails in turn, and the process dies right then.
TEST_F(CompactionTest, IsWholeWhateverOperationFails) {
  bool ended = false;
  for (std::size_t n = 1; !ended; ++n) {
    SCOPED_TRACE(n);
    log_.reset();
    [[maybe_unused]] const Status removed = disk_.remove_directory(kDirectory);
    checkpoint_ = {};
    open();
    for (int i = 0; i < 4; ++i) {
      put("a", std::to_string(i), {.id = 7, .epoch = 0, .sequence = i});
      put("k" + std::to_string(i), "v");
      close_segment();
    }
    const std::int64_t end = log().log_end_offset();
    disk_.fail_at(n, ErrorKind::kIo, true);
    {
      Compaction pass(world(), log(), plan(), 1 << 20);
      pass.run([&](const Result<Compaction::Figures>&) {});
      disk_.finish_syncs();
    }
    ended = !disk_.failed();
    crash(&random_);
    disk_.heal();
    checkpoint_ = {.recovery_point = end};
    open();
    EXPECT_EQ(log().log_end_offset(), end);
    std::map<std::string, int> seen;
    for (const auto& record : records()) seen[record]++;
    for (const char* expected : {"9:3", "1:v", "4:v", "7:v", "10:v", "11:e"}) EXPECT_EQ(seen[expected], 1) << expected;
    EXPECT_TRUE(put("a", "3", {.id = 7, .epoch = 0, .sequence = 3}).duplicate);
    if (HasFailure()) break;
  }
}

}  // namespace leat::log
