// Sources by pattern in a running application: topics come and go while it runs.
#include "application_fixture.h"
#include "state/queries.h"

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr std::int64_t kStart = 1'700'000'000'000;

class PatternSources : public Application {
 protected:
  void compute_copies() {
    StreamsBuilder builder;
    builder.stream<std::string, std::string>(Pattern{"in-.*"}).to("out");
    compute(builder.build());
    make_topic("out");
  }
  ApplicationHost& start(const std::string& name) {
    auto config = this->config();
    config.metadata_max_age_ms = 1s;
    return Application::start(name, config);
  }
  void say(const std::string& topic, const std::vector<std::string>& words) {
    std::vector<Line> lines;
    for (const std::string& word : words) lines.push_back({word, word, kStart});
    produce(topic, lines);
  }
  void run_until_out(std::size_t count) {
    run_until([&] { return values_of("out").size() >= count; });
  }
};

TEST_F(PatternSources, ATopicThatComesLaterIsReadByTheTasksThatRun) {
  compute_copies();
  make_topic("in-a");
  make_topic("other");
  ApplicationHost& host = start("host");
  run_until_settled();
  const std::vector<Task*> before = host.threads()[0]->tasks();
  ASSERT_THAT(before, SizeIs(kPartitions));
  say("in-a", {"a1", "a2"});
  run_until_out(2);
  make_topic("in-b");
  say("in-b", {"b1", "b2", "b3"});
  say("other", {"o1"});
  run_until_out(5);
  run_for(3s);
  EXPECT_THAT(values_of("out"), UnorderedElementsAre("a1", "a2", "b1", "b2", "b3"));
  EXPECT_EQ(host.threads()[0]->tasks(), before) << "tasks that run take the new topic's partitions in";
  EXPECT_THAT(before[0]->partitions(), ElementsAre(TopicPartition{"in-a", 0}, TopicPartition{"in-b", 0}));
}

TEST_F(PatternSources, AnApplicationWhosePatternMatchesNothingRunsAndWaits) {
  compute_copies();
  ApplicationHost& host = start("host");
  run_until_settled();
  EXPECT_THAT(host.active_tasks(), IsEmpty());
  make_topic("in-a");
  say("in-a", {"a1"});
  run_until_out(1);
  EXPECT_THAT(host.active_tasks(), SizeIs(kPartitions));
}

TEST_F(PatternSources, HostsShareTheNewTopicAndEveryRecordIsReadOnce) {
  compute_copies();
  make_topic("in-a");
  start("host-1");
  start("host-2");
  run_until_settled();
  say("in-a", {"a1", "a2", "a3", "a4", "a5"});
  make_topic("in-b");
  say("in-b", {"b1", "b2", "b3", "b4", "b5"});
  run_until_out(10);
  run_until_settled();
  run_for(3s);
  EXPECT_THAT(values_of("out"), SizeIs(10));
  for (const auto& host : hosts_) EXPECT_THAT(host->active_tasks(), SizeIs(kPartitions / 2)) << host->name();
}

TEST_F(PatternSources, CommittedOffsetsOfTheNewTopicAreFoundAfterARestart) {
  compute_copies();
  make_topic("in-a");
  ApplicationHost& first = start("host-1");
  run_until_settled();
  make_topic("in-b");
  say("in-b", {"b1", "b2"});
  run_until_out(2);
  run_for(1s);
  first.kill();
  start("host-2");
  say("in-b", {"b3"});
  run_until_out(3);
  run_for(2s);
  EXPECT_THAT(values_of("out"), UnorderedElementsAre("b1", "b2", "b3"));
}

TEST_F(PatternSources, ATopicThatIsDeletedLeavesTheOthersRunning) {
  compute_copies();
  make_topic("in-a");
  make_topic("in-b");
  ApplicationHost& host = start("host");
  run_until_settled();
  say("in-b", {"b1"});
  run_until_out(1);
  run_for(1s);
  delete_topic("in-b");
  run_until([&] {
    const auto tasks = host.threads()[0]->tasks();
    return tasks.size() == kPartitions &&
           std::all_of(tasks.begin(), tasks.end(), [](Task* task) { return task->partitions().size() == 1; });
  });
  say("in-a", {"a1"});
  run_until_out(2);
  EXPECT_EQ(host.threads()[0]->error(), std::nullopt);
}

TEST_F(PatternSources, StoresCountOverAllTopicsAndHaveTheirChangelogs) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>(Pattern{"in-.*"}).group_by_key().count(Materialized::as("counts"));
  compute(builder.build());
  ApplicationHost& host = start("host");
  run_until_settled();
  make_topic("in-a");
  say("in-a", {"x", "x"});
  make_topic("in-b");
  say("in-b", {"x"});
  const auto count = [&] {
    const auto rows = read<ReadOnlyKeyValueStore<std::string, std::int64_t>>(
        host, StoreQueryParameters("counts"), [](auto& store) { return store.get("x").value_or(0); });
    std::int64_t sum = 0;
    if (rows)
      for (const std::int64_t row : *rows) sum += row;
    return sum;
  };
  run_until([&] { return count() == 3; });
  run_for(1s);
  EXPECT_THAT(lines_of("app-counts-changelog"), testing::Not(IsEmpty()));
}

TEST_F(PatternSources, AnInternalTopicOfAnotherWidthIsToldAtStart) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in").group_by_key().count(Materialized::as("counts"));
  compute(builder.build());
  make_topic("app-counts-changelog", {}, kPartitions - 1);
  ApplicationHost& host = start("host");
  run_until([&] { return host.threads()[0]->state() == StreamThread::State::kDead; });
  ASSERT_TRUE(host.threads()[0]->error());
  EXPECT_THAT(host.threads()[0]->error()->message,
              HasSubstr("internal topic 'app-counts-changelog' has 3 partitions and should have 4"));
}

TEST(MatchedTopics, AreThoseThatNobodyNamesAndNobodyElseMatches) {
  const auto plan_of = [](const std::string& first, const std::string& second) {
    Topology topology;
    topology.add_pattern_source<std::string, std::string>("one", first)
        .add_pattern_source<std::string, std::string>("two", second)
        .add_source<std::string, std::string>("three", "in-c");
    return topology.plan({.application_id = "app"});
  };
  const auto plan = plan_of("in-a.*", "in-b.*");
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_THAT(*plan->matched_topics({"in-a1", "in-b", "in-c", "in", "__in-a", "xin-a"}), ElementsAre("in-a1", "in-b"));
  const auto twice = plan_of("in-a.*", "in-a1.*")->matched_topics({"in-a1"});
  ASSERT_FALSE(twice.ok());
  EXPECT_THAT(twice.error().message, HasSubstr("topic 'in-a1' is matched by two sources, 'in-a.*' and 'in-a1.*'"));
  const auto named = plan_of("in-c.*", "x");
  ASSERT_FALSE(named.ok());
  EXPECT_THAT(named.error().message, HasSubstr("topic in-c is already read by the source of the pattern 'in-c.*'"));
  const auto broken = plan_of("in-(", "x");
  ASSERT_FALSE(broken.ok());
  EXPECT_THAT(broken.error().message, HasSubstr("'in-(' is no regular expression"));
}

}  // namespace
}  // namespace leat
