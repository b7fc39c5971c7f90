#include "broker/coordinator/streams_topology.h"

#include <algorithm>

namespace leat::coordinator {

namespace {

using wire::streams_group::CopartitionGroup;
using wire::streams_group::Subtopology;
using wire::streams_group::TopicInfo;
using Counts = std::map<std::string, std::int32_t>;

template <class Names>
std::string joined(const Names& names) {
  std::string text;
  for (const auto& each : names) text += (text.empty() ? "" : ", ") + each;
  return text;
}

/// {a=1, b=2}
std::string text_of(const Counts& counts) {
  std::vector<std::string> entries;
  for (const auto& [name, count] : counts) entries.push_back(name + "=" + std::to_string(count));
  return "{" + joined(entries) + "}";
}

/// Decides how many partitions each internal topic shall have.
class PartitionCounts {
 public:
  PartitionCounts(const StreamsTopology& topology, const TopicCatalog& topics) : topology_(topology), topics_(topics) {
    for (const Subtopology& each : topology.subtopologies)
      for (const TopicInfo& topic : each.repartition_source_topics)
        (topic.partitions != 0 ? fixed_ : flexible_)[topic.name] = topic.partitions;
    decided_ = fixed_;
  }

  std::optional<StreamsStatus> decide() {
    if (auto problem = derive_from_sources()) return problem;
    for (const Subtopology& subtopology : topology_.subtopologies)
      for (const CopartitionGroup& group : subtopology.copartition_groups)
        if (auto problem = level(names_in(subtopology, group))) return problem;
    for (const Subtopology& subtopology : topology_.subtopologies)
      for (const TopicInfo& changelog : subtopology.state_changelog_topics)
        decided_[changelog.name] = changelog.partitions != 0 ? changelog.partitions : most_of_sources(subtopology);
    return std::nullopt;
  }

  /// What is there counts before what was decided.
  std::optional<std::int32_t> of(const std::string& topic) const {
    if (const auto there = topics_.catalog_topic(topic)) return there->partitions;
    const auto found = decided_.find(topic);
    return found == decided_.end() ? std::nullopt : std::optional(found->second);
  }
  std::int32_t decided(const std::string& topic) const { return decided_.at(topic); }

  std::int32_t most_of_sources(const Subtopology& subtopology) const {
    std::int32_t most = 0;
    for (const std::string& source : subtopology.source_topics) most = std::max(most, of(source).value_or(0));
    for (const TopicInfo& source : subtopology.repartition_source_topics)
      most = std::max(most, of(source.name).value_or(0));
    return most;
  }

 private:
  static std::set<std::string> names_in(const Subtopology& subtopology, const CopartitionGroup& group) {
    std::set<std::string> names;
    const auto add = [&](const auto& positions, const auto& list, auto name) {
      for (const std::int16_t at : positions)
        if (at >= 0 && static_cast<std::size_t>(at) < list.size())
          names.insert(name(list[static_cast<std::size_t>(at)]));
    };
    add(group.source_topics, subtopology.source_topics, [](const std::string& topic) { return topic; });
    add(group.repartition_source_topics, subtopology.repartition_source_topics,
        [](const TopicInfo& topic) { return topic.name; });
    return names;
  }

  bool derive_some(Counts& open, bool in_full) {
    const std::size_t before = open.size();
    for (auto topic = open.begin(); topic != open.end();) {
      std::int32_t most = 0;
      bool known = true;
      for (const Subtopology& each : topology_.subtopologies) {
        const auto& sinks = each.repartition_sink_topics;
        if (std::find(sinks.begin(), sinks.end(), topic->first) == sinks.end()) continue;
        for (const TopicInfo& source : each.repartition_source_topics) known = known && of(source.name);
        most = std::max(most, most_of_sources(each));
      }
      const bool decides = (known || !in_full) && most > 0;
      if (decides) decided_[topic->first] = most;
      topic = decides ? open.erase(topic) : std::next(topic);
    }
    return open.size() < before;
  }

  /// A repartition topic gets as many partitions as the sub-topology that writes it has tasks.
  std::optional<StreamsStatus> derive_from_sources() {
    auto open = flexible_;
    while (!open.empty()) {
      // Foreign-key joins go round in a circle: where nothing is known in full, what is known of it decides.
      if (derive_some(open, true) || derive_some(open, false)) continue;
      return StreamsStatus{StreamsStatus::kMissingSourceTopics,
                           "Failed to compute number of partitions for all repartition topics, make sure all user "
                           "input topics are created and all Pattern subscriptions match at least one topic in the "
                           "cluster"};
    }
    return std::nullopt;
  }

