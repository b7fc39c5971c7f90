#include "topology/topology.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace leat {

using detail::NodeSpec;

void Topology::fail(std::string problem) { problems_.push_back(std::move(problem)); }

void Topology::missing_serde(const std::string& node) {
  fail(node + ": no serde for its key or value type was given, or one for another type");
}

Status Topology::status() const {
  if (problems_.empty()) return {};
  std::string text = "the topology cannot be built";
  for (const std::string& problem : problems_) text += "\n  " + problem;
  return Error{ErrorKind::kInvalidArgument, std::move(text)};
}

/// Every topic is read by one source: nodes of two would take the records from each other.
bool Topology::add_source_topics(const NodeSpec& spec) {
  for (const std::string& topic : spec.topics) {
    if (!topics_read_.insert(topic).second) {
      fail("topic " + topic + " is already read by another source; read it once and use it twice");
      return false;
    }
    for (const TopicPattern& pattern : patterns_read_) {
      if (!pattern.matches(topic)) continue;
      fail("topic " + topic + " is already read by the source of the pattern '" + pattern.text() + "'");
      return false;
    }
  }
  if (spec.pattern.empty()) return true;
  const TopicPattern& pattern = patterns_read_.emplace_back(spec.pattern);
  if (const Status valid = pattern.status(); !valid) {
    fail("source " + spec.name + ": " + valid.error().message);
    return false;
  }
  for (const std::string& topic : topics_read_) {
    if (!pattern.matches(topic)) continue;
    fail("the pattern '" + pattern.text() + "' matches topic " + topic + ", which another source reads by its name");
    return false;
  }
  return true;
}

Topology& Topology::add(NodeSpec spec) {
  const std::string name = spec.name;
  if (node_by_name_.count(name)) {
    fail("processor " + name + " is already added; give one of them another name");
    return *this;
  }
  if (spec.kind == NodeSpec::Kind::kSource) {
    if (!add_source_topics(spec)) return *this;
  } else if (spec.parents.empty()) {
    fail("processor " + name + " has no parent");
    return *this;
  }
  for (const std::string& parent : spec.parents) {
    const auto found = node_by_name_.find(parent);
    if (found == node_by_name_.end()) {
      fail("processor " + name + " has the parent " + parent + ", which is not added yet");
      return *this;
    }
    if (nodes_[found->second].kind == NodeSpec::Kind::kSink) {
      fail("processor " + name + " has the sink " + parent + " as parent; a sink has no children");
      return *this;
    }
  }
  const std::size_t index = nodes_.size();
  node_by_name_.emplace(name, index);
  nodes_.push_back(std::move(spec));
  united_with_.push_back(index);
  for (const std::string& parent : nodes_[index].parents) unite(index, node_by_name_.at(parent));
  return *this;
}

Topology& Topology::add_sink(const std::string& name, const std::string& topic, const Names& parents,
                             const Produced& produced) {
  NodeSpec spec;
  spec.name = name;
  spec.kind = NodeSpec::Kind::kSink;
  spec.parents = parents.all();
  spec.topics = {topic};
  if (!spec.parents.empty()) {
    const auto parent = node_by_name_.find(spec.parents.front());
    if (parent != node_by_name_.end() && nodes_[parent->second].make_sink) {
      spec.make = nodes_[parent->second].make_sink(topic, produced);
      if (!spec.make) missing_serde(name);
    }
  }
  return add(std::move(spec));
}

Topology& Topology::add_state_store(StoreBuilderPtr store, const Names& processors) {
  const std::string name = store->name();
  const auto known = stores_.find(name);
  if (known != stores_.end() && known->second.builder != store) {
    fail("a different store has already been added with the name " + name);
    return *this;
  }
  if (known == stores_.end()) {
    stores_[name].builder = std::move(store);
    store_order_.push_back(name);
  }
  for (const std::string& processor : processors.all()) connect(processor, name);
  return *this;
}

Topology& Topology::connect_processor_and_state_stores(const std::string& processor, const Names& stores) {
  for (const std::string& store : stores.all()) connect(processor, store);
  return *this;
}

void Topology::connect(const std::string& processor, const std::string& store) {
  const auto entry = stores_.find(store);
  if (entry == stores_.end()) {
    return fail("processor " + processor + " is connected to the store " + store + ", which is not added");
  }
  const auto node = node_by_name_.find(processor);
  if (node == node_by_name_.end()) {
    return fail("store " + store + " is connected to the processor " + processor + ", which is not added yet");
  }
  if (entry->second.global) {
    return fail("store " + store + " is global: every processor may use it, it is not to be connected");
  }
  NodeSpec& spec = nodes_[node->second];
  if (spec.kind != NodeSpec::Kind::kProcessor) {
    return fail("store " + store + " cannot be connected to " + processor + ", which is a source or a sink");
  }
  if (!entry->second.processors.empty()) unite(node_by_name_.at(entry->second.processors.front()), node->second);
  entry->second.processors.push_back(processor);
  if (std::find(spec.stores.begin(), spec.stores.end(), store) == spec.stores.end()) spec.stores.push_back(store);
}

