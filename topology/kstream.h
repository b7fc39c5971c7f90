// KStream<K, V>: a stream of records. A handle: copied freely, it names an operator of the graph being built.
//
//   builder.stream<std::string, std::string>("lines")
//       .flat_map_values([](std::string_view line) { return leat::text::words(line); })
//       .group_by([](const std::string& word) { return word; })
//       .count(leat::Materialized::as("word-counts"))
//       .to_stream()
//       .to("word-counts");
//
// Lambdas take (key, value) or (value), by reference, value or view. One that takes std::optional sees null; one that
// does not, never does: mappers pass a null value on, predicates are false for it, actions are not called. A null key
// met by a lambda that takes a plain key is a processing error. See topology/README.md.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "topology/graph.h"
#include "topology/options.h"
#include "topology/printed.h"
#include "topology/stream_nodes.h"
#include "topology/table_nodes.h"
#include "topology/windows.h"

namespace leat {

template <class K, class V>
class KTable;
template <class K, class V>
class GlobalKTable;
template <class K, class V>
class KGroupedStream;
template <class K, class V>
class BranchedKStream;

namespace detail {
template <class F, class K, class V1, class V2>
struct StreamJoinerOf;

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
  spec.source = source_factory<K, V>({key_serde, value_serde, {}, OnInvalidTimestamp::kFail});
  return spec;
}

}  // namespace detail

/// Branched::as("name"), Branched::to("topic"), Branched::with_consumer(f), Branched::with_function(f).
struct Branched {
  template <class F>
  struct WithConsumer {
    F consumer;
    std::string name;
    WithConsumer with_name(std::string new_name) const { return {consumer, std::move(new_name)}; }
  };
  template <class F>
  struct WithFunction {
    F function;
    std::string name;
    WithFunction with_name(std::string new_name) const { return {function, std::move(new_name)}; }
  };
  struct ToTopic {
    std::string topic;
    Produced produced;
    std::string name;
    ToTopic with_name(std::string new_name) const { return {topic, produced, std::move(new_name)}; }
  };

  std::string name;

  static Branched as(std::string name) { return {std::move(name)}; }
  static ToTopic to(std::string topic, Produced produced = {}) { return {std::move(topic), std::move(produced), {}}; }
  /// `consumer` gets the branch and goes on with it.
  template <class F>
  static WithConsumer<F> with_consumer(F consumer, std::string name = {}) {
    return {std::move(consumer), std::move(name)};
  }
  /// `function` gets the branch; the stream that it returns is the result of the branch.
  template <class F>
  static WithFunction<F> with_function(F function, std::string name = {}) {
    return {std::move(function), std::move(name)};
  }
};

/// See the head of this file (org.apache.kafka.streams.kstream.KStream).
template <class K, class V>
class KStream {
 public:
  using Key = K;
  using Value = V;

  /// Only records for which `predicate` holds.
  template <class F>
  KStream filter(F predicate, const Named& named = {}) const {
    return filtered(std::move(predicate), false, named);
  }
  /// Only records for which `predicate` does not hold.
  template <class F>
  KStream filter_not(F predicate, const Named& named = {}) const {
    return filtered(std::move(predicate), true, named);
  }

  /// A new value for each record; the key stays.
  template <class F>
  auto map_values(F mapper, const Named& named = {}) const {
    static_assert(detail::MapsKeyAndValueOrValue<F, K, V>,
                  "map_values() takes a function (value) or (key, value) that returns the new value");
    using VR = detail::MappedValue<F, K, V>;
    auto place = add("KSTREAM-MAPVALUES-", named,
                     detail::node_factory<detail::MapValuesNode<K, V, F>>(std::move(mapper)), kChangesValue);
    return KStream<K, VR>(std::move(place), key_serde_, nullptr);
  }

