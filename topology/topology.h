// Topology: the graph of sources, processors, stores and sinks that a program computes, written by hand (the Processor
// API) or by a StreamsBuilder.
//
//   leat::Topology topology;
//   topology.add_source<std::string, Order>("orders-in", "orders")
//           .add_processor<Deduplicate>("dedup", {"orders-in"})
//           .add_state_store(leat::Stores::persistent_key_value<std::string, std::int64_t>("seen"), {"dedup"})
//           .add_sink("orders-out", "orders-unique", {"dedup"});
//
// What cannot be is noted and reported by plan(), all at once: an unknown parent, a name used twice, a store that two
// programs parts define differently.
#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/copy_function.h"
#include "base/result.h"
#include "state/store_builder.h"
#include "topology/node.h"
#include "topology/options.h"
#include "topology/plan.h"
#include "topology/processor.h"
#include "topology/source_sink.h"

namespace leat {

namespace detail {

/// What a factory may ask when it makes a node for a task.
struct NodeBuild {
  /// The topic's name at the broker: with the application id where it is internal.
  std::function<std::string(const std::string&)> topic_name;
  /// How often at most, by the wall clock, outer joins of streams and aggregations that emit on window close look for
  /// what has closed.
  std::int64_t emit_interval_ms = 1000;
  /// Whether regrouped tables send the halves of a change in two records.
  bool changes_apart = false;
  /// Of sources that do not say theirs.
  OnInvalidTimestamp on_invalid_timestamp = OnInvalidTimestamp::kFail;

  /// What the nodes of a name share in one task; made at the first call.
  template <class T>
  std::shared_ptr<T> shared(const std::string& name) const {
    std::shared_ptr<void>& object = (*shared_objects)[name];
    if (!object) object = std::make_shared<T>();
    return std::static_pointer_cast<T>(object);
  }
  std::shared_ptr<std::map<std::string, std::shared_ptr<void>>> shared_objects =
      std::make_shared<std::map<std::string, std::shared_ptr<void>>>();
};
using NodeFactory = CopyFunction<std::unique_ptr<Node>(const NodeBuild&)>;

/// Makes the node of an operator whose class is N from arguments that are copied for every task.
template <class N, class... Arguments>
NodeFactory node_factory(Arguments... arguments) {
  return [... arguments = std::move(arguments)](const NodeBuild&) -> std::unique_ptr<Node> {
    return std::unique_ptr<Node>(new N(arguments...));
  };
}

/// Makes the factory of a sink for what a node puts out, with the default serdes where none are given; null where a
/// type has none.
using SinkFactory = CopyFunction<NodeFactory(std::string topic, Produced produced)>;

struct NodeSpec {
  enum class Kind { kSource, kProcessor, kSink };
  std::string name;
  Kind kind = Kind::kProcessor;
  std::vector<std::string> parents;
  NodeFactory make;
  SinkFactory make_sink;
  std::vector<std::string> topics;  ///< of a source; of a sink the one, or none where an extractor names it
  std::string pattern;
  std::vector<std::string> stores;  ///< in the order they were connected
  AutoOffsetReset reset = AutoOffsetReset::kDefault;
  bool global = false;
};

/// The stores that a supplier of processors, or their class, brings along.
template <class P, class Make>
std::vector<StoreBuilderPtr> stores_of(const Make& make) {
  if constexpr (requires {
                  { make.stores() } -> std::convertible_to<std::vector<StoreBuilderPtr>>;
                }) {
    return make.stores();
  } else if constexpr (requires {
                         { P::stores() } -> std::convertible_to<std::vector<StoreBuilderPtr>>;
                       }) {
    return P::stores();
  } else {
    return {};
  }
}

template <class K, class V>
NodeFactory sink_factory(std::string topic, TopicExtractor<K, V> extractor, SerdePtr<K> key_serde,
                         SerdePtr<V> value_serde, Produced::Partitioner<K, V> partitioner) {
  return [=](const NodeBuild& build) -> std::unique_ptr<Node> {
    typename SinkNode<K, V>::Options options{topic.empty() ? topic : build.topic_name(topic), extractor, key_serde,
                                             value_serde, partitioner};
    return std::unique_ptr<Node>(new SinkNode<K, V>(std::move(options)));
  };
}

template <class K, class V>
SinkFactory default_sink_factory() {
  return [](std::string topic, Produced produced) -> NodeFactory {
    SerdePtr<K> key_serde = choose_serde<K>(produced.key_serde);
    SerdePtr<V> value_serde = choose_serde<V>(produced.value_serde);
    if (!key_serde || !value_serde) return nullptr;
    Produced::Partitioner<K, V> partitioner;
    if (auto* given = std::any_cast<Produced::Partitioner<K, V>>(&produced.partitioner)) partitioner = *given;
    return sink_factory<K, V>(std::move(topic), nullptr, std::move(key_serde), std::move(value_serde),
                              std::move(partitioner));
  };
}

template <class K, class V>
NodeFactory source_factory(typename TypedSourceNode<K, V>::Options options) {
  return [options = std::move(options)](const NodeBuild& build) -> std::unique_ptr<Node> {
    typename TypedSourceNode<K, V>::Options chosen = options;
    if (chosen.on_invalid_timestamp == OnInvalidTimestamp::kDefault)
      chosen.on_invalid_timestamp = build.on_invalid_timestamp;
    return std::unique_ptr<Node>(new TypedSourceNode<K, V>(std::move(chosen)));
  };
}

template <class K, class V>
typename TypedSourceNode<K, V>::Options source_options(const Consumed& consumed) {
  return {choose_serde<K>(consumed.key_serde), choose_serde<V>(consumed.value_serde), consumed.extractor,
          consumed.on_invalid_timestamp};
}

}  // namespace detail

namespace detail {

/// Whether the program did not say this name: it has one of the ten-digit numbers that operators are counted with.
bool is_generated_name(std::string_view name);

}  // namespace detail

/// Several names where one would do as well.
class Names {
 public:
  Names(const char* name) : names_{name} {}
  Names(std::string name) : names_{std::move(name)} {}
  Names(std::initializer_list<std::string> names) : names_(names) {}
  Names(std::vector<std::string> names) : names_(std::move(names)) {}
  const std::vector<std::string>& all() const { return names_; }

