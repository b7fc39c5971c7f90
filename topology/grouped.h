// Grouped streams and tables: what count, reduce and aggregate are called on.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "topology/aggregation.h"
#include "topology/change_serde.h"
#include "topology/ktable.h"
#include "topology/window_nodes.h"

namespace leat {

template <class K, class V, class W>
class TimeWindowedKStream;
template <class K, class V>
class SessionWindowedKStream;
template <class K, class VA, class... Vs>
class CogroupedKStream;

namespace detail {

/// What the aggregations of one grouped stream share.
template <class K, class V>
class GroupedPlace {
 public:
  GroupedPlace(Place place, std::string name, SerdePtr<K> key_serde, SerdePtr<V> value_serde)
      : place_(std::move(place)),
        name_(std::move(name)),
        key_serde_(std::move(key_serde)),
        value_serde_(std::move(value_serde)) {}

  Graph& graph() const { return *place_.graph; }
  const SerdePtr<K>& key_serde() const { return key_serde_; }
  const SerdePtr<V>& value_serde() const { return value_serde_; }
  /// The sources of the records as they were grouped.
  const std::vector<std::string>& sources() const { return place_.sources; }

  /// Where an aggregation over `store` hangs: behind a repartition where the key was changed. A repartition that the
  /// user named serves all aggregations of the group.
  Place parent_for(const std::string& store) const {
    if (!place_.repartition_required) return place_;
    const std::string prefix = name_.empty() ? store : name_;
    GraphNode* fresh =
        graph().make_repartition(prefix, repartition_spec<K, V>(graph(), prefix, key_serde_, value_serde_));
    if (!*repartition_ || name_.empty()) *repartition_ = fresh;
    graph().add(place_.node, *repartition_);
    Place place = place_.at(*repartition_);
    place.sources = {fresh->name};
    place.repartition_required = false;
    return place;
  }

 private:
  Place place_;
  std::string name_;
  SerdePtr<K> key_serde_;
  SerdePtr<V> value_serde_;
  std::shared_ptr<GraphNode*> repartition_ = std::make_shared<GraphNode*>(nullptr);
};

inline constexpr const char* kAggregatePrefix = "KSTREAM-AGGREGATE-";
inline constexpr const char* kReducePrefix = "KSTREAM-REDUCE-";

inline std::string store_name(Graph& graph, const Materialized& materialized, const std::string& prefix) {
  return materialized.name.empty() ? graph.new_store_name(prefix) : graph.checked_name(materialized.name);
}

}  // namespace detail

/// Records grouped by key (org.apache.kafka.streams.kstream.KGroupedStream). Aggregations leave out records with a null
/// key or value, and count them as dropped.
template <class K, class V>
class KGroupedStream {
 public:
  /// How many records each key has had.
  KTable<K, std::int64_t> count(const Named& named = {}) const { return counted(named, {}); }
  KTable<K, std::int64_t> count(const Materialized& materialized) const { return count(Named{}, materialized); }
  KTable<K, std::int64_t> count(const Named& named, const Materialized& materialized) const {
    // Kafka uses up a number here, for compatibility with its own past.
    if (materialized.name.empty()) group_.graph().new_store_name(detail::kAggregatePrefix);
    return counted(named, materialized);
  }

  /// The records of a key folded pairwise, oldest first; the first one is taken as it is.
  template <class F>
  KTable<K, V> reduce(F reducer, const Materialized& materialized = {}) const {
    return reduce(std::move(reducer), Named{}, materialized);
  }
  template <class F>
  KTable<K, V> reduce(F reducer, const Named& named, const Materialized& materialized = {}) const {
    static_assert(detail::Reduces<F, V>, "reduce() takes a function (value, value) that returns a value");
    return aggregated<V>(detail::make_reduction<K, V>(std::move(reducer)), named, materialized, detail::kReducePrefix,
                         group_.value_serde());
  }