  static std::optional<StreamsStatus> unequal(const Counts& counts) {
    return StreamsStatus{StreamsStatus::kIncorrectlyPartitionedTopics,
                         "Following topics do not have the same number of partitions: [" + text_of(counts) + "]"};
  }

  /// Gives the topics of a co-partition group the same count.
  std::optional<StreamsStatus> level(const std::set<std::string>& names) {
    Counts external, fixed;
    std::int32_t most = 0;
    for (const std::string& name : names) {
      if (fixed_.contains(name))
        fixed[name] = fixed_.at(name);
      else if (!flexible_.contains(name))
        external[name] = of(name).value_or(0);
      most = std::max(most, of(name).value_or(0));
    }
    const Counts& deciding = external.empty() ? fixed : external;
    for (const auto& [name, count] : deciding)
      if (count != deciding.begin()->second) return unequal(deciding);
    const std::int32_t wanted = deciding.empty() ? most : deciding.begin()->second;
    for (const auto& [name, count] : fixed)
      if (count != wanted)
        return StreamsStatus{StreamsStatus::kIncorrectlyPartitionedTopics,
                             "Number of partitions [" + std::to_string(count) + "] of repartition topic [" + name +
                                 "] doesn't match number of partitions [" + std::to_string(wanted) +
                                 "] of the source topic."};
    for (const std::string& name : names)
      if (flexible_.contains(name)) decided_[name] = wanted;
    return std::nullopt;
  }

  const StreamsTopology& topology_;
  const TopicCatalog& topics_;
  Counts fixed_;
  Counts flexible_;
  Counts decided_;
};

}  // namespace

std::set<std::string> required_topics(const StreamsTopology& topology) {
  std::set<std::string> names;
  for (const Subtopology& each : topology.subtopologies) {
    names.insert(each.source_topics.begin(), each.source_topics.end());
    for (const TopicInfo& topic : each.repartition_source_topics) names.insert(topic.name);
    for (const TopicInfo& topic : each.state_changelog_topics) names.insert(topic.name);
  }
  return names;
}

ConfiguredTopology configured(const StreamsTopology& topology, const TopicCatalog& topics) {
  ConfiguredTopology result;
  std::set<std::string> missing_sources;
  for (const Subtopology& each : topology.subtopologies)
    for (const std::string& source : each.source_topics)
      if (!topics.catalog_topic(source)) missing_sources.insert(source);
  if (!missing_sources.empty()) {
    result.problem = StreamsStatus{StreamsStatus::kMissingSourceTopics,
                                   "Source topics " + joined(missing_sources) + " are missing."};
    return result;
  }
  PartitionCounts counts(topology, topics);
  if ((result.problem = counts.decide())) return result;
  std::vector<std::string> missing_names;
  const auto with_count = [&](TopicInfo topic) {
    topic.partitions = counts.decided(topic.name);
    const auto there = topics.catalog_topic(topic.name);
    if (!there) {
      result.missing.push_back(topic);
      missing_names.push_back(topic.name);
    } else if (there->partitions != topic.partitions) {
      result.problem =
          StreamsStatus{StreamsStatus::kIncorrectlyPartitionedTopics,
                        "Existing topic " + topic.name + " has different number of partitions: expected " +
                            std::to_string(topic.partitions) + ", found " + std::to_string(there->partitions)};
    }
    return topic;
  };
  for (const Subtopology& each : topology.subtopologies) {
    ConfiguredSubtopology& to = result.subtopologies[each.subtopology_id];
    to.tasks = counts.most_of_sources(each);
    to.sources = {each.source_topics.begin(), each.source_topics.end()};
    for (const TopicInfo& topic : each.repartition_source_topics) {
      to.sources.insert(topic.name);
      to.repartition_sources.push_back(with_count(topic));
    }
    for (const TopicInfo& topic : each.state_changelog_topics) to.changelogs.push_back(with_count(topic));
  }
  if (result.problem) {
    result.subtopologies.clear();
    result.missing.clear();
  } else if (!result.missing.empty()) {
    result.problem =
        StreamsStatus{StreamsStatus::kMissingInternalTopics, "Internal topics are missing: " + joined(missing_names)};
  }
  return result;
}

}  // namespace leat::coordinator
