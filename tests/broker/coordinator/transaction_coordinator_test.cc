// Transactions: what each request leads to in each state, what survives, who is fenced.
#include "tests/broker/coordinator/transactions_fixture.h"

namespace leat::coordinator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using wire::ErrorCode;

TEST_F(TransactionsTest, CommitsWhatWasAdded) {
  const auto producer = init();
  EXPECT_EQ(said(producer), "1000/0");
  EXPECT_EQ(said(add(producer, {1, 2})), "NONE");
  EXPECT_EQ(state(), "Ongoing");
  EXPECT_EQ(said(end(producer, true)), "1000/1") << "version 2 raises the epoch";
  EXPECT_THAT(around.markers,
              UnorderedElementsAre(WrittenMarker{orders(1), 1000, 1, true}, WrittenMarker{orders(2), 1000, 1, true}));
  EXPECT_EQ(state(), "CompleteCommit");
  EXPECT_THAT(transaction().partitions, IsEmpty());
}

TEST_F(TransactionsTest, KeepsTheEpochInVersion1) {
  const auto producer = init();
  EXPECT_EQ(said(add(producer, {1}, 0)), "NONE");
  EXPECT_EQ(said(end(producer, false, 1)), "1000/0");
  EXPECT_THAT(around.markers, ElementsAre(WrittenMarker{orders(1), 1000, 0, false}));
}

/// (state, request) -> answer, as Apache Kafka 4.3 gives them.
TEST_F(TransactionsTest, AnswersAnEndByWhatWasBefore) {
  const auto first = init();
  EXPECT_EQ(said(end(first, true, 1)), "INVALID_TXN_STATE") << "nothing was begun";
  EXPECT_EQ(said(end(first, false, 1)), "INVALID_TXN_STATE");
  EXPECT_EQ(said(end({{}, 5, 0}, true)), "INVALID_PRODUCER_ID_MAPPING");
  EXPECT_EQ(said(end(first, true, 1, "never")), "INVALID_PRODUCER_ID_MAPPING");
  EXPECT_EQ(said(end(first, true, 1, "")), "INVALID_REQUEST");
  ASSERT_EQ(said(add(first, {0}, 0)), "NONE");
  EXPECT_EQ(said(end({{}, first.producer_id, 3}, true, 1)), "PRODUCER_FENCED");
  EXPECT_EQ(said(end(first, true, 1)), "1000/0");
  EXPECT_EQ(said(end(first, true, 1)), "1000/0") << "a retry";
  EXPECT_EQ(said(end(first, false, 1)), "INVALID_TXN_STATE") << "the opposite of what was decided";
  EXPECT_EQ(around.markers.size(), 1u);
}

TEST_F(TransactionsTest, AnswersARepeatedEndOfVersion2WithTheSameEpoch) {
  const auto first = init();
  ASSERT_EQ(said(add(first, {0})), "NONE");
  const auto second = end(first, true);
  EXPECT_EQ(said(end(first, true)), said(second)) << "a retry, under the epoch of before";
  EXPECT_EQ(said(end(first, false)), "INVALID_TXN_STATE");
  EXPECT_EQ(said(end(second, true)), "INVALID_TXN_STATE") << "nothing was begun under the new epoch";
  EXPECT_EQ(said(end({{}, 1000, 8}, true)), "PRODUCER_FENCED");
  kill_and_start();
  EXPECT_EQ(said(end(first, true)), said(second)) << "after a restart too";
  EXPECT_EQ(said(end(second, false)), "1000/2") << "an empty transaction may be aborted";
  EXPECT_EQ(said(end(second, false)), "1000/2");
  EXPECT_EQ(said(end(first, true)), "PRODUCER_FENCED") << "two epochs back";
}

