#include "broker/log/partition_log.h"

#include <cstring>

#include "tests/broker/log/log_fixture.h"

namespace leat::log {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using wire::ErrorCode;

class PartitionLogTest : public LogFixture {
 protected:
  PartitionLogTest() { open(); }
};

TEST_F(PartitionLogTest, GivesOffsetsOneBehindTheOther) {
  EXPECT_EQ(append({.records = 3}).base_offset, 0);
  const auto second = append({.records = 2});
  EXPECT_EQ(second.base_offset, 3);
  EXPECT_EQ(second.last_offset, 4);
  EXPECT_EQ(log().log_end_offset(), 5);
}

TEST_F(PartitionLogTest, ShowsOnlyDurableRecords) {
  append();
  EXPECT_EQ(log().high_watermark(), 0);
  EXPECT_THAT(records(), IsEmpty());
  disk_.finish_syncs();
  EXPECT_EQ(log().high_watermark(), 1);
  EXPECT_THAT(records(), ElementsAre("0:value0"));
}

TEST_F(PartitionLogTest, ShowsRecordsAtOnceInPageCacheMode) {
  config_.durability = Durability::kPageCache;
  log().configure(config_);
  append();
  EXPECT_EQ(disk_.syncs_under_way(), 0u);
  EXPECT_THAT(records(), ElementsAre("0:value0"));
}

TEST_F(PartitionLogTest, CommitsTogetherWhatWasAppendedDuringASync) {
  int committed = 0;
  for (int i = 0; i < 10; ++i)
    log().when_committed(append().last_offset + 1, [&](Status status) { committed += status.ok(); });
  EXPECT_EQ(disk_.syncs_under_way(), 1u);
  EXPECT_EQ(committed, 0);
  disk_.finish_syncs();
  EXPECT_EQ(committed, 10);
}

TEST_F(PartitionLogTest, ReadsWholeBatchesFromTheTailAndFromTheDisk) {
  batches(20, 5);
  const auto from_tail = records(0, Isolation::kReadUncommitted, 300);
  reopen();
  EXPECT_THAT(from_tail, SizeIs(100));
  EXPECT_EQ(records(0, Isolation::kReadUncommitted, 300), from_tail);
  EXPECT_THAT(records(97), ElementsAre("97:value97", "98:value98", "99:value99"));
}

TEST_F(PartitionLogTest, ReturnsTheFirstBatchWholeHoweverSmallTheLimit) {
  batches(2, 5);
  for (int from_disk = 0; from_disk < 2; ++from_disk) {
    EXPECT_GT(log().read(3, 1, true, Isolation::kReadUncommitted).records.size(), 61u);
    EXPECT_TRUE(log().read(3, 1, false, Isolation::kReadUncommitted).records.empty());
    reopen();
  }
}

TEST_F(PartitionLogTest, RefusesOffsetsThatAreNotThere) {
  batches(3);
  EXPECT_EQ(log().read(4, 100, true, Isolation::kReadUncommitted).error, ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(log().read(-1, 100, true, Isolation::kReadUncommitted).error, ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(log().read(3, 100, true, Isolation::kReadUncommitted).error, ErrorCode::kNone);
}

TEST_F(PartitionLogTest, ReadsAcrossSegmentsWithSparseIndexes) {
  config_.index_interval_bytes = 200;
  log().configure(config_);
  for (int segment = 0; segment < 4; ++segment) {
    batches(30);
    roll();
  }
  const auto all = records();
  EXPECT_THAT(all, SizeIs(124));
  reopen();
  for (std::int64_t offset = 0; offset < 124; ++offset)
    EXPECT_EQ(records(offset, Isolation::kReadUncommitted, 1).front(), all[static_cast<std::size_t>(offset)]);
}

TEST_F(PartitionLogTest, RollsWhenTheSegmentIsFullOrOld) {
  config_.segment_bytes = 500;
  log().configure(config_);
  batches(10);
  EXPECT_TRUE(disk_.exists(path(6, ".log")));
  EXPECT_TRUE(disk_.exists(path(6, ".snapshot")));
  EXPECT_TRUE(disk_.exists(path(0, ".index")));
  config_.segment_bytes = 1 << 20;
  log().configure(config_);
  loop_.wall_clock_ms_ += config_.segment_ms + 1;
  batches(1);
  EXPECT_TRUE(disk_.exists(path(10, ".log")));
}

TEST_F(PartitionLogTest, WakesReadersOnlyForWhatTheyCanSee) {
  int uncommitted = 0, committed = 0;
  log().wait_for_more(Isolation::kReadUncommitted, [&] { ++uncommitted; });
  log().wait_for_more(Isolation::kReadCommitted, [&] { ++committed; });
  const Writer writer{.id = 7, .transactional = true};
  append({.writer = writer});
  EXPECT_EQ(uncommitted + committed, 0) << "nothing is durable yet";
  disk_.finish_syncs();
  EXPECT_EQ(uncommitted, 1);
  EXPECT_EQ(committed, 0) << "the transaction is open";
  marker(true, writer);
  disk_.finish_syncs();
  EXPECT_EQ(committed, 1);
}

TEST_F(PartitionLogTest, ForgetsWaitersThatWereCancelled) {
  int woken = 0;
  log().cancel_wait(log().wait_for_more(Isolation::kReadUncommitted, [&] { ++woken; }));
  batches(1);
  EXPECT_EQ(woken, 0);
}

TEST_F(PartitionLogTest, RefusesRecordsWhoseLengthIsWrongOrNoNumber) {
  const auto with_first_byte_of_record = [&](const char* bytes, std::size_t count) {
    Buf forged = batch();
    std::memcpy(forged.mutable_data() + wire::BatchView::kHeaderBytes, bytes, count);
    wire::BatchStamp(forged.mutable_data()).seal(forged.size());
    return log().append(std::move(forged), AppendOrigin::kClient).error;
  };
  EXPECT_EQ(with_first_byte_of_record("\x02", 1), ErrorCode::kInvalidRecord);
  EXPECT_EQ(with_first_byte_of_record("\xff\xff\xff\xff\xff\xff", 6), ErrorCode::kUnknownServerError);
  EXPECT_EQ(log().log_end_offset(), 0);
}

TEST_F(PartitionLogTest, StampsTheAppendTime) {
  config_.log_append_time = true;
  log().configure(config_);
  const auto outcome = append({.timestamp = 5});
  EXPECT_EQ(outcome.log_append_time_ms, loop_.wall_clock_ms_);
  disk_.finish_syncs();
  const auto found = log().offset_of_timestamp(6, Isolation::kReadUncommitted);
  EXPECT_EQ(found->timestamp, loop_.wall_clock_ms_);
}

TEST_F(PartitionLogTest, RewritesBatchesInTheCompressionOfTheTopic) {
  config_.compression = wire::Codec::kZstd;
  log().configure(config_);
  batches(1, 50);
  const auto read = log().read(0, 1 << 20, true, Isolation::kReadUncommitted);
  EXPECT_EQ(wire::BatchView::parse(read.records.slices()[0].view())->codec_number(), 4);
  EXPECT_THAT(records(), SizeIs(50));
}

TEST_F(PartitionLogTest, FindsOffsetsByTimestamp) {
  const std::int64_t start = loop_.wall_clock_ms_;
  config_.index_interval_bytes = 100;
  log().configure(config_);
  for (int i = 0; i < 40; ++i) {
    loop_.wall_clock_ms_ = start + i * 10;
    i % 15 == 14 ? roll() : batches(1);
  }
  for (int from_disk = 0; from_disk < 2; ++from_disk) {
    for (int i = 0; i < 40; ++i)
      EXPECT_EQ(log().offset_of_timestamp(start + i * 10 - 5, Isolation::kReadUncommitted)->offset, i);
    EXPECT_EQ(log().offset_of_timestamp(start + 391, Isolation::kReadUncommitted)->offset, -1);
    EXPECT_EQ(log().max_timestamp().timestamp, start + 390);
    reopen();
  }
}

TEST_F(PartitionLogTest, DeletesSegmentsBelowTheLogStart) {
  batches(5);
  roll();
  batches(5);
  ASSERT_TRUE(log().delete_before(7).ok());
  EXPECT_EQ(log().log_start_offset(), 7);
  EXPECT_FALSE(disk_.exists(path(0, ".log")));
  EXPECT_EQ(log().read(6, 100, true, Isolation::kReadUncommitted).error, ErrorCode::kOffsetOutOfRange);
  EXPECT_THAT(records(7), SizeIs(4));
  reopen();
  EXPECT_EQ(log().log_start_offset(), 7);
  EXPECT_THAT(records(7), SizeIs(4));
}

TEST_F(PartitionLogTest, DeletesSegmentsThatASyncHoldsOnToWhenItEnds) {
  batches(5);
  roll();
  append();
  ASSERT_TRUE(log().delete_before(6).ok());
  EXPECT_TRUE(disk_.exists(path(0, ".log")));
  disk_.finish_syncs();
  EXPECT_EQ(log().log_start_offset(), 6);
  ASSERT_TRUE(log().delete_before(6).ok());
  EXPECT_FALSE(disk_.exists(path(0, ".log")));
}

TEST_F(PartitionLogTest, KeepsWhatRetentionAllows) {
  for (int i = 0; i < 5; ++i) roll();
  config_.retention_bytes = static_cast<std::int64_t>(log().size_bytes()) * 2 / 5;
  log().configure(config_);
  ASSERT_TRUE(log().maintain().ok());
  EXPECT_EQ(log().log_start_offset(), 3);
  loop_.wall_clock_ms_ += config_.retention_ms + 1;
  ASSERT_TRUE(log().maintain().ok());
  EXPECT_EQ(log().log_start_offset(), 5) << "the active segment goes too";
  EXPECT_EQ(append().base_offset, 5);
}

TEST_F(PartitionLogTest, GoesOfflineForGoodWhenASyncFails) {
  batches(1);
  Status status;
  append();
  disk_.finish_syncs();
  disk_.fail_at(2, ErrorKind::kIo);  // the write succeeds, the sync does not
  log().when_committed(append().last_offset + 1, [&](Status given) { status = given; });
  disk_.finish_syncs();
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(log().offline());
  EXPECT_EQ(append().error, ErrorCode::kKafkaStorageError);
  EXPECT_EQ(log().read(0, 100, true, Isolation::kReadUncommitted).error, ErrorCode::kKafkaStorageError);
  EXPECT_FALSE(log().close().ok());
  EXPECT_EQ(log().high_watermark(), 2);
}

TEST_F(PartitionLogTest, LeavesNoHalfBatchOnAFullDiskAndGoesOnWhenThereIsSpace) {
  batches(3);
  const auto size = disk_.content(path(0, ".log")).size();
  disk_.fail_at(1, ErrorKind::kNoSpace);
  EXPECT_EQ(append().error, ErrorCode::kKafkaStorageError);
  EXPECT_EQ(disk_.content(path(0, ".log")).size(), size);
  EXPECT_THAT(records(), SizeIs(3));
  EXPECT_EQ(append().base_offset, 3);
  disk_.finish_syncs();
  kill();
  reopen();
  EXPECT_THAT(records(), SizeIs(4));
}

TEST_F(PartitionLogTest, ReadsEndWithTheirSegment) {
  batches(2);
  roll();
  batches(3);
  disk_.finish_syncs();
  for (const char* from : {"tail", "disk"}) {
    if (from == std::string("disk")) reopen();
    const auto offsets = [&](std::int64_t offset) {
      std::vector<std::int64_t> read;
      const Buf block = log().read(offset, 1 << 20, true, Isolation::kReadUncommitted).records.flatten();
      for (BytesView rest = block.view(); !rest.empty();) {
        const auto batch = *wire::BatchView::parse(rest);
        read.push_back(batch.base_offset());
        rest.remove_prefix(batch.size());
      }
      return read;
    };
    EXPECT_EQ(offsets(0), (std::vector<std::int64_t>{0, 1})) << from;
    EXPECT_EQ(offsets(2), (std::vector<std::int64_t>{2, 3, 4, 5})) << from;
  }
}

TEST_F(PartitionLogTest, AnswersWhoWaitsWhenItIsDeleted) {
  bool answered = false, woken = false;
  log().when_committed(append().last_offset + 1, [&](Status status) { answered = !status.ok(); });
  log().wait_for_more(Isolation::kReadUncommitted, [&] { woken = true; });
  ASSERT_TRUE(log().destroy().ok());
  EXPECT_TRUE(answered && woken);
  EXPECT_FALSE(disk_.exists(kDirectory));
  EXPECT_NE(append().error, ErrorCode::kNone);
  disk_.finish_syncs();
}

// Producers

TEST_F(PartitionLogTest, AnswersARetryOfTheLastFiveBatchesWithItsFirstOffset) {
  for (int i = 0; i < 7; ++i) append({.records = 3, .writer = {.id = 9, .sequence = i * 3}});
  for (int i = 2; i < 7; ++i) {
    const auto retry = append({.records = 3, .writer = {.id = 9, .sequence = i * 3}});
    EXPECT_TRUE(retry.duplicate);
    EXPECT_EQ(retry.base_offset, i * 3);
  }
  EXPECT_EQ(append({.records = 3, .writer = {.id = 9, .sequence = 3}}).error, ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(append({.records = 2, .writer = {.id = 9, .sequence = 18}}).error, ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(log().log_end_offset(), 21);
}

TEST_F(PartitionLogTest, RefusesGapsAndOldEpochs) {
  append({.writer = {.id = 9, .epoch = 1, .sequence = 0}});
  EXPECT_EQ(append({.writer = {.id = 9, .epoch = 1, .sequence = 2}}).error, ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(append({.writer = {.id = 9, .epoch = 0, .sequence = 1}}).error, ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(append({.writer = {.id = 9, .epoch = 2, .sequence = 1}}).error, ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(append({.writer = {.id = 9, .epoch = 2, .sequence = 0}}).error, ErrorCode::kNone);
}

TEST_F(PartitionLogTest, TakesAnyFirstSequenceOfAnUnknownProducerAndWrapsAround) {
  const std::int32_t last = std::numeric_limits<std::int32_t>::max();
  EXPECT_EQ(append({.records = 3, .writer = {.id = 9, .sequence = last - 1}}).error, ErrorCode::kNone);
  EXPECT_EQ(append({.writer = {.id = 9, .sequence = 1}}).error, ErrorCode::kNone);
}

TEST_F(PartitionLogTest, ProducerThatIsNewHereBeginsNotBehindWhatItHasTried) {
  log().expect_from(9, 0, 2);
  log().expect_from(9, 0, 5);
  EXPECT_EQ(append({.writer = {.id = 9, .sequence = 5}}).error, ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(append({.writer = {.id = 9, .epoch = 1, .sequence = 5}}).error, ErrorCode::kNone) << "of that epoch only";
  log().expect_from(10, 0, 2);
  EXPECT_EQ(append({.writer = {.id = 10, .sequence = 2}}).error, ErrorCode::kNone);
  EXPECT_EQ(append({.writer = {.id = 10, .sequence = 3}}).error, ErrorCode::kNone);
}

TEST_F(PartitionLogTest, ProducerThatIsKnownBeginsNotBehindWhatItHasTriedEither) {
  append({.writer = {.id = 9, .sequence = 0, .transactional = true}});
  marker(true, {.id = 9});
  log().expect_from(9, 0, 0);
  EXPECT_EQ(append({.writer = {.id = 9, .sequence = 1, .transactional = true}}).error,
            ErrorCode::kOutOfOrderSequenceNumber);
  marker(true, {.id = 9});
  log().expect_from(9, 0, 1);
  EXPECT_EQ(append({.writer = {.id = 9, .sequence = 1, .transactional = true}}).error, ErrorCode::kNone);
  EXPECT_EQ(append({.writer = {.id = 9, .sequence = 2, .transactional = true}}).error, ErrorCode::kNone);
}

TEST_F(PartitionLogTest, BeginsSequencesAnewBehindAMarkerOfANewerEpoch) {
  append({.writer = {.id = 9, .epoch = 0, .sequence = 0, .transactional = true}});
  marker(true, {.id = 9, .epoch = 1});
  EXPECT_EQ(append({.writer = {.id = 9, .epoch = 1, .sequence = 1, .transactional = true}}).error,
            ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(append({.writer = {.id = 9, .epoch = 1, .sequence = 0, .transactional = true}}).error, ErrorCode::kNone);
}

TEST_F(PartitionLogTest, RefusesPlainWritesWithinATransaction) {
  append({.writer = {.id = 9, .sequence = 0, .transactional = true}});
  EXPECT_EQ(append({.writer = {.id = 9, .sequence = 1}}).error, ErrorCode::kInvalidTxnState);
}

TEST_F(PartitionLogTest, KnowsItsProducersAfterEveryKindOfStop) {
  for (int i = 0; i < 3; ++i) append({.writer = {.id = 9, .sequence = i}});
  roll();
  append({.writer = {.id = 9, .sequence = 3}});
  disk_.finish_syncs();
  for (const char* stop : {"clean", "kill", "crash"}) {
    if (stop == std::string("kill")) kill();
    if (stop == std::string("crash")) crash();
    reopen();
    EXPECT_TRUE(append({.writer = {.id = 9, .sequence = 3}}).duplicate) << stop;
    EXPECT_EQ(append({.writer = {.id = 9, .sequence = 5}}).error, ErrorCode::kOutOfOrderSequenceNumber) << stop;
  }
}

TEST_F(PartitionLogTest, ForgetsProducersThatWereSilent) {
  append({.writer = {.id = 9, .sequence = 0}});
  append({.writer = {.id = 10, .sequence = 0, .transactional = true}});
  loop_.wall_clock_ms_ += 1001;
  log().expire_producers(1000);
  EXPECT_EQ(append({.writer = {.id = 9, .sequence = 77}}).error, ErrorCode::kNone);
  EXPECT_TRUE(log().producers().in_transaction(10, 0)) << "an open transaction is never forgotten";
}

// Transactions

TEST_F(PartitionLogTest, HoldsReadCommittedBeforeTheFirstOpenTransaction) {
  const Writer one{.id = 1, .transactional = true}, two{.id = 2, .transactional = true};
  batches(1);
  append({.writer = one});
  append({.writer = two});
  marker(true, two);
  disk_.finish_syncs();
  EXPECT_EQ(log().last_stable_offset(), 1);
  marker(false, one);
  EXPECT_EQ(log().last_stable_offset(), 1) << "the marker is not durable yet";
  disk_.finish_syncs();
  EXPECT_EQ(log().last_stable_offset(), 5);
  EXPECT_THAT(committed_records(), ElementsAre("0:value0", "2:value2"));
}

TEST_F(PartitionLogTest, TellsAbortedTransactionsAfterEveryKindOfStop) {
  for (int i = 0; i < 12; ++i) {
    const Writer writer{.id = i % 3, .sequence = i / 3, .transactional = true};
    append({.writer = writer});
    marker(i % 2 == 0, writer);
    if (i % 4 == 3) roll();
  }
  const Writer open_writer{.id = 50, .transactional = true};
  append({.writer = open_writer});
  disk_.finish_syncs();
  const auto expected = committed_records();
  EXPECT_THAT(expected, SizeIs(9));
  const auto stable = log().last_stable_offset();
  for (const char* stop : {"clean", "kill", "crash"}) {
    if (stop == std::string("kill")) kill();
    if (stop == std::string("crash")) crash();
    reopen();
    EXPECT_EQ(committed_records(), expected) << stop;
    EXPECT_EQ(log().last_stable_offset(), stable) << stop;
  }
  marker(true, open_writer);
  disk_.finish_syncs();
  EXPECT_EQ(log().last_stable_offset(), log().log_end_offset());
}

}  // namespace leat::log
