#include "broker/coordinator/group.h"

#include <algorithm>

#include "broker/wire/header.h"
#include "broker/wire/records/consumer_protocol.h"

namespace leat::coordinator {

std::string_view name(GroupState state) {
  switch (state) {
    case GroupState::kEmpty: return "Empty";
    case GroupState::kPreparingRebalance: return "PreparingRebalance";
    case GroupState::kCompletingRebalance: return "CompletingRebalance";
    case GroupState::kStable: return "Stable";
    case GroupState::kDead: return "Dead";
  }
  return "Unknown";
}

const Bytes* GroupMember::metadata(const std::string& protocol) const {
  for (const auto& each : protocols)
    if (each.name == protocol) return &each.metadata.bytes;
  return nullptr;
}

std::set<std::string> Group::common_protocols() const {
  std::map<std::string, std::size_t> supporters;
  for (const auto& [member_id, each] : members)
    for (const auto& protocol_of_member : each.protocols) ++supporters[protocol_of_member.name];
  std::set<std::string> common;
  for (const auto& [candidate, count] : supporters)
    if (count == members.size()) common.insert(candidate);
  return common;
}

bool Group::supports(const std::string& type,
                     const std::vector<wire::JoinGroupRequest::JoinGroupRequestProtocol>& protocols) const {
  if (members.empty()) return !type.empty() && !protocols.empty();
  if (type != protocol_type) return false;
  const auto common = common_protocols();
  return std::any_of(protocols.begin(), protocols.end(), [&](const auto& each) { return common.contains(each.name); });
}

std::string Group::vote() const {
  const auto common = common_protocols();
  std::map<std::string, int> votes;
  for (const auto& [member_id, each] : members)
    for (const auto& candidate : each.protocols)
      if (common.contains(candidate.name)) {
        ++votes[candidate.name];
        break;
      }
  const auto most =
      std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == votes.end() ? std::string() : most->first;
}

std::int32_t Group::rebalance_timeout_ms_max() const {
  std::int32_t longest = 0;
  for (const auto& [member_id, each] : members) longest = std::max(longest, each.rebalance_timeout_ms);
  return longest;
}

bool Group::all_joined() const {
  return pending_members.empty() && std::all_of(members.begin(), members.end(),
                                                [](const auto& each) { return static_cast<bool>(each.second.join); });
}

bool Group::subscribes_to(const std::string& topic) const {
  if (protocol_type != "consumer" || !protocol) return false;
  return std::any_of(members.begin(), members.end(), [&](const auto& each) {
    const Bytes* metadata = each.second.metadata(*protocol);
    if (metadata == nullptr) return false;
    const auto subscription = wire::decode_versioned<wire::ConsumerProtocolSubscription>(*metadata);
    if (!subscription) return true;
    return std::find(subscription->topics.begin(), subscription->topics.end(), topic) != subscription->topics.end();
  });
}

}  // namespace leat::coordinator
