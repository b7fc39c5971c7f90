// What queries see of a store, and that they move nothing in it.
#include "state/queries.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "state/stores.h"
#include "state/task_state.h"

namespace leat {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;

using Key = std::string;
using Value = std::int64_t;

class Queries : public testing::Test {
 protected:
  Queries() {
    budget_.bytes_max = 1'000'000;
    context_.headers = &headers_;
    context_.metadata = &metadata_;
  }

  template <class Store>
  Store& open(StoreBuilderPtr builder) {
    std::vector<TaskState::Entry> entries;
    entries.push_back({builder->build(), "", false});
    state_ = std::make_unique<TaskState>(std::move(entries), StateBackend::in_memory());
    StoreContext context;
    context.context = &context_;
    context.cache_budget = &budget_;
    context.expired_records = &expired_;
    EXPECT_TRUE(state_->open(context).ok());
    return dynamic_cast<Store&>(*state_->find("store"));
  }
  /// As stream threads ask.
  template <class Asked>
  auto ask(const Asked& query) {
    const ReadingCaches reading(budget_, query.skips_cache() ? CacheReads::kSkip : CacheReads::kLook);
    return query.run(*state_->find("store"));
  }
  static std::vector<std::string> keys(const std::vector<KeyAndValue<Key, Value>>& rows) {
    std::vector<std::string> all;
    for (const auto& row : rows) all.push_back(row.key);
    return all;
  }