  /// A new key and value for each record, as a KeyValue or std::pair; an empty std::optional fails the record. What is
  /// grouped or joined behind it is repartitioned.
  template <class F>
  auto map(F mapper, const Named& named = {}) const {
    static_assert(detail::MapsToKeyValue<F, K, V>,
                  "map() takes a function (value) or (key, value) that returns a leat::KeyValue{key, value}");
    using Pair = detail::NonNullOf<typename detail::KeyValueCall<F, K, V>::Result>;
    using KR = detail::PairKey<Pair>;
    using VR = detail::PairValue<Pair>;
    auto place =
        add("KSTREAM-MAP-", named, detail::node_factory<detail::MapNode<K, V, F>>(std::move(mapper)), kChangesKey);
    return KStream<KR, VR>(std::move(place), nullptr, nullptr);
  }

  /// Any number of records for each one: a range of KeyValues.
  template <class F>
  auto flat_map(F mapper, const Named& named = {}) const {
    static_assert(detail::MapsToRange<F, K, V>,
                  "flat_map() takes a function (value) or (key, value) that returns a range of leat::KeyValue");
    using Pair = detail::MappedRange<F, K, V>;
    using KR = detail::PairKey<Pair>;
    using VR = detail::PairValue<Pair>;
    auto place = add("KSTREAM-FLATMAP-", named, detail::node_factory<detail::FlatMapNode<K, V, F>>(std::move(mapper)),
                     kChangesKey);
    return KStream<KR, VR>(std::move(place), nullptr, nullptr);
  }

  /// Any number of values for each one: a range of values. The key stays.
  template <class F>
  auto flat_map_values(F mapper, const Named& named = {}) const {
    static_assert(detail::MapsToRange<F, K, V>,
                  "flat_map_values() takes a function (value) or (key, value) that returns a range of values");
    using VR = detail::MappedRange<F, K, V>;
    auto place = add("KSTREAM-FLATMAPVALUES-", named,
                     detail::node_factory<detail::FlatMapValuesNode<K, V, F>>(std::move(mapper)), kChangesValue);
    return KStream<K, VR>(std::move(place), key_serde_, nullptr);
  }

  /// A new key for each record. What is grouped or joined behind it is repartitioned.
  template <class F>
  auto select_key(F selector, const Named& named = {}) const {
    static_assert(detail::MapsKeyAndValueOrValue<F, K, V>,
                  "select_key() takes a function (value) or (key, value) that returns the new key");
    using KR = detail::MappedValue<F, K, V>;
    return KStream<KR, V>(key_selected(std::move(selector), named.name), nullptr, value_serde_);
  }

  /// Looks at each record and passes it on.
  template <class F>
  KStream peek(F action, const Named& named = {}) const {
    static_assert(detail::TakesKeyAndValueOrValue<F, K, V>, "peek() takes a function (value) or (key, value)");
    return same(add("KSTREAM-PEEK-", named, detail::node_factory<detail::PeekNode<K, V, F>>(std::move(action))));
  }

  /// Looks at each record; the end of the stream.
  template <class F>
  void foreach (F action, const Named& named = {}) const {
    static_assert(detail::TakesKeyAndValueOrValue<F, K, V>, "foreach() takes a function (value) or (key, value)");
    add("KSTREAM-FOREACH-", named, detail::node_factory<detail::PeekNode<K, V, F>>(std::move(action)));
  }

  /// Writes a line `[label]: key, value` for each record; the end of the stream. `show`, where it is given, makes what
  /// stands behind the label: it takes (value) or (key, value) and returns a text.
  void print(const Printed& printed) const {
    print(printed, [](const std::optional<K>& key, const std::optional<V>& value) {
      return detail::shown(key) + ", " + detail::shown(value);
    });
  }
  template <class F>
  void print(const Printed& printed, F show) const {
    static_assert(detail::MapsKeyAndValueOrValue<F, K, V>,
                  "print() takes a function (value) or (key, value) that returns a text");
    const std::string label = "[" + (printed.label.empty() ? place_.name : printed.label) + "]: ";
    auto line = [label, write = printed.write, show = std::move(show)](const std::optional<K>& key,
                                                                       const std::optional<V>& value) mutable {
      using Call = detail::KeyValueCall<F, K, V>;
      const V* const present = value ? &*value : nullptr;
      if (!Call::sees(present)) return;
      write(label + std::string(Call::call(show, key ? &*key : nullptr, present, RecordContext{})));
    };
    add("KSTREAM-PRINTER-", Named{printed.name},
        detail::node_factory<detail::PeekNode<K, V, decltype(line)>>(std::move(line)));
  }

