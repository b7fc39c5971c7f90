// Stores that are asked while the application runs, on one host and on several.
#include "application_fixture.h"
#include "state/queries.h"

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Optional;
using testing::SizeIs;
using testing::UnorderedElementsAre;

using Counts = ReadOnlyKeyValueStore<std::string, std::int64_t>;
using StampedCounts = ReadOnlyKeyValueStore<std::string, ValueAndTimestamp<std::int64_t>>;
using Windows = ReadOnlyWindowStore<std::string, std::int64_t>;
using Sessions = ReadOnlySessionStore<std::string, std::int64_t>;
using Prices = ReadOnlyVersionedStore<std::string, std::string>;

constexpr std::int64_t kStart = 1'700'000'000'000;

class InteractiveQueries : public Application {
 protected:
  InteractiveQueries() {
    StreamsBuilder builder;
    const auto words = builder.stream<std::string, std::string>("words").group_by_key();
    words.count(Materialized::as("counts"));
    words.windowed_by(TimeWindows::of_size_with_no_grace(10s)).count(Materialized::as("windows"));
    words.windowed_by(SessionWindows::of_inactivity_gap_with_no_grace(5s)).count(Materialized::as("sessions"));
    builder.table<std::string, std::string>("prices", Materialized::as("prices").versioned_store(1h));
    builder.global_table<std::string, std::string>("names", Materialized::as("names"));
    compute(builder.build());
  }

  void say(const std::vector<std::string>& words, std::int64_t at = kStart) {
    std::vector<Line> lines;
    for (const std::string& word : words) lines.push_back({word, "", at});
    produce("words", lines);
  }
  std::optional<std::int64_t> count_of(const ApplicationHost& host, const std::string& word) {
    const auto counts = read<Counts>(host, "counts", [word](Counts& store) { return store.get(word); });
    if (!counts) return std::nullopt;
    for (const auto& count : *counts)
      if (count) return count;
    return std::nullopt;
  }
  void wait_for_count(const std::string& word, std::int64_t count) {
    run_until([&] { return count_of(owner_of(partition_of(word)), word) == count; });
  }
  static auto key_query(const std::string& word) {
    return StateQueryRequest<>::in_store("counts").with_query(KeyQuery<std::string, std::int64_t>::with_key(word));
  }
};

