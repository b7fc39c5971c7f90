#include "streams/internal_topics.h"

#include <algorithm>

#include "broker/client/offsets.h"

namespace leat {

namespace {

constexpr auto kDeadline = std::chrono::seconds(60);
/// A topic that is made on first use is there a moment later.
constexpr auto kSourcesDeadline = std::chrono::seconds(5);

bool is_repartition(const Plan& plan, const std::string& topic) {
  return std::any_of(plan.subtopologies().begin(), plan.subtopologies().end(),
                     [&](const Subtopology& each) { return each.repartition_topics.contains(topic); });
}

Error missing_source(const std::string& topic) {
  return {ErrorKind::kNotFound,
          "source topic '" + topic + "' does not exist; create it and start the application again"};
}

/// Raises the count of a repartition topic to that of the largest source of the sub-topologies that write it.
bool count_repartition_topics(const Plan& plan, PartitionCounts& counts) {
  bool changed = false;
  for (const Subtopology& writer : plan.subtopologies()) {
    std::int32_t largest = 0;
    for (const std::string& source : plan.sources_of(writer, counts)) largest = std::max(largest, counts.at(source));
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
    std::string largest;
    for (const std::string& topic : group) {
      if (is_repartition(plan, topic) && !fixed.contains(topic)) continue;
      const auto count = counts.find(topic);
      if (count == counts.end() || count->second <= wanted) continue;
      wanted = count->second;
      largest = topic;
    }
    for (const std::string& topic : group) {
      if (wanted > 0 && is_repartition(plan, topic) && !fixed.contains(topic)) counts[topic] = wanted;
      if (const auto count = counts.find(topic); count != counts.end() && wanted > 0 && count->second != wanted)
        return Error{ErrorKind::kInvalidArgument,
                     "topics that are joined must have the same number of partitions, but '" + topic + "' has " +
                         std::to_string(count->second) + " and '" + largest + "' has " + std::to_string(wanted) +
                         "; make them equal, or repartition() one of them"};
    }
  }
  for (const Subtopology& each : plan.subtopologies()) {
    std::int32_t largest = 0;
    for (const std::string& source : each.source_topics) {
      const auto count = counts.find(source);
      if (is_repartition(plan, source) && plan.has_patterns() && count == counts.end()) continue;
      if (count == counts.end() || count->second <= 0) return missing_source(source);
    }
    for (const std::string& source : plan.sources_of(each, counts)) largest = std::max(largest, counts.at(source));
    // Sources by pattern that match nothing yet have no tasks, and their stores no changelogs.
    if (largest == 0) continue;
    for (const auto& [name, topic] : each.changelog_topics) counts.try_emplace(name, largest);
  }
  return counts;
}

namespace {

/// Topics that a plan reads and that the user is to make.
std::set<std::string> user_topics(const Plan& plan) {
  std::set<std::string> topics;
  for (const Subtopology& each : plan.subtopologies())
    for (const std::string& topic : each.source_topics)
      if (!is_repartition(plan, topic)) topics.insert(topic);
  return topics;
}

/// Looks for the user's topics until all are there or `deadline` has come; then replies with those that are. On the
/// embedded broker the application is at home and makes them.
void find_user_topics(client::Cluster& cluster, std::set<std::string> topics, bool make, Instant deadline,
                      OneShot<Result<PartitionCounts>> done) {
  cluster.refresh(topics, true, [&cluster, topics, make, deadline, done = std::move(done)](Status status) mutable {
    if (!status) return done(status.error());
    PartitionCounts counts;
    std::vector<client::TopicToCreate> missing;
    for (const std::string& name : topics) {
      const auto* topic = cluster.topic(name);
      if (topic && topic->error == wire::ErrorCode::kTopicAuthorizationFailed)
        return done(wire::kafka_error(
            topic->error, "looking for source topic '" + name + "' (the application needs DESCRIBE and READ of it)"));
      if (topic && !topic->leaders.empty()) {
        counts[name] = static_cast<std::int32_t>(topic->leaders.size());
      } else {
        missing.push_back({.name = name});
      }
    }
    if (missing.empty() || cluster.world().loop.now() >= deadline) return done(std::move(counts));
    auto again = [&cluster, topics, deadline, done = std::move(done)](Status) mutable {
      cluster.world().loop.call_at(cluster.world().loop.now() + cluster.config().retry_backoff,
                                   [&cluster, topics, deadline, done = std::move(done)]() mutable {
                                     find_user_topics(cluster, topics, false, deadline, std::move(done));
                                   });
    };
    if (!make) return again({});
    client::create_topics(cluster, std::move(missing), deadline, std::move(again));
  });
}

/// Adds the topics that are read by pattern. Where there are patterns, all topics of the cluster are looked at.
void find_matched_topics(client::Cluster& cluster, const Plan& plan, PartitionCounts counts,
                         OneShot<Result<PartitionCounts>> done) {
  if (!plan.has_patterns()) return done(std::move(counts));
  look_for_matched_topics(
      cluster, plan,
      [&cluster, counts = std::move(counts), done = std::move(done)](Result<std::set<std::string>> matched) mutable {
        if (!matched) return done(matched.error());
        for (const std::string& topic : *matched)
          counts[topic] = static_cast<std::int32_t>(cluster.topic(topic)->leaders.size());
        done(std::move(counts));
      });
}

/// What is there already must be as wide as it has to be: else keys would go to other partitions than before.
Status check_widths(const client::Cluster& cluster, const Plan& plan, const PartitionCounts& counts) {
  for (const auto& [name, count] : counts) {
    const auto* topic = plan.is_internal(name) ? cluster.topic(name) : nullptr;
    if (topic == nullptr || topic->leaders.empty()) continue;
    const auto found = static_cast<std::int32_t>(topic->leaders.size());
    if (found != count)
      return Error{ErrorKind::kInvalidArgument,
                   "internal topic '" + name + "' has " + std::to_string(found) + " partitions and should have " +
                       std::to_string(count) +
                       "; the partitions of its source topics have changed, or another program has its application.id. "
                       "Reset the application, or delete the topic"};
  }
  return {};
}

/// Makes the internal topics that are missing and makes all of them known.
void make_internal_topics(client::Cluster& cluster, const Plan& plan, const StreamsConfig& config,
                          PartitionCounts counts, OneShot<Result<PartitionCounts>> done) {
  std::vector<client::TopicToCreate> topics;
  for (const Subtopology& each : plan.subtopologies())
    for (const auto* of_kind : {&each.repartition_topics, &each.changelog_topics})
      for (const auto& [name, topic] : *of_kind) {
        if (!counts.contains(name)) continue;
        client::TopicToCreate wanted{.name = name,
                                     .partitions = counts.at(name),
                                     .replication_factor = static_cast<std::int16_t>(config.replication_factor),
                                     .configs = topic.config};
        for (const auto& [key, value] : config.topic_configs) wanted.configs[key] = value;
        topics.push_back(std::move(wanted));
      }
  auto made = [&cluster, &plan, counts = std::move(counts), done = std::move(done)](Status created) mutable {
    if (!created) return done(created.error());
    std::set<std::string> names;
    for (const auto& [name, count] : counts) names.insert(name);
    cluster.refresh(names, false,
                    [&cluster, &plan, counts = std::move(counts), done = std::move(done)](Status known) mutable {
                      if (!known) return done(known.error());
                      if (Status wide = check_widths(cluster, plan, counts); !wide) return done(wide.error());
                      done(std::move(counts));
                    });
  };
  if (topics.empty()) return made({});
  client::create_topics(cluster, std::move(topics), cluster.world().loop.now() + kDeadline, std::move(made));
}

}  // namespace

void prepare_topics(client::Cluster& cluster, const Plan& plan, const StreamsConfig& config,
                    OneShot<Result<PartitionCounts>> done) {
  find_user_topics(cluster, user_topics(plan), config.embedded(), cluster.world().loop.now() + kSourcesDeadline,
                   [&cluster, &plan, &config, done = std::move(done)](Result<PartitionCounts> found) mutable {
                     if (!found) return done(found.error());
                     find_matched_topics(
                         cluster, plan, std::move(*found),
                         [&cluster, &plan, &config, done = std::move(done)](Result<PartitionCounts> all) mutable {
                           if (!all) return done(all.error());
                           auto counts = partition_counts(plan, std::move(*all));
                           if (!counts) return done(counts.error());
                           make_internal_topics(cluster, plan, config, std::move(*counts), std::move(done));
                         });
                   });
}

void find_source_topics(client::Cluster& cluster, const Plan& plan, const StreamsConfig& config,
                        OneShot<Result<PartitionCounts>> done) {
  // Somebody may still make them, and the broker looks for them; but global tables are read before it is asked.
  const bool waits = plan.has_global() || config.embedded();
  const Instant deadline = cluster.world().loop.now() + (waits ? Duration(kSourcesDeadline) : Duration::zero());
  find_user_topics(cluster, user_topics(plan), config.embedded(), deadline,
                   [&plan, done = std::move(done)](Result<PartitionCounts> found) mutable {
                     if (found)
                       for (const std::string& topic : plan.global_topics())
                         if (!found->contains(topic)) return done(missing_source(topic));
                     done(std::move(found));
                   });
}

void look_for_matched_topics(client::Cluster& cluster, const Plan& plan, OneShot<Result<std::set<std::string>>> done) {
  cluster.refresh({}, false, [&cluster, &plan, done = std::move(done)](Status status) mutable {
    if (!status) return done(status.error());
    std::set<std::string> there;
    for (const auto& [name, topic] : cluster.topics())
      if (!topic.leaders.empty()) there.insert(name);
    done(plan.matched_topics(there));
  });
}

}  // namespace leat