  /// The records of both streams, as they come: there is no order between them.
  KStream merge(const KStream& other, const Named& named = {}) const {
    detail::GraphNode* node = detail::make_operator(graph(), graph().name_or_generate(named.name, "KSTREAM-MERGE-"),
                                                    detail::node_factory<detail::PassThroughNode<K, V>>());
    node->merge = true;
    graph().add(place_.node, node);
    graph().add(other.place_.node, node);
    detail::Place place = place_.at(node);
    place.repartition_required = place_.repartition_required || other.place_.repartition_required;
    place.sources = detail::united(place_.sources, other.place_.sources);
    return KStream(std::move(place), nullptr, nullptr);
  }

  /// Joined with the records of another stream that are close in time. `joiner` takes (value, other value) or (key,
  /// value, other value). A null key or value joins nothing.
  template <class VO, class F>
  auto join(const KStream<K, VO>& other, F joiner, const JoinWindows& windows, const StreamJoined& joined = {}) const {
    return joined_with_stream(other, std::move(joiner), windows, joined, false, false);
  }
  /// The same, and a record that has met none comes alone when its window has closed: the joiner takes the other value
  /// as std::optional.
  template <class VO, class F>
  auto left_join(const KStream<K, VO>& other, F joiner, const JoinWindows& windows,
                 const StreamJoined& joined = {}) const {
    static_assert(detail::kIsOptional<typename detail::StreamJoinerOf<F, K, V, VO>::Other>,
                  "the joiner must take the other stream's value as std::optional: there may be none");
    return joined_with_stream(other, std::move(joiner), windows, joined, true, false);
  }
  /// The same for records of both streams: the joiner takes both values as std::optional.
  template <class VO, class F>
  auto outer_join(const KStream<K, VO>& other, F joiner, const JoinWindows& windows,
                  const StreamJoined& joined = {}) const {
    static_assert(detail::kIsOptional<typename detail::StreamJoinerOf<F, K, V, VO>::Other>,
                  "the joiner must take the other stream's value as std::optional: there may be none");
    static_assert(detail::kIsOptional<typename detail::StreamJoinerOf<F, K, V, VO>::Mine>,
                  "the joiner of outer_join() must take both values as std::optional: either may be missing");
    return joined_with_stream(other, std::move(joiner), windows, joined, true, true);
  }

  /// Branches by predicates, see BranchedKStream.
  BranchedKStream<K, V> split(const Named& named = {}) const;

  /// Writes to a topic, which must exist (the embedded broker makes it); the end of the stream.
  void to(const std::string& topic) const {
    static_assert(
        HasSerde<K> && HasSerde<V>,
        "to() needs a serde for the key and the value type: specialise leat::Serde, or pass Produced::with(...)");
    to(topic, Produced{});
  }
  void to(const std::string& topic, const Produced& produced) const { add_sink(topic, nullptr, produced); }
  /// Writes to the topic that `extract(key, value, context)` names; key and value are pointers, null where there is
  /// none.
  template <class F>
  requires std::is_invocable_r_v<std::string, F, const K*, const V*, const RecordContext&>
  void to(F extract, const Produced& produced = {}) const { add_sink({}, std::move(extract), produced); }