TEST_F(TransactionsTest, ADelayedEndFitsNoLaterTransactionOfVersion2) {
  const auto first = init();
  ASSERT_EQ(said(add(first, {0})), "NONE");
  const auto second = end(first, true);
  ASSERT_EQ(said(add(second, {1})), "NONE");
  for (const bool commit : {true, false}) EXPECT_EQ(said(end(first, commit)), "PRODUCER_FENCED");
  EXPECT_EQ(said(add(first, {2})), "PRODUCER_FENCED") << "nor does a delayed addition";
  EXPECT_EQ(state(), "Ongoing");
  EXPECT_EQ(around.markers.size(), 1u) << "of the first transaction alone";
  EXPECT_EQ(said(end(second, true)), "1000/2");
}

TEST_F(TransactionsTest, AbortsWhatIsOpenForTooLong) {
  const auto producer = init(ProducerClaim{"t", -1, -1}, 800);
  ASSERT_EQ(said(add(producer, {0})), "NONE");
  sim.run_for(700ms);
  EXPECT_EQ(state(), "Ongoing");
  sim.run_for(200ms);
  EXPECT_EQ(state(), "CompleteAbort");
  EXPECT_THAT(around.markers, ElementsAre(WrittenMarker{orders(0), 1000, 1, false}));
  EXPECT_EQ(said(end(producer, true)), "PRODUCER_FENCED") << "the commit came too late: KAFKA-20785";
  EXPECT_EQ(said(end(producer, true, 1)), "PRODUCER_FENCED");
  EXPECT_EQ(said(end(producer, false)), "1000/1") << "it wanted the same";
  EXPECT_EQ(said(add(producer, {1})), "PRODUCER_FENCED");
  EXPECT_EQ(said(init(claim_of(producer))), "1000/1") << "KIP-360: goes on with the epoch that was raised";
  EXPECT_EQ(said(init()), "1000/2");
}

TEST_F(TransactionsTest, ACommitAndItsTimeoutNeverBothHappen) {
  for (int i = 0; i < 40; ++i) {
    const std::string id = "race" + std::to_string(i);
    const auto producer = init(ProducerClaim{id, -1, -1}, 100);
    ASSERT_EQ(said(add(producer, {i}, 2, id)), "NONE");
    const auto began = transaction(id).start_timestamp_ms;
    // The end comes within a millisecond of the timeout, before or after it.
    const auto left = std::chrono::milliseconds(began + 100 - world().loop.wall_clock_ms());
    around.markers.clear();
    sim.run_for(left - 1ms + 50us * i);
    const auto ended = end(producer, true, 2, id);
    settle();
    ASSERT_EQ(around.markers.size(), 1u);
    EXPECT_EQ(around.markers[0].commit, ended.error == ErrorCode::kNone) << i << ": " << said(ended);
  }
}