  /// The records of a key folded into an aggregate: `initial` is its first value or a function that makes it,
  /// `aggregator` takes (key, value, aggregate) or (value, aggregate) and returns the next aggregate.
  template <class Initial, class F>
  auto aggregate(Initial initial, F aggregator, const Materialized& materialized = {}) const {
    return aggregate(std::move(initial), std::move(aggregator), Named{}, materialized);
  }
  template <class Initial, class F>
  auto aggregate(Initial initial, F aggregator, const Named& named, const Materialized& materialized = {}) const {
    using VA = detail::InitialValue<Initial>;
    static_assert(detail::AggregatesInto<F, K, V, VA>,
                  "aggregate() takes a function (key, value, aggregate) or (value, aggregate)");
    return aggregated<VA>(detail::make_aggregation<K, V, VA>(std::move(initial), std::move(aggregator)), named,
                          materialized, detail::kAggregatePrefix, nullptr);
  }

  TimeWindowedKStream<K, V, TimeWindows> windowed_by(const TimeWindows& windows) const { return {group_, windows}; }
  TimeWindowedKStream<K, V, SlidingWindows> windowed_by(const SlidingWindows& windows) const {
    return {group_, windows};
  }
  TimeWindowedKStream<K, V, UnlimitedWindows> windowed_by(const UnlimitedWindows& windows) const {
    return {group_, windows};
  }
  SessionWindowedKStream<K, V> windowed_by(const SessionWindows& windows) const;

  /// The first of several grouped streams that are folded into one aggregate of type VA, see CogroupedKStream.
  /// `aggregator` takes (key, value, aggregate) or (value, aggregate).
  template <class VA, class F>
  CogroupedKStream<K, VA, V> cogroup(F aggregator) const;

  const detail::GroupedPlace<K, V>& group() const { return group_; }

  KGroupedStream(detail::Place place, const Grouped& grouped, SerdePtr<K> key_serde, SerdePtr<V> value_serde)
      : group_(std::move(place), grouped.name, std::move(key_serde), std::move(value_serde)) {}

 private:
  KTable<K, std::int64_t> counted(const Named& named, const Materialized& materialized) const {
    return aggregated<std::int64_t>(detail::make_count<K, V>(), named, materialized, detail::kAggregatePrefix, nullptr);
  }
  template <class VA>
  KTable<K, VA> aggregated(detail::Aggregation<K, V, VA> aggregation, const Named& named,
                           const Materialized& materialized, const std::string& prefix,
                           SerdePtr<VA> value_serde) const {
    detail::Graph& graph = group_.graph();
    const std::string store_name = detail::store_name(graph, materialized, prefix);
    const std::string name = graph.name_or_generate(named.name, prefix);
    auto key_serde = detail::choose_serde<K>(materialized.key_serde, group_.key_serde());
    value_serde = detail::choose_serde<VA>(materialized.value_serde, value_serde);
    const detail::Place parent = group_.parent_for(store_name);
    auto core = std::shared_ptr<detail::AggregateCore<K, VA>>(
        new detail::AggregateCore<K, VA>(store_name, materialized.history_retention_ms));
    StoreBuilderPtr store = detail::table_store<K, VA>(graph, materialized, store_name, key_serde, value_serde);
    detail::GraphNode* node =
        detail::make_stateful(graph, name,
                              detail::node_factory<detail::AggregateNode<K, V, VA>>(
                                  std::shared_ptr<const detail::TableCore<K, VA>>(core), std::move(aggregation)),
                              store);
    graph.add(parent.node, node);
    return KTable<K, VA>(parent.at(node), key_serde, value_serde, core);
  }

  detail::GroupedPlace<K, V> group_;
};

/// Records grouped by key and window: tumbling, hopping, sliding or unlimited
/// (org.apache.kafka.streams.kstream.TimeWindowedKStream). The aggregations are those of KGroupedStream, per window.
/// They leave out records with a null key; null values count, but for sliding windows, and reach lambdas that take
/// std::optional. A record whose window has closed is dropped and counted.
template <class K, class V, class W>
class TimeWindowedKStream {
 public:
  KTable<Windowed<K>, std::int64_t> count(const Named& named = {}) const { return counted(named, {}); }
  KTable<Windowed<K>, std::int64_t> count(const Materialized& materialized) const {
    return count(Named{}, materialized);
  }
  KTable<Windowed<K>, std::int64_t> count(const Named& named, const Materialized& materialized) const {
    if (materialized.name.empty()) group_.graph().new_store_name(detail::kAggregatePrefix);
    return counted(named, materialized);
  }

