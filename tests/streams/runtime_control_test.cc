// What is done to an application while it runs, and what happens to it: pause, shutting down all members, leaving,
// topics that are missing, repartition topics that are purged.
#include "application_fixture.h"
#include "broker/client/offsets.h"

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::SizeIs;

constexpr std::int64_t kStart = 1'700'000'000'000;

/// Beats on a wall clock, counts records, and dies of "boom".
class Fragile : public Processor<std::string, std::string> {
 public:
  Fragile(int& records, int& beats) : records_(records), beats_(beats) {}
  void init(Context& context) override {
    context.schedule(100ms, PunctuationType::kWallClockTime, [this](Timestamp) { ++beats_; });
  }
  void process(const Record<std::string, std::string>& record) override {
    if (record.value == "boom") throw std::runtime_error("boom");
    ++records_;
  }

 private:
  int& records_;
  int& beats_;
};

class RuntimeControl : public Application, public testing::WithParamInterface<GroupProtocol> {
 protected:
  RuntimeControl() : Application([](server::BrokerConfig& config) { config.auto_create_topics = false; }) {}

  Topology fragile() {
    Topology topology;
    topology.add_source<std::string, std::string>("in", "in");
    topology.add_processor("fragile", [this] { return std::make_unique<Fragile>(records_, beats_); }, {"in"});
    return topology;
  }
  StreamsConfig protocol_config() const {
    auto config = this->config();
    config.group_protocol = GetParam();
    config.commit_interval_ms = 50ms;
    return config;
  }
  ApplicationHost& start(const std::string& name) { return Application::start(name, protocol_config()); }
  static StreamThread& thread(ApplicationHost& host) { return *host.threads().front(); }
  static bool dead(ApplicationHost& host) { return thread(host).state() == StreamThread::State::kDead; }

  int records_ = 0;
  int beats_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Protocols, RuntimeControl, testing::Values(GroupProtocol::kClassic, GroupProtocol::kStreams),
                         [](const auto& each) {
                           return each.param == GroupProtocol::kClassic ? "Classic" : "Streams";
                         });

TEST_P(RuntimeControl, WhilePausedNothingIsProcessedAndNoTimerFires) {
  create_topic("in");
  compute(fragile());
  ApplicationHost& host = start("one");
  run_until_settled();
  produce("in", {{"k", "a", kStart}});
  run_until([&] { return records_ == 1 && beats_ > 0; });
  host.paused = true;
  run_for(100ms);
  const int beats = beats_;
  produce("in", {{"k", "b", kStart}, {"k", "c", kStart}});
  run_for(10s);
  EXPECT_EQ(records_, 1);
  EXPECT_EQ(beats_, beats);
  EXPECT_TRUE(host.running()) << "it stays in its group";
  EXPECT_THAT(host.active_tasks(), SizeIs(kPartitions));
  host.paused = false;
  run_until([&] { return records_ == 3 && beats_ > beats; });
}

TEST_P(RuntimeControl, AMemberThatDiesMayShutDownAllOthers) {
  create_topic("in");
  compute(fragile());
  ApplicationHost& one = start("one");
  ApplicationHost& two = start("two");
  one.on_uncaught = two.on_uncaught = OnUncaught::kShutdownApplication;
  run_until([&] { return !one.active_tasks().empty() && !two.active_tasks().empty(); });
  run_until_settled();
  produce("in", {{"k", "boom", kStart}});
  run_until([&] { return dead(one) && dead(two); });
  const bool one_broke = thread(one).error()->message.find("boom") != std::string::npos;
  EXPECT_THAT(thread(one_broke ? one : two).error()->message, HasSubstr("boom"));
  EXPECT_THAT(thread(one_broke ? two : one).error()->message, HasSubstr("all of them shut down"));
}

TEST_P(RuntimeControl, AMemberThatDiesAloneLeavesTheOthersItsTasks) {
  create_topic("in");
  compute(fragile());
  ApplicationHost& one = start("one");
  ApplicationHost& two = start("two");
  run_until([&] { return !one.active_tasks().empty() && !two.active_tasks().empty(); });
  run_until_settled();
  produce("in", {{"k", "boom", kStart}});
  run_until([&] { return dead(one) || dead(two); });
  ApplicationHost& rest = dead(one) ? two : one;
  // It dies of the same record then: nobody gets around it.
  run_until([&] { return dead(rest); });
  EXPECT_THAT(thread(rest).error()->message, HasSubstr("boom"));
}

TEST_P(RuntimeControl, WhoRemainsInTheGroupKeepsItsTasksUntilItsSessionEnds) {
  create_topic("in");
  compute(fragile());
  ApplicationHost& one = start("one");
  ApplicationHost& two = start("two");
  run_until([&] { return !one.active_tasks().empty() && !two.active_tasks().empty(); });
  run_until_settled();
  const Instant before = sim_.now();
  thread(two).close(client::Leaving::kRemain);
  run_until([&] { return one.active_tasks().size() == kPartitions; });
  EXPECT_GT(sim_.now() - before, 2s);
}