  /// Through a topic of the application's own that is partitioned by the key anew (KIP-221).
  KStream repartition(const Repartitioned& options = {}) const {
    const std::string name =
        options.name.empty() ? graph().new_processor_name("KSTREAM-REPARTITION-") : graph().checked_name(options.name);
    auto key_serde = detail::choose_serde<K>(options.key_serde, key_serde_);
    auto value_serde = detail::choose_serde<V>(options.value_serde, value_serde_);
    detail::RepartitionSpec spec = detail::repartition_spec<K, V>(graph(), name, key_serde, value_serde);
    spec.partitions = options.partitions;
    spec.optimizable = false;
    if (const auto* given = std::any_cast<Produced::Partitioner<K, V>>(&options.partitioner)) {
      spec.sink = [key_serde, value_serde, partitioner = *given](const std::string& topic) {
        return detail::sink_factory<K, V>(topic, nullptr, key_serde, value_serde, partitioner);
      };
    } else if (options.partitioner.has_value()) {
      graph().fail(name + ": the partitioner is for another key or value type");
    }
    detail::GraphNode* node = graph().make_repartition(name, std::move(spec));
    graph().add(place_.node, node);
    return KStream(repartitioned_at(node, node->name), key_serde, value_serde);
  }

  /// The stream read as changes of a table (KIP-523): null keys are dropped, null values delete. Repartitioned first
  /// where the key was changed.
  KTable<K, V> to_table(const Named& named = {}, const Materialized& materialized = {}) const;
  KTable<K, V> to_table(const Materialized& materialized) const;

  /// Groups by a new key; always through a repartition topic. Records with a null key are left out.
  template <class F>
  auto group_by(F selector, const Grouped& grouped = {}) const {
    static_assert(detail::MapsKeyAndValueOrValue<F, K, V>,
                  "group_by() takes a function (value) or (key, value) that returns the key to group by");
    using KR = detail::MappedValue<F, K, V>;
    return KGroupedStream<KR, V>(key_selected(std::move(selector), grouped.name), grouped,
                                 detail::choose_serde<KR>(grouped.key_serde),
                                 detail::choose_serde<V>(grouped.value_serde, value_serde_));
  }
  /// Groups by the key as it is; through a repartition topic only where it was changed.
  KGroupedStream<K, V> group_by_key(const Grouped& grouped = {}) const {
    return KGroupedStream<K, V>(place_, grouped, detail::choose_serde<K>(grouped.key_serde, key_serde_),
                                detail::choose_serde<V>(grouped.value_serde, value_serde_));
  }

  /// Each record with the row that the table has for its key at that moment; records without one are dropped, and
  /// changes of the table put out nothing. `joiner` takes (value, table's value) or (key, value, table's value).
  template <class VO, class F>
  auto join(const KTable<K, VO>& table, F joiner, const Joined& joined = {}) const {
    return joined_with(table, std::move(joiner), joined, std::false_type{});
  }
  /// Each record with the row of the table that has its key, or null: the joiner takes it as a std::optional.
  template <class VO, class F>
  auto left_join(const KTable<K, VO>& table, F joiner, const Joined& joined = {}) const {
    return joined_with(table, std::move(joiner), joined, std::true_type{});
  }
  template <class KO, class VO, class F, class... More>
  requires(!std::is_same_v<KO, K>) void join(const KTable<KO, VO>&, F, More&&...) const {
    static_assert(std::is_same_v<KO, K>,
                  "a stream can be joined with a table of the same key type only; "
                  "select_key() the stream to the key of the table before");
  }

  /// Each record with the row of the global table that has the key which `select` names: it takes (key, value) or
  /// (value). `joiner` takes (value, table's value) or (key, value, table's value).
  template <class KG, class VG, class Select, class F>
  auto join(const GlobalKTable<KG, VG>& table, Select select, F joiner, const Named& named = {}) const {
    return joined_with_global(table, std::move(select), std::move(joiner), named, std::false_type{});
  }
  /// The same; where there is no such row, or no key, the joiner gets null for the table's value, a std::optional.
  template <class KG, class VG, class Select, class F>
  auto left_join(const GlobalKTable<KG, VG>& table, Select select, F joiner, const Named& named = {}) const {
    return joined_with_global(table, std::move(select), std::move(joiner), named, std::true_type{});
  }

