#include "tests/broker/coordinator/groups_fixture.h"

#include <fmt/format.h>

namespace leat::coordinator {

void GroupsTest::start() {
  open_log("__consumer_offsets");
  groups = std::make_unique<GroupCoordinator>(world(), *log, config, topics);
  ASSERT_TRUE(groups->load().ok());
}

void GroupsTest::kill_and_start() {
  sim.kill("broker");
  stop();
  start();
}

void GroupsTest::power_loss_and_start() {
  sim.power_loss("broker");
  stop();
  start();
}

JoinSlot GroupsTest::join(const JoinSpec& spec) {
  wire::JoinGroupRequest request;
  request.group_id = spec.group;
  request.member_id = spec.member_id;
  request.group_instance_id = spec.instance_id;
  request.protocol_type = "consumer";
  request.session_timeout_ms = spec.session_timeout_ms;
  request.rebalance_timeout_ms = spec.rebalance_timeout_ms;
  for (const std::string& protocol : spec.protocols) {
    auto& each = request.protocols.emplace_back();
    each.name = protocol;
    each.metadata = BytesView(spec.metadata);
  }
  JoinSlot slot;
  groups->join(request, spec.version, {"client", "/127.0.0.1"}, into(slot));
  return slot;
}

SyncSlot GroupsTest::sync(const wire::JoinGroupResponse& who, const std::map<std::string, std::string>& assignments,
                          std::optional<std::string> instance) {
  wire::SyncGroupRequest request;
  request.group_id = "g";
  request.member_id = who.member_id;
  request.group_instance_id = std::move(instance);
  request.generation_id = who.generation_id;
  for (const auto& [member, bytes] : assignments) {
    auto& each = request.assignments.emplace_back();
    each.member_id = member;
    each.assignment = BytesView(bytes);
  }
  SyncSlot slot;
  groups->sync(request, 3, into(slot));
  return slot;
}

void GroupsTest::two_members() {
  first = joined();
  auto again = join({.member_id = ""});
  auto rejoin = join({.member_id = first.member_id});
  second = told(again);
  first = told(rejoin);
  ASSERT_EQ(first.leader, first.member_id);
  ASSERT_EQ(first.members.size(), 2u);
  auto waits = sync(second);
  auto leads = sync(first, {{first.member_id, "p0"}, {second.member_id, "p1"}});
  EXPECT_EQ(told(leads).assignment.view(), "p0");
  EXPECT_EQ(told(waits).assignment.view(), "p1");
}

Status GroupsTest::commit(int partition, std::int64_t offset, const WriterIdentity& writer, const std::string& group) {
  std::shared_ptr<std::optional<Status>> slot;
  groups->commit_offsets(group, {{{"orders", partition}, {.offset = offset, .metadata = "m"}}}, writer, into(slot));
  EXPECT_TRUE(sim.run_until([&] { return slot->has_value(); }, 10s));
  return **slot;
}

Status GroupsTest::end_transaction(std::int64_t producer_id, bool commit) {
  std::shared_ptr<std::optional<Status>> slot;
  groups->end_transaction({producer_id, 0}, 0, commit, into(slot));
  EXPECT_TRUE(sim.run_until([&] { return slot->has_value(); }, 10s));
  return **slot;
}

std::int64_t GroupsTest::committed(int partition, const std::string& group) const {
  const auto* found = groups->offsets().find(group, {"orders", partition});
  return found == nullptr ? -1 : found->offset;
}

std::string hard_state(const GroupCoordinator& groups) {
  std::string all;
  for (const auto& [id, each] : groups.groups()) {
    all += fmt::format("{} {} generation {} type {} protocol {} leader {}\n", id, name(each.state), each.generation,
                       each.protocol_type, each.protocol.value_or("-"), each.leader.value_or("-"));
    for (const auto& [member_id, member] : each.members)
      all += fmt::format("  {} {} {} {} session {} rebalance {} subscribed {} assigned {}\n", member_id,
                         member.instance_id.value_or("-"), member.client_id, member.client_host,
                         member.session_timeout_ms, member.rebalance_timeout_ms,
                         each.protocol && member.metadata(*each.protocol) ? *member.metadata(*each.protocol) : "-",
                         member.assignment);
    for (const auto& [instance, member_id] : each.static_members)
      all += fmt::format("  {} is {}\n", instance, member_id);
    if (const auto* offsets = groups.offsets().of_group(id))
      for (const auto& [partition, offset] : *offsets)
        all += fmt::format("  {} at {} {} {}\n", partition.to_string(), offset.offset, offset.leader_epoch,
                           offset.metadata);
  }
  return all;
}

}  // namespace leat::coordinator