TEST_P(RuntimeControl, RepartitionTopicsArePurgedBehindCommits) {
  create_topic("lines");
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("lines")
      .group_by([](const std::string& word) { return word; })
      .count(Materialized::as("counts"))
      .to_stream()
      .foreach ([this](const std::string&, std::int64_t) { ++records_; });
  compute(builder.build());
  auto config = protocol_config();
  config.repartition_purge_interval_ms = 1s;
  config.statestore_cache_max_bytes = 0;
  Application::start("one", config);
  run_until_settled();
  produce("lines", std::vector<Line>(20, Line{"k", "to", kStart}));
  run_until([&] { return records_ == 20; });
  run_for(3s);
  // A commit looks whether it is time.
  produce("lines", {{"k", "to", kStart}});
  run_until([&] { return records_ == 21; });
  run_for(1s);
  EXPECT_GE(earliest({"app-counts-repartition", partition_of("to")}), 20);
  EXPECT_EQ(earliest({"lines", partition_of("k")}), 0) << "the user's topics are the user's";
}

TEST_P(RuntimeControl, TopicsThatDoNotFitEachOtherEndEveryMemberWithTheirNames) {
  create_topic("left", 2);
  create_topic("right", 3);
  StreamsBuilder builder;
  auto right = builder.table<std::string, std::string>("right");
  builder.stream<std::string, std::string>("left")
      .join(right, [](const std::string& a, const std::string& b) { return a + b; })
      .foreach ([](const std::string&, const std::string&) {});
  compute(builder.build());
  std::vector<ApplicationHost*> hosts = {&start("one"), &start("two")};
  run_until([&] { return dead(*hosts[0]) && dead(*hosts[1]); });
  for (ApplicationHost* host : hosts) {
    EXPECT_THAT(thread(*host).error()->message, HasSubstr("left"));
    EXPECT_THAT(thread(*host).error()->message, HasSubstr("right"));
  }
}

TEST_P(RuntimeControl, ASourceTopicThatIsDeletedEndsTheMemberWithItsName) {
  create_topic("in");
  compute(fragile());
  auto config = protocol_config();
  config.max_poll_interval_ms = 20s;
  ApplicationHost& host = Application::start("one", config);
  run_until_settled();
  produce("in", {{"k", "a", kStart}});
  run_until([&] { return records_ == 1; });
  delete_topic("in");
  run_until([&] { return dead(host); });
  EXPECT_THAT(thread(host).error()->message,
              testing::AnyOf(HasSubstr("topic 'in' was deleted"), HasSubstr("source topic 'in' does not exist"),
                             HasSubstr("Source topics in are missing")));
}

TEST_P(RuntimeControl, ReadsOnFromTheOldestRecordWhereItsOffsetHasExpired) {
  create_topic("in");
  compute(fragile());
  start("one");
  run_until_settled();
  produce("in", {{"k", "a", kStart}});
  run_until([&] { return records_ == 1; });
  run_for(1s);
  hosts_.front()->kill();
  produce("in", {{"k", "b", kStart}, {"k", "c", kStart}, {"k", "d", kStart}});
  delete_records({"in", partition_of("k")}, 3);
  start("two");
  run_until([&] { return records_ == 2; });
}

TEST_P(RuntimeControl, AnExpiredOffsetIsAnErrorWhereThePolicyIsNone) {
  create_topic("in");
  compute(fragile());
  auto config = protocol_config();
  config.auto_offset_reset = "none";
  ApplicationHost& host = Application::start("one", config);
  run_until([&] { return dead(host); });
  EXPECT_THAT(thread(host).error()->message, HasSubstr("set auto.offset.reset"));
}

class ClosedCluster : public Application, public testing::WithParamInterface<GroupProtocol> {
 protected:
  ClosedCluster()
      : Application([](server::BrokerConfig& config) {
          config.authorizer.enabled = true;
          config.authorizer.open_without_entries = false;
        }) {}
};
INSTANTIATE_TEST_SUITE_P(Protocols, ClosedCluster, testing::Values(GroupProtocol::kClassic, GroupProtocol::kStreams),
                         [](const auto& each) {
                           return each.param == GroupProtocol::kClassic ? "Classic" : "Streams";
                         });

TEST_P(ClosedCluster, EndsTheMemberAndSaysWhatItNeeds) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("secret").foreach ([](const std::string&, const std::string&) {});
  plan_ = *builder.build().plan({.application_id = "app"});
  auto config = this->config();
  config.group_protocol = GetParam();
  StreamThread& thread = *start("one", config).threads().front();
  run_until([&] { return thread.state() == StreamThread::State::kDead; });
  EXPECT_THAT(thread.error()->message, HasSubstr("'secret' (the application needs DESCRIBE and READ of it)"));
}

class ClassicControl : public RuntimeControl {};
INSTANTIATE_TEST_SUITE_P(Protocols, ClassicControl, testing::Values(GroupProtocol::kClassic),
                         [](const auto&) { return "Classic"; });

TEST_P(ClassicControl, ASourceTopicThatIsMissingEndsTheMemberWithItsName) {
  plan_ = *fragile().plan({.application_id = "app"});
  ApplicationHost& host = start("one");
  run_until([&] { return dead(host); });
  EXPECT_THAT(thread(host).error()->message, HasSubstr("source topic 'in' does not exist; create it"));
}

}  // namespace
}  // namespace leat