  /// Through processors of class P; the named stores are connected to them.
  template <class P, class... Store>
  requires(std::is_convertible_v<const Store&, std::string>&&...) auto process(const Store&... stores) const {
    return process([] { return std::make_unique<P>(); }, Named{}, {std::string(stores)...});
  }
  /// Through processors that `make` makes anew for every task, as std::unique_ptr. The stores that `make.stores()`, or
  /// a static P::stores(), returns are added and connected too (KIP-401).
  template <class Make>
  requires std::is_invocable_v<const Make&>
  auto process(Make make, const Named& named = {}, std::vector<std::string> stores = {}) const {
    using P = typename std::invoke_result_t<const Make&>::element_type;
    using KR = detail::NonNullOf<typename P::KeyOut>;
    using VR = detail::NonNullOf<typename P::ValueOut>;
    detail::Place place =
        processed<P>("KSTREAM-PROCESSOR-", std::move(make), named, std::move(stores), /*keeps_key=*/false);
    return KStream<KR, VR>(std::move(place), nullptr, nullptr);
  }

  /// Through processors that keep the key.
  template <class P, class... Store>
  requires(std::is_convertible_v<const Store&, std::string>&&...) auto process_values(const Store&... stores) const {
    return process_values([] { return std::make_unique<P>(); }, Named{}, {std::string(stores)...});
  }
  template <class Make>
  requires std::is_invocable_v<const Make&>
  auto process_values(Make make, const Named& named = {}, std::vector<std::string> stores = {}) const {
    using P = typename std::invoke_result_t<const Make&>::element_type;
    static_assert(
        requires { P::kKeepsKey; }, "process_values() takes a leat::FixedKeyProcessor");
    using VR = detail::NonNullOf<typename P::ValueOut>;
    detail::Place place =
        processed<P>("KSTREAM-PROCESSVALUES-", std::move(make), named, std::move(stores), /*keeps_key=*/true);
    return KStream<K, VR>(std::move(place), key_serde_, nullptr);
  }

  // For the builder and the other handles.
  KStream(detail::Place place, SerdePtr<K> key_serde, SerdePtr<V> value_serde)
      : place_(std::move(place)), key_serde_(std::move(key_serde)), value_serde_(std::move(value_serde)) {}
  const detail::Place& place() const { return place_; }
  const SerdePtr<K>& key_serde() const { return key_serde_; }
  const SerdePtr<V>& value_serde() const { return value_serde_; }

 private:
  enum Changes { kChangesNothing, kChangesValue, kChangesKey };

  detail::Graph& graph() const { return *place_.graph; }
  KStream same(detail::Place place) const { return KStream(std::move(place), key_serde_, value_serde_); }

  detail::Place add(const std::string& prefix, const Named& named, detail::NodeFactory factory,
                    Changes changes = kChangesNothing) const {
    detail::GraphNode* node =
        detail::make_operator(graph(), graph().name_or_generate(named.name, prefix), std::move(factory));
    return link(node, changes);
  }
  detail::Place link(detail::GraphNode* node, Changes changes) const {
    node->key_changing = changes == kChangesKey;
    node->value_changing = changes == kChangesValue;
    graph().add(place_.node, node);
    detail::Place place = place_.at(node);
    if (changes == kChangesKey) place.repartition_required = true;
    return place;
  }

  template <class F>
  KStream filtered(F predicate, bool negated, const Named& named) const {
    static_assert(detail::PredicateOfKeyAndValueOrValue<F, K, V>,
                  "filter() takes a function (value) or (key, value) that returns bool");
    return same(add("KSTREAM-FILTER-", named,
                    detail::node_factory<detail::FilterNode<K, V, F>>(std::move(predicate), negated)));
  }

  template <class F>
  detail::Place key_selected(F selector, const std::string& name) const {
    return add("KSTREAM-KEY-SELECT-", Named{name},
               detail::node_factory<detail::SelectKeyNode<K, V, F>>(std::move(selector)), kChangesKey);
  }

