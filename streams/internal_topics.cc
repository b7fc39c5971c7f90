#include "streams/internal_topics.h"

#include <algorithm>

#include "broker/client/offsets.h"

namespace leat {

namespace {

constexpr auto kDeadline = std::chrono::seconds(60);

bool is_repartition(const Plan& plan, const std::string& topic) {
  return std::any_of(plan.subtopologies().begin(), plan.subtopologies().end(),
                     [&](const Subtopology& each) { return each.repartition_topics.contains(topic); });
}

/// Raises the count of a repartition topic to that of the largest source of the sub-topologies that write it.
bool count_repartition_topics(const Plan& plan, PartitionCounts& counts) {
  bool changed = false;
  for (const Subtopology& writer : plan.subtopologies()) {
    std::int32_t largest = 0;
    for (const std::string& source : writer.source_topics)
      if (const auto count = counts.find(source); count != counts.end()) largest = std::max(largest, count->second);
    for (const std::string& sink : writer.sink_topics) {
      if (!is_repartition(plan, sink) || largest == 0) continue;
      std::int32_t& count = counts.try_emplace(sink, 0).first->second;
      if (count >= largest) continue;
      count = largest;
      changed = true;
    }
  }
  return changed;
}

}  // namespace

Result<PartitionCounts> partition_counts(const Plan& plan, PartitionCounts counts) {
  std::set<std::string> fixed;
  for (const Subtopology& each : plan.subtopologies())
    for (const auto& [name, topic] : each.repartition_topics)
      if (topic.partitions) {
        counts[name] = *topic.partitions;
        fixed.insert(name);
      }
  // Repartition topics feed others: go on until nothing changes. (A count only grows, up to the largest source's.)
  PartitionCounts given = counts;
  while (count_repartition_topics(plan, counts))
    for (const std::string& name : fixed) counts[name] = given[name];
  for (const auto& group : plan.copartition_groups()) {
    std::int32_t wanted = 0;
    for (const std::string& topic : group)
      if (!is_repartition(plan, topic) || fixed.contains(topic))
        if (const auto count = counts.find(topic); count != counts.end()) wanted = std::max(wanted, count->second);
    for (const std::string& topic : group) {
      if (wanted > 0 && is_repartition(plan, topic) && !fixed.contains(topic)) counts[topic] = wanted;
      if (const auto count = counts.find(topic); count != counts.end() && wanted > 0 && count->second != wanted)
        return Error{ErrorKind::kInvalidArgument,
                     "topics that are joined must have the same number of partitions, but '" + topic + "' has " +
                         std::to_string(count->second) + " and another one of its group has " + std::to_string(wanted) +
                         "; make them equal, or repartition() one of them"};
    }
  }
  for (const Subtopology& each : plan.subtopologies()) {
    std::int32_t largest = 0;
    for (const std::string& source : each.source_topics) {
      const auto count = counts.find(source);
      if (count == counts.end() || count->second <= 0)
        return Error{ErrorKind::kNotFound,
                     "source topic '" + source + "' does not exist; create it, then the application goes on"};
      largest = std::max(largest, count->second);
    }
    for (const auto& [name, topic] : each.changelog_topics) counts.try_emplace(name, largest);
  }
  return counts;
}

void prepare_topics(client::Cluster& cluster, const Plan& plan, const StreamsConfig& config,
                    OneShot<Result<PartitionCounts>> done) {
  std::set<std::string> sources;
  std::map<std::string, const InternalTopic*> internal;
  for (const Subtopology& each : plan.subtopologies()) {
    for (const std::string& topic : each.source_topics) sources.insert(topic);
    for (const auto& [name, topic] : each.repartition_topics) internal[name] = &topic;
    for (const auto& [name, topic] : each.changelog_topics) internal[name] = &topic;
  }
  std::set<std::string> users;
  for (const std::string& topic : sources)
    if (!internal.contains(topic)) users.insert(topic);
  cluster.refresh(
      users, true, [&cluster, &plan, &config, users, internal, done = std::move(done)](Status status) mutable {
        if (!status) return done(status.error());
        PartitionCounts counts;
        for (const std::string& name : users)
          if (const auto* topic = cluster.topic(name); topic && !topic->leaders.empty())
            counts[name] = static_cast<std::int32_t>(topic->leaders.size());
        auto all = partition_counts(plan, std::move(counts));
        if (!all) return done(all.error());
        std::vector<client::TopicToCreate> topics;
        for (const auto& [name, topic] : internal) {
          client::TopicToCreate wanted{.name = name,
                                       .partitions = all->at(name),
                                       .replication_factor = static_cast<std::int16_t>(config.replication_factor),
                                       .configs = topic->config};
          for (const auto& [key, value] : config.topic_configs) wanted.configs[key] = value;
          topics.push_back(std::move(wanted));
        }
        const Instant deadline = cluster.world().loop.now() + kDeadline;
        auto ready = [&cluster, counts = std::move(*all), done = std::move(done)](Status created) mutable {
          if (!created) return done(created.error());
          std::set<std::string> names;
          for (const auto& [name, count] : counts) names.insert(name);
          cluster.refresh(names, false, [counts = std::move(counts), done = std::move(done)](Status known) mutable {
            if (!known) return done(known.error());
            done(std::move(counts));
          });
        };
        if (topics.empty()) return ready({});
        client::create_topics(cluster, std::move(topics), deadline, std::move(ready));
      });
}

}  // namespace leat
