// CogroupedKStream: several grouped streams folded into one aggregate per key.
//
//   clicks.group_by_key()
//       .cogroup<Profile>([](const Click& click, Profile profile) { return profile.with(click); })
//       .cogroup(orders.group_by_key(), [](const Order& order, Profile profile) { return profile.with(order); })
//       .aggregate(Profile{}, leat::Materialized::as("profiles"));
#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "topology/grouped.h"

namespace leat {

namespace detail {

/// One of the grouped streams, with how its records are folded; the initial value is still missing.
template <class K, class V, class VA>
struct CogroupInput {
  GroupedPlace<K, V> group;
  Aggregation<K, V, VA> aggregation;
};

template <class K, class V, class VA, class F>
CogroupInput<K, V, VA> cogroup_input(const GroupedPlace<K, V>& group, F aggregator) {
  static_assert(AggregatesInto<F, K, V, VA>,
                "cogroup() takes a function (key, value, aggregate) or (value, aggregate)");
  Aggregation<K, V, VA> aggregation = make_aggregation<K, V, VA>(VA{}, std::move(aggregator));
  return {group, std::move(aggregation)};
}

inline constexpr const char* kCogroupPrefix = "COGROUPKSTREAM-AGGREGATE-";

/// Writes one node per input, all of them over one store, and the node in which they meet.
template <class KR, class K, class VA, class... Vs>
class CogroupWriter {
 public:
  using Inputs = std::tuple<CogroupInput<K, Vs, VA>...>;

  CogroupWriter(const Inputs& inputs, std::string store_name) : inputs_(inputs), store_name_(std::move(store_name)) {
    each([this](const auto& input) {
      parents_.push_back(input.group.parent_for(store_name_));
      sources_ = united(sources_, input.group.sources());
    });
    graph().copartition(sources_);
  }

  /// `make` gives the factory of an input's node; it is called with the input's aggregation.
  template <class Make>
  Place write(const Named& named, StoreBuilderPtr store, const CopyFunction<bool(VA&)>& initial,
              std::optional<std::int64_t> grace_ms, Make make) {
    std::vector<GraphNode*> nodes;
    each([&](const auto& input) {
      const std::string suffix = "-cogroup-agg-" + std::to_string(nodes.size());
      const std::string name = graph().suffixed_or_generate(named.name, suffix, kCogroupPrefix);
      auto aggregation = input.aggregation;
      aggregation.initial = initial;
      NodeFactory factory = make(std::move(aggregation));
      GraphNode* node = nodes.empty() ? make_stateful(graph(), name, std::move(factory), store)
                                      : make_operator(graph(), name, std::move(factory), {store_name_});
      node->grace_ms = grace_ms;
      graph().add(parents_[nodes.size()].node, node);
      nodes.push_back(node);
    });
    GraphNode* merge =
        make_operator(graph(), graph().suffixed_or_generate(named.name, "-cogroup-merge", "COGROUPKSTREAM-MERGE-"),
                      node_factory<PassThroughNode<KR, Change<VA>>>());
    for (GraphNode* node : nodes) graph().add(node, merge);
    Place place = parents_.front().at(merge);
    place.sources = sources_;
    place.repartition_required = false;
    return place;
  }

  Graph& graph() const { return std::get<0>(inputs_).group.graph(); }

 private:
  template <class F>
  void each(F visit) const {
    std::apply([&](const auto&... input) { (visit(input), ...); }, inputs_);
  }

  const Inputs& inputs_;
  std::string store_name_;
  std::vector<Place> parents_;
  std::vector<std::string> sources_;
};

}  // namespace detail

template <class W, class K, class VA, class... Vs>
class TimeWindowedCogroupedKStream;
template <class K, class VA, class... Vs>
class SessionWindowedCogroupedKStream;

template <class K, class VA, class... Vs>
class CogroupedKStream {
 public:
  using Inputs = std::tuple<detail::CogroupInput<K, Vs, VA>...>;

  /// One more stream, with its own aggregator.
  template <class V, class F>
  CogroupedKStream<K, VA, Vs..., V> cogroup(const KGroupedStream<K, V>& grouped, F aggregator) const {
    return CogroupedKStream<K, VA, Vs..., V>(std::tuple_cat(
        inputs_, std::make_tuple(detail::cogroup_input<K, V, VA>(grouped.group(), std::move(aggregator)))));
  }