void Topology::add_global_store(StoreBuilderPtr store, NodeSpec source, NodeSpec processor) {
  const std::string name = store->name();
  if (stores_.count(name)) return fail("a different store has already been added with the name " + name);
  store->description().logging = false;
  store->description().caching = false;
  source.global = true;
  processor.stores = {name};
  global_topics_.insert(source.topics.begin(), source.topics.end());
  source_changelogs_[name] = source.topics.front();
  stores_[name] = {std::move(store), {processor.name}, true};
  store_order_.push_back(name);
  add(std::move(source));
  add(std::move(processor));
}

void Topology::add_read_only_store(StoreBuilderPtr store, NodeSpec source, NodeSpec processor) {
  store->description().logging = false;
  const std::string topic = source.topics.front(), name = processor.name;
  add(std::move(source));
  add(std::move(processor));
  add_state_store(store, name);
  connect_source_store_and_topic(store->name(), topic);
}

void Topology::add_internal_topic(const std::string& topic, std::optional<std::int32_t> partitions) {
  internal_topics_[topic] = partitions;
}

void Topology::copartition_sources(std::set<std::string> source_nodes) {
  copartition_nodes_.push_back(std::move(source_nodes));
}

void Topology::connect_source_store_and_topic(const std::string& store, const std::string& topic) {
  if (!source_changelogs_.emplace(store, topic).second) fail("the store " + store + " already has a source topic");
}

std::size_t Topology::root(std::size_t node) const {
  while (united_with_[node] != node) node = united_with_[node];
  return node;
}

void Topology::unite(std::size_t a, std::size_t b) { united_with_[root(a)] = root(b); }

std::vector<std::vector<std::size_t>> Topology::groups() const {
  std::vector<std::vector<std::size_t>> groups;
  std::map<std::size_t, std::size_t> group_of_root;
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    const auto [group, fresh] = group_of_root.emplace(root(node), groups.size());
    if (fresh) groups.emplace_back();
    groups[group->second].push_back(node);
  }
  return groups;
}

std::string Topology::topic_name(const std::string& topic, const PlanOptions& options) const {
  return internal_topics_.count(topic) ? options.application_id + "-" + topic : topic;
}

namespace {

InternalTopic repartition_topic(std::string name, std::optional<std::int32_t> partitions) {
  return {std::move(name),
          InternalTopic::Kind::kRepartition,
          partitions,
          {{"cleanup.policy", "delete"},
           {"message.timestamp.type", "CreateTime"},
           {"retention.ms", "-1"},
           {"segment.bytes", "52428800"}}};
}

/// A day, by which deletions in a versioned changelog are kept longer than its history.
constexpr std::int64_t kVersionedCompactionSlackMs = 86'400'000;

/// The sum, or the highest number where it would be above: the retention of windows without an end.
std::int64_t bounded_sum(std::int64_t a, std::int64_t b) {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  return b > 0 && a > kMax - b ? kMax : a + b;
}

InternalTopic changelog_topic(std::string name, const StoreDescription& store, const PlanOptions& options) {
  InternalTopic topic{std::move(name), InternalTopic::Kind::kChangelog, std::nullopt, {}};
  topic.config = {{"cleanup.policy", "compact"}, {"message.timestamp.type", "CreateTime"}};
  switch (store.kind) {
    case StoreKind::kWindow:
    case StoreKind::kTimestampedWindow:
    case StoreKind::kSession:
      topic.kind = InternalTopic::Kind::kWindowedChangelog;
      topic.config["cleanup.policy"] = store.retain_duplicates ? "delete" : "compact,delete";
      topic.config["retention.ms"] = std::to_string(bounded_sum(store.retention_ms, options.additional_retention_ms));
      break;
    case StoreKind::kVersioned:
      topic.kind = InternalTopic::Kind::kVersionedChangelog;
      topic.config["min.compaction.lag.ms"] = std::to_string(store.history_retention_ms + kVersionedCompactionSlackMs);
      break;
    default: break;
  }
  for (const auto& [key, value] : store.log_config) topic.config[key] = value;
  return topic;
}

}  // namespace

