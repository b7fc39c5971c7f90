// Standby tasks: where they are placed, that they follow, that they take over, and that they may be asked.
#include "application_fixture.h"
#include "state/queries.h"
#include "streams/assignor/task_assignment.h"

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;

using Counts = ReadOnlyKeyValueStore<std::string, std::int64_t>;

constexpr std::int64_t kStart = 1'700'000'000'000;

class Standbys : public Application {
 protected:
  Standbys() {
    StreamsBuilder builder;
    builder.stream<std::string, std::string>("words").group_by_key().count(Materialized::as("counts"));
    compute(builder.build());
  }

  ApplicationHost& start(const std::string& name, int threads = 1) {
    auto config = this->config();
    config.acceptable_recovery_lag = acceptable_lag_;
    config.num_standby_replicas = replicas_;
    config.num_stream_threads = threads;
    return Application::start(name, config);
  }
  void say(const std::vector<std::string>& words) {
    std::vector<Line> lines;
    for (const std::string& word : words) lines.push_back({word, "", kStart});
    produce("words", lines);
  }
  std::int64_t acceptable_lag_ = 10'000;
  int replicas_ = 1;
  /// What a host knows of a word, be it old.
  std::optional<std::int64_t> stale_count(const ApplicationHost& host, const std::string& word) {
    const auto parameters = StoreQueryParameters("counts").with_partition(partition_of(word)).enable_stale_stores();
    const auto counts = read<Counts>(host, parameters, [word](Counts& store) { return store.get(word); });
    return counts && !counts->empty() ? counts->front() : std::nullopt;
  }
  static std::set<TaskId> standbys_of(ApplicationHost& host) {
    std::set<TaskId> all;
    for (auto& thread : host.threads())
      for (const TaskId& id : thread->standbys()) all.insert(id);
    return all;
  }
  /// Where the store of a partition lies in memory, and as what.
  std::pair<const StateStore*, LocalStore::Role> instance(const ApplicationHost& host, std::int32_t partition) {
    auto found = std::make_shared<std::pair<const StateStore*, LocalStore::Role>>();
    StoreQuestion question;
    question.store = "counts";
    question.partitions = {partition};
    question.look = [found](const LocalStore& local) { *found = {&local.store, local.role}; };
    EXPECT_TRUE(wait_for<Result<StoreSeen>>([&](auto done) { host.stores().ask(std::move(question), done); }).ok());
    return *found;
  }
};

TEST_F(Standbys, EveryTaskHasOneOnAnotherHost) {
  std::vector<ApplicationHost*> hosts = {&start("one"), &start("two"), &start("three")};
  run_until_settled();
  const auto complete = [&] {
    std::map<TaskId, int> copies;
    for (ApplicationHost* host : hosts) {
      for (const TaskId& id : host->active_tasks()) ++copies[id];
      for (const TaskId& id : standbys_of(*host)) ++copies[id];
    }
    return copies.size() == kPartitions &&
           std::all_of(copies.begin(), copies.end(), [](const auto& each) { return each.second == 2; });
  };
  run_until(complete);
  for (ApplicationHost* host : hosts) {
    std::vector<TaskId> both;
    const auto active = host->active_tasks(), standby = standbys_of(*host);
    std::set_intersection(active.begin(), active.end(), standby.begin(), standby.end(), std::back_inserter(both));
    EXPECT_THAT(both, IsEmpty()) << host->name();
  }
  const auto where = whereabouts(*hosts[0])->for_partition("counts", 2);
  ASSERT_TRUE(where.ok()) << where.error().message;
  ASSERT_THAT(where->standby_hosts, SizeIs(1));
  EXPECT_NE(where->standby_hosts.begin()->host, where->active_host.host);
}

