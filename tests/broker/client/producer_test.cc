#include "broker/client/producer.h"

#include "client_fixture.h"

namespace leat::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> numbers(int count) {
  std::vector<std::string> values;
  for (int i = 0; i < count; ++i) values.push_back(std::to_string(i));
  return values;
}

struct ProducerTest : ClientTest {
  using ClientTest::ClientTest;
  void SetUp() override { make_topic("orders", 3); }

  /// Sends 0, 1, 2 ... to partition 0, one per millisecond, while `meanwhile` happens after a third of them.
  template <class Meanwhile>
  void send_slowly(Producer& producer, int count, Meanwhile meanwhile) {
    for (int i = 0; i < count; ++i) {
      send(producer, 0, std::to_string(i));
      sim.run_for(1ms);
      if (i == count / 3) meanwhile();
    }
  }
};

struct CodecTest : ProducerTest, testing::WithParamInterface<wire::Codec> {};

TEST_P(CodecTest, WhatIsSentIsReadInOrder) {
  auto producer = make_producer({.codec = GetParam()});
  for (const std::string& value : numbers(5000)) send(*producer, 1, value);
  ASSERT_TRUE(flush(*producer));
  EXPECT_EQ(read_all({"orders", 1}, 5000), numbers(5000));
  EXPECT_EQ(producer->last_offset(producer->topic("orders"), 1), 4999);
}

INSTANTIATE_TEST_SUITE_P(AllCodecs, CodecTest,
                         testing::Values(wire::Codec::kNone, wire::Codec::kGzip, wire::Codec::kSnappy,
                                         wire::Codec::kLz4, wire::Codec::kZstd));

TEST_F(ProducerTest, SendsWhatLingersWithoutAFlush) {
  auto producer = make_producer({.linger = 20ms});
  send(*producer, 0, "alone");
  EXPECT_THAT(read_all({"orders", 0}, 1), ElementsAre("alone"));
}

TEST_F(ProducerTest, RecordsOfOneKeyGoToOnePartition) {
  auto producer = make_producer();
  for (int i = 0; i < 10; ++i) producer->send(producer->topic("orders"), -1, "21", "v", {}, 1);
  ASSERT_TRUE(flush(*producer));
  int written = 0;
  for (int partition = 0; partition < 3; ++partition) {
    const std::int64_t last = producer->last_offset(producer->topic("orders"), partition);
    if (last >= 0) ++written;
    EXPECT_TRUE(last == -1 || last == 9);
  }
  EXPECT_EQ(written, 1);
}

TEST_F(ProducerTest, APowerLossOfTheBrokerLosesAndDoublesNothing) {
  auto producer = make_producer({.linger = 2ms});
  send_slowly(*producer, 300, [&] {
    power_loss();
    sim.run_for(700ms);
    start_broker();
  });
  const Status flushed = flush(*producer);
  ASSERT_TRUE(flushed) << said(flushed);
  EXPECT_EQ(read_all({"orders", 0}, 300), numbers(300));
}

TEST_F(ProducerTest, ConnectionsThatBreakLoseAndDoubleNothing) {
  auto producer = make_producer({.linger = 1ms});
  for (int i = 0; i < 200; ++i) {
    send(*producer, 0, std::to_string(i));
    sim.run_for(1ms);
    if (i % 7 == 0) sim.cut_connections("client", "broker");
  }
  const Status flushed = flush(*producer);
  ASSERT_TRUE(flushed) << said(flushed);
  EXPECT_EQ(read_all({"orders", 0}, 200), numbers(200));
}

TEST_F(ProducerTest, FailsWhenTheDeliveryTimeoutPasses) {
  auto producer = make_producer({.delivery_timeout = 5s});
  power_loss();
  send(*producer, 0, "never");
  const Status flushed = flush(*producer);
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().kind, ErrorKind::kTimeout);
  EXPECT_TRUE(producer->error());
}

TEST_F(ProducerTest, PreparingWaitsForABrokerThatIsNotUpYetButNotForever) {
  power_loss();
  Producer producer(*cluster, {});
  auto ready = std::make_shared<std::optional<Status>>();
  producer.prepare({"orders"}, [ready](Status status) { *ready = std::move(status); });
  sim.run_for(5s);
  EXPECT_FALSE(ready->has_value());
  start_broker();
  ASSERT_TRUE(sim.run_until([&] { return ready->has_value(); }, 10s));
  EXPECT_TRUE(**ready) << said(**ready);
  power_loss();
  const Status never = status([&](OneShot<Status> done) { producer.prepare({"orders"}, std::move(done)); }, 100s);
  EXPECT_EQ(never.error().kind, ErrorKind::kUnavailable);
}

TEST_F(ProducerTest, IsFullWhileMoreWaitsThanItsBuffer) {
  auto producer = make_producer({.buffer_bytes = 1000});
  send(*producer, 0, std::string(2000, 'x'));
  EXPECT_TRUE(producer->full());
  ASSERT_TRUE(flush(*producer));
  EXPECT_FALSE(producer->full());
}

