#include "broker/coordinator/partition_assignor.h"

#include <algorithm>

#include "base/check.h"

namespace leat::coordinator {

namespace {

/// How often the topics are gone over to even out members with different subscriptions. Each round about halves what
/// is uneven.
constexpr int kBalancingRoundsMax = 16;

GroupAssignment nothing_for(const std::vector<AssignorMember>& members) {
  GroupAssignment assignment;
  for (const AssignorMember& member : members) assignment[member.id];
  return assignment;
}

GroupAssignment assign_range(const std::vector<AssignorMember>& members, const AssignorTopics& topics) {
  // Static members come first, by instance: their ranges stay the same when they come back under another id.
  std::vector<const AssignorMember*> in_order;
  for (const AssignorMember& member : members) in_order.push_back(&member);
  std::sort(in_order.begin(), in_order.end(), [](const AssignorMember* a, const AssignorMember* b) {
    if (a->instance_id && b->instance_id) return *a->instance_id < *b->instance_id;
    if (a->instance_id || b->instance_id) return a->instance_id.has_value();
    return a->id < b->id;
  });
  GroupAssignment assignment = nothing_for(members);
  for (const auto& [topic, partitions] : topics) {
    std::vector<const AssignorMember*> subscribers;
    for (const AssignorMember* member : in_order)
      if (member->topics.contains(topic)) subscribers.push_back(member);
    if (subscribers.empty()) continue;
    const auto count = static_cast<std::int32_t>(subscribers.size());
    std::int32_t next = 0;
    for (std::int32_t i = 0; i < count; ++i) {
      const std::int32_t end = next + partitions / count + (i < partitions % count ? 1 : 0);
      for (; next < end; ++next) assignment[subscribers[static_cast<std::size_t>(i)]->id][topic].insert(next);
    }
  }
  return assignment;
}

/// The uniform assignment in the making.
class Balance {
 public:
  Balance(const std::vector<AssignorMember>& members, const AssignorTopics& topics)
      : members_(members), topics_(topics), loads_(members.size(), 0), assigned_(members.size()) {
    for (const auto& [topic, partitions] : topics) owners_[topic].assign(static_cast<std::size_t>(partitions), kNobody);
    for (std::size_t i = 0; i < members.size(); ++i)
      for (const Uuid& topic : members[i].topics) subscribers_[topic].push_back(i);
  }

  GroupAssignment result() {
    const bool alike = std::all_of(members_.begin(), members_.end(),
                                   [&](const AssignorMember& each) { return each.topics == members_.front().topics; });
    alike ? keep_up_to_quota() : keep_what_is_subscribed();
    hand_out_the_rest();
    if (!alike) even_out();
    GroupAssignment assignment;
    for (std::size_t i = 0; i < members_.size(); ++i) assignment[members_[i].id] = std::move(assigned_[i]);
    return assignment;
  }

 private:
  static constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

  void give(std::size_t member, const Uuid& topic, std::int32_t partition) {
    owners_[topic][static_cast<std::size_t>(partition)] = member;
    assigned_[member][topic].insert(partition);
    ++loads_[member];
  }
  void take(const Uuid& topic, std::int32_t partition) {
    std::size_t& owner = owners_[topic][static_cast<std::size_t>(partition)];
    auto& of_topic = assigned_[owner][topic];
    of_topic.erase(partition);
    if (of_topic.empty()) assigned_[owner].erase(topic);
    --loads_[owner];
    owner = kNobody;
  }

  void keep(std::size_t i, std::size_t partitions_max) {
    for (const auto& [topic, partitions] : members_[i].assigned) {
      const auto known = topics_.find(topic);
      if (known == topics_.end() || !members_[i].topics.contains(topic)) continue;
      for (const std::int32_t partition : partitions)
        if (loads_[i] < partitions_max && partition < known->second &&
            owners_[topic][static_cast<std::size_t>(partition)] == kNobody)
          give(i, topic, partition);
    }
  }

