// Place: what every handle of the DSL knows about its place in the graph; and repartitions, typed.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "topology/graph.h"
#include "topology/options.h"
#include "topology/stream_nodes.h"

namespace leat {

namespace detail {

/// What every handle knows about its place in the graph.
struct Place {
  std::shared_ptr<Graph> graph;
  GraphNode* node = nullptr;
  /// The node's name, or that of the source behind a repartition.
  std::string name;
  /// The sources that decide about the partitioning.
  std::vector<std::string> sources;
  /// Whether the key was changed since the records were partitioned by it.
  bool repartition_required = false;

  Place at(GraphNode* next) const {
    Place place = *this;
    place.node = next;
    place.name = next->name;
    return place;
  }
};

inline std::vector<std::string> united(std::vector<std::string> a, const std::vector<std::string>& b) {
  for (const std::string& name : b) {
    if (std::find(a.begin(), a.end(), name) == a.end()) a.push_back(name);
  }
  return a;
}

/// Drops records with a null key in front of a repartition topic: they belong nowhere.
template <class K, class V>
class NullKeyFilterNode final : public OperatorNode<K, V, K, V> {
 public:
  explicit NullKeyFilterNode(bool drops) : drops_(drops) {}
  void process(const K* key, const V* value, RecordContext& context) override {
    if (key || !drops_) this->forward(key, value, context);
  }

 private:
  bool drops_;
};

/// The typed half of a repartition.
template <class K, class V>
RepartitionSpec repartition_spec(Graph& graph, const std::string& where, SerdePtr<K> key_serde,
                                 SerdePtr<V> value_serde) {
  if (!key_serde || !value_serde) {
    graph.fail(where +
               ": records have to be repartitioned, but there is no serde for the key or value type; pass one "
               "with Grouped::with, Repartitioned::with or Joined::with");
  }
  RepartitionSpec spec;
  spec.filter = [](bool drop_null_keys) { return node_factory<NullKeyFilterNode<K, V>>(drop_null_keys); };
  spec.sink = [key_serde, value_serde](const std::string& topic) {
    return sink_factory<K, V>(topic, nullptr, key_serde, value_serde, nullptr);
  };
  spec.source = source_factory<K, V>({key_serde, value_serde, nullptr, OnInvalidTimestamp::kFail});
  return spec;
}

}  // namespace detail

}  // namespace leat
