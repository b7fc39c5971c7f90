// Records grouped by key and session.
//
//   clicks.group_by_key()
//       .windowed_by(leat::SessionWindows::of_inactivity_gap_and_grace(30min, 1min))
//       .count(leat::Materialized::as("clicks-per-session"));
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "topology/cogroup.h"
#include "topology/grouped.h"
#include "topology/session_nodes.h"

namespace leat {

namespace detail {

template <class K>
SerdePtr<Windowed<K>> session_serde(const SerdePtr<K>& keys) {
  return keys ? std::shared_ptr<SessionSerdeOver<K>>(new SessionSerdeOver<K>(keys)) : nullptr;
}

}  // namespace detail

/// Records grouped by key and session (org.apache.kafka.streams.kstream.SessionWindowedKStream). A session that grows
/// or is merged is a new row: the old one is deleted downstream. Records with a null key are left out.
template <class K, class V>
class SessionWindowedKStream {
 public:
  KTable<Windowed<K>, std::int64_t> count(const Named& named = {}) const { return counted(named, {}); }
  KTable<Windowed<K>, std::int64_t> count(const Materialized& materialized) const {
    return count(Named{}, materialized);
  }
  KTable<Windowed<K>, std::int64_t> count(const Named& named, const Materialized& materialized) const {
    if (materialized.name.empty()) group_.graph().new_store_name(detail::kAggregatePrefix);
    return counted(named, materialized);
  }

  /// `reducer` also makes one value of those of two sessions that become one.
  template <class F>
  KTable<Windowed<K>, V> reduce(F reducer, const Materialized& materialized = {}) const {
    return reduce(std::move(reducer), Named{}, materialized);
  }
  template <class F>
  KTable<Windowed<K>, V> reduce(F reducer, const Named& named, const Materialized& materialized = {}) const {
    static_assert(detail::Reduces<F, V>, "reduce() takes a function (value, value) that returns a value");
    auto merger = [f = reducer](const K&, const V* a, const V& b, V& result) mutable {
      if (!a) return result = b, true;
      return detail::keep(f(*a, b), result);
    };
    return aggregated<V>(detail::make_reduction<K, V>(std::move(reducer)), std::move(merger), named, materialized,
                         detail::kReducePrefix, group_.value_serde());
  }

  /// `merger` takes (key, aggregate, aggregate) or (aggregate, aggregate) of two sessions that become one.
  template <class Initial, class F, class M>
  auto aggregate(Initial initial, F aggregator, M merger, const Materialized& materialized = {}) const {
    return aggregate(std::move(initial), std::move(aggregator), std::move(merger), Named{}, materialized);
  }
  template <class Initial, class F, class M>
  auto aggregate(Initial initial, F aggregator, M merger, const Named& named,
                 const Materialized& materialized = {}) const {
    using VA = detail::InitialValue<Initial>;
    static_assert(detail::AggregatesInto<F, K, V, VA>,
                  "aggregate() takes a function (key, value, aggregate) or (value, aggregate)");
    return aggregated<VA>(detail::make_aggregation<K, V, VA>(std::move(initial), std::move(aggregator)),
                          detail::make_merger<K, VA>(std::move(merger)), named, materialized, detail::kAggregatePrefix,
                          nullptr);
  }

  /// When the aggregations that follow put out results; on every update unless told otherwise.
  SessionWindowedKStream emit_strategy(EmitStrategy strategy) const {
    SessionWindowedKStream stream = *this;
    stream.emits_ = strategy;
    return stream;
  }

  SessionWindowedKStream(detail::GroupedPlace<K, V> group, const SessionWindows& windows)
      : group_(std::move(group)), windows_(windows) {
    if (!windows.problem().empty()) group_.graph().fail("windowed_by(): " + windows.problem());
  }

