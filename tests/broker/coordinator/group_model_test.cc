// Members of a group that come, go, fall silent and come back, by seed: whatever has happened, a replay finds the group
// as its last record left it, and who is assigned something is assigned it under its own id.
#include <random>

#include "tests/broker/coordinator/groups_fixture.h"

namespace leat::coordinator {
namespace {

using wire::ErrorCode;

class GroupModel : public GroupsTest, public testing::WithParamInterface<int> {
 protected:
  GroupModel() : GroupsTest(static_cast<std::uint64_t>(GetParam())), engine_(GetParam()) {}
  std::size_t below(std::size_t bound) { return engine_() % bound; }

  struct Member {
    std::optional<std::string> instance;
    wire::JoinGroupResponse known;
    JoinSlot joining;
    SyncSlot syncing;
  };

  void act(Member& member) {
    if (member.joining) {
      if (!member.joining->has_value()) return;
      member.known = **std::exchange(member.joining, nullptr);
      if (member.known.error_code != ErrorCode::kNone) {
        if (member.known.error_code != ErrorCode::kMemberIdRequired) member.known = {};
        return;
      }
      std::map<std::string, std::string> assignments;
      for (const auto& each : member.known.members) assignments[each.member_id] = "to " + each.member_id;
      member.syncing = sync(member.known, assignments, member.instance);
      return;
    }
    if (member.syncing && !member.syncing->has_value()) return;
    if (member.syncing) {
      const auto answer = **std::exchange(member.syncing, nullptr);
      if (answer.error_code != ErrorCode::kNone) return rejoin(member);
      // A static member may be assigned under the id that it had when the leader assigned.
      EXPECT_TRUE(member.instance || answer.assignment.view() == "to " + member.known.member_id);
      return;
    }
    switch (below(12)) {
      case 0: member.known = {}; return rejoin(member);  // forgets who it was
      case 1:
        if (!member.known.member_id.empty()) groups->leave("g", member.known.member_id, member.instance);
        member.known = {};
        return;
      case 2:
      case 3: return rejoin(member);
      default:
        if (member.known.member_id.empty()) return rejoin(member);
        if (heartbeat(member.known, member.instance) != "NONE") rejoin(member);
    }
  }
  void rejoin(Member& member) {
    member.syncing = nullptr;
    member.joining = join({.member_id = member.known.member_id,
                           .instance_id = member.instance,
                           .session_timeout_ms = 6'000,
                           .rebalance_timeout_ms = 5'000,
                           .version = 5});
  }
  std::mt19937_64 engine_;
};

TEST_P(GroupModel, ReplaysToTheStateOfItsLastRecord) {
  std::vector<Member> members(4);
  members[0].instance = "s0";
  members[1].instance = "s1";
  int compared = 0;
  for (int i = 0; i < 1'500 && !HasFatalFailure(); ++i) {
    SCOPED_TRACE("step " + std::to_string(i));
    act(members[below(members.size())]);
    sim.run_for(std::chrono::milliseconds(below(200)));
    if (below(40) == 0) sim.run_for(std::chrono::seconds(below(8)));
    const Group* group = groups->find("g");
    const bool at_rest = group != nullptr &&
                         (group->state == GroupState::kStable || group->state == GroupState::kEmpty) &&
                         group->pending_members.empty();
    if (!at_rest || below(10) > 0) continue;
    settle();
    const bool still =
        groups->find("g")->state == GroupState::kStable || groups->find("g")->state == GroupState::kEmpty;
    if (!still) continue;
    const std::string before = hard_state(*groups);
    power_loss_and_start();
    ASSERT_EQ(hard_state(*groups), before);
    ++compared;
    for (Member& member : members) member.joining = nullptr, member.syncing = nullptr;
  }
  EXPECT_GT(compared, 3) << "else this test looks at nothing";
}

INSTANTIATE_TEST_SUITE_P(Seeds, GroupModel, testing::Range(1, 21));

}  // namespace
}  // namespace leat::coordinator