TEST_F(Standbys, FollowTheirTaskAndMayBeReadByThoseWhoTakeOldAnswers) {
  start("one");
  start("two");
  run_until_settled();
  say({"to", "be", "to"});
  auto& owner = owner_of(partition_of("to"));
  auto& other = other_than(owner);
  run_until([&] { return stale_count(other, "to") == 2; });
  const auto parameters = StoreQueryParameters("counts").with_partition(partition_of("to"));
  const auto fresh = read<Counts>(other, parameters, [](Counts& store) { return store.approximate_num_entries(); });
  ASSERT_FALSE(fresh.ok());
  EXPECT_THAT(fresh.error().message, HasSubstr("is here as a standby only; " + owner.name() + ":7070 has it"));
  const auto request = StateQueryRequest<>::in_store("counts")
                           .with_query(KeyQuery<std::string, std::int64_t>::with_key("to"))
                           .with_partitions({partition_of("to")});
  const auto any = query(other, request);
  EXPECT_THAT(any->only_partition_result()->result(), Optional(2));
  const auto active = query(other, request.require_active());
  EXPECT_EQ(active->only_partition_result()->failure_reason(), FailureReason::kNotActive);
  run_for(1s);
  const auto lags = wait_for<Result<StoreLags>>([&](auto done) { other.stores().lags(done); });
  EXPECT_EQ(lags->at("counts").at(partition_of("to")).offset_lag, 0);
  EXPECT_GT(lags->at("counts").at(partition_of("to")).end_offset_position, 0);
}

TEST_F(Standbys, TakeOverWithTheirStoresAsTheyAre) {
  start("one");
  start("two");
  run_until_settled();
  say({"to", "be", "to"});
  const std::int32_t partition = partition_of("to");
  auto& owner = owner_of(partition);
  auto& other = other_than(owner);
  run_until([&] { return stale_count(other, "to") == 2; });
  const auto before = instance(other, partition);
  ASSERT_EQ(before.second, LocalStore::Role::kStandby);
  const Instant killed = sim_.now();
  owner.kill();
  run_until([&] { return other.active_tasks().contains({0, partition}); });
  EXPECT_LE(sim_.now() - killed, config().session_timeout_ms + 1s);
  EXPECT_EQ(instance(other, partition), std::pair(before.first, LocalStore::Role::kActive));
  say({"to"});
  run_until([&] { return stale_count(other, "to") == 3; });
}

TEST_F(Standbys, AnswerOverHttpWhileTheirTaskIsGone) {
  start("one");
  start("two");
  run_until_settled();
  say({"to"});
  auto& owner = owner_of(partition_of("to"));
  auto& other = other_than(owner);
  run_until([&] { return stale_count(other, "to") == 1; });
  owner.kill();
  EXPECT_THAT(get(other.name(), "/stores/counts/to").body, HasSubstr("\"rows\":[]"));
  EXPECT_THAT(get(other.name(), "/stores/counts/to?stale=true").body, HasSubstr("{\"key\":\"to\",\"value\":1"));
}

TEST_F(Standbys, AreTakenUpAgainByATaskThatComesBack) {
  start("one");
  auto& two = start("two");
  run_until_settled();
  say({"a", "b", "c", "d", "e", "f"});
  two.kill();
  run_until([&] { return hosts_[0]->active_tasks().size() == kPartitions; });
  auto& three = start("three", 2);
  run_until([&] { return three.active_tasks().size() + hosts_[0]->active_tasks().size() == kPartitions; });
  run_until([&] { return standbys_of(three).size() + standbys_of(*hosts_[0]).size() == kPartitions; });
  for (const std::string word : {"a", "b", "c", "d", "e", "f"})
    for (ApplicationHost* host : {hosts_[0].get(), &three}) run_until([&] { return stale_count(*host, word) == 1; });
}

TEST_F(Standbys, ARunningTaskMovesWhenItsNewHostHasWarmedUp) {
  acceptable_lag_ = 0;
  replicas_ = 0;
  auto& one = start("one");
  run_until_settled();
  say({"a", "b", "c", "d", "e", "f"});
  run_until([&] { return stale_count(one, "f") == 1; });
  run_for(1s);
  auto& two = start("two");
  run_until([&] { return standbys_of(two).size() == 2; });
  EXPECT_THAT(two.active_tasks(), IsEmpty());
  EXPECT_THAT(one.active_tasks(), SizeIs(kPartitions));
  std::map<TaskId, const StateStore*> warm;
  for (const TaskId& id : standbys_of(two)) warm[id] = instance(two, id.partition).first;
  run_until([&] { return two.active_tasks().size() == 2; });
  for (const TaskId& id : two.active_tasks()) EXPECT_EQ(instance(two, id.partition).first, warm[id]);
  for (const std::string word : {"a", "b", "c", "d", "e", "f"})
    run_until([&] { return stale_count(owner_of(partition_of(word)), word) == 1; });
}

TEST_F(Standbys, AHostWithoutTasksOfItsOwnRuns) {
  std::vector<ApplicationHost*> hosts;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) hosts.push_back(&start(name));
  run_until_settled();
  for (ApplicationHost* host : hosts) EXPECT_TRUE(host->running()) << host->name();
}

