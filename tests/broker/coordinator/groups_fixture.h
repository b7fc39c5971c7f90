// Groups of one coordinator, with words for what members do.
#pragma once

#include "tests/broker/coordinator/coordinator_fixture.h"

namespace leat::coordinator {

using JoinSlot = std::shared_ptr<std::optional<wire::JoinGroupResponse>>;
using SyncSlot = std::shared_ptr<std::optional<wire::SyncGroupResponse>>;

struct JoinSpec {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::vector<std::string> protocols{"range"};
  std::string metadata = "topics";
  std::int32_t session_timeout_ms = 10'000;
  std::int32_t rebalance_timeout_ms = 30'000;
  int version = 3;  ///< before a member id was required
  std::string group = "g";
};

class GroupsTest : public CoordinatorTest {
 protected:
  explicit GroupsTest(std::uint64_t seed = 3) : CoordinatorTest(seed) {
    config.initial_rebalance_delay_ms = 0;
    start();
  }
  ~GroupsTest() override { stop(); }

  void start();
  void stop() {
    groups.reset();
    log.reset();
  }
  void kill_and_start();
  void power_loss_and_start();

  JoinSlot join(const JoinSpec& spec = {});
  wire::JoinGroupResponse joined(const JoinSpec& spec = {}) { return told(join(spec)); }
  SyncSlot sync(const wire::JoinGroupResponse& who, const std::map<std::string, std::string>& assignments = {},
                std::optional<std::string> instance = {});
  wire::SyncGroupResponse synced(const wire::JoinGroupResponse& who,
                                 const std::map<std::string, std::string>& assignments = {}) {
    return told(sync(who, assignments));
  }
  std::string heartbeat(const wire::JoinGroupResponse& who, std::optional<std::string> instance = {}) {
    return said(groups->heartbeat("g", {who.member_id, instance, who.generation_id}));
  }
  template <class Response>
  Response told(const std::shared_ptr<std::optional<Response>>& slot) {
    EXPECT_TRUE(sim.run_until([&] { return slot->has_value(); }, 60s)) << "no answer";
    return slot->value_or(Response{});
  }
  /// Two members in a stable group; the first is its leader.
  void two_members();

  Status commit(int partition, std::int64_t offset, const WriterIdentity& writer = {}, const std::string& group = "g");
  Status end_transaction(std::int64_t producer_id, bool commit);
  /// The committed offset, or -1.
  std::int64_t committed(int partition, const std::string& group = "g") const;
  const Group& group() const { return *groups->find("g"); }
  std::string state() const { return std::string(name(group().state)); }

  GroupConfig config;
  std::unique_ptr<GroupCoordinator> groups;
  wire::JoinGroupResponse first, second;
};

/// What of groups and offsets must be the same after a replay.
std::string hard_state(const GroupCoordinator& groups);

}  // namespace leat::coordinator
