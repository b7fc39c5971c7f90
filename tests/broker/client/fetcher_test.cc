#include "broker/client/fetcher.h"

#include "client_fixture.h"

namespace leat::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const TopicPartition kOrders{"orders", 0};

struct FetcherTest : ClientTest {
  void SetUp() override {
    make_topic("orders", 3);
    producer = make_producer();
    write({"a", "b", "c"});
  }
  void write(const std::vector<std::string>& values) {
    for (const std::string& value : values) send(*producer, 0, value);
    ASSERT_TRUE(flush(*producer));
  }

  std::unique_ptr<Producer> producer;
};

TEST_F(FetcherTest, BeginsAtTheOffsetAsked) {
  Fetcher reader = fetcher();
  reader.add(kOrders, 1);
  EXPECT_THAT(read(reader, 2), ElementsAre("b", "c"));
  EXPECT_EQ(reader.position(kOrders), 3);
  EXPECT_EQ(reader.end_offset(kOrders), 3);
}

TEST_F(FetcherTest, WithoutAnOffsetBeginsWhereToldTo) {
  Fetcher earliest = fetcher(false, OffsetReset::kEarliest), latest = fetcher(false, OffsetReset::kLatest);
  earliest.add(kOrders, std::nullopt);
  latest.add(kOrders, std::nullopt);
  EXPECT_THAT(read(earliest, 3), ElementsAre("a", "b", "c"));
  ASSERT_TRUE(sim.run_until([&] { return latest.position(kOrders) == 3; }, 5s));
  write({"d"});
  EXPECT_THAT(read(latest, 1), ElementsAre("d"));
}

TEST_F(FetcherTest, APartitionMayBeginElsewhereThanTheOthers) {
  Fetcher reader = fetcher(false, OffsetReset::kLatest);
  reader.add(kOrders, std::nullopt, OffsetReset::kEarliest);
  EXPECT_THAT(read(reader, 3), ElementsAre("a", "b", "c"));
}

TEST_F(FetcherTest, AnOffsetThatIsGoneIsAnErrorWhereNothingElseIsAllowed) {
  Fetcher reader = fetcher(false, OffsetReset::kNone);
  reader.add(kOrders, 99);
  std::vector<Error> errors;
  ASSERT_TRUE(sim.run_until([&] { return !(errors = reader.take_errors()).empty(); }, 5s));
  EXPECT_THAT(errors[0].message, HasSubstr("orders-0"));
  EXPECT_THAT(reader.take_errors(), IsEmpty());
}

TEST_F(FetcherTest, AnOffsetThatIsGoneIsResetWhereAllowed) {
  Fetcher reader = fetcher();
  reader.add(kOrders, 99);
  EXPECT_THAT(read(reader, 3), ElementsAre("a", "b", "c"));
}

TEST_F(FetcherTest, APausedPartitionGivesNothingEvenAfterASeek) {
  Fetcher reader = fetcher();
  reader.add(kOrders, 0);
  reader.pause(kOrders, true);
  reader.seek(kOrders, 1);
  EXPECT_THAT(read(reader, 1, 3s), IsEmpty());
  reader.pause(kOrders, false);
  EXPECT_THAT(read(reader, 2), ElementsAre("b", "c"));
}

TEST_F(FetcherTest, PartitionsThatAreNotWantedWait) {
  Fetcher reader = fetcher();
  reader.add(kOrders, 0);
  sim.run_for(1s);
  EXPECT_THAT(reader.take([](const TopicPartition&) { return false; }), IsEmpty());
  EXPECT_EQ(reader.position(kOrders), 0);
  EXPECT_THAT(read(reader, 3), ElementsAre("a", "b", "c"));
}

TEST_F(FetcherTest, ASeekDropsWhatWasFetchedBefore) {
  Fetcher reader = fetcher();
  reader.add(kOrders, 0);
  sim.run_for(1s);
  reader.seek(kOrders, 2);
  EXPECT_THAT(read(reader, 1), ElementsAre("c"));
}

TEST_F(FetcherTest, GoesOnAfterAPowerLossOfTheBroker) {
  Fetcher reader = fetcher();
  reader.add(kOrders, 0);
  EXPECT_THAT(read(reader, 3), ElementsAre("a", "b", "c"));
  power_loss();
  sim.run_for(2s);
  start_broker();
  write({"d"});
  EXPECT_THAT(read(reader, 1), ElementsAre("d"));
}

TEST_F(FetcherTest, DeletedRecordsAreSkipped) {
  ASSERT_TRUE(status([&](OneShot<Status> done) { delete_records(*cluster, {{kOrders, 2}}, std::move(done)); }));
  Fetcher reader = fetcher();
  reader.add(kOrders, 0);
  EXPECT_THAT(read(reader, 1), ElementsAre("c"));
  const auto earliest = answer<Result<std::map<TopicPartition, std::int64_t>>>(
      [&](auto done) { list_offsets(*cluster, {kOrders}, -2, false, sim.now() + 5s, std::move(done)); });
  ASSERT_TRUE(earliest);
  EXPECT_EQ(earliest->at(kOrders), 2);
}

}  // namespace
}  // namespace leat::client