  template <class F>
  KTable<Windowed<K>, V> reduce(F reducer, const Materialized& materialized = {}) const {
    return reduce(std::move(reducer), Named{}, materialized);
  }
  template <class F>
  KTable<Windowed<K>, V> reduce(F reducer, const Named& named, const Materialized& materialized = {}) const {
    static_assert(detail::Reduces<F, V>, "reduce() takes a function (value, value) that returns a value");
    return aggregated<V>(detail::make_reduction<K, V>(std::move(reducer)), named, materialized, detail::kReducePrefix,
                         group_.value_serde());
  }

  template <class Initial, class F>
  auto aggregate(Initial initial, F aggregator, const Materialized& materialized = {}) const {
    return aggregate(std::move(initial), std::move(aggregator), Named{}, materialized);
  }
  template <class Initial, class F>
  auto aggregate(Initial initial, F aggregator, const Named& named, const Materialized& materialized = {}) const {
    using VA = detail::InitialValue<Initial>;
    static_assert(detail::AggregatesInto<F, K, V, VA>,
                  "aggregate() takes a function (key, value, aggregate) or (value, aggregate)");
    return aggregated<VA>(detail::make_aggregation<K, V, VA>(std::move(initial), std::move(aggregator)), named,
                          materialized, detail::kAggregatePrefix, nullptr);
  }

  /// When the aggregations that follow put out results (KIP-825); on every update unless told otherwise.
  TimeWindowedKStream emit_strategy(EmitStrategy strategy) const {
    static_assert(!std::is_same_v<W, UnlimitedWindows>,
                  "emit_strategy() is for windows that close; an unlimited one never does");
    TimeWindowedKStream stream = *this;
    stream.emits_ = strategy;
    return stream;
  }

  TimeWindowedKStream(detail::GroupedPlace<K, V> group, const W& windows)
      : group_(std::move(group)), windows_(windows) {
    if (!windows.problem().empty()) group_.graph().fail("windowed_by(): " + windows.problem());
  }

 private:
  KTable<Windowed<K>, std::int64_t> counted(const Named& named, const Materialized& materialized) const {
    return aggregated<std::int64_t>(detail::make_count<K, V>(), named, materialized, detail::kAggregatePrefix, nullptr);
  }
  template <class VA>
  KTable<Windowed<K>, VA> aggregated(detail::Aggregation<K, V, VA> aggregation, const Named& named,
                                     const Materialized& materialized, const std::string& prefix,
                                     SerdePtr<VA> value_serde) const {
    detail::Graph& graph = group_.graph();
    const std::string store_name = detail::store_name(graph, materialized, prefix);
    const std::string name = graph.name_or_generate(named.name, prefix);
    auto key_serde = detail::choose_serde<K>(materialized.key_serde, group_.key_serde());
    value_serde = detail::choose_serde<VA>(materialized.value_serde, value_serde);
    const detail::Place parent = group_.parent_for(store_name);
    auto core = std::shared_ptr<detail::WindowAggregateCore<K, VA>>(new detail::WindowAggregateCore<K, VA>(store_name));
    StoreBuilderPtr store =
        detail::window_store<K, VA>(graph, materialized, store_name, windows_, key_serde, value_serde, emits_);
    detail::GraphNode* node = detail::make_stateful(
        graph, name,
        [core, aggregation = std::move(aggregation), windows = windows_,
         emits = emits_](const detail::NodeBuild& build) -> std::unique_ptr<Node> {
          return std::unique_ptr<Node>(new typename detail::WindowNode<K, V, VA, W>::Type(
              core, aggregation, windows, detail::ClosedWindows(emits, build.emit_interval_ms)));
        },
        store);
    node->grace_ms = windows_.grace_ms();
    graph.add(parent.node, node);
    SerdePtr<Windowed<K>> windowed_serde = key_serde
                                               ? std::shared_ptr<detail::WindowedSerdeOver<K>>(
                                                     new detail::WindowedSerdeOver<K>(key_serde, windows_.size_ms()))
                                               : nullptr;
    return KTable<Windowed<K>, VA>(parent.at(node), windowed_serde, value_serde, core);
  }

