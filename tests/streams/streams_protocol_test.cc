// Applications whose tasks the broker gives out: group.protocol=streams.
#include "application_fixture.h"
#include "state/queries.h"
#include "streams/broker_assigned_membership.h"

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Optional;
using testing::SizeIs;

using Counts = ReadOnlyKeyValueStore<std::string, std::int64_t>;

constexpr std::int64_t kStart = 1'700'000'000'000;

class StreamsProtocol : public Application {
 protected:
  explicit StreamsProtocol(int standby_replicas = 0)
      : Application([=](server::BrokerConfig& config) {
          config.auto_create_topics = false;
          config.group.streams.standby_replicas = standby_replicas;
        }) {}

  /// Counts words over a repartition: sub-topology 0 reads lines, 1 counts.
  void count_words() {
    create_topic("lines");
    StreamsBuilder builder;
    builder.stream<std::string, std::string>("lines")
        .group_by([](const std::string& word) { return word; })
        .count(Materialized::as("counts"));
    compute(builder.build());
  }
  StreamsConfig streams_config() {
    auto config = this->config();
    config.group_protocol = GroupProtocol::kStreams;
    config.commit_interval_ms = 50ms;
    return config;
  }
  ApplicationHost& start(const std::string& name, int threads = 1) {
    auto config = streams_config();
    config.num_stream_threads = threads;
    return Application::start(name, config);
  }
  void say(const std::string& word, int times) {
    produce("lines", std::vector<Line>(static_cast<std::size_t>(times), Line{"k", word, kStart}));
  }
  /// Asked of everybody, over HTTP as users ask.
  bool counted(const std::string& at, const std::string& word, int times) {
    const auto answer = get(at, "/stores/counts?key=" + word);
    return answer.body.find("\"value\":" + std::to_string(times)) != std::string::npos;
  }
  std::set<TaskId> all_active() {
    std::set<TaskId> all;
    for (auto& host : hosts_) all.merge(host->active_tasks());
    return all;
  }
  std::set<TaskId> standbys_of(ApplicationHost& host) {
    std::set<TaskId> all;
    for (auto& thread : host.threads())
      for (const TaskId& id : thread->standbys()) all.insert(id);
    return all;
  }
};

TEST_F(StreamsProtocol, TellsTheBrokerItsTopology) {
  count_words();
  const auto topology = topology_for_broker(*plan_, streams_config());
  ASSERT_THAT(topology.subtopologies, SizeIs(2));
  const auto& writer = topology.subtopologies[0];
  const auto& counter = topology.subtopologies[1];
  EXPECT_EQ(writer.subtopology_id, "0");
  EXPECT_THAT(writer.source_topics, ElementsAre("lines"));
  EXPECT_THAT(writer.repartition_sink_topics, ElementsAre("app-counts-repartition"));
  EXPECT_THAT(counter.source_topics, IsEmpty());
  ASSERT_THAT(counter.repartition_source_topics, SizeIs(1));
  EXPECT_EQ(counter.repartition_source_topics[0].partitions, 0) << "as many as the sources have";
  EXPECT_EQ(counter.repartition_source_topics[0].replication_factor, -1) << "Java's say the default so, too";
  ASSERT_THAT(counter.state_changelog_topics, SizeIs(1));
  EXPECT_EQ(counter.state_changelog_topics[0].name, "app-counts-changelog");
  EXPECT_THAT(counter.state_changelog_topics[0].topic_configs,
              Contains(wire::streams_group::KeyValue{"cleanup.policy", "compact"}));
}

TEST_F(StreamsProtocol, TheBrokerMakesTheTopicsAndGivesOutTheTasks) {
  count_words();
  start("one");
  run_until_settled();
  EXPECT_THAT(hosts_[0]->active_tasks(), SizeIs(2 * kPartitions));
  say("to", 3);
  run_until([&] { return counted("one", "to", 3); });
}

TEST_F(StreamsProtocol, TasksMoveToAHostThatJoins) {
  count_words();
  start("one", 2);
  run_until_settled();
  say("to", 3);
  run_until([&] { return counted("one", "to", 3); });
  start("two", 2);
  run_until([&] { return hosts_[0]->active_tasks().size() == kPartitions && all_active().size() == 2 * kPartitions; });
  run_until_settled();
  say("to", 2);
  run_until([&] { return counted("one", "to", 5) && counted("two", "to", 5); });
}

