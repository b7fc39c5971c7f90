// Graph: what a StreamsBuilder collects before it writes a Topology - operators as the program named and ordered them,
// without their types. Passes over it merge sources of one topic and, on request, optimise; then every operator writes
// its nodes in build order. Names and numbers are Kafka's, to the digit.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <typeindex>
#include <utility>
#include <vector>

#include "topology/topology.h"

namespace leat {

/// What a StreamsBuilder may be told about all that it builds.
struct BuilderOptions {
  /// Whether state is kept in memory where Materialized does not say (dsl.store.suppliers.class).
  bool in_memory_stores = false;
  /// Decides that for each store instead (dsl.store.suppliers.class, KIP-954).
  DslStoreSuppliers store_suppliers;
  /// dsl.store.format=HEADERS: what a persistent store of the DSL deletes carries the record's headers into its
  /// changelog. The rows themselves have none, as in Kafka 4.3.
  bool headers_format = false;
  /// topology.optimization=all: source topics serve as changelogs of their tables, repartition topics are merged, a
  /// join of a stream with itself has one store.
  bool optimize = false;
};

namespace detail {

/// A repartition topic with the nodes around it.
struct RepartitionSpec {
  std::string topic;
  std::string filter_name;  ///< empty: no filter in front of the sink (grouped tables)
  std::string sink_name;
  std::string source_name;
  CopyFunction<NodeFactory(bool drop_null_keys)> filter;
  CopyFunction<NodeFactory(const std::string& topic)> sink;
  NodeFactory source;
  std::optional<std::int32_t> partitions;
  bool optimizable = true;
};

struct GraphNode {
  enum class Role { kOperator, kStreamSource, kTableSource, kRepartition };

  std::string name;
  Role role = Role::kOperator;
  int build_priority = 0;
  std::vector<GraphNode*> parents;
  std::vector<GraphNode*> children;
  bool key_changing = false;
  bool value_changing = false;
  bool merge = false;
  bool relaxed_null_key_join = false;
  bool written = false;
  /// Of a windowed aggregation: how long after its end a window closes.
  std::optional<std::int64_t> grace_ms;

  // Of a source.
  std::vector<std::string> topics;
  std::string pattern;
  std::type_index types = typeid(void);
  /// Of a table source: use the topic as changelog.
  bool reuse_topic = false;

  RepartitionSpec repartition;
  /// The repartition that joins of this stream made, to be used again by the next join.
  GraphNode* join_repartition = nullptr;

  CopyFunction<void(const GraphNode& node, Topology& topology)> write;
  /// Of a join of a stream with itself: how it is written with one store, and the node that it needs no more then.
  CopyFunction<void(const GraphNode& node, Topology& topology)> write_self_join;
  GraphNode* needless_in_self_join = nullptr;

  std::vector<std::string> parent_names() const;
};

class Graph {
 public:
  explicit Graph(BuilderOptions options) : options_(options) { root_.name = "root"; }

  const BuilderOptions& options() const { return options_; }
  GraphNode* root() { return &root_; }

  std::string new_processor_name(const std::string& prefix);
  std::string new_store_name(const std::string& prefix);
  /// `given` where it is not empty, else a generated name; a number is used up either way.
  std::string name_or_generate(const std::string& given, const std::string& prefix);
  std::string suffixed_or_generate(const std::string& given, const std::string& suffix, const std::string& prefix);
  /// `given`, checked; nothing is used up.
  std::string checked_name(const std::string& given);

  GraphNode* make(std::string name);
  void add(GraphNode* parent, GraphNode* child);

  /// A repartition node whose names follow from `prefix`; three numbers are used up. The caller sets the factories.
  GraphNode* make_repartition(const std::string& prefix, RepartitionSpec spec);
  /// The same where the caller has set all names.
  GraphNode* make_repartition_node(RepartitionSpec spec);

  void copartition(std::vector<std::string> source_nodes);
  void add_store(StoreBuilderPtr store);
  void fail(std::string problem) { problems_.push_back(std::move(problem)); }

  Topology build();

 private:
  void merge_duplicate_sources(Topology& topology);
  void optimize();
  void merge_repartition_topics();
  void share_stores_of_self_joins();
  void write_all(Topology& topology);

  BuilderOptions options_;
  GraphNode root_;
  std::vector<std::unique_ptr<GraphNode>> nodes_;
  int index_ = 0;
  int build_priority_ = 0;
  std::vector<std::set<std::string>> copartition_;
  /// Key-changing nodes and the repartitions right below them, in order of addition.
  std::vector<std::pair<GraphNode*, std::vector<GraphNode*>>> repartitions_of_key_changers_;
  std::vector<GraphNode*> merges_;
  std::vector<std::string> problems_;
};

/// A graph node that becomes one processor, connected to stores that exist already.
GraphNode* make_operator(Graph& graph, const std::string& name, NodeFactory factory,
                         std::vector<std::string> stores = {}, std::vector<StoreBuilderPtr> own_stores = {});

}  // namespace detail
}  // namespace leat
