// Groups whose partitions the broker assigns, with words for what members say and hear.
//
//   join("m1", {"a"})              -> "2 a:0,1,2"       the member's epoch, and what it shall hold
//   beat("m1", 2)                  -> "2"               nothing new
//   beat("m1", 2, {{"a", {0}}})    says what it holds   -> "FENCED_MEMBER_EPOCH" or the like where it is refused
#pragma once

#include "tests/broker/coordinator/groups_fixture.h"

namespace leat::coordinator {

using Holds = std::map<std::string, std::set<std::int32_t>>;

struct HeartbeatSpec {
  std::string member = "m1";
  std::int32_t epoch = 0;
  std::optional<std::vector<std::string>> topics = {};
  std::optional<std::string> regex = {};
  std::optional<Holds> owned = {};
  std::optional<std::string> instance = {};
  std::optional<std::string> assignor = {};
  std::int32_t rebalance_timeout_ms = -1;
  std::string group = "g";
  int version = 1;
};

class ConsumerGroupsTest : public GroupsTest {
 protected:
  explicit ConsumerGroupsTest(std::uint64_t seed = 3) : GroupsTest(seed) {
    config.consumer.assignment_interval_ms = 0;
    stop();
    start();
  }

  wire::ConsumerGroupHeartbeatResponse heard(const HeartbeatSpec& spec);
  std::string said_to(const HeartbeatSpec& spec) { return in_words(heard(spec)); }
  std::string join(const std::string& member, const std::vector<std::string>& subscribed,
                   std::optional<std::string> instance = {});
  std::string join_regex(const std::string& member, const std::string& regex);
  std::string beat(const std::string& member, std::int32_t epoch, std::optional<Holds> owned = {}) {
    return said_to({.member = member, .epoch = epoch, .owned = std::move(owned)});
  }
  std::string leave(const std::string& member) { return beat(member, kLeaveEpoch); }
  using GroupsTest::join;

  std::string in_words(const wire::ConsumerGroupHeartbeatResponse& response) const;
  Holds holds(const wire::ConsumerGroupHeartbeatResponse& response) const;
  const ConsumerGroup& consumers() const { return *groups->consumers().find("g"); }
  std::string state() const { return std::string(name(consumers().state())); }
  std::string commit_verdict(const std::string& member, std::int32_t epoch, const std::string& topic,
                             std::int32_t partition, int version = 9);
};

/// What must be the same after a replay.
std::string hard_state(const ConsumerGroups& groups);

}  // namespace leat::coordinator
