#include "broker/client/range_assignor.h"

namespace leat::client {

GroupAssignment assign_ranges(const GroupSubscription& members,
                              const std::map<std::string, std::int32_t>& partition_counts) {
  GroupAssignment assignment;
  std::map<std::string, std::vector<std::string>> members_of;
  for (const auto& [member, subscription] : members) {
    assignment[member];
    for (const std::string& topic : subscription.topics) members_of[topic].push_back(member);
  }
  for (const auto& [topic, subscribed] : members_of) {
    const auto found = partition_counts.find(topic);
    if (found == partition_counts.end()) continue;
    const auto count = static_cast<std::int32_t>(subscribed.size());
    std::int32_t next = 0;
    for (std::int32_t i = 0; i < count; ++i) {
      const std::int32_t end = next + found->second / count + (i < found->second % count ? 1 : 0);
      for (; next < end; ++next)
        assignment[subscribed[static_cast<std::size_t>(i)]].partitions.push_back({topic, next});
    }
  }
  return assignment;
}

void RangeAssignor::assign(const GroupSubscription& members, OneShot<Result<GroupAssignment>> done) {
  std::set<std::string> topics;
  for (const auto& [member, subscription] : members)
    topics.insert(subscription.topics.begin(), subscription.topics.end());
  if (topics.empty()) return done(assign_ranges(members, {}));
  cluster_.refresh(topics, false, [this, members, topics, done = std::move(done)](Status known) mutable {
    if (!known) return done(known.error());
    std::map<std::string, std::int32_t> counts;
    for (const std::string& name : topics)
      if (const TopicMetadata* topic = cluster_.topic(name))
        counts[name] = static_cast<std::int32_t>(topic->leaders.size());
    done(assign_ranges(members, counts));
  });
}

}  // namespace leat::client