  /// `initial` is the first value of each aggregate, or a function that makes it.
  template <class Initial>
  KTable<K, VA> aggregate(Initial initial, const Materialized& materialized = {}) const {
    return aggregate(std::move(initial), Named{}, materialized);
  }
  template <class Initial>
  KTable<K, VA> aggregate(Initial initial, const Named& named, const Materialized& materialized = {}) const {
    const auto& first = std::get<0>(inputs_).group;
    detail::Graph& graph = first.graph();
    const std::string store_name = detail::store_name(graph, materialized, detail::kCogroupPrefix);
    auto key_serde = detail::choose_serde<K>(materialized.key_serde, first.key_serde());
    auto value_serde = detail::choose_serde<VA>(materialized.value_serde);
    auto core = std::shared_ptr<detail::AggregateCore<K, VA>>(
        new detail::AggregateCore<K, VA>(store_name, materialized.history_retention_ms));
    detail::CogroupWriter<K, K, VA, Vs...> writer(inputs_, store_name);
    auto place =
        writer.write(named, detail::table_store<K, VA>(graph, materialized, store_name, key_serde, value_serde),
                     detail::make_initial<VA>(std::move(initial)), std::nullopt,
                     [core]<class V>(detail::Aggregation<K, V, VA> aggregation) {
                       return detail::node_factory<detail::AggregateNode<K, V, VA>>(
                           std::shared_ptr<const detail::TableCore<K, VA>>(core), std::move(aggregation));
                     });
    return KTable<K, VA>(std::move(place), key_serde, value_serde, core);
  }

  /// The same per window.
  template <class W>
  TimeWindowedCogroupedKStream<W, K, VA, Vs...> windowed_by(const W& windows) const {
    return {inputs_, windows};
  }
  SessionWindowedCogroupedKStream<K, VA, Vs...> windowed_by(const SessionWindows& windows) const;

  explicit CogroupedKStream(Inputs inputs) : inputs_(std::move(inputs)) {}

 private:
  Inputs inputs_;
};

template <class W, class K, class VA, class... Vs>
class TimeWindowedCogroupedKStream {
 public:
  using Inputs = std::tuple<detail::CogroupInput<K, Vs, VA>...>;

  template <class Initial>
  KTable<Windowed<K>, VA> aggregate(Initial initial, const Materialized& materialized = {}) const {
    return aggregate(std::move(initial), Named{}, materialized);
  }
  template <class Initial>
  KTable<Windowed<K>, VA> aggregate(Initial initial, const Named& named, const Materialized& materialized = {}) const {
    const auto& first = std::get<0>(inputs_).group;
    detail::Graph& graph = first.graph();
    const std::string store_name = detail::store_name(graph, materialized, detail::kCogroupPrefix);
    auto key_serde = detail::choose_serde<K>(materialized.key_serde, first.key_serde());
    auto value_serde = detail::choose_serde<VA>(materialized.value_serde);
    auto core = std::shared_ptr<detail::WindowAggregateCore<K, VA>>(new detail::WindowAggregateCore<K, VA>(store_name));
    detail::CogroupWriter<Windowed<K>, K, VA, Vs...> writer(inputs_, store_name);
    auto place = writer.write(
        named, detail::window_store<K, VA>(graph, materialized, store_name, windows_, key_serde, value_serde),
        detail::make_initial<VA>(std::move(initial)), windows_.grace_ms(),
        [core, windows = windows_]<class V>(detail::Aggregation<K, V, VA> aggregation) {
          return detail::node_factory<typename detail::WindowNode<K, V, VA, W>::Type>(
              std::shared_ptr<const detail::TableCore<Windowed<K>, VA>>(core), std::move(aggregation), windows);
        });
    SerdePtr<Windowed<K>> windowed_serde = key_serde
                                               ? std::shared_ptr<detail::WindowedSerdeOver<K>>(
                                                     new detail::WindowedSerdeOver<K>(key_serde, windows_.size_ms()))
                                               : nullptr;
    return KTable<Windowed<K>, VA>(std::move(place), windowed_serde, value_serde, core);
  }

  TimeWindowedCogroupedKStream(Inputs inputs, const W& windows) : inputs_(std::move(inputs)), windows_(windows) {
    if (!windows.problem().empty()) std::get<0>(inputs_).group.graph().fail("windowed_by(): " + windows.problem());
  }

 private:
  Inputs inputs_;
  W windows_;
};

template <class K, class V>
template <class VA, class F>
CogroupedKStream<K, VA, V> KGroupedStream<K, V>::cogroup(F aggregator) const {
  return CogroupedKStream<K, VA, V>(std::make_tuple(detail::cogroup_input<K, V, VA>(group_, std::move(aggregator))));
}

}  // namespace leat