TEST_F(InteractiveQueries, ViewsReadEveryKindOfStore) {
  auto& host = start("one");
  run_until_settled();
  say({"to", "be", "to"});
  produce("prices", {{"tea", "2", kStart}, {"tea", "3", kStart + 1000}});
  wait_for_count("to", 2);
  const auto stamped = read<StampedCounts>(host, "counts", [](StampedCounts& store) { return store.get("be"); });
  std::vector<std::int64_t> stamps;
  for (const auto& count : stamped.value())
    if (count) stamps.push_back(count->timestamp);
  EXPECT_THAT(stamps, ElementsAre(kStart));

  const auto windows = read<Windows>(host, "windows", [](Windows& store) {
    return store.fetch("to", Timestamp(kStart - kStart % 10'000)).value_or(0);
  });
  EXPECT_THAT(windows.value(), testing::Contains(2));
  const auto sessions = read<Sessions>(
      host, "sessions", [](Sessions& store) { return store.fetch_session("to", kStart, kStart).value_or(0); });
  EXPECT_THAT(sessions.value(), testing::Contains(2));
  run_until([&] {
    const auto old = read<Prices>(host, "prices", [](Prices& store) {
      const auto price = store.get("tea", kStart + 500);
      return price && price->valid_to ? price->value : "";
    });
    return testing::Value(old.value(), testing::Contains("2"));
  });
}

TEST_F(InteractiveQueries, AViewGathersThePartitionsAndChoosesOne) {
  auto config = this->config();
  config.num_stream_threads = 2;
  auto& host = start("one", config);
  run_until_settled();
  say({"a", "b", "c", "d", "e", "f", "g", "h"});
  for (const char* word : {"a", "b", "c", "d", "e", "f", "g", "h"}) wait_for_count(word, 1);
  const auto keys = [](Counts& store) {
    std::vector<std::string> all;
    for (const auto& [key, count] : store.all()) all.push_back(key);
    return all;
  };
  const auto parts = read<Counts>(host, "counts", keys);
  ASSERT_THAT(parts.value(), SizeIs(kPartitions));
  std::vector<std::string> all;
  for (const auto& part : *parts) all.insert(all.end(), part.begin(), part.end());
  EXPECT_THAT(all, UnorderedElementsAre("a", "b", "c", "d", "e", "f", "g", "h"));
  const auto one = read<Counts>(host, StoreQueryParameters("counts").with_partition(partition_of("c")), keys);
  ASSERT_THAT(one.value(), SizeIs(1));
  for (const std::string& key : one->front()) EXPECT_EQ(partition_of(key), partition_of("c"));
  EXPECT_THAT(one->front(), testing::Contains("c"));
}

TEST_F(InteractiveQueries, MistakesAreToldApart) {
  auto& host = start("one");
  run_until_settled();
  const auto size = [](auto& store) { return store.approximate_num_entries(); };
  const auto misspelt = read<Counts>(host, "count", size);
  ASSERT_FALSE(misspelt.ok());
  EXPECT_EQ(misspelt.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(misspelt.error().message, HasSubstr("Did you mean 'counts'?"));
  using Other = ReadOnlyKeyValueStore<std::string, double>;
  const auto other = read<Other>(host, "counts", size);
  ASSERT_FALSE(other.ok());
  EXPECT_THAT(other.error().message, HasSubstr("is of another type than it was asked for"));
  const auto far = read<Counts>(host, StoreQueryParameters("counts").with_partition(9), size);
  ASSERT_FALSE(far.ok());
  EXPECT_THAT(far.error().message, HasSubstr("the store has the partitions 0 to 3"));
  host.running_state = Error{ErrorKind::kUnavailable, "the application is CREATED"};
  EXPECT_THAT(read<Counts>(host, "counts", size).error().message, HasSubstr("is CREATED"));
}

TEST_F(InteractiveQueries, APartitionThatIsElsewhereIsSaidToBeWithItsOwner) {
  start("one");
  start("two");
  run_until_settled();
  auto& owner = owner_of(2);
  auto& other = other_than(owner);
  const auto size = [](Counts& store) { return store.approximate_num_entries(); };
  EXPECT_TRUE(read<Counts>(owner, StoreQueryParameters("counts").with_partition(2), size).ok());
  const auto missing = read<Counts>(other, StoreQueryParameters("counts").with_partition(2), size);
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().message, HasSubstr("is not here; " + owner.name() + ":7070 has it"));
}

TEST_F(InteractiveQueries, MetadataNamesTheOwnerOfEveryKeyOnEveryHost) {
  auto& one = start("one");
  auto& two = start("two");
  run_until_settled();
  for (const std::string word : {"a", "b", "c", "d"})
    for (ApplicationHost* host : {&one, &two}) {
      const auto known = whereabouts(*host)->for_key("counts", word);
      ASSERT_TRUE(known.ok()) << known.error().message;
      EXPECT_EQ(known->partition, partition_of(word));
      EXPECT_EQ(known->active_host.host, owner_of(partition_of(word)).name());
    }
  EXPECT_THAT(whereabouts(one)->for_store("counts"), SizeIs(2));
  const auto all = whereabouts(one)->all();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_THAT(all[0].state_store_names, testing::IsSupersetOf({"counts", "windows", "sessions", "names"}));
  EXPECT_EQ(whereabouts(one)->for_key("names", "x")->partition, -1);
  EXPECT_EQ(whereabouts(one)->for_key("cuonts", "x").error().kind, ErrorKind::kNotFound);
}

TEST_F(InteractiveQueries, GlobalStoresAreWholeOnEveryHostAndNoQueryOfTheSecondKindKnowsThem) {
  produce("names", {{"a", "ann", kStart}, {"b", "bob", kStart}});
  auto& one = start("one");
  auto& two = start("two");
  run_until_settled();
  using Names = ReadOnlyKeyValueStore<std::string, std::string>;
  for (ApplicationHost* host : {&one, &two}) {
    const auto name = read<Names>(*host, "names", [](Names& store) { return store.get("b").value_or(""); });
    EXPECT_THAT(name.value(), ElementsAre("bob"));
  }
  const auto answer =
      query(one, StateQueryRequest<>::in_store("names").with_query(KeyQuery<std::string, std::string>::with_key("a")));
  EXPECT_EQ(answer->only_partition_result()->failure_reason(), FailureReason::kUnknownQueryType);
}

TEST_F(InteractiveQueries, AnAnswerSaysHowFarItIsAndABoundWaitsForMore) {
  auto& host = start("one");
  run_until_settled();
  say({"to", "to"});
  wait_for_count("to", 2);
  const std::int32_t partition = partition_of("to");
  const auto answer = query(host, key_query("to").with_partitions({partition}).enable_execution_info());
  ASSERT_NE(answer->only_partition_result(), nullptr);
  EXPECT_THAT(answer->only_partition_result()->result(), Optional(2));
  EXPECT_THAT(answer->only_partition_result()->execution_info(), ElementsAre(HasSubstr("KeyQuery of partition")));
  EXPECT_THAT(answer->position().partition_positions("words"), ElementsAre(std::pair(partition, 1)));

  auto next = answer->position();
  next.with_component("words", partition, 2);
  const auto bounded = key_query("to").with_partitions({partition}).with_position_bound(PositionBound::at(next));
  EXPECT_EQ(query(host, bounded)->only_partition_result()->failure_reason(), FailureReason::kNotUpToBound);
  say({"to"});
  run_until([&] { return query(host, bounded)->only_partition_result()->is_success(); });
  EXPECT_THAT(query(host, bounded)->only_partition_result()->result(), Optional(3));
}

TEST_F(InteractiveQueries, APartitionWithoutAnAnswerSaysWhy) {
  auto& one = start("one");
  auto& two = start("two");
  run_until_settled();
  auto& other = &owner_of(1) == &one ? two : one;
  const auto answer = query(other, key_query("x").with_partitions({1, 7}));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->partition_results().at(1).failure_reason(), FailureReason::kNotPresent);
  EXPECT_EQ(answer->partition_results().at(7).failure_reason(), FailureReason::kDoesNotExist);
  const auto wrong = query(
      other, StateQueryRequest<>::in_store("counts").with_query(
                 WindowKeyQuery<std::string, std::int64_t>::with_key_and_window_start_range("x", kStart, kStart)));
  for (const auto& [partition, result] : wrong->partition_results())
    EXPECT_EQ(result.failure_reason(), FailureReason::kUnknownQueryType) << partition;
}

TEST_F(InteractiveQueries, AnyWorkerAnswersOverHttpForAll) {
  start("one");
  start("two");
  run_until_settled();
  say({"a", "b", "c", "d", "e", "f"});
  for (const char* word : {"a", "b", "c", "d", "e", "f"}) wait_for_count(word, 1);
  for (const std::string host : {"one", "two"}) {
    const std::string all = get(host, "/stores/counts").body;
    for (const char* word : {"a", "b", "c", "d", "e", "f"})
      EXPECT_THAT(all, HasSubstr("{\"key\":\"" + std::string(word) + "\",\"value\":1")) << host;
    EXPECT_THAT(get(host, "/stores/counts/c").body, HasSubstr("\"rows\":[{\"key\":\"c\",\"value\":1"));
    EXPECT_THAT(get(host, "/stores/counts?limit=2").body, HasSubstr("},\n{"));
    EXPECT_THAT(get(host, "/stores/counts?key=nobody").body, HasSubstr("\"rows\":[]"));
  }
  const std::int32_t partition = partition_of("c");
  EXPECT_THAT(get("one", "/metadata/counts?key=c").body,
              HasSubstr("{\"partition\":" + std::to_string(partition) + ",\"active\":\"" + owner_of(partition).name()));
  EXPECT_THAT(get("two", "/metadata").body, HasSubstr("{\"host\":\"one:7070\",\"stores\":[\"counts\","));
  EXPECT_THAT(get("one", "/stores").body, HasSubstr("{\"name\":\"windows\",\"kind\":\"timestamped window\""));
  EXPECT_EQ(get("one", "/stores/cuonts").status, 404);
  EXPECT_EQ(get("one", "/metadata/cuonts").status, 404);
  EXPECT_EQ(get("one", "/stores/counts?limit=none").status, 400);
}

TEST_F(InteractiveQueries, HealthIsThatOfTheApplication) {
  auto& host = start("one");
  EXPECT_EQ(get("one", "/healthz").status, 200);
  host.running_state = Error{ErrorKind::kUnavailable, "the application is PENDING_SHUTDOWN"};
  EXPECT_EQ(get("one", "/healthz").status, 503);
  EXPECT_EQ(get("one", "/stores/counts").status, 503);
}

TEST_F(InteractiveQueries, AKeyWhoseOwnerIsGoneIsReportedAsNotReached) {
  start("one");
  start("two");
  run_until_settled();
  say({"a", "b", "c", "d"});
  for (const char* word : {"a", "b", "c", "d"}) wait_for_count(word, 1);
  auto& owner = owner_of(partition_of("a"));
  auto& other = other_than(owner);
  const std::string gone = owner.name();
  owner.kill();
  EXPECT_THAT(get(other.name(), "/stores/counts/a").body,
              HasSubstr("\"unreachable\":[\"" + gone + ":7070\"],\"rows\":[]"));
  // Its tasks move when its session has ended.
  run_until([&] { return other.active_tasks().size() == 2 * kPartitions; });
  // What was not committed is counted again.
  run_until([&] {
    return get(other.name(), "/stores/counts/a").body.find("{\"key\":\"a\",\"value\":1") != std::string::npos;
  });
}

TEST_F(InteractiveQueries, StoresThatRunHaveNoLag) {
  auto& host = start("one");
  run_until_settled();
  say({"a", "b", "c"});
  wait_for_count("a", 1);
  run_for(1s);
  const auto lags = wait_for<Result<StoreLags>>([&](auto done) { host.stores().lags(done); });
  ASSERT_TRUE(lags.ok()) << lags.error().message;
  ASSERT_THAT(lags->at("counts"), SizeIs(kPartitions));
  const LagInfo lag = lags->at("counts").at(partition_of("a"));
  EXPECT_GT(lag.end_offset_position, 0);
  EXPECT_EQ(lag.offset_lag, 0);
  EXPECT_THAT(get("one", "/lags").body, HasSubstr("\"counts\":{\"0\":{\"current\":"));
}

}  // namespace
}  // namespace leat