  void add_sink(const std::string& topic, detail::TopicExtractor<K, V> extract, const Produced& produced) const {
    const std::string name = graph().name_or_generate(produced.name, "KSTREAM-SINK-");
    auto key_serde = detail::choose_serde<K>(produced.key_serde, key_serde_);
    auto value_serde = detail::choose_serde<V>(produced.value_serde, value_serde_);
    if (!key_serde || !value_serde) {
      graph().fail(name + ": there is no serde for the key or value type; pass one with Produced::with");
    }
    Produced::Partitioner<K, V> partitioner;
    if (auto* given = std::any_cast<Produced::Partitioner<K, V>>(&produced.partitioner)) partitioner = *given;
    auto factory = detail::sink_factory<K, V>(topic, std::move(extract), key_serde, value_serde, partitioner);
    detail::GraphNode* node = graph().make(name);
    node->write = [topic, factory](const detail::GraphNode& self, Topology& topology) {
      detail::NodeSpec spec;
      spec.name = self.name;
      spec.kind = detail::NodeSpec::Kind::kSink;
      spec.parents = self.parent_names();
      if (!topic.empty()) spec.topics = {topic};
      spec.make = factory;
      topology.add(std::move(spec));
    };
    graph().add(place_.node, node);
  }

  detail::Place repartitioned_at(detail::GraphNode* node, const std::string& source) const {
    detail::Place place = place_.at(node);
    place.name = source;
    place.sources = {source};
    place.repartition_required = false;
    return place;
  }

  /// This stream, repartitioned where its key was changed.
  KStream partitioned_for_join(const std::string& name, const Joined& joined) const {
    if (!place_.repartition_required) return *this;
    auto key_serde = detail::choose_serde<K>(joined.key_serde, key_serde_);
    auto value_serde = detail::choose_serde<V>(joined.value_serde, value_serde_);
    const std::string prefix = name.empty() ? place_.name : name;
    detail::GraphNode* fresh =
        graph().make_repartition(prefix, detail::repartition_spec<K, V>(graph(), prefix, key_serde, value_serde));
    detail::GraphNode*& node = place_.node->join_repartition;
    const std::string source = fresh->name;
    if (!node || place_.name != prefix) {
      node = fresh;
      graph().add(place_.node, node);
    }
    return KStream(repartitioned_at(node, source), key_serde, value_serde);
  }

  template <class OtherK, class OtherV>
  friend class KStream;
  template <class VO, class F>
  auto joined_with_stream(const KStream<K, VO>& other, F joiner, const JoinWindows& windows, const StreamJoined& joined,
                          bool left_outer, bool right_outer) const;
  template <class VO, class F, bool kLeft>
  auto joined_with(const KTable<K, VO>& table, F joiner, const Joined& joined, std::bool_constant<kLeft>) const;

  template <class KG, class VG, class Select, class F, bool kLeft>
  auto joined_with_global(const GlobalKTable<KG, VG>& table, Select select, F joiner, const Named& named,
                          std::bool_constant<kLeft>) const;

  template <class P, class Make>
  detail::Place processed(const std::string& prefix, Make make, const Named& named, std::vector<std::string> stores,
                          bool keeps_key) const {
    static_assert(detail::IsProcessor<P>, "process() takes a leat::Processor");
    static_assert(std::is_same_v<detail::NonNullOf<typename P::KeyIn>, K> &&
                      std::is_same_v<detail::NonNullOf<typename P::ValueIn>, V>,
                  "the processor takes another key or value type than the stream has");
    const std::string name = named.name.empty() ? graph().new_processor_name(prefix) : graph().checked_name(named.name);
    std::vector<StoreBuilderPtr> brought = detail::stores_of<P>(make);
    detail::NodeFactory factory = [make = std::move(make)](const detail::NodeBuild&) -> std::unique_ptr<Node> {
      return std::unique_ptr<Node>(new detail::ProcessorNode<P>(make()));
    };
    detail::GraphNode* node =
        detail::make_operator(graph(), name, std::move(factory), std::move(stores), std::move(brought));
    detail::Place place = link(node, keeps_key ? kChangesValue : kChangesNothing);
    // Kafka repartitions behind process(), but does not count it among the key changers that it optimises.
    if (!keeps_key) place.repartition_required = true;
    return place;
  }