struct TransactionTest : ProducerTest {
  std::unique_ptr<Producer> transactional(const std::string& id = "payments") {
    return make_producer({.transactional_id = id});
  }
  void write(Producer& producer, const std::string& value, bool commit) {
    producer.begin_transaction();
    send(producer, 0, value);
    ASSERT_TRUE(flush(producer));
    const Status ended = end(producer, commit);
    ASSERT_TRUE(ended) << said(ended);
  }
};

TEST_F(TransactionTest, OnlyWhatIsCommittedIsReadCommitted) {
  auto producer = transactional();
  write(*producer, "a", true);
  write(*producer, "b", false);
  write(*producer, "c", true);
  EXPECT_THAT(read_all({"orders", 0}, 2, true), ElementsAre("a", "c"));
  EXPECT_THAT(read_all({"orders", 0}, 3, false), ElementsAre("a", "b", "c"));
}

TEST_F(TransactionTest, WhatIsNotCommittedYetIsHeldBack) {
  auto producer = transactional();
  producer->begin_transaction();
  send(*producer, 0, "open");
  ASSERT_TRUE(flush(*producer));
  EXPECT_THAT(read_all({"orders", 0}, 1, true), IsEmpty());
  ASSERT_TRUE(end(*producer, true));
  EXPECT_THAT(read_all({"orders", 0}, 1, true), ElementsAre("open"));
}

TEST_F(TransactionTest, AnAbortWithABatchUnderWayLetsTheNextTransactionGoOn) {
  auto producer = transactional();
  for (int i = 0; i < 20; ++i) {
    producer->begin_transaction();
    send(*producer, 0, "aborted");
    producer->flush([](Status) {});
    // By now the batch waits, is on its way, or is written.
    sim.run_for(std::chrono::microseconds(100 * i));
    const Status aborted = end(*producer, false);
    ASSERT_TRUE(aborted) << said(aborted);
    write(*producer, std::to_string(i), true);
  }
  EXPECT_EQ(read_all({"orders", 0}, 20, true), numbers(20));
}

TEST_F(TransactionTest, AnAbortRevivesAProducerThatFailed) {
  auto producer = make_producer({.delivery_timeout = 5s, .transactional_id = "payments"});
  producer->begin_transaction();
  power_loss();
  send(*producer, 0, "lost");
  ASSERT_FALSE(flush(*producer));
  start_broker();
  const Status aborted = end(*producer, false);
  ASSERT_TRUE(aborted) << said(aborted);
  write(*producer, "kept", true);
  EXPECT_THAT(read_all({"orders", 0}, 1, true), ElementsAre("kept"));
}

TEST_F(TransactionTest, ANewerProducerFencesTheOlderOne) {
  auto older = transactional();
  older->begin_transaction();
  send(*older, 0, "zombie");
  ASSERT_TRUE(flush(*older));
  auto newer = transactional();
  write(*newer, "alive", true);
  const Status ended = end(*older, true);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::kFenced) << ended.error().message;
  EXPECT_THAT(read_all({"orders", 0}, 1, true), ElementsAre("alive"));
}

TEST_F(TransactionTest, OffsetsAreCommittedWithTheTransactionOrNotAtAll) {
  auto producer = transactional();
  const auto commit_at = [&](std::int64_t offset, bool commit) {
    producer->begin_transaction();
    const Status sent = status([&](OneShot<Status> done) {
      producer->send_offsets({{{"orders", 0}, {offset, "m"}}}, {.group_id = "readers"}, std::move(done));
    });
    ASSERT_TRUE(sent) << said(sent);
    const Status ended = end(*producer, commit);
    ASSERT_TRUE(ended) << said(ended);
  };
  commit_at(7, true);
  commit_at(9, false);
  const auto committed = answer<Result<std::map<TopicPartition, CommittedOffset>>>([&](auto done) {
    committed_offsets(*cluster, "readers", {{"orders", 0}}, sim.now() + 10s, std::move(done));
  });
  ASSERT_TRUE(committed) << committed.error().message;
  EXPECT_EQ(committed->at({"orders", 0}).offset, 7);
  EXPECT_EQ(committed->at({"orders", 0}).metadata, "m");
}

TEST_F(TransactionTest, APowerLossDuringTheCommitKeepsTheTransactionWhole) {
  auto producer = transactional();
  write(*producer, "before", true);
  producer->begin_transaction();
  send(*producer, 0, "during");
  send(*producer, 1, "too");
  ASSERT_TRUE(flush(*producer));
  auto ended = std::make_shared<std::optional<Status>>();
  producer->end_transaction(true, [ended](Status status) { *ended = std::move(status); });
  sim.run_for(500us);
  power_loss();
  sim.run_for(300ms);
  start_broker();
  ASSERT_TRUE(sim.run_until([&] { return ended->has_value(); }, 200s));
  ASSERT_TRUE(**ended) << said(**ended);
  EXPECT_THAT(read_all({"orders", 0}, 2, true), ElementsAre("before", "during"));
  EXPECT_THAT(read_all({"orders", 1}, 1, true), ElementsAre("too"));
}

}  // namespace
}  // namespace leat::client