TEST_F(StreamsProtocol, TasksOfAHostThatDiesMoveWhenItsSessionEnds) {
  count_words();
  start("one");
  start("two");
  run_until([&] { return all_active().size() == 2 * kPartitions && !hosts_[1]->active_tasks().empty(); });
  run_until_settled();
  say("to", 3);
  run_until([&] { return counted("one", "to", 3); });
  hosts_[1]->kill();
  run_until([&] { return hosts_[0]->active_tasks().size() == 2 * kPartitions; });
  run_until_settled();
  say("to", 2);
  run_until([&] { return counted("one", "to", 5); });
}

TEST_F(StreamsProtocol, AHostThatClosesLeavesAtOnce) {
  count_words();
  start("one");
  start("two");
  run_until([&] { return all_active().size() == 2 * kPartitions && !hosts_[1]->active_tasks().empty(); });
  const Instant before = sim_.now();
  for (auto& thread : hosts_[1]->threads()) thread->close();
  run_until([&] { return hosts_[0]->active_tasks().size() == 2 * kPartitions; });
  EXPECT_LT(sim_.now() - before, 2s) << "no session has to end";
}

TEST_F(StreamsProtocol, BrokenConnectionsCostNothing) {
  count_words();
  start("one");
  start("two");
  run_until([&] { return all_active().size() == 2 * kPartitions && !hosts_[1]->active_tasks().empty(); });
  for (int i = 1; i <= 5; ++i) {
    sim_.cut_connections("one", "broker");
    say("to", 2);
    sim_.cut_connections("two", "broker");
    run_until([&] { return counted("one", "to", 2 * i); });
  }
  run_until([&] { return all_active().size() == 2 * kPartitions; });
}

TEST_F(StreamsProtocol, AMemberThatWasThrownOutBeginsAnew) {
  count_words();
  start("one");
  run_until_settled();
  say("to", 3);
  run_until([&] { return counted("one", "to", 3); });
  sim_.partition("one", "broker");
  run_for(10s);
  sim_.heal_all();
  say("to", 2);
  run_until([&] { return counted("one", "to", 5); });
  EXPECT_THAT(hosts_[0]->active_tasks(), SizeIs(2 * kPartitions));
}

TEST_F(StreamsProtocol, GoesOnWhenAMissingSourceTopicIsMade) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("late").group_by_key().count(Materialized::as("counts"));
  plan_ = *builder.build().plan({.application_id = "app"});
  start("one");
  run_for(5s);
  EXPECT_FALSE(hosts_[0]->running());
  create_topic("late");
  produce("late", {{"to", "", kStart}});
  run_until([&] { return counted("one", "to", 1); });
}

TEST_F(StreamsProtocol, DiesOfASourceTopicThatStaysMissing) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("never").group_by_key().count(Materialized::as("counts"));
  plan_ = *builder.build().plan({.application_id = "app"});
  auto config = streams_config();
  config.max_poll_interval_ms = 10s;
  Application::start("one", config);
  StreamThread& thread = *hosts_[0]->threads()[0];
  run_until([&] { return thread.state() == StreamThread::State::kDead; });
  ASSERT_TRUE(thread.error());
  EXPECT_THAT(thread.error()->message, HasSubstr("never"));
}

TEST_F(StreamsProtocol, HasNoStaticMembers) {
  auto config = streams_config();
  config.group_instance_id = "worker";
  EXPECT_THAT(config.problems(), ElementsAre(HasSubstr("group.protocol=streams has no static members")));
}

class StreamsProtocolStandbys : public StreamsProtocol {
 protected:
  StreamsProtocolStandbys() : StreamsProtocol(1) {}
};

TEST_F(StreamsProtocolStandbys, TheBrokerPlacesThemAndTheyTakeOver) {
  count_words();
  start("one");
  start("two");
  run_until([&] { return standbys_of(*hosts_[0]).size() + standbys_of(*hosts_[1]).size() == kPartitions; });
  say("to", 3);
  run_until([&] { return counted("one", "to", 3); });
  hosts_[0]->kill();
  run_until([&] { return hosts_[1]->active_tasks().size() == 2 * kPartitions; });
  say("to", 2);
  run_until([&] { return counted("two", "to", 5); });
}

}  // namespace
}  // namespace leat
