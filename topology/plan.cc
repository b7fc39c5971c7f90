#include "topology/plan.h"

#include <algorithm>
#include <regex>

#include "topology/topology.h"

namespace leat {

TopicPattern::TopicPattern(std::string text) : text_(std::move(text)) {
  try {
    matches_ = [regex = std::regex(text_, std::regex::optimize)](const std::string& topic) {
      return std::regex_match(topic, regex);
    };
  } catch (const std::regex_error& error) {
    problem_ = error.what();
  }
}

Status TopicPattern::status() const {
  if (matches_) return {};
  return Error{ErrorKind::kInvalidArgument, "'" + text_ + "' is no regular expression: " + problem_};
}

bool Subtopology::reads(const std::string& topic) const {
  if (source_topics.contains(topic)) return true;
  return !global && std::any_of(source_patterns.begin(), source_patterns.end(),
                                [&](const TopicPattern& pattern) { return pattern.matches(topic); });
}

bool Plan::has_patterns() const {
  return std::any_of(subtopologies_.begin(), subtopologies_.end(),
                     [](const Subtopology& part) { return !part.source_patterns.empty(); });
}

std::set<std::string> Plan::sources_of(const Subtopology& part,
                                       const std::map<std::string, std::int32_t>& counts) const {
  std::set<std::string> sources;
  for (const auto& [topic, partitions] : counts)
    if (part.source_topics.contains(topic) || (part.reads(topic) && !is_internal(topic))) sources.insert(topic);
  return sources;
}

bool Plan::is_internal(const std::string& topic) const {
  return std::any_of(subtopologies_.begin(), subtopologies_.end(), [&](const Subtopology& part) {
    const auto changelog = part.changelog_topics.find(topic);
    return part.repartition_topics.contains(topic) ||
           (changelog != part.changelog_topics.end() && !part.source_topics.contains(topic));
  });
}

Result<std::set<std::string>> Plan::matched_topics(const std::set<std::string>& among) const {
  std::set<std::string> matched;
  const auto named = [&](const std::string& topic) {
    return std::any_of(subtopologies_.begin(), subtopologies_.end(),
                       [&](const Subtopology& part) { return part.source_topics.contains(topic); });
  };
  for (const std::string& topic : among) {
    if (topic.starts_with("__") || is_internal(topic) || named(topic)) continue;
    const TopicPattern* by = nullptr;
    for (const Subtopology& part : subtopologies_) {
      for (const TopicPattern& pattern : part.source_patterns) {
        if (!pattern.matches(topic)) continue;
        if (by)
          return Error{ErrorKind::kInvalidArgument, "topic '" + topic + "' is matched by two sources, '" + by->text() +
                                                        "' and '" + pattern.text() +
                                                        "'; make their patterns exclude each other"};
        by = &pattern;
      }
    }
    if (by) matched.insert(topic);
  }
  return matched;
}

TopologyInstance Plan::instantiate(int id) const {
  for (const Subtopology& part : subtopologies_) {
    if (part.id == id) return instantiate({&part});
  }
  LEAT_CHECK(false, "no such sub-topology");
  return {};
}

TopologyInstance Plan::instantiate_all() const {
  std::vector<const Subtopology*> parts;
  for (const Subtopology& part : subtopologies_) {
    if (!part.global) parts.push_back(&part);
  }
  return instantiate(parts);
}

bool Plan::has_global() const {
  return std::any_of(subtopologies_.begin(), subtopologies_.end(), [](const auto& part) { return part.global; });
}

bool Plan::is_global_store(std::string_view store) const {
  return std::any_of(subtopologies_.begin(), subtopologies_.end(), [&](const Subtopology& part) {
    return part.global && std::any_of(part.stores.begin(), part.stores.end(),
                                      [&](const PlannedStore& each) { return each.builder->name() == store; });
  });
}

std::set<std::string> Plan::global_topics() const {
  std::set<std::string> topics;
  for (const Subtopology& part : subtopologies_) {
    if (part.global) topics.insert(part.source_topics.begin(), part.source_topics.end());
  }
  return topics;
}

TopologyInstance Plan::instantiate_global() const {
  std::vector<const Subtopology*> parts;
  for (const Subtopology& part : subtopologies_) {
    if (part.global) parts.push_back(&part);
  }
  return instantiate(parts);
}

TopologyInstance Plan::instantiate(const std::vector<const Subtopology*>& parts) const {
  TopologyInstance instance;
  detail::NodeBuild build;
  build.topic_name = [this](const std::string& topic) { return topology_->topic_name(topic, options_); };
  build.emit_interval_ms = options_.emit_interval_ms;
  build.changes_apart = options_.changes_apart;
  build.on_invalid_timestamp = options_.on_invalid_timestamp;
  std::vector<std::size_t> order;
  for (const Subtopology* part : parts) {
    order.insert(order.end(), part->nodes.begin(), part->nodes.end());
    for (const PlannedStore& store : part->stores) instance.stores.push_back({store.builder->build(), store});
  }
  std::sort(order.begin(), order.end());
  std::map<std::string, Node*> by_name;
  std::set<std::string> parents;
  for (const std::size_t index : order) {
    const detail::NodeSpec& spec = topology_->nodes_[index];
    parents.insert(spec.parents.begin(), spec.parents.end());
    std::unique_ptr<Node> node = spec.make(build);
    node->set_name(spec.name);
    if (topology_->wrapper_ && spec.kind == detail::NodeSpec::Kind::kProcessor)
      node->set_wrapper(topology_->wrapper_(spec.name));
    by_name[spec.name] = node.get();
    for (const std::string& parent : spec.parents) by_name.at(parent)->add_child(*node);
    if (spec.kind == detail::NodeSpec::Kind::kSource) {
      auto* source = static_cast<SourceNode*>(node.get());
      for (const std::string& topic : spec.topics) instance.sources.emplace(build.topic_name(topic), source);
      if (!spec.pattern.empty()) instance.pattern_sources.emplace_back(TopicPattern(spec.pattern), source);
    }
    instance.connections[node.get()].insert(spec.stores.begin(), spec.stores.end());
    instance.nodes.push_back(std::move(node));
  }
  for (const auto& node : instance.nodes)
    if (!parents.contains(node->name())) instance.ends.push_back(node.get());
  return instance;
}

}  // namespace leat