  detail::Place place_;
  /// The serdes that were given upstream and still hold; null: the default.
  SerdePtr<K> key_serde_;
  SerdePtr<V> value_serde_;
};

/// The branches of a stream: a record goes to the first whose predicate holds, else to the default branch, else
/// nowhere.
///
///   orders.split()
///       .branch([](const Order& o) { return o.amount > 10'000; }, leat::Branched::to("audit"))
///       .default_branch(leat::Branched::to("orders-large"));
template <class K, class V>
class BranchedKStream {
 public:
  /// Name of the branch (Kafka's: the splitter's name and the branch's) to stream.
  using Branches = std::map<std::string, KStream<K, V>>;

  BranchedKStream(const KStream<K, V>& source, const Named& named) : source_(source) {
    const detail::Place& place = source.place();
    name_ = place.graph->name_or_generate(named.name, "KSTREAM-BRANCH-");
    auto rules = rules_;
    node_ = detail::make_operator(*place.graph, name_, [rules](const detail::NodeBuild&) -> std::unique_ptr<Node> {
      return std::unique_ptr<Node>(new detail::BranchNode<K, V>(*rules));
    });
    place.graph->add(place.node, node_);
  }

  /// The next branch: records for which `predicate` holds, and no one before it did.
  template <class F, class B = Branched>
  BranchedKStream& branch(F predicate, const B& branched = {}) {
    static_assert(detail::PredicateOfKeyAndValueOrValue<F, K, V>,
                  "branch() takes a function (value) or (key, value) that returns bool");
    using Call = detail::KeyValueCall<F, K, V>;
    ++count_;
    add(
        [predicate = std::move(predicate)](const K* key, const V* value, const RecordContext& context) mutable {
          return Call::sees(value) && static_cast<bool>(Call::call(predicate, key, value, context));
        },
        count_, branched);
    return *this;
  }
  /// What no branch took; ends the split and returns its branches. Those that went to a consumer or a topic are not
  /// among them.
  template <class B = Branched>
  Branches default_branch(const B& branched = {}) {
    add(nullptr, 0, branched);
    return branches_;
  }
  /// The same; what no branch took is dropped.
  Branches no_default_branch() const { return branches_; }

 private:
  template <class B>
  void add(typename detail::BranchNode<K, V>::Predicate predicate, int index, const B& branched) {
    const std::string name = name_ + (branched.name.empty() ? std::to_string(index) : branched.name);
    detail::Graph& graph = *source_.place().graph;
    rules_->push_back({std::move(predicate), name});
    graph.new_processor_name(name);
    detail::GraphNode* node = detail::make_operator(graph, name, detail::node_factory<detail::PassThroughNode<K, V>>());
    graph.add(node_, node);
    finish(KStream<K, V>(source_.place().at(node), source_.key_serde(), source_.value_serde()), name, branched);
  }
  void finish(KStream<K, V> stream, const std::string& name, const Branched&) { branches_.emplace(name, stream); }
  void finish(KStream<K, V> stream, const std::string&, const Branched::ToTopic& to) {
    stream.to(to.topic, to.produced);
  }
  template <class F>
  void finish(KStream<K, V> stream, const std::string&, const Branched::WithConsumer<F>& with) {
    with.consumer(stream);
  }
  template <class F>
  void finish(KStream<K, V> stream, const std::string& name, const Branched::WithFunction<F>& with) {
    branches_.emplace(name, with.function(stream));
  }

  KStream<K, V> source_;
  std::string name_;
  detail::GraphNode* node_ = nullptr;
  std::shared_ptr<std::vector<typename detail::BranchNode<K, V>::Branch>> rules_ =
      std::make_shared<std::vector<typename detail::BranchNode<K, V>::Branch>>();
  int count_ = 0;
  Branches branches_;
};

template <class K, class V>
BranchedKStream<K, V> KStream<K, V>::split(const Named& named) const {
  return BranchedKStream<K, V>(*this, named);
}

}  // namespace leat

#include "topology/ktable.h"
#include "topology/stream_join.h"