 private:
  std::vector<std::string> names_;
};

class Topology {
 public:
  /// A source of one or several topics.
  template <class K, class V>
  Topology& add_source(const std::string& name, const Names& topics, const Consumed& consumed = {}) {
    detail::NodeSpec spec = source_spec<K, V>(name, consumed);
    spec.topics = topics.all();
    return add(std::move(spec));
  }
  /// A source of all topics whose whole names match the regular expression.
  template <class K, class V>
  Topology& add_pattern_source(const std::string& name, std::string pattern, const Consumed& consumed = {}) {
    detail::NodeSpec spec = source_spec<K, V>(name, consumed);
    spec.pattern = std::move(pattern);
    return add(std::move(spec));
  }

  /// A processor of class P, default-constructed for every task.
  template <class P>
  Topology& add_processor(const std::string& name, const Names& parents) {
    static_assert(detail::IsProcessor<P>, "P must derive from leat::Processor or leat::FixedKeyProcessor");
    static_assert(std::is_default_constructible_v<P>,
                  "P has no default constructor; pass a function that makes a std::unique_ptr<P>");
    return add_processor(
        name, [] { return std::make_unique<P>(); }, parents);
  }
  /// A processor that `make` makes anew for every task, as a std::unique_ptr. Where `make`, or the class, has a
  /// function stores() (a static one, of the class) that returns a std::vector<StoreBuilderPtr>, those are added and
  /// connected (KIP-401).
  template <class Make>
  requires std::is_invocable_v<const Make&> Topology& add_processor(const std::string& name, Make make,
                                                                    const Names& parents) {
    using P = typename std::invoke_result_t<const Make&>::element_type;
    detail::NodeSpec spec;
    spec.name = name;
    spec.parents = parents.all();
    const std::vector<StoreBuilderPtr> brought = detail::stores_of<P>(make);
    spec.make = [make = std::move(make)](const detail::NodeBuild&) -> std::unique_ptr<Node> {
      return std::unique_ptr<Node>(new detail::ProcessorNode<P>(make()));
    };
    spec.make_sink =
        detail::default_sink_factory<detail::NonNullOf<typename P::KeyOut>, detail::NonNullOf<typename P::ValueOut>>();
    add(std::move(spec));
    for (const StoreBuilderPtr& store : brought) add_state_store(store, name);
    return *this;
  }

  /// Adds a store and connects it to the processors; the same builder may be added again.
  Topology& add_state_store(StoreBuilderPtr store, const Names& processors = std::initializer_list<std::string>{});
  Topology& connect_processor_and_state_stores(const std::string& processor, const Names& stores);

  /// A store that every stream thread keeps in full: a processor that `make` makes fills it from the topic. It alone
  /// may write it; every other processor may read it and need not be connected.
  template <class K, class V, class Make>
  Topology& add_global_store(StoreBuilderPtr store, const std::string& source, const std::string& topic,
                             const std::string& processor, Make make, const Consumed& consumed = {}) {
    auto [reads, keeps] = keeping<K, V>(source, topic, processor, std::move(make), consumed);
    add_global_store(std::move(store), std::move(reads), std::move(keeps));
    return *this;
  }
  /// A store whose changelog is the topic itself: what the processor that `make` makes writes is not logged again
  /// (KIP-813). Other processors are connected to it with connect_processor_and_state_stores.
  template <class K, class V, class Make>
  Topology& add_read_only_state_store(StoreBuilderPtr store, const std::string& source, const std::string& topic,
                                      const std::string& processor, Make make, const Consumed& consumed = {}) {
    auto [reads, keeps] = keeping<K, V>(source, topic, processor, std::move(make), consumed);
    add_read_only_store(std::move(store), std::move(reads), std::move(keeps));
    return *this;
  }