GroupMember member(const std::string& id, std::uint64_t process, std::set<TaskId> owned = {},
                   std::map<TaskId, std::int64_t> sums = {}) {
  return {id, Uuid{process, process}, std::move(owned), std::move(sums)};
}

TEST(AssignStandbys, GoToProcessesThatDoNotRunTheTask) {
  const std::vector<GroupMember> members = {member("a1", 1), member("a2", 1), member("b1", 2)};
  const auto standbys = assign_standbys(members, {{0, 0}, {0, 1}}, {{"a1", {{0, 0}}}, {"b1", {{0, 1}}}}, 1);
  EXPECT_THAT(standbys.at("b1"), ElementsAre(TaskId{0, 0}));
  EXPECT_EQ(standbys.at("a1").size() + standbys.at("a2").size(), 1u);
}

TEST(AssignStandbys, AreAsManyAsThereAreOtherProcesses) {
  const std::vector<GroupMember> members = {member("a", 1), member("b", 2), member("c", 3)};
  const auto standbys = assign_standbys(members, {{0, 0}}, {{"a", {{0, 0}}}}, 5);
  EXPECT_FALSE(standbys.contains("a"));
  EXPECT_THAT(standbys.at("b"), SizeIs(1));
  EXPECT_THAT(standbys.at("c"), SizeIs(1));
}

TEST(AssignStandbys, StayWhereTheyAre) {
  const std::vector<GroupMember> members = {member("a", 1, {{0, 0}}), member("b", 2),
                                            member("c", 3, {}, {{{0, 0}, 7}})};
  const auto standbys = assign_standbys(members, {{0, 0}}, {{"a", {{0, 0}}}}, 1);
  EXPECT_THAT(standbys.at("c"), SizeIs(1));
}

class HoldBackMoves : public testing::Test {
 protected:
  using Given = std::map<std::string, std::set<TaskId>>;
  /// "a" runs two tasks; "b" is to have both.
  std::vector<GroupMember> members(std::map<TaskId, std::int64_t> sums_of_b) const {
    return {member("a", 1, {{0, 0}, {0, 1}}), member("b", 2, {}, std::move(sums_of_b))};
  }
  Given given_{{"a", {}}, {"b", {{0, 0}, {0, 1}}}};
  Recovery recovery_{.acceptable_lag = 10, .warmups_max = 2, .end_offset_sums = {{{0, 0}, 100}, {{0, 1}, 100}}};
};

TEST_F(HoldBackMoves, WhoIsCaughtUpTakesATaskAtOnceAndWhoIsNotWarmsUp) {
  const auto warmups = hold_back_moves(members({{{0, 0}, 90}, {{0, 1}, 89}}), recovery_, given_);
  EXPECT_THAT(given_.at("b"), ElementsAre(TaskId{0, 0}));
  EXPECT_THAT(given_.at("a"), ElementsAre(TaskId{0, 1}));
  EXPECT_THAT(warmups.at("b"), ElementsAre(TaskId{0, 1}));
}

TEST_F(HoldBackMoves, StateOfUnknownExtentCountsAsNone) {
  EXPECT_THAT(hold_back_moves(members({{{0, 0}, -3}}), recovery_, given_).at("b"), SizeIs(2));
}

TEST_F(HoldBackMoves, OnlySoManyWarmUpAndTheOthersStay) {
  recovery_.warmups_max = 1;
  EXPECT_THAT(hold_back_moves(members({}), recovery_, given_).at("b"), SizeIs(1));
  EXPECT_THAT(given_.at("a"), SizeIs(2));
}

TEST_F(HoldBackMoves, TasksThatNobodyRunsDoNotWait) {
  const std::vector<GroupMember> free = {member("a", 1), member("b", 2)};
  EXPECT_THAT(hold_back_moves(free, recovery_, given_), IsEmpty());
  EXPECT_THAT(given_.at("b"), SizeIs(2));
}

TEST(AssignTasks, AFreeTaskGoesToTheStandbyThatIsFurthest) {
  const std::vector<GroupMember> members = {member("a", 1, {}, {{{0, 0}, -3}}), member("b", 2, {}, {{{0, 0}, 7}}),
                                            member("c", 3, {}, {{{0, 0}, 9}})};
  EXPECT_THAT(assign_tasks(members, {{0, 0}}).at("c"), SizeIs(1));
}

}  // namespace
}  // namespace leat