  /// All subscribe to the same. Where it does not come out even those that have more than the others keep one more,
  /// then the first of the others get one.
  void keep_up_to_quota() {
    std::size_t total = 0;
    for (const Uuid& topic : members_.front().topics) total += owners_[topic].size();
    const std::size_t each = total / members_.size();
    std::size_t left_over = total % members_.size();
    quotas_.assign(members_.size(), each);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const bool one_more = left_over > 0 && has_of_subscribed(i) > each;
      if (one_more) --left_over;
      quotas_[i] += one_more ? 1 : 0;
      keep(i, quotas_[i]);
    }
    for (std::size_t i = 0; i < members_.size() && left_over > 0; ++i)
      if (quotas_[i] == each) ++quotas_[i], --left_over;
  }
  std::size_t has_of_subscribed(std::size_t i) const {
    std::size_t count = 0;
    for (const auto& [topic, partitions] : members_[i].assigned)
      if (members_[i].topics.contains(topic)) count += partitions.size();
    return count;
  }
  void keep_what_is_subscribed() {
    for (std::size_t i = 0; i < members_.size(); ++i) keep(i, kNobody);
  }

  /// Topics with the most partitions per subscriber first: they are the hardest to place.
  std::vector<Uuid> topics_in_order() const {
    std::vector<Uuid> order;
    for (const auto& [topic, subscribers] : subscribers_) order.push_back(topic);
    std::stable_sort(order.begin(), order.end(), [&](const Uuid& a, const Uuid& b) {
      const std::size_t subscribers_a = subscribers_.at(a).size(), subscribers_b = subscribers_.at(b).size();
      const std::size_t weight_a = owners_.at(a).size() * subscribers_b,
                        weight_b = owners_.at(b).size() * subscribers_a;
      return weight_a != weight_b ? weight_a > weight_b : subscribers_a < subscribers_b;
    });
    return order;
  }

  void hand_out_the_rest() {
    std::size_t in_turn = 0;
    for (const Uuid& topic : topics_in_order()) {
      const auto& subscribers = subscribers_[topic];
      for (std::size_t partition = 0; partition < owners_[topic].size(); ++partition) {
        if (owners_[topic][partition] != kNobody) continue;
        if (!quotas_.empty()) {
          while (loads_[in_turn] >= quotas_[in_turn]) ++in_turn;
          give(in_turn, topic, static_cast<std::int32_t>(partition));
        } else {
          give(least_loaded(subscribers), topic, static_cast<std::int32_t>(partition));
        }
      }
    }
  }

  std::size_t least_loaded(const std::vector<std::size_t>& subscribers) const {
    return *std::min_element(subscribers.begin(), subscribers.end(),
                             [&](std::size_t a, std::size_t b) { return loads_[a] < loads_[b]; });
  }

  void even_out() {
    for (int round = 0; round < kBalancingRoundsMax; ++round) {
      bool moved = false;
      for (const auto& [topic, subscribers] : subscribers_)
        while (move_one(topic, subscribers)) moved = true;
      if (!moved) return;
    }
  }
  /// From the subscriber with the most partitions, of those that have one of this topic, to the one with the fewest.
  bool move_one(const Uuid& topic, const std::vector<std::size_t>& subscribers) {
    std::size_t from = kNobody;
    for (const std::size_t each : subscribers)
      if (assigned_[each].contains(topic) && (from == kNobody || loads_[each] > loads_[from])) from = each;
    const std::size_t to = least_loaded(subscribers);
    if (from == kNobody || loads_[from] <= loads_[to] + 1) return false;
    const std::int32_t partition = *assigned_[from][topic].rbegin();
    take(topic, partition);
    give(to, topic, partition);
    return true;
  }

  const std::vector<AssignorMember>& members_;
  const AssignorTopics& topics_;
  std::vector<std::size_t> loads_;
  std::vector<PartitionSet> assigned_;
  std::vector<std::size_t> quotas_;  ///< none where subscriptions differ
  std::map<Uuid, std::vector<std::size_t>> owners_;
  std::map<Uuid, std::vector<std::size_t>> subscribers_;
};

}  // namespace

GroupAssignment assign(std::string_view assignor, const std::vector<AssignorMember>& members,
                       const AssignorTopics& topics) {
  LEAT_CHECK(assignor == kUniformAssignor || assignor == kRangeAssignor, "no assignor of this name");
  if (members.empty()) return {};
  return assignor == kRangeAssignor ? assign_range(members, topics) : Balance(members, topics).result();
}

}  // namespace leat::coordinator
