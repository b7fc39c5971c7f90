// How long the tasks of an application stand still while members come and go, in the simulated world: what the
// protocols cost, without the machine's share. bench/failover.py measures processes.
#include <cstdio>

#include "application_fixture.h"

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::Not;

constexpr std::int64_t kStart = 1'700'000'000'000;
constexpr Duration kPauseMax = 100ms;

std::int64_t ms(Duration duration) { return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count(); }

struct Case {
  GroupProtocol protocol;
  ProcessingGuarantee guarantee;
};

/// Counts words in a store; `seen_` has when the records of each partition were processed.
class Failover : public Application, public testing::WithParamInterface<Case> {
 protected:
  Failover() : Application([](server::BrokerConfig& config) { config.group.streams.standby_replicas = 1; }) {
    StreamsBuilder builder;
    builder.stream<std::string, std::string>("words")
        .peek([this](const std::string& key, const std::string&) { seen_[partition_of(key)].push_back(sim_.now()); })
        .group_by_key()
        .count(Materialized::as("counts"));
    compute(builder.build());
    for (int i = 0; words_.size() < kPartitions; ++i) {
      const std::string word = "word-" + std::to_string(i);
      words_.emplace(partition_of(word), word);
    }
  }

  ApplicationHost& start(const std::string& name) {
    auto config = this->config();
    config.group_protocol = GetParam().protocol;
    config.processing_guarantee = GetParam().guarantee;
    config.commit_interval_ms = 50ms;
    config.num_standby_replicas = 1;
    return Application::start(name, config);
  }
  /// A record into each partition every few milliseconds, until then.
  void feed_until(const std::function<bool()>& done) {
    const Instant deadline = sim_.now() + 60s;
    std::vector<Line> lines;
    for (const auto& [partition, word] : words_) lines.push_back({word, "", kStart});
    while (!done()) {
      ASSERT_LT(sim_.now(), deadline) << "it does not come to that";
      produce("words", lines);
      run_for(5ms);
    }
  }
  void feed_for(Duration time) {
    feed_until([this, until = sim_.now() + time] { return sim_.now() >= until; });
  }
  std::set<std::int32_t> partitions_of(ApplicationHost& host) {
    std::set<std::int32_t> partitions;
    for (const TaskId& id : host.active_tasks()) partitions.insert(id.partition);
    return partitions;
  }
  /// The longest time between two records of a partition since then.
  Duration pause(std::int32_t partition, Instant since) {
    Duration longest{};
    Instant last = since;
    for (const Instant at : seen_[partition]) {
      if (at < since) continue;
      longest = std::max(longest, at - last);
      last = at;
    }
    return std::max(longest, sim_.now() - last);
  }

  std::map<std::int32_t, std::string> words_;
  std::map<std::int32_t, std::vector<Instant>> seen_;
};

TEST_P(Failover, TheTasksThatStayGoOnWhileAMemberJoins) {
  auto& one = start("one");
  run_until_settled();
  feed_for(500ms);
  const Instant joined = sim_.now();
  auto& two = start("two");
  feed_until([&] { return partitions_of(two).size() == 2; });
  feed_for(500ms);
  const auto stayed = partitions_of(one);
  ASSERT_THAT(stayed, Not(IsEmpty()));
  Duration longest{}, moved{};
  for (const std::int32_t partition : stayed) longest = std::max(longest, pause(partition, joined));
  for (const std::int32_t partition : partitions_of(two)) moved = std::max(moved, pause(partition, joined));
  std::printf("a member joins: others stand still for %ld ms, tasks that move for %ld ms\n", ms(longest), ms(moved));
  EXPECT_LE(longest, kPauseMax);
}

TEST_P(Failover, TheTasksOfOthersGoOnWhileAMemberDiesAndItsStandbysTakeOver) {
  start("one");
  start("two");
  run_until_settled();
  feed_for(2s);
  auto& victim = *hosts_[0];
  auto& other = *hosts_[1];
  const auto lost = partitions_of(victim), stayed = partitions_of(other);
  ASSERT_THAT(lost, Not(IsEmpty()));
  ASSERT_THAT(stayed, Not(IsEmpty()));
  const Instant killed = sim_.now();
  victim.kill();
  feed_until([&] {
    return std::all_of(lost.begin(), lost.end(), [&](std::int32_t each) { return seen_[each].back() > killed; });
  });
  feed_for(500ms);
  Duration longest{}, failover{};
  for (const std::int32_t partition : stayed) longest = std::max(longest, pause(partition, killed));
  for (const std::int32_t partition : lost) failover = std::max(failover, pause(partition, killed));
  std::printf("a member dies: others stand still for %ld ms, its tasks for %ld ms of a session of %ld ms\n",
              ms(longest), ms(failover), ms(config().session_timeout_ms));
  EXPECT_LE(longest, kPauseMax);
  EXPECT_LE(failover, config().session_timeout_ms + 1s);
}

INSTANTIATE_TEST_SUITE_P(ProtocolsAndGuarantees, Failover,
                         testing::Values(Case{GroupProtocol::kClassic, ProcessingGuarantee::kAtLeastOnce},
                                         Case{GroupProtocol::kClassic, ProcessingGuarantee::kExactlyOnceV2},
                                         Case{GroupProtocol::kStreams, ProcessingGuarantee::kAtLeastOnce},
                                         Case{GroupProtocol::kStreams, ProcessingGuarantee::kExactlyOnceV2}),
                         [](const auto& tested) {
                           return std::string(tested.param.protocol == GroupProtocol::kClassic ? "Classic"
                                                                                               : "Streams") +
                                  (tested.param.guarantee == ProcessingGuarantee::kAtLeastOnce ? "AtLeastOnce"
                                                                                               : "ExactlyOnce");
                         });

}  // namespace
}  // namespace leat
