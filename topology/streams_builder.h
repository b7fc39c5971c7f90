// StreamsBuilder: where a program's streams and tables begin.
//
//   leat::StreamsBuilder builder;
//   auto orders = builder.stream<std::string, Order>("orders");
//   auto customers = builder.table<std::string, Customer>("customers", leat::Materialized::as("customers"));
//   orders.join(customers, [](const Order& o, const Customer& c) { return Enriched{o, c}; }).to("orders-enriched");
//   leat::Topology topology = builder.build();
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "topology/cogroup.h"
#include "topology/global_table.h"
#include "topology/grouped.h"
#include "topology/kstream.h"
#include "topology/ktable.h"
#include "topology/sessions.h"

namespace leat {

/// Topics by regular expression: those whose whole names match.
struct Pattern {
  std::string regex;
};

class StreamsBuilder {
 public:
  explicit StreamsBuilder(BuilderOptions options = {}) : graph_(std::make_shared<detail::Graph>(options)) {}

  /// The records of one or several topics.
  template <class K, class V>
  KStream<K, V> stream(const Names& topics, const Consumed& consumed = {}) {
    return source<K, V>(topics.all(), {}, consumed);
  }
  /// The records of all topics that match.
  template <class K, class V>
  KStream<K, V> stream(const Pattern& pattern, const Consumed& consumed = {}) {
    return source<K, V>({}, pattern.regex, consumed);
  }

  /// A topic as a table: the latest value of each key. Kept in a store where Materialized names one, or where what is
  /// done with the table needs it.
  template <class K, class V>
  KTable<K, V> table(const std::string& topic, const Consumed& consumed = {}, const Materialized& materialized = {});
  template <class K, class V>
  KTable<K, V> table(const std::string& topic, const Materialized& materialized) {
    return table<K, V>(topic, Consumed{}, materialized);
  }

  /// A topic as a table that every stream thread keeps in full; always in a store.
  template <class K, class V>
  GlobalKTable<K, V> global_table(const std::string& topic, const Consumed& consumed = {},
                                  const Materialized& materialized = {});
  template <class K, class V>
  GlobalKTable<K, V> global_table(const std::string& topic, const Materialized& materialized) {
    return global_table<K, V>(topic, Consumed{}, materialized);
  }
  /// A store that every stream thread keeps in full, filled from a topic by a processor that `make` makes, as a
  /// std::unique_ptr. It alone may write it; every other processor may read it and need not be connected.
  template <class K, class V, class Make>
  StreamsBuilder& add_global_store(StoreBuilderPtr store, const std::string& topic, const Consumed& consumed,
                                   Make make);

  /// A store for processors, which name it where they are added.
  StreamsBuilder& add_state_store(StoreBuilderPtr store) {
    graph_->add_store(std::move(store));
    return *this;
  }

  /// What was said so far as a topology. Call it once. Mistakes are reported by Topology::plan() and status().
  Topology build() { return graph_->build(); }

 private:
  template <class K, class V>
  KStream<K, V> source(std::vector<std::string> topics, const std::string& pattern, const Consumed& consumed);

  template <class K, class V>
  void global_store(StoreBuilderPtr store, const std::string& topic, const Consumed& consumed,
                    detail::NodeFactory make);