  /// Writes what the parents put out to the topic. Its types are those of the first parent.
  Topology& add_sink(const std::string& name, const std::string& topic, const Names& parents,
                     const Produced& produced = {});
  /// Writes each record to the topic that `extract(key, value, context)` names.
  template <class K, class V>
  Topology& add_sink(const std::string& name, detail::TopicExtractor<K, V> extract, const Names& parents,
                     const Produced& produced = {}) {
    detail::NodeSpec spec;
    spec.name = name;
    spec.kind = detail::NodeSpec::Kind::kSink;
    spec.parents = parents.all();
    Produced::Partitioner<K, V> partitioner;
    if (auto* given = std::any_cast<Produced::Partitioner<K, V>>(&produced.partitioner)) partitioner = *given;
    spec.make = detail::sink_factory<K, V>({}, std::move(extract), detail::choose_serde<K>(produced.key_serde),
                                           detail::choose_serde<V>(produced.value_serde), std::move(partitioner));
    return add(std::move(spec));
  }

  /// Has a wrapper made around every processor; call it last. See ProcessorWrapper.
  void wrap_processors(ProcessorWrapper wrapper) { wrapper_ = std::move(wrapper); }

  /// Kafka's TopologyDescription as text.
  std::string describe() const;

  /// Checks everything and makes it ready to run.
  Result<Plan> plan(PlanOptions options) const;
  /// All that was found wrong so far.
  Status status() const;
  /// Whether StreamsBuilder made it with or without optimisation; nothing where it was made by hand.
  std::optional<bool> optimized() const { return optimized_; }

  // What StreamsBuilder writes with.
  Topology& add(detail::NodeSpec spec);
  void add_internal_topic(const std::string& topic, std::optional<std::int32_t> partitions);
  void copartition_sources(std::set<std::string> source_nodes);
  /// The store's changelog is `topic`, which its table reads: nothing is written to it.
  void connect_source_store_and_topic(const std::string& store, const std::string& topic);
  /// A source and a processor that keep a global store up to date.
  void add_global_store(StoreBuilderPtr store, detail::NodeSpec source, detail::NodeSpec processor);
  void fail(std::string problem);
  void set_optimized(bool optimized) { optimized_ = optimized; }

 private:
  friend class Plan;
  struct StoreEntry {
    StoreBuilderPtr builder;
    std::vector<std::string> processors;
    bool global = false;
  };

  template <class K, class V>
  detail::NodeSpec source_spec(const std::string& name, const Consumed& consumed) {
    detail::NodeSpec spec;
    spec.name = name;
    spec.kind = detail::NodeSpec::Kind::kSource;
    spec.reset = consumed.reset;
    auto options = detail::source_options<K, V>(consumed);
    if (!options.key_serde || !options.value_serde) missing_serde(name);
    spec.make = detail::source_factory<K, V>(std::move(options));
    spec.make_sink = detail::default_sink_factory<K, V>();
    return spec;
  }
  /// A source and the processor that keeps a store with what it reads.
  template <class K, class V, class Make>
  std::pair<detail::NodeSpec, detail::NodeSpec> keeping(const std::string& source, const std::string& topic,
                                                        const std::string& processor, Make make,
                                                        const Consumed& consumed) {
    using P = typename std::invoke_result_t<const Make&>::element_type;
    std::pair<detail::NodeSpec, detail::NodeSpec> specs{source_spec<K, V>(source, consumed), {}};
    specs.first.topics = {topic};
    specs.second.name = processor;
    specs.second.parents = {source};
    specs.second.make = [make = std::move(make)](const detail::NodeBuild&) -> std::unique_ptr<Node> {
      return std::unique_ptr<Node>(new detail::ProcessorNode<P>(make()));
    };
    return specs;
  }
  bool add_source_topics(const detail::NodeSpec& spec);
  void add_read_only_store(StoreBuilderPtr store, detail::NodeSpec source, detail::NodeSpec processor);
  void missing_serde(const std::string& node);
  void connect(const std::string& processor, const std::string& store);
  void unite(std::size_t a, std::size_t b);
  std::size_t root(std::size_t node) const;
  /// The nodes of each sub-topology, numbered by their first node.
  std::vector<std::vector<std::size_t>> groups() const;
  Subtopology subtopology(int id, const std::vector<std::size_t>& nodes, const PlanOptions& options) const;
  std::vector<std::set<std::string>> copartition_topics(const PlanOptions& options) const;
  Status check_copartition() const;
  std::string topic_name(const std::string& topic, const PlanOptions& options) const;

  std::vector<detail::NodeSpec> nodes_;
  std::map<std::string, std::size_t> node_by_name_;
  std::vector<std::size_t> united_with_;
  std::vector<std::string> store_order_;
  std::map<std::string, StoreEntry> stores_;
  std::map<std::string, std::optional<std::int32_t>> internal_topics_;
  std::map<std::string, std::string> source_changelogs_;
  std::set<std::string> topics_read_;
  std::vector<TopicPattern> patterns_read_;
  std::set<std::string> global_topics_;
  std::vector<std::set<std::string>> copartition_nodes_;
  std::vector<std::string> problems_;
  std::optional<bool> optimized_;
  ProcessorWrapper wrapper_;
};

}  // namespace leat