Subtopology Topology::subtopology(int id, const std::vector<std::size_t>& nodes, const PlanOptions& options) const {
  Subtopology part;
  part.id = id;
  part.nodes = nodes;
  std::set<std::string> names;
  for (const std::size_t index : nodes) {
    const NodeSpec& node = nodes_[index];
    names.insert(node.name);
    if (node.global) part.global = true;
    for (const std::string& topic : node.topics) {
      const std::string full = topic_name(topic, options);
      if (node.kind == NodeSpec::Kind::kSink) {
        part.sink_topics.insert(full);
        continue;
      }
      part.source_topics.insert(full);
      if (node.reset != AutoOffsetReset::kDefault) part.offset_resets[full] = node.reset;
      const auto internal = internal_topics_.find(topic);
      if (internal != internal_topics_.end()) {
        part.repartition_topics.emplace(full, repartition_topic(full, internal->second));
      }
    }
    if (!node.pattern.empty()) part.source_patterns.emplace_back(node.pattern);
  }
  for (const std::string& name : store_order_) {
    const StoreEntry& entry = stores_.at(name);
    const bool ours = std::any_of(entry.processors.begin(), entry.processors.end(),
                                  [&](const std::string& processor) { return names.count(processor) > 0; });
    if (!ours) continue;
    PlannedStore planned{entry.builder, {}, false, entry.global};
    const StoreDescription& description = entry.builder->description();
    const auto source = source_changelogs_.find(name);
    if (source != source_changelogs_.end()) {
      planned.changelog_topic = topic_name(source->second, options);
      planned.changelog_is_source = true;
    } else if (description.logging) {
      planned.changelog_topic = options.application_id + "-" + name + "-changelog";
    }
    if (!planned.changelog_topic.empty() && !planned.global) {
      part.changelog_topics.emplace(planned.changelog_topic,
                                    changelog_topic(planned.changelog_topic, description, options));
    }
    part.stores.push_back(std::move(planned));
  }
  return part;
}

std::vector<std::set<std::string>> Topology::copartition_topics(const PlanOptions& options) const {
  std::vector<std::set<std::string>> groups;
  for (const std::set<std::string>& names : copartition_nodes_) {
    std::set<std::string> topics;
    for (const std::string& name : names) {
      const auto node = node_by_name_.find(name);
      if (node == node_by_name_.end()) continue;
      for (const std::string& topic : nodes_[node->second].topics) topics.insert(topic_name(topic, options));
    }
    if (topics.empty()) continue;
    // Groups that share a topic are one.
    for (auto group = groups.begin(); group != groups.end();) {
      const bool shared = std::any_of(group->begin(), group->end(), [&](const auto& t) { return topics.count(t) > 0; });
      if (shared) topics.insert(group->begin(), group->end());
      group = shared ? groups.erase(group) : group + 1;
    }
    groups.push_back(std::move(topics));
  }
  std::sort(groups.begin(), groups.end());
  return groups;
}

Status Topology::check_copartition() const {
  for (const std::set<std::string>& names : copartition_nodes_) {
    std::map<std::string, std::int32_t> counts;
    bool all_said = true;
    for (const std::string& name : names) {
      const auto node = node_by_name_.find(name);
      if (node == node_by_name_.end()) continue;
      for (const std::string& topic : nodes_[node->second].topics) {
        const auto internal = internal_topics_.find(topic);
        if (internal != internal_topics_.end() && internal->second) {
          counts[topic] = *internal->second;
        } else {
          all_said = false;
        }
      }
    }
    if (!all_said || counts.empty()) continue;
    for (const auto& [topic, count] : counts) {
      if (count == counts.begin()->second) continue;
      return Error{ErrorKind::kInvalidArgument, "topics " + counts.begin()->first + " and " + topic +
                                                    " are joined, but are given different numbers of partitions"};
    }
  }
  return {};
}

namespace detail {

bool is_generated_name(std::string_view name) {
  constexpr std::size_t kDigits = 10;
  for (std::size_t dash = name.find('-'); dash != std::string_view::npos; dash = name.find('-', dash + 1)) {
    const std::string_view rest = name.substr(dash + 1);
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (digits == kDigits && (rest.size() == kDigits || rest[kDigits] == '-')) return true;
  }
  return false;
}

}  // namespace detail

namespace {

/// The names that the program would do better to say.
Status explicitly_named(const Plan& plan) {
  std::set<std::string> generated;
  for (const Subtopology& part : plan.subtopologies()) {
    for (const PlannedStore& store : part.stores) {
      if (detail::is_generated_name(store.builder->name())) generated.insert("store " + store.builder->name());
    }
    for (const auto& [name, topic] : part.repartition_topics) {
      if (detail::is_generated_name(name)) generated.insert("topic " + name);
    }
  }
  if (generated.empty()) return {};
  std::string text =
      "ensure.explicit.internal.resource.naming: these have generated names; name them with Materialized::as, "
      "Grouped::as, Repartitioned::as, Joined::as, StreamJoined::as, TableJoined::as or Suppressed::with_name";
  for (const std::string& each : generated) text += "\n  " + each;
  return Error{ErrorKind::kInvalidArgument, std::move(text)};
}

}  // namespace

Result<Plan> Topology::plan(PlanOptions options) const {
  LEAT_RETURN_IF_ERROR(status());
  LEAT_RETURN_IF_ERROR(check_copartition());
  Plan plan;
  plan.topology_ = std::make_shared<const Topology>(*this);
  plan.description_ = describe();
  int id = 0;
  for (const auto& nodes : groups()) plan.subtopologies_.push_back(subtopology(id++, nodes, options));
  plan.copartition_groups_ = copartition_topics(options);
  if (options.explicit_naming) LEAT_RETURN_IF_ERROR(explicitly_named(plan));
  plan.options_ = std::move(options);
  return plan;
}

}  // namespace leat