 private:
  KTable<Windowed<K>, std::int64_t> counted(const Named& named, const Materialized& materialized) const {
    auto merger = [](const K&, const std::int64_t* a, const std::int64_t& b, std::int64_t& result) {
      result = *a + b;
      return true;
    };
    return aggregated<std::int64_t>(detail::make_count<K, V>(), merger, named, materialized, detail::kAggregatePrefix,
                                    nullptr);
  }
  template <class VA>
  KTable<Windowed<K>, VA> aggregated(detail::Aggregation<K, V, VA> aggregation, detail::SessionMerger<K, VA> merger,
                                     const Named& named, const Materialized& materialized, const std::string& prefix,
                                     SerdePtr<VA> value_serde) const {
    detail::Graph& graph = group_.graph();
    const std::string store_name = detail::store_name(graph, materialized, prefix);
    const std::string name = graph.name_or_generate(named.name, prefix);
    auto key_serde = detail::choose_serde<K>(materialized.key_serde, group_.key_serde());
    value_serde = detail::choose_serde<VA>(materialized.value_serde, value_serde);
    const detail::Place parent = group_.parent_for(store_name);
    auto core =
        std::shared_ptr<detail::SessionAggregateCore<K, VA>>(new detail::SessionAggregateCore<K, VA>(store_name));
    StoreBuilderPtr store = detail::session_store<K, VA>(graph, materialized, store_name, windows_.kept_ms(), key_serde,
                                                         value_serde, emits_);
    detail::GraphNode* node = detail::make_stateful(
        graph, name,
        [core, aggregation = std::move(aggregation), merger = std::move(merger), windows = windows_,
         emits = emits_](const detail::NodeBuild& build) -> std::unique_ptr<Node> {
          return std::unique_ptr<Node>(new detail::SessionAggregateNode<K, V, VA>(
              core, aggregation, merger, windows, detail::ClosedWindows(emits, build.emit_interval_ms)));
        },
        store);
    node->grace_ms = windows_.kept_ms();
    graph.add(parent.node, node);
    return KTable<Windowed<K>, VA>(parent.at(node), detail::session_serde(key_serde), value_serde, core);
  }

  detail::GroupedPlace<K, V> group_;
  SessionWindows windows_;
  EmitStrategy emits_ = EmitStrategy::on_window_update();
};

/// Several grouped streams folded into one aggregate per session.
template <class K, class VA, class... Vs>
class SessionWindowedCogroupedKStream {
 public:
  using Inputs = std::tuple<detail::CogroupInput<K, Vs, VA>...>;

  template <class Initial, class M>
  KTable<Windowed<K>, VA> aggregate(Initial initial, M merger, const Materialized& materialized = {}) const {
    return aggregate(std::move(initial), std::move(merger), Named{}, materialized);
  }
  template <class Initial, class M>
  KTable<Windowed<K>, VA> aggregate(Initial initial, M merger, const Named& named,
                                    const Materialized& materialized = {}) const {
    const auto& first = std::get<0>(inputs_).group;
    detail::Graph& graph = first.graph();
    const std::string store_name = detail::store_name(graph, materialized, detail::kCogroupPrefix);
    auto key_serde = detail::choose_serde<K>(materialized.key_serde, first.key_serde());
    auto value_serde = detail::choose_serde<VA>(materialized.value_serde);
    auto core =
        std::shared_ptr<detail::SessionAggregateCore<K, VA>>(new detail::SessionAggregateCore<K, VA>(store_name));
    detail::CogroupWriter<Windowed<K>, K, VA, Vs...> writer(inputs_, store_name);
    auto place = writer.write(
        named,
        detail::session_store<K, VA>(graph, materialized, store_name, windows_.kept_ms(), key_serde, value_serde),
        detail::make_initial<VA>(std::move(initial)), windows_.kept_ms(),
        [core, windows = windows_,
         merging = detail::make_merger<K, VA>(std::move(merger))]<class V>(detail::Aggregation<K, V, VA> aggregation) {
          return detail::node_factory<detail::SessionAggregateNode<K, V, VA>>(
              std::shared_ptr<const detail::TableCore<Windowed<K>, VA>>(core), std::move(aggregation), merging,
              windows);
        });
    return KTable<Windowed<K>, VA>(std::move(place), detail::session_serde(key_serde), value_serde, core);
  }

  SessionWindowedCogroupedKStream(Inputs inputs, const SessionWindows& windows)
      : inputs_(std::move(inputs)), windows_(windows) {
    if (!windows.problem().empty()) std::get<0>(inputs_).group.graph().fail("windowed_by(): " + windows.problem());
  }

 private:
  Inputs inputs_;
  SessionWindows windows_;
};

template <class K, class V>
SessionWindowedKStream<K, V> KGroupedStream<K, V>::windowed_by(const SessionWindows& windows) const {
  return {group_, windows};
}

template <class K, class VA, class... Vs>
SessionWindowedCogroupedKStream<K, VA, Vs...> CogroupedKStream<K, VA, Vs...>::windowed_by(
    const SessionWindows& windows) const {
  return {inputs_, windows};
}

}  // namespace leat