  RecordCacheBudget budget_;
  RecordContext context_;
  Headers headers_;
  RecordMetadata metadata_;
  std::int64_t expired_ = 0;
  std::unique_ptr<TaskState> state_;
};

TEST_F(Queries, AKeyIsReadAsPlainValueAndWithItsTime) {
  auto& store = open<KeyValueStore<Key, ValueAndTimestamp<Value>>>(
      Stores::in_memory_timestamped_key_value<Key, Value>("store")->with_caching_enabled());
  store.put("to", {2, 100});
  EXPECT_THAT((ask(KeyQuery<Key, Value>::with_key("to")).result()), Optional(2));
  EXPECT_EQ((ask(KeyQuery<Key, Value>::with_key("be")).result()), std::nullopt);
  const auto stamped = ask(TimestampedKeyQuery<Key, Value>::with_key("to"));
  ASSERT_TRUE(stamped.result());
  EXPECT_EQ(stamped.result()->timestamp, 100);
  EXPECT_EQ(stamped.result()->value, 2);
}

TEST_F(Queries, APlainStoreHasNoTimes) {
  open<KeyValueStore<Key, Value>>(Stores::in_memory_key_value<Key, Value>("store"));
  EXPECT_EQ((ask(TimestampedKeyQuery<Key, Value>::with_key("to")).failure_reason()), FailureReason::kUnknownQueryType);
  EXPECT_EQ((ask(KeyQuery<Key, std::string>::with_key("to")).failure_reason()), FailureReason::kUnknownQueryType);
}

TEST_F(Queries, HeadersAreReadWhereRowsHaveThem) {
  auto& store = open<KeyValueStore<Key, ValueTimestampHeaders<Value>>>(
      Stores::persistent_timestamped_key_value_with_headers<Key, Value>("store"));
  Headers headers;
  headers.add("from", Bytes("here"));
  store.put("to", {2, 100, headers});
  const auto with_headers = ask(TimestampedKeyWithHeadersQuery<Key, Value>::with_key("to"));
  EXPECT_EQ(with_headers.result()->headers, headers);
  EXPECT_EQ((ask(TimestampedKeyQuery<Key, Value>::with_key("to")).result()->timestamp), 100);
  EXPECT_THAT((ask(KeyQuery<Key, Value>::with_key("to")).result()), Optional(2));
  EXPECT_THAT((ask(TimestampedRangeWithHeadersQuery<Key, Value>::with_no_bounds()).result()), SizeIs(1));
}

class Smallest final : public Query<Key> {
 public:
  Result run(StateStore& store) const override {
    auto* rows = dynamic_cast<KeyValueStore<Key, Value>*>(&store);
    if (!rows) return unknown_type(store);
    auto all = rows->all();
    const auto* first = all.next();
    return first ? Result::for_result(first->key) : Result::for_failure(FailureReason::kStoreException, "empty");
  }
};

TEST_F(Queries, AQueryOfOnesOwnAsksAStoreOfAnyKind) {
  auto& store = open<KeyValueStore<Key, Value>>(Stores::in_memory_key_value<Key, Value>("store"));
  store.put("b", 1);
  store.put("a", 1);
  EXPECT_EQ(ask(Smallest()).result(), "a");
}

TEST_F(Queries, RangesComeInBothOrdersWithOpenAndClosedEnds) {
  auto& store = open<KeyValueStore<Key, Value>>(Stores::in_memory_key_value<Key, Value>("store"));
  for (const char* key : {"d", "b", "a", "c"}) store.put(key, 1);
  using Range = RangeQuery<Key, Value>;
  EXPECT_THAT(keys(ask(Range::with_no_bounds()).result()), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(keys(ask(Range::with_range("b", "c")).result()), ElementsAre("b", "c"));
  EXPECT_THAT(keys(ask(Range::with_lower_bound("c").with_descending_keys()).result()), ElementsAre("d", "c"));
  EXPECT_THAT(keys(ask(Range::with_upper_bound("a")).result()), ElementsAre("a"));
}

TEST_F(Queries, WhatIsCachedIsSeenUnlessItIsToBeSkipped) {
  auto& store =
      open<KeyValueStore<Key, Value>>(Stores::persistent_key_value<Key, Value>("store")->with_caching_enabled());
  store.put("to", 1);
  store.flush();
  store.put("to", 2);
  const auto query = KeyQuery<Key, Value>::with_key("to");
  EXPECT_THAT(ask(query).result(), Optional(2));
  EXPECT_THAT(ask(query.skip_cache()).result(), Optional(1));
}

TEST_F(Queries, AQueryEvictsNothingAndCachesNothing) {
  auto& store =
      open<KeyValueStore<Key, Value>>(Stores::persistent_key_value<Key, Value>("store")->with_caching_enabled());
  int flushed = 0;
  store.set_flush_listener([&](const Key&, const Value*, const Value*) { ++flushed; }, false);
  for (int i = 0; i < 100; ++i) store.put("old" + std::to_string(i), i);
  store.flush();
  // Only what is written now fits; whatever a read caches must push it out.
  budget_.bytes_max = 0;
  store.put("evicted", 0);
  budget_.bytes_max = 200;
  store.put("dirty", 1);
  flushed = 0;
  const std::int64_t used = budget_.bytes_used;
  EXPECT_THAT((ask(KeyQuery<Key, Value>::with_key("old7")).result()), Optional(7));
  EXPECT_THAT((ask(RangeQuery<Key, Value>::with_no_bounds()).result()), SizeIs(102));
  EXPECT_EQ(flushed, 0);
  EXPECT_EQ(budget_.bytes_used, used);
  for (int i = 0; i < 10; ++i) store.get("old" + std::to_string(i));
  EXPECT_EQ(flushed, 1) << "reads of processing do";
}

TEST_F(Queries, WindowsAreAskedByKeyOrByTime) {
  auto& store = open<WindowStore<Key, Value>>(
      Stores::in_memory_window<Key, Value>("store", std::chrono::hours(1), std::chrono::seconds(10)));
  store.put("to", 1, 0);
  store.put("to", 2, 10'000);
  store.put("be", 3, 10'000);
  const auto of_key = ask(WindowKeyQuery<Key, Value>::with_key_and_window_start_range("to", 1, 20'000)).result();
  ASSERT_THAT(of_key, SizeIs(1));
  EXPECT_EQ(of_key[0].key, 10'000);
  EXPECT_EQ(of_key[0].value, 2);
  const auto of_time = ask(WindowRangeQuery<Key, Value>::with_window_start_range(10'000, 10'000)).result();
  ASSERT_THAT(of_time, SizeIs(2));
  EXPECT_EQ(of_time[0].key.window, (Window{10'000, 20'000}));
  EXPECT_EQ((ask(WindowRangeQuery<Key, Value>::with_key("to")).failure_reason()), FailureReason::kUnknownQueryType);
}

TEST_F(Queries, SessionsAreAskedByKey) {
  auto& store = open<SessionStore<Key, Value>>(Stores::in_memory_session<Key, Value>("store", std::chrono::hours(1)));
  store.put({"to", {5, 9}}, 1);
  store.put({"to", {20, 30}}, 2);
  store.put({"be", {5, 9}}, 3);
  const auto sessions = ask(WindowRangeQuery<Key, Value>::with_key("to")).result();
  ASSERT_THAT(sessions, SizeIs(2));
  EXPECT_EQ(sessions[0].key.window, (Window{5, 9}));
  EXPECT_EQ((ask(WindowRangeQuery<Key, Value>::with_window_start_range(0, 9)).failure_reason()),
            FailureReason::kUnknownQueryType);
}

TEST_F(Queries, VersionsAreAskedByTime) {
  auto& store = open<VersionedKeyValueStore<Key, Value>>(
      Stores::in_memory_versioned_key_value<Key, Value>("store", std::chrono::hours(1)));
  store.put("tea", 1, 100);
  store.put("tea", 2, 200);
  store.put("tea", 3, 300);
  using Version = VersionedKeyQuery<Key, Value>;
  EXPECT_EQ(ask(Version::with_key("tea")).result()->value, 3);
  EXPECT_EQ(ask(Version::with_key("tea").as_of(250)).result()->value, 2);
  EXPECT_EQ(ask(Version::with_key("tea").as_of(50)).result(), std::nullopt);
  EXPECT_THAT((ask(KeyQuery<Key, Value>::with_key("tea")).result()), Optional(3));
  const auto values = [&](const MultiVersionedKeyQuery<Key, Value>& query) {
    std::vector<Value> all;
    const auto versions = ask(query).result();
    for (const auto& version : versions) all.push_back(version.value);
    return all;
  };
  const auto all = MultiVersionedKeyQuery<Key, Value>::with_key("tea");
  EXPECT_THAT(values(all), ElementsAre(1, 2, 3));
  EXPECT_THAT(values(all.from_time(150).to_time(250).with_descending_timestamps()), ElementsAre(2, 1));
}

TEST(PositionBound, AsksATaskAboutItsOwnPartitionOnly) {
  const Position wanted = Position::empty().with_component("a", 0, 7).with_component("a", 1, 9);
  const PositionBound bound = PositionBound::at(wanted);
  EXPECT_TRUE(bound.is_reached(Position::empty().with_component("a", 0, 7), 0));
  EXPECT_FALSE(bound.is_reached(Position::empty().with_component("a", 0, 6), 0));
  EXPECT_FALSE(bound.is_reached(Position::empty(), 1));
  EXPECT_TRUE(bound.is_reached(Position::empty(), 2));
  EXPECT_TRUE(PositionBound::unbounded().is_reached(Position::empty(), 0));
}

TEST(Position, KeepsTheHigherOffsetWhenMerged) {
  Position position;
  position.with_component("a", 0, 7).with_component("b", 0, 1);
  position.merge(Position::empty().with_component("a", 0, 5).with_component("b", 0, 2));
  EXPECT_EQ(position, Position::empty().with_component("a", 0, 7).with_component("b", 0, 2));
}

}  // namespace
}  // namespace leat