TEST_F(TransactionsTest, MeasuresATimeoutFromItsBeginAcrossARestart) {
  const auto producer = init(ProducerClaim{"t", -1, -1}, 1'000);
  ASSERT_EQ(said(add(producer, {0})), "NONE");
  sim.run_for(600ms);
  ASSERT_EQ(said(add(producer, {1})), "NONE") << "which does not begin it anew";
  kill_and_start();
  sim.run_for(300ms);
  EXPECT_EQ(state(), "Ongoing");
  sim.run_for(200ms);
  EXPECT_EQ(state(), "CompleteAbort");
  EXPECT_EQ(around.markers.size(), 2u);
}

TEST_F(TransactionsTest, ANewProducerFencesTheOneBefore) {
  const auto old = init();
  ASSERT_EQ(said(add(old, {0})), "NONE");
  EXPECT_EQ(said(init()), "CONCURRENT_TRANSACTIONS") << "what is open is aborted first";
  settle();
  const auto young = init();
  EXPECT_EQ(said(young), "1000/2");
  EXPECT_THAT(around.markers, ElementsAre(WrittenMarker{orders(0), 1000, 1, false}));
  EXPECT_EQ(said(add(old, {0})), "PRODUCER_FENCED");
  EXPECT_EQ(said(end(old, true)), "PRODUCER_FENCED");
  EXPECT_EQ(said(init(claim_of(old))), "PRODUCER_FENCED");
  EXPECT_EQ(said(add(young, {0})), "NONE");
}

/// Two producers with the same epoch would write into each other's transactions.
TEST_F(TransactionsTest, GivesTheEpochOfANewProducerToNobodyElse) {
  const auto old = init();
  const auto young = init();
  EXPECT_EQ(said(young), "1000/1");
  EXPECT_EQ(said(init(claim_of(old))), "PRODUCER_FENCED") << "a zombie that asks for its next epoch";
  EXPECT_EQ(said(add(young, {0})), "NONE");
  kill_and_start();
  EXPECT_EQ(said(init(claim_of(old))), "PRODUCER_FENCED");
}

TEST_F(TransactionsTest, RepeatsTheEpochForTheProducerThatAskedForIt) {
  const auto first = init();
  EXPECT_EQ(said(init(claim_of(first))), "1000/1");
  EXPECT_EQ(said(init(claim_of(first))), "1000/1") << "the answer was lost";
  EXPECT_EQ(said(init(claim_of({{}, 1000, 1}))), "1000/2");
  EXPECT_EQ(said(init(claim_of(first))), "PRODUCER_FENCED");
}

TEST_F(TransactionsTest, GoesOnUnderAnotherIdWhenTheEpochsAreUsedUp) {
  // Every commit takes an epoch: at ten per second, they last for an hour.
  const auto producer = at_last_epoch();
  ASSERT_EQ(said(add(producer, {0})), "NONE");
  const auto rotated = end(producer, true);
  EXPECT_EQ(said(rotated), "1001/0");
  EXPECT_THAT(around.markers, ElementsAre(WrittenMarker{orders(0), 1000, 32767, true}));
  EXPECT_EQ(said(end(producer, true)), "1001/0") << "a retry";
  EXPECT_EQ(said(end(producer, false)), "INVALID_TXN_STATE");
  kill_and_start();
  EXPECT_EQ(said(end(producer, true)), "1001/0");
  ASSERT_EQ(said(add(rotated, {1})), "NONE");
  EXPECT_EQ(said(end(producer, true)), "INVALID_PRODUCER_ID_MAPPING") << "a later transaction has begun";
  EXPECT_EQ(said(end(rotated, true)), "1001/1");
}

TEST_F(TransactionsTest, GoesOnUnderAnotherIdAlsoWhenACrashCameBetween) {
  const auto producer = at_last_epoch();
  ASSERT_EQ(said(add(producer, {0})), "NONE");
  std::shared_ptr<std::optional<ProducerReply>> ended;
  around.failures = 1;
  coordinator->end(claim_of(producer), true, true, into(ended));
  settle();
  EXPECT_EQ(state(), "PrepareCommit");
  kill_and_start();
  settle();
  EXPECT_THAT(around.markers, ElementsAre(WrittenMarker{orders(0), 1000, 32767, true}));
  EXPECT_EQ(said(end(producer, true)), "1001/0");
}

TEST_F(TransactionsTest, ATransactionAbortedUnderTheLastEpochLeavesAnotherId) {
  const auto producer = at_last_epoch(500);
  ASSERT_EQ(said(add(producer, {0})), "NONE");
  sim.run_for(1s);
  EXPECT_THAT(around.markers, ElementsAre(WrittenMarker{orders(0), 1000, 32767, false}));
  EXPECT_EQ(said(init()), "1001/0");
}

TEST_F(TransactionsTest, PartitionsThatJoinWhileTheNextIdIsFetchedAreEndedToo) {
  const auto producer = at_last_epoch();
  ASSERT_EQ(said(add(producer, {0})), "NONE");
  around.hold = true;
  std::shared_ptr<std::optional<ProducerReply>> ended;
  coordinator->end(claim_of(producer), true, true, into(ended));
  EXPECT_EQ(said(add(producer, {1})), "NONE");
  around.release();
  settle();
  ASSERT_TRUE(ended->has_value());
  EXPECT_EQ(said(**ended), "1001/0");
  EXPECT_EQ(around.markers.size(), 2u);
}

TEST_F(TransactionsTest, FinishesAfterACrashWhatWasDecided) {
  const auto producer = init();
  ASSERT_EQ(said(add(producer, {0, 1})), "NONE");
  around.hold = true;
  std::shared_ptr<std::optional<ProducerReply>> ended;
  coordinator->end(claim_of(producer), true, true, into(ended));
  settle();
  EXPECT_FALSE(ended->has_value()) << "not before the markers are there";
  EXPECT_EQ(state(), "PrepareCommit");
  EXPECT_EQ(said(end(producer, true)), "CONCURRENT_TRANSACTIONS");
  EXPECT_EQ(said(add(producer, {2})), "PRODUCER_FENCED") << "that epoch has ended";
  EXPECT_EQ(said(add({{}, 1000, 1}, {2})), "CONCURRENT_TRANSACTIONS");
  EXPECT_EQ(said(init()), "CONCURRENT_TRANSACTIONS");
  around.hold = false;
  kill_and_start();
  settle();
  EXPECT_EQ(state(), "CompleteCommit");
  EXPECT_THAT(around.markers,
              UnorderedElementsAre(WrittenMarker{orders(0), 1000, 1, true}, WrittenMarker{orders(1), 1000, 1, true}));
  EXPECT_EQ(said(end(producer, true)), "1000/1") << "the producer asks again what became of it";
}

TEST_F(TransactionsTest, TriesMarkersUntilTheyAreWritten) {
  const auto producer = init();
  ASSERT_EQ(said(add(producer, {0, 1})), "NONE");
  around.failures = 5;
  EXPECT_EQ(said(end(producer, true)), "1000/1");
  EXPECT_EQ(state(), "CompleteCommit");
  EXPECT_EQ(around.failures, 0);
}

TEST_F(TransactionsTest, SaysNothingBeforeItIsDurable) {
  std::shared_ptr<std::optional<ProducerReply>> slot;
  coordinator->init_producer({"t", -1, -1}, 60'000, into(slot));
  EXPECT_FALSE(slot->has_value());
  power_loss_and_start();
  EXPECT_FALSE(slot->has_value() && (*slot)->error == ErrorCode::kNone) << "who waits for a dead process hears no yes";
  for (int i = 0; i < 30; ++i) {
    const auto producer = init();
    const std::string told = said(producer);
    power_loss_and_start();
    ASSERT_EQ(coordinator->transactions().size(), 1u);
    EXPECT_EQ(std::to_string(transaction().producer_id) + "/" + std::to_string(transaction().producer_epoch), told);
  }
}

TEST_F(TransactionsTest, LeavesNoTraceOfAnIdThatCouldNotBeWritten) {
  init("good");
  sim.disk("broker").fail_operation(1);
  EXPECT_NE(init("bad").error, ErrorCode::kNone);
  EXPECT_FALSE(coordinator->transactions().contains("bad"));
  EXPECT_TRUE(coordinator->transactions().contains("good"));
}

TEST_F(TransactionsTest, RefusesOddRequests) {
  EXPECT_EQ(said(init("")), "INVALID_REQUEST");
  for (const std::int32_t timeout : {0, -1, 900'001})
    EXPECT_EQ(said(init(ProducerClaim{"t", -1, -1}, timeout)), "INVALID_TRANSACTION_TIMEOUT");
  const auto producer = init();
  EXPECT_EQ(said(init(ProducerClaim{"t", 77, 0})), "PRODUCER_FENCED");
  EXPECT_EQ(said(add({{}, 77, 0}, {0})), "INVALID_PRODUCER_ID_MAPPING");
  EXPECT_EQ(said(coordinator->verify(claim_of(producer), orders(0))), "TRANSACTION_ABORTABLE");
  ASSERT_EQ(said(add(producer, {0})), "NONE");
  EXPECT_EQ(said(coordinator->verify(claim_of(producer), orders(0))), "NONE");
  EXPECT_EQ(said(coordinator->verify(claim_of(producer), orders(1))), "TRANSACTION_ABORTABLE");
}

}  // namespace
}  // namespace leat::coordinator