  std::shared_ptr<detail::Graph> graph_;
};

namespace detail {

template <class K, class V>
NodeSpec source_node(const std::string& name, const Consumed& consumed) {
  NodeSpec spec;
  spec.name = name;
  spec.kind = NodeSpec::Kind::kSource;
  spec.reset = consumed.reset;
  spec.make = source_factory<K, V>(source_options<K, V>(consumed));
  return spec;
}

}  // namespace detail

template <class K, class V>
KStream<K, V> StreamsBuilder::source(std::vector<std::string> topics, const std::string& pattern,
                                     const Consumed& consumed) {
  const std::string name = graph_->name_or_generate(consumed.name, "KSTREAM-SOURCE-");
  auto options = detail::source_options<K, V>(consumed);
  if (!options.key_serde || !options.value_serde) {
    graph_->fail(name + ": there is no serde for its key or value type; pass one with Consumed::with");
  }
  detail::GraphNode* node = graph_->make(name);
  node->role = detail::GraphNode::Role::kStreamSource;
  node->topics = std::move(topics);
  node->pattern = pattern;
  node->types = typeid(KStream<K, V>);
  node->write = [consumed](const detail::GraphNode& self, Topology& topology) {
    detail::NodeSpec spec = detail::source_node<K, V>(self.name, consumed);
    spec.topics = self.topics;
    spec.pattern = self.pattern;
    topology.add(std::move(spec));
  };
  graph_->add(graph_->root(), node);
  detail::Place place{graph_, node, name, {name}, false};
  return KStream<K, V>(std::move(place), options.key_serde, options.value_serde);
}

template <class K, class V>
KTable<K, V> StreamsBuilder::table(const std::string& topic, const Consumed& consumed,
                                   const Materialized& materialized) {
  const bool named = !materialized.name.empty();
  const std::string store_name = named ? graph_->checked_name(materialized.name) : graph_->new_store_name(topic + "-");
  const std::string source = graph_->suffixed_or_generate(consumed.name, "-source", "KSTREAM-SOURCE-");
  const std::string name = graph_->name_or_generate(consumed.name, "KTABLE-SOURCE-");
  auto options = detail::source_options<K, V>(consumed);
  auto core = std::shared_ptr<detail::TableSourceCore<K, V>>(
      new detail::TableSourceCore<K, V>(store_name, named, materialized.history_retention_ms));
  StoreBuilderPtr store =
      detail::table_store<K, V>(*graph_, materialized, store_name, options.key_serde, options.value_serde);
  detail::GraphNode* node = graph_->make(name);
  node->role = detail::GraphNode::Role::kTableSource;
  node->write = [consumed, topic, source, core, store](const detail::GraphNode& self, Topology& topology) {
    detail::NodeSpec reads = detail::source_node<K, V>(source, consumed);
    reads.topics = {topic};
    topology.add(std::move(reads));
    detail::NodeSpec keeps;
    keeps.name = self.name;
    keeps.parents = {source};
    keeps.make =
        detail::node_factory<detail::TableSourceNode<K, V>>(std::shared_ptr<const detail::TableCore<K, V>>(core));
    topology.add(std::move(keeps));
    if (core->store().empty()) return;
    topology.add_state_store(store, self.name);
    if (!self.reuse_topic) return;
    store->description().logging = false;
    topology.connect_source_store_and_topic(store->name(), topic);
  };
  graph_->add(graph_->root(), node);
  detail::Place place{graph_, node, name, {source}, false};
  return KTable<K, V>(std::move(place), options.key_serde, options.value_serde, core);
}

template <class K, class V>
GlobalKTable<K, V> StreamsBuilder::global_table(const std::string& topic, const Consumed& consumed,
                                                const Materialized& materialized) {
  const std::string store_name =
      materialized.name.empty() ? graph_->new_store_name(topic + "-") : graph_->checked_name(materialized.name);
  auto options = detail::source_options<K, V>(consumed);
  const std::shared_ptr<const detail::TableCore<K, V>> core =
      std::shared_ptr<detail::TableSourceCore<K, V>>(new detail::TableSourceCore<K, V>(store_name, true, std::nullopt));
  if (materialized.versioned()) graph_->fail("global_table(" + topic + "): a global table cannot be versioned");
  StoreBuilderPtr store =
      detail::table_store<K, V>(*graph_, materialized, store_name, options.key_serde, options.value_serde);
  global_store<K, V>(std::move(store), topic, consumed, detail::node_factory<detail::TableSourceNode<K, V>>(core));
  return GlobalKTable<K, V>(store_name);
}

template <class K, class V, class Make>
StreamsBuilder& StreamsBuilder::add_global_store(StoreBuilderPtr store, const std::string& topic,
                                                 const Consumed& consumed, Make make) {
  using P = typename std::invoke_result_t<const Make&>::element_type;
  global_store<K, V>(std::move(store), topic, consumed,
                     [make = std::move(make)](const detail::NodeBuild&) -> std::unique_ptr<Node> {
                       return std::unique_ptr<Node>(new detail::ProcessorNode<P>(make()));
                     });
  return *this;
}

template <class K, class V>
void StreamsBuilder::global_store(StoreBuilderPtr store, const std::string& topic, const Consumed& consumed,
                                  detail::NodeFactory make) {
  const std::string source = graph_->suffixed_or_generate(consumed.name, "-source", "KSTREAM-SOURCE-");
  const std::string name = graph_->name_or_generate(consumed.name, "KTABLE-SOURCE-");
  detail::GraphNode* node = graph_->make(name);
  node->write = [consumed, topic, source, store, make](const detail::GraphNode& self, Topology& topology) {
    detail::NodeSpec reads = detail::source_node<K, V>(source, consumed);
    reads.topics = {topic};
    detail::NodeSpec keeps;
    keeps.name = self.name;
    keeps.parents = {source};
    keeps.make = make;
    topology.add_global_store(store, std::move(reads), std::move(keeps));
  };
  graph_->add(graph_->root(), node);
}

// What programs over text have in common is compiled once, in streams_builder.cc.
#define LEAT_USUAL_ENDS(keyword)                             \
  LEAT_ENDS_OF(keyword, std::string, std::string)            \
  LEAT_ENDS_OF(keyword, std::string, std::int64_t)           \
  LEAT_ENDS_OF(keyword, Windowed<std::string>, std::int64_t) \
  LEAT_ENDS_OF(keyword, Windowed<std::string>, std::string)
#define LEAT_ENDS_OF(keyword, K, V)                                                                              \
  keyword template NodeFactory source_factory<K, V>(TypedSourceNode<K, V>::Options);                             \
  keyword template NodeFactory sink_factory<K, V>(std::string, TopicExtractor<K, V>, SerdePtr<K>, SerdePtr<V>,   \
                                                  Produced::Partitioner<K, V>);                                  \
  keyword template RepartitionSpec repartition_spec<K, V>(Graph&, const std::string&, SerdePtr<K>, SerdePtr<V>); \
  keyword template SinkFactory default_sink_factory<K, V>();
namespace detail {
LEAT_USUAL_ENDS(extern)
}

}  // namespace leat
