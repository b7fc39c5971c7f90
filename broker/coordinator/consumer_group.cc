#include "broker/coordinator/consumer_group.h"

#include <algorithm>

namespace leat::coordinator {

std::string_view name(ConsumerGroupState state) {
  switch (state) {
    case ConsumerGroupState::kEmpty: return "Empty";
    case ConsumerGroupState::kAssigning: return "Assigning";
    case ConsumerGroupState::kReconciling: return "Reconciling";
    case ConsumerGroupState::kStable: return "Stable";
  }
  return "Unknown";
}

void ConsumerMember::move_to(std::int32_t next_epoch) {
  previous_epoch = epoch;
  epoch = next_epoch;
}

const ConsumerMember* ConsumerGroup::member(const std::string& member_id) const {
  const auto found = members_.find(member_id);
  return found == members_.end() ? nullptr : &found->second;
}

const ConsumerMember* ConsumerGroup::static_member(const std::optional<std::string>& instance_id) const {
  if (!instance_id) return nullptr;
  const auto found = static_members_.find(*instance_id);
  return found == static_members_.end() ? nullptr : member(found->second);
}

const PartitionSet& ConsumerGroup::target_of(const std::string& member_id) const {
  static const PartitionSet kNothing;
  const auto found = target.find(member_id);
  return found == target.end() ? kNothing : found->second;
}

bool ConsumerGroup::held_by_other(const std::string& member_id, const Uuid& topic, std::int32_t partition) const {
  const auto partitions = holders_.find(topic);
  if (partitions == holders_.end()) return false;
  const auto holder = partitions->second.find(partition);
  return holder != partitions->second.end() && holder->second != member_id;
}

bool ConsumerGroup::waits_for_others(const ConsumerMember& member) const {
  if (member.state != MemberState::kUnreleasedPartitions) return false;
  const PartitionSet& shall_hold = target_of(member.id);
  return std::any_of(shall_hold.begin(), shall_hold.end(), [&](const auto& of_topic) {
    return std::any_of(of_topic.second.begin(), of_topic.second.end(),
                       [&](std::int32_t partition) { return held_by_other(member.id, of_topic.first, partition); });
  });
}

void ConsumerGroup::forget(const ConsumerMember& member) {
  if (const auto found = regex_subscribers_.find(member.regex);
      found != regex_subscribers_.end() && --found->second == 0)
    regex_subscribers_.erase(found);
  for (const HeldPartitions* held : {&member.assigned, &member.to_revoke})
    for (const auto& [topic, partitions] : *held) {
      auto found = holders_.find(topic);
      if (found == holders_.end()) continue;
      for (const auto& [partition, epoch_then] : partitions)
        if (auto holder = found->second.find(partition); holder != found->second.end() && holder->second == member.id)
          found->second.erase(holder);
      if (found->second.empty()) holders_.erase(found);
    }
}

void ConsumerGroup::put(ConsumerMember member) {
  if (const auto before = members_.find(member.id); before != members_.end()) forget(before->second);
  for (const HeldPartitions* held : {&member.assigned, &member.to_revoke})
    for (const auto& [topic, partitions] : *held)
      for (const auto& [partition, epoch_then] : partitions) holders_[topic][partition] = member.id;
  if (member.instance_id) static_members_[*member.instance_id] = member.id;
  if (!member.regex.empty()) ++regex_subscribers_[member.regex];
  std::string member_id = member.id;
  members_.insert_or_assign(std::move(member_id), std::move(member));
}

void ConsumerGroup::erase(const std::string& member_id) {
  const auto node = members_.extract(member_id);
  if (node.empty()) return;
  const ConsumerMember& member = node.mapped();
  forget(member);
  if (!member.instance_id) return;
  // The instance may have come back under another member id.
  const auto known = static_members_.find(*member.instance_id);
  if (known != static_members_.end() && known->second == member_id) static_members_.erase(known);
}

ConsumerGroupState ConsumerGroup::state() const {
  if (members_.empty()) return ConsumerGroupState::kEmpty;
  if (epoch > target_epoch) return ConsumerGroupState::kAssigning;
  const bool there = std::all_of(members_.begin(), members_.end(),
                                 [&](const auto& each) { return each.second.reconciled_to(target_epoch); });
  return there ? ConsumerGroupState::kStable : ConsumerGroupState::kReconciling;
}

std::set<std::string> ConsumerGroup::topics_of(const ConsumerMember& member) const {
  std::set<std::string> all = member.topics;
  if (const auto resolved = regexes.find(member.regex); resolved != regexes.end())
    all.insert(resolved->second.topics.begin(), resolved->second.topics.end());
  return all;
}

bool ConsumerGroup::subscribes_to(const std::string& topic) const {
  return std::any_of(members_.begin(), members_.end(), [&](const auto& each) {
    if (each.second.topics.contains(topic)) return true;
    const auto resolved = regexes.find(each.second.regex);
    return resolved != regexes.end() && resolved->second.topics.contains(topic);
  });
}

std::size_t ConsumerGroup::members_with_regex(const std::string& regex) const {
  const auto found = regex_subscribers_.find(regex);
  return found == regex_subscribers_.end() ? 0 : found->second;
}

std::size_t ConsumerGroup::classic_members() const {
  return static_cast<std::size_t>(std::count_if(members_.begin(), members_.end(),
                                                [](const auto& each) { return each.second.classic.has_value(); }));
}

bool ConsumerGroup::supports_classic(const std::string& protocol_type,
                                     const std::vector<std::string>& protocols) const {
  if (protocol_type != "consumer") return false;
  return std::any_of(protocols.begin(), protocols.end(), [&](const std::string& protocol) {
    return std::all_of(members_.begin(), members_.end(), [&](const auto& each) {
      const auto& classic = each.second.classic;
      return !classic || std::any_of(classic->protocols.begin(), classic->protocols.end(),
                                     [&](const auto& known) { return known.name == protocol; });
    });
  });
}

}  // namespace leat::coordinator
