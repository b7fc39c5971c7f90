// Topology::describe(): the text of Kafka's TopologyDescription, to the byte.
//
// Its order of nodes within a sub-topology is by the size of the tree below a node, then by name. The lists of parents
// and children are sorted by the sizes at the moment of their insertion, and insertion follows the order of a Java
// HashMap; so both are computed here as Java computes them.
#include <algorithm>
#include <cstdint>

#include "topology/topology.h"

namespace leat {

using detail::NodeSpec;

namespace {

std::uint32_t java_hash(const std::string& text) {
  std::uint32_t hash = 0;
  for (const char c : text) hash = hash * 31 + static_cast<unsigned char>(c);
  return hash ^ (hash >> 16);
}

/// The order in which a java.util.HashMap yields `names` that were put in in this order.
std::vector<std::string> java_hash_order(std::vector<std::string> names) {
  std::size_t capacity = 16;
  while (names.size() > capacity * 3 / 4) capacity *= 2;
  std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return (java_hash(a) & (capacity - 1)) < (java_hash(b) & (capacity - 1));
  });
  return names;
}

std::string java_set(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const std::string& name : java_hash_order(names)) text += (text.size() > 1 ? ", " : "") + name;
  return text + "]";
}

struct Described {
  const NodeSpec* spec = nullptr;
  int size = 1;
  std::vector<Described*> predecessors;
  std::vector<Described*> successors;
};

bool comes_before(const Described* a, const Described* b) {
  return a->size != b->size ? a->size > b->size : a->spec->name < b->spec->name;
}

void insert(std::vector<Described*>& nodes, Described* node) {
  if (std::find(nodes.begin(), nodes.end(), node) != nodes.end()) return;
  nodes.insert(std::upper_bound(nodes.begin(), nodes.end(), node, comes_before), node);
}

void grow(Described* node, int by) {
  node->size += by;
  for (Described* predecessor : node->predecessors) grow(predecessor, by);
}

std::string names_of(const std::vector<Described*>& nodes) {
  std::string text;
  for (const Described* node : nodes) text += (text.empty() ? "" : ", ") + node->spec->name;
  return text.empty() ? "none" : text;
}

std::string line_of(const Described& node) {
  const NodeSpec& spec = *node.spec;
  const std::string to = "\n      --> " + names_of(node.successors);
  const std::string from = "\n      <-- " + names_of(node.predecessors);
  switch (spec.kind) {
    case NodeSpec::Kind::kSource:
      return "Source: " + spec.name + " (topics: " + (spec.pattern.empty() ? java_set(spec.topics) : spec.pattern) +
             ")" + to;
    case NodeSpec::Kind::kProcessor:
      return "Processor: " + spec.name + " (stores: " + java_set(spec.stores) + ")" + to + from;
    case NodeSpec::Kind::kSink:
      if (spec.topics.empty()) return "Sink: " + spec.name + " (extractor class: *)" + from;
      return "Sink: " + spec.name + " (topic: " + spec.topics.front() + ")" + from;
  }
  return {};
}

}  // namespace

std::string Topology::describe() const {
  std::string text = "Topologies:\n ";
  int id = 0;
  for (const std::vector<std::size_t>& group : groups()) {
    std::map<std::string, Described> described;
    std::vector<std::string> names;
    bool global = false;
    for (const std::size_t index : group) {
      described[nodes_[index].name].spec = &nodes_[index];
      names.push_back(nodes_[index].name);
      global = global || nodes_[index].global;
    }
    for (const std::string& name : java_hash_order(names)) {
      Described& node = described.at(name);
      for (const std::string& parent : node.spec->parents) {
        Described& predecessor = described.at(parent);
        insert(node.predecessors, &predecessor);
        insert(predecessor.successors, &node);
        grow(&predecessor, node.size);
      }
    }
    std::vector<const Described*> order;
    for (const auto& [name, node] : described) order.push_back(&node);
    std::sort(order.begin(), order.end(), comes_before);

    text += "  Sub-topology: " + std::to_string(id++);
    text += global ? " for global store (will not generate tasks)\n" : "\n";
    for (const Described* node : order) text += "    " + line_of(*node) + "\n";
    if (!global) text += "\n";
  }
  return text;
}

}  // namespace leat