  detail::GroupedPlace<K, V> group_;
  W windows_;
  EmitStrategy emits_ = EmitStrategy::on_window_update();
};

/// The rows of a table, grouped anew: old values are taken out of their group, new ones put into theirs
/// (org.apache.kafka.streams.kstream.KGroupedTable). Where both belong to one group, the old one goes first.
template <class K, class V>
class KGroupedTable {
 public:
  /// How many rows each group has; 0, not nothing, when the last one has gone.
  KTable<K, std::int64_t> count(const Materialized& materialized = {}) const { return count(Named{}, materialized); }
  KTable<K, std::int64_t> count(const Named& named, const Materialized& materialized = {}) const {
    detail::TableAggregation<K, V, std::int64_t> counting{
        [](std::int64_t& result) { return result = 0, true; },
        [](const K&, const V&, const std::int64_t* old, std::int64_t& result) { return result = *old + 1, true; },
        [](const K&, const V&, const std::int64_t& old, std::int64_t& result) { return result = old - 1, true; }};
    return aggregated<std::int64_t>(std::move(counting), named, materialized, kAggregate, nullptr);
  }

  /// `adder` and `subtractor` take (aggregate, value); the first value of a group is taken as it is. An empty
  /// std::optional from the subtractor deletes the row.
  template <class Add, class Subtract>
  KTable<K, V> reduce(Add adder, Subtract subtractor, const Materialized& materialized = {}) const {
    return reduce(std::move(adder), std::move(subtractor), Named{}, materialized);
  }
  template <class Add, class Subtract>
  KTable<K, V> reduce(Add adder, Subtract subtractor, const Named& named, const Materialized& materialized = {}) const {
    static_assert(detail::Reduces<Add, V> && detail::Reduces<Subtract, V>,
                  "reduce() takes two functions (aggregate, value) that return a value");
    detail::TableAggregation<K, V, V> reducing{
        [](V&) { return false; },
        [f = std::move(adder)](const K&, const V& value, const V* old, V& result) mutable {
          if (!old) return result = value, true;
          return detail::keep(f(*old, value), result);
        },
        [f = std::move(subtractor)](const K&, const V& value, const V& old, V& result) mutable {
          return detail::keep(f(old, value), result);
        }};
    return aggregated<V>(std::move(reducing), named, materialized, "KTABLE-REDUCE-", value_serde_);
  }

  /// `adder` and `subtractor` take (key, value, aggregate) or (value, aggregate).
  template <class Initial, class Add, class Subtract>
  auto aggregate(Initial initial, Add adder, Subtract subtractor, const Materialized& materialized = {}) const {
    return aggregate(std::move(initial), std::move(adder), std::move(subtractor), Named{}, materialized);
  }
  template <class Initial, class Add, class Subtract>
  auto aggregate(Initial initial, Add adder, Subtract subtractor, const Named& named,
                 const Materialized& materialized = {}) const {
    using VA = detail::InitialValue<Initial>;
    static_assert(detail::AggregatesInto<Add, K, V, VA> && detail::AggregatesInto<Subtract, K, V, VA>,
                  "aggregate() takes two functions (key, value, aggregate) or (value, aggregate)");
    detail::TableAggregation<K, V, VA> aggregation{
        detail::make_initial<VA>(std::move(initial)),
        [f = std::move(adder)](const K& key, const V& value, const VA* old, VA& result) mutable {
          return detail::keep(detail::AggregatorCall<Add, K, V, VA>::call(f, key, &value, old), result);
        },
        [f = std::move(subtractor)](const K& key, const V& value, const VA& old, VA& result) mutable {
          return detail::keep(detail::AggregatorCall<Subtract, K, V, VA>::call(f, key, &value, &old), result);
        }};
    return aggregated<VA>(std::move(aggregation), named, materialized, kAggregate, nullptr);
  }

