#include "topology/graph.h"

#include <algorithm>
#include <cctype>
#include <queue>

namespace leat::detail {

namespace {

template <class T>
void add_unique(std::vector<T>& list, const T& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

void link(GraphNode* parent, GraphNode* child) {
  add_unique(parent->children, child);
  add_unique(child->parents, parent);
}

void unlink(GraphNode* parent, GraphNode* child) {
  std::erase(parent->children, child);
  std::erase(child->parents, parent);
}

std::string numbered(const std::string& prefix, int index) {
  const std::string digits = std::to_string(index);
  return prefix + std::string(10 - digits.size(), '0') + digits;
}

/// Whether a name is one that was generated: KSTREAM...-0123456789.
bool generated(const std::string& name) {
  return name.size() > 11 && name.rfind("KSTREAM", 0) == 0 && name[name.size() - 11] == '-' &&
         std::all_of(name.end() - 10, name.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// The node itself or the nearest node above it, depth first, that `matches`.
GraphNode* find_above(GraphNode* node, const std::function<bool(const GraphNode&)>& matches) {
  if (matches(*node)) return node;
  for (GraphNode* parent : node->parents) {
    if (GraphNode* found = find_above(parent, matches)) return found;
  }
  return nullptr;
}

bool has_parent(const GraphNode& node, const GraphNode* parent) {
  return std::find(node.parents.begin(), node.parents.end(), parent) != node.parents.end();
}

/// The key-changing node above a repartition where no value-changing one lies between.
GraphNode* key_changer_above(GraphNode* repartition) {
  GraphNode* changer = find_above(repartition, [](const GraphNode& node) { return node.key_changing; });
  GraphNode* nearest =
      find_above(repartition, [](const GraphNode& node) { return node.key_changing || node.value_changing; });
  return nearest == changer ? changer : nullptr;
}

/// Whether a join that keeps null keys follows, before the next repartition.
bool feeds_relaxed_join(const GraphNode& node) {
  return std::any_of(node.children.begin(), node.children.end(), [](const GraphNode* child) {
    if (child->relaxed_null_key_join) return true;
    return child->role != GraphNode::Role::kRepartition && feeds_relaxed_join(*child);
  });
}

void write_repartition(const GraphNode& node, Topology& topology) {
  const RepartitionSpec& spec = node.repartition;
  topology.add_internal_topic(spec.topic, spec.partitions);
  std::vector<std::string> sink_parents = node.parent_names();
  if (!spec.filter_name.empty()) {
    NodeSpec filter;
    filter.name = spec.filter_name;
    filter.parents = sink_parents;
    filter.make = spec.filter(!feeds_relaxed_join(node));
    topology.add(std::move(filter));
    sink_parents = {spec.filter_name};
  }
  NodeSpec sink;
  sink.name = spec.sink_name;
  sink.kind = NodeSpec::Kind::kSink;
  sink.parents = sink_parents;
  sink.topics = {spec.topic};
  sink.make = spec.sink(spec.topic);
  topology.add(std::move(sink));
  NodeSpec source;
  source.name = spec.source_name;
  source.kind = NodeSpec::Kind::kSource;
  source.topics = {spec.topic};
  source.make = spec.source;
  topology.add(std::move(source));
}

}  // namespace

std::vector<std::string> GraphNode::parent_names() const {
  std::vector<std::string> names;
  for (const GraphNode* parent : parents) names.push_back(parent->name);
  return names;
}

std::string Graph::new_processor_name(const std::string& prefix) { return numbered(prefix, index_++); }

std::string Graph::new_store_name(const std::string& prefix) { return numbered(prefix + "STATE-STORE-", index_++); }

std::string Graph::checked_name(const std::string& given) {
  const bool legal = given.size() <= 249 && given != "." && given != ".." &&
                     std::all_of(given.begin(), given.end(), [](unsigned char c) {
                       return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
                     });
  if (!legal) {
    fail("the name '" + given + "' is not allowed: letters, digits, '.', '_' and '-' only, at most 249 of them");
  }
  return given;
}

std::string Graph::name_or_generate(const std::string& given, const std::string& prefix) {
  std::string generated_name = new_processor_name(prefix);
  return given.empty() ? generated_name : checked_name(given);
}

std::string Graph::suffixed_or_generate(const std::string& given, const std::string& suffix,
                                        const std::string& prefix) {
  std::string generated_name = new_processor_name(prefix);
  return given.empty() ? generated_name : checked_name(given) + suffix;
}

GraphNode* Graph::make(std::string name) {
  nodes_.push_back(std::make_unique<GraphNode>());
  nodes_.back()->name = std::move(name);
  return nodes_.back().get();
}

void Graph::add(GraphNode* parent, GraphNode* child) {
  link(parent, child);
  child->build_priority = build_priority_++;
  if (child->key_changing) {
    repartitions_of_key_changers_.push_back({child, {}});
  } else if (child->role == GraphNode::Role::kRepartition && child->repartition.optimizable) {
    GraphNode* changer = key_changer_above(child);
    for (auto& [node, repartitions] : repartitions_of_key_changers_) {
      if (node == changer) add_unique(repartitions, child);
    }
  } else if (child->merge) {
    add_unique(merges_, child);
  }
}

GraphNode* Graph::make_repartition(const std::string& prefix, RepartitionSpec spec) {
  constexpr std::string_view kSuffix = "-repartition";
  spec.topic = prefix.size() >= kSuffix.size() && prefix.ends_with(kSuffix) ? prefix : prefix + std::string(kSuffix);
  const std::string sink = new_processor_name("KSTREAM-SINK-");
  const std::string filter = new_processor_name("KSTREAM-FILTER-");
  const std::string source = new_processor_name("KSTREAM-SOURCE-");
  const bool unnamed = generated(prefix);
  spec.sink_name = unnamed ? sink : spec.topic + "-sink";
  spec.filter_name = unnamed ? filter : spec.topic + "-filter";
  spec.source_name = unnamed ? source : spec.topic + "-source";
  return make_repartition_node(std::move(spec));
}

GraphNode* Graph::make_repartition_node(RepartitionSpec spec) {
  GraphNode* node = make(spec.source_name);
  node->role = GraphNode::Role::kRepartition;
  node->repartition = std::move(spec);
  node->write = write_repartition;
  return node;
}

void Graph::copartition(std::vector<std::string> source_nodes) {
  copartition_.emplace_back(source_nodes.begin(), source_nodes.end());
}

void Graph::add_store(StoreBuilderPtr store) {
  GraphNode* node = make(store->name());
  node->write = [store](const GraphNode&, Topology& topology) { topology.add_state_store(store); };
  add(&root_, node);
}

GraphNode* make_operator(Graph& graph, const std::string& name, NodeFactory factory, std::vector<std::string> stores,
                         std::vector<StoreBuilderPtr> own_stores) {
  GraphNode* node = graph.make(name);
  node->write = [factory = std::move(factory), stores = std::move(stores), own_stores = std::move(own_stores)](
                    const GraphNode& self, Topology& topology) {
    NodeSpec spec;
    spec.name = self.name;
    spec.parents = self.parent_names();
    spec.make = factory;
    topology.add(std::move(spec));
    for (const std::string& store : stores) topology.connect_processor_and_state_stores(self.name, store);
    for (const StoreBuilderPtr& store : own_stores) topology.add_state_store(store, self.name);
  };
  return node;
}

void Graph::merge_duplicate_sources(Topology& topology) {
  std::vector<GraphNode*> kept;
  const std::vector<GraphNode*> children = root_.children;
  for (GraphNode* node : children) {
    if (node->role != GraphNode::Role::kStreamSource) continue;
    GraphNode* same = nullptr;
    for (GraphNode* other : kept) {
      const bool overlaps = node->pattern.empty()
                                ? std::any_of(node->topics.begin(), node->topics.end(),
                                              [&](const std::string& topic) {
                                                return std::find(other->topics.begin(), other->topics.end(), topic) !=
                                                       other->topics.end();
                                              })
                                : node->pattern == other->pattern;
      if (!overlaps) continue;
      if (node->pattern.empty() && node->topics != other->topics) {
        topology.fail("two sources read overlapping but not equal topics: " + node->name + " and " + other->name);
        return;
      }
      same = other;
    }
    if (!same) {
      kept.push_back(node);
      continue;
    }
    if (same->types != node->types) {
      topology.fail("the same topic is read twice with different key or value types: by " + same->name + " and " +
                    node->name + "; read it once and use map_values()");
    }
    const std::vector<GraphNode*> moved = node->children;
    for (GraphNode* child : moved) {
      // The child keeps its place among its parents.
      std::replace(child->parents.begin(), child->parents.end(), node, same);
      std::vector<GraphNode*> unique;
      for (GraphNode* parent : child->parents) add_unique(unique, parent);
      child->parents = unique;
      add_unique(same->children, child);
    }
    unlink(&root_, node);
  }
}

void Graph::optimize() {
  for (GraphNode* node : root_.children) {
    if (node->role == GraphNode::Role::kTableSource) node->reuse_topic = true;
  }
  merge_repartition_topics();
  share_stores_of_self_joins();
}

void Graph::share_stores_of_self_joins() {
  for (const auto& node : nodes_) {
    if (!node->write_self_join || node->parents.empty()) continue;
    GraphNode* parent = node->parents.front();
    if (!std::all_of(node->parents.begin(), node->parents.end(), [&](GraphNode* each) { return each == parent; }))
      continue;
    unlink(parent, node->needless_in_self_join);
    node->write = node->write_self_join;
  }
}

void Graph::merge_repartition_topics() {
  // Below a merge of re-keyed streams the merge itself counts as the key changer.
  std::vector<GraphNode*> replaced;
  for (GraphNode* merge : merges_) {
    std::vector<GraphNode*> repartitions;
    for (auto& [changer, below] : repartitions_of_key_changers_) {
      const bool all_below_merge = std::all_of(below.begin(), below.end(), [&](GraphNode* repartition) {
        return find_above(repartition, [&](const GraphNode& node) { return has_parent(node, merge); }) != nullptr;
      });
      GraphNode* key_changer = changer;
      if (!all_below_merge ||
          !find_above(merge, [&](const GraphNode& node) { return has_parent(node, key_changer); })) {
        continue;
      }
      for (GraphNode* repartition : below) add_unique(repartitions, repartition);
      add_unique(replaced, changer);
    }
    repartitions_of_key_changers_.push_back({merge, repartitions});
  }
  std::erase_if(repartitions_of_key_changers_, [&](const auto& entry) {
    return std::find(replaced.begin(), replaced.end(), entry.first) != replaced.end();
  });

  for (auto& [changer, repartitions] : repartitions_of_key_changers_) {
    if (repartitions.empty()) continue;
    GraphNode* one = make_repartition(repartitions.front()->repartition.topic, repartitions.front()->repartition);
    one->build_priority = changer->build_priority;
    GraphNode* key_changer = changer;
    for (GraphNode* old : repartitions) {
      GraphNode* child = find_above(old, [&](const GraphNode& node) { return has_parent(node, key_changer); });
      if (!child) {
        fail("the repartition topics below " + changer->name + " cannot be merged; build without optimisation");
        return;
      }
      link(one, child);
      unlink(changer, child);
      const std::vector<GraphNode*> parents = old->parents;
      const std::vector<GraphNode*> children = old->children;
      for (GraphNode* below : children) {
        for (GraphNode* parent : parents) link(parent, below);
      }
      for (GraphNode* parent : parents) unlink(parent, old);
      for (GraphNode* below : children) unlink(old, below);
      for (std::set<std::string>& group : copartition_) {
        if (group.erase(old->name) > 0) group.insert(one->name);
      }
    }
    link(changer, one);
  }
}

void Graph::write_all(Topology& topology) {
  using Entry = std::pair<int, GraphNode*>;
  const auto later = [](const Entry& a, const Entry& b) { return a.first > b.first; };
  std::priority_queue<Entry, std::vector<Entry>, decltype(later)> queue(later);
  root_.written = true;
  for (GraphNode* child : root_.children) queue.push({child->build_priority, child});
  while (!queue.empty()) {
    GraphNode* node = queue.top().second;
    queue.pop();
    const bool ready =
        std::all_of(node->parents.begin(), node->parents.end(), [](const auto* p) { return p->written; });
    if (ready && !node->written) {
      node->write(*node, topology);
      node->written = true;
    }
    for (GraphNode* child : node->children) queue.push({child->build_priority, child});
  }
}

Topology Graph::build() {
  Topology topology;
  topology.set_optimized(options_.optimize);
  merge_duplicate_sources(topology);
  if (options_.optimize) optimize();
  for (const std::string& problem : problems_) topology.fail(problem);
  write_all(topology);
  for (const std::set<std::string>& group : copartition_) topology.copartition_sources(group);
  return topology;
}

}  // namespace leat::detail