  KGroupedTable(detail::Place place, const Grouped& grouped, SerdePtr<K> key_serde, SerdePtr<V> value_serde)
      : place_(std::move(place)),
        name_(grouped.name),
        key_serde_(std::move(key_serde)),
        value_serde_(std::move(value_serde)) {}

 private:
  static constexpr const char* kAggregate = "KTABLE-AGGREGATE-";

  template <class VA>
  KTable<K, VA> aggregated(detail::TableAggregation<K, V, VA> aggregation, const Named& named,
                           const Materialized& materialized, const std::string& prefix,
                           SerdePtr<VA> value_serde) const {
    detail::Graph& graph = *place_.graph;
    const std::string store_name = detail::store_name(graph, materialized, kAggregate);
    const std::string sink = graph.suffixed_or_generate(named.name, "-sink", "KSTREAM-SINK-");
    const std::string source = graph.suffixed_or_generate(named.name, "-source", "KSTREAM-SOURCE-");
    const std::string name = graph.name_or_generate(named.name, prefix);
    if (!*repartition_ || name_.empty()) {
      *repartition_ = detail::make_table_repartition<K, V>(graph, (name_.empty() ? store_name : name_) + "-repartition",
                                                           sink, source, key_serde_, value_serde_);
    }
    graph.add(place_.node, *repartition_);
    auto key_serde = detail::choose_serde<K>(materialized.key_serde, key_serde_);
    value_serde = detail::choose_serde<VA>(materialized.value_serde, value_serde);
    auto core = std::shared_ptr<detail::AggregateCore<K, VA>>(
        new detail::AggregateCore<K, VA>(store_name, materialized.history_retention_ms));
    StoreBuilderPtr store = detail::table_store<K, VA>(graph, materialized, store_name, key_serde, value_serde);
    detail::GraphNode* node =
        detail::make_stateful(graph, name,
                              detail::node_factory<detail::TableAggregateNode<K, V, VA>>(
                                  std::shared_ptr<const detail::TableCore<K, VA>>(core), std::move(aggregation)),
                              store);
    graph.add(*repartition_, node);
    detail::Place place = place_.at(node);
    place.sources = {source};
    return KTable<K, VA>(std::move(place), key_serde, value_serde, core);
  }

  detail::Place place_;
  std::string name_;
  SerdePtr<K> key_serde_;
  SerdePtr<V> value_serde_;
  std::shared_ptr<detail::GraphNode*> repartition_ = std::make_shared<detail::GraphNode*>(nullptr);
};

template <class K, class V>
template <class F>
auto KTable<K, V>::group_by(F selector, const Grouped& grouped) const {
  static_assert(
      detail::MapsToKeyValue<F, K, V>,
      "group_by() of a table takes a function (value) or (key, value) that returns a leat::KeyValue{key, value}");
  using Pair = detail::NonNullOf<typename detail::KeyValueCall<F, K, V>::Result>;
  using KR = detail::PairKey<Pair>;
  using VR = detail::PairValue<Pair>;
  detail::GraphNode* node =
      detail::make_operator(graph(), graph().name_or_generate(grouped.name, "KTABLE-SELECT-"),
                            [selector = std::move(selector), latest_only = core_->versioned()](
                                const detail::NodeBuild& build) -> std::unique_ptr<Node> {
                              return std::unique_ptr<Node>(
                                  new detail::RegroupNode<K, V, KR, VR, F>(selector, build.changes_apart, latest_only));
                            });
  graph().add(place_.node, node);
  core_->enable_sending_old_values(true);
  return KGroupedTable<KR, VR>(place_.at(node), grouped, detail::choose_serde<KR>(grouped.key_serde),
                               detail::choose_serde<VR>(grouped.value_serde));
}

}  // namespace leat
