// KTable<K, V>: a table, that is the latest value of each key, changing as records come. A handle, as KStream is.
// Lambdas of table operators are not called for missing rows.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "topology/aggregation.h"
#include "topology/kstream.h"
#include "topology/store_choice.h"
#include "topology/suppress.h"
#include "topology/table_nodes.h"

namespace leat {

template <class K, class V>
class KGroupedTable;

namespace detail {
enum class TableJoin { kInner, kLeft, kOuter };
}

/// See the head of this file (org.apache.kafka.streams.kstream.KTable). Operators without a Materialized keep no rows
/// of their own: what is asked of them is computed from the table above.
template <class K, class V>
class KTable {
 public:
  using Key = K;
  using Value = V;

  /// Only rows for which `predicate` holds; kept in a store where Materialized names one. A row that stops to match is
  /// deleted downstream.
  template <class F>
  KTable filter(F predicate, const Named& named = {}) const {
    return filtered(std::move(predicate), false, named, nullptr);
  }
  template <class F>
  KTable filter(F predicate, const Materialized& materialized) const {
    return filtered(std::move(predicate), false, {}, &materialized);
  }
  template <class F>
  KTable filter(F predicate, const Named& named, const Materialized& materialized) const {
    return filtered(std::move(predicate), false, named, &materialized);
  }
  template <class F>
  KTable filter_not(F predicate, const Named& named = {}) const {
    return filtered(std::move(predicate), true, named, nullptr);
  }
  template <class F>
  KTable filter_not(F predicate, const Materialized& materialized) const {
    return filtered(std::move(predicate), true, {}, &materialized);
  }
  template <class F>
  KTable filter_not(F predicate, const Named& named, const Materialized& materialized) const {
    return filtered(std::move(predicate), true, named, &materialized);
  }

  /// A new value for each row. The mapper may run more than once for a value, so it must depend on its arguments alone.
  template <class F>
  auto map_values(F mapper, const Named& named = {}) const {
    return mapped(std::move(mapper), named, nullptr);
  }
  template <class F>
  auto map_values(F mapper, const Materialized& materialized) const {
    return mapped(std::move(mapper), {}, &materialized);
  }
  template <class F>
  auto map_values(F mapper, const Named& named, const Materialized& materialized) const {
    return mapped(std::move(mapper), named, &materialized);
  }

  /// The name under which the table can be asked: that of its store, where the program named it.
  std::optional<std::string> queryable_store_name() const {
    const std::string& store = core_->store();
    return store.empty() || detail::is_generated_name(store) ? std::nullopt : std::optional<std::string>(store);
  }

  /// A new value for each row by a ValueTransformerWithKey, which may use `stores`; `make` returns a new one each time.
  template <class Make>
  auto transform_values(Make make, std::vector<std::string> stores = {}, const Named& named = {}) const {
    return transformed(std::move(make), named, nullptr, std::move(stores));
  }
  template <class Make>
  auto transform_values(Make make, const std::same_as<Materialized> auto& materialized,
                        std::vector<std::string> stores = {}, const Named& named = {}) const {
    return transformed(std::move(make), named, &materialized, std::move(stores));
  }

  /// The changes of the table as a stream; a deletion is a record with a null value.
  KStream<K, V> to_stream(const Named& named = {}) const {
    detail::GraphNode* node = detail::make_operator(graph(), graph().name_or_generate(named.name, "KTABLE-TOSTREAM-"),
                                                    detail::node_factory<detail::ToStreamNode<K, V>>());
    graph().add(place_.node, node);
    detail::Place place = place_.at(node);
    place.repartition_required = false;
    return KStream<K, V>(std::move(place), key_serde_, value_serde_);
  }
  /// The same with a new key for each record.
  template <class F>
  auto to_stream(F selector, const Named& named = {}) const {
    return to_stream(named).select_key(std::move(selector));
  }

  /// Groups the rows by a new key and value: `selector` returns a KeyValue. Always through a repartition topic; a row
  /// that changes its group is taken out of the old one and put into the new one, not in one step (KIP-904).
  template <class F>
  auto group_by(F selector, const Grouped& grouped = {}) const;

  /// Joined with another table by key: a row for each key that both have, made anew when either changes. `joiner` takes
  /// both values. The topics of both must have equal numbers of partitions.
  template <class VO, class F>
  auto join(const KTable<K, VO>& other, F joiner, const Named& named = {}) const {
    return joined(other, std::move(joiner), detail::TableJoin::kInner, named, nullptr);
  }
  template <class VO, class F>
  auto join(const KTable<K, VO>& other, F joiner, const Materialized& materialized) const {
    return join(other, std::move(joiner), Named{}, materialized);
  }
  template <class VO, class F>
  auto join(const KTable<K, VO>& other, F joiner, const Named& named, const Materialized& materialized) const {
    return joined(other, std::move(joiner), detail::TableJoin::kInner, named, &materialized);
  }
  /// The same with a row for each key of this table; `joiner` takes the other value as std::optional.
  template <class VO, class F>
  auto left_join(const KTable<K, VO>& other, F joiner, const Named& named = {}) const {
    static_assert(detail::kIsOptional<detail::Parameter<F, 1, const VO&>>,
                  "the joiner of left_join() must take the other table's value as std::optional: there may be none");
    return joined(other, std::move(joiner), detail::TableJoin::kLeft, named, nullptr);
  }
  template <class VO, class F>
  auto left_join(const KTable<K, VO>& other, F joiner, const Materialized& materialized) const {
    return left_join(other, std::move(joiner), Named{}, materialized);
  }
  template <class VO, class F>
  auto left_join(const KTable<K, VO>& other, F joiner, const Named& named, const Materialized& materialized) const {
    static_assert(detail::kIsOptional<detail::Parameter<F, 1, const VO&>>,
                  "the joiner of left_join() must take the other table's value as std::optional: there may be none");
    return joined(other, std::move(joiner), detail::TableJoin::kLeft, named, &materialized);
  }
  /// The same with a row for each key of either table; `joiner` takes both values as std::optional.
  template <class VO, class F>
  auto outer_join(const KTable<K, VO>& other, F joiner, const Named& named = {}) const {
    static_assert(detail::kIsOptional<detail::Parameter<F, 0, const V&>> &&
                      detail::kIsOptional<detail::Parameter<F, 1, const VO&>>,
                  "the joiner of outer_join() must take both values as std::optional: either may be missing");
    return joined(other, std::move(joiner), detail::TableJoin::kOuter, named, nullptr);
  }
  template <class VO, class F>
  auto outer_join(const KTable<K, VO>& other, F joiner, const Materialized& materialized) const {
    return outer_join(other, std::move(joiner), Named{}, materialized);
  }
  template <class VO, class F>
  auto outer_join(const KTable<K, VO>& other, F joiner, const Named& named, const Materialized& materialized) const {
    static_assert(detail::kIsOptional<detail::Parameter<F, 0, const V&>> &&
                      detail::kIsOptional<detail::Parameter<F, 1, const VO&>>,
                  "the joiner of outer_join() must take both values as std::optional: either may be missing");
    return joined(other, std::move(joiner), detail::TableJoin::kOuter, named, &materialized);
  }

  /// Joined with another table by a foreign key (KIP-213): `extract` takes (value) or (key, value) and names the key of
  /// the other table's row; `joiner` takes both values. An empty std::optional is a null key, which joins nothing.
  template <class KO, class VO, class Extract, class F>
  requires std::is_invocable_v<F&, const V&, const VO&>
  auto join(const KTable<KO, VO>& other, Extract extract, F joiner, const TableJoined& table_joined = {},
            const Materialized& materialized = {}) const {
    return joined_by_foreign_key(other, std::move(extract), std::move(joiner), false, table_joined, materialized);
  }
  template <class KO, class VO, class Extract, class F>
  requires std::is_invocable_v<F&, const V&, const VO&>
  auto join(const KTable<KO, VO>& other, Extract extract, F joiner, const Materialized& materialized) const {
    return joined_by_foreign_key(other, std::move(extract), std::move(joiner), false, {}, materialized);
  }
  /// The same with a row for each row of this table; `joiner` takes the other value as std::optional.
  template <class KO, class VO, class Extract, class F>
  requires std::is_invocable_v<F&, const V&, const VO&>
  auto left_join(const KTable<KO, VO>& other, Extract extract, F joiner, const TableJoined& table_joined = {},
                 const Materialized& materialized = {}) const {
    static_assert(detail::kIsOptional<detail::Parameter<F, 1, const VO&>>,
                  "the joiner of left_join() must take the other table's value as std::optional: there may be none");
    return joined_by_foreign_key(other, std::move(extract), std::move(joiner), true, table_joined, materialized);
  }
  template <class KO, class VO, class Extract, class F>
  requires std::is_invocable_v<F&, const V&, const VO&>
  auto left_join(const KTable<KO, VO>& other, Extract extract, F joiner, const Materialized& materialized) const {
    return left_join(other, std::move(extract), std::move(joiner), TableJoined{}, materialized);
  }

  /// Holds back intermediate results, see Suppressed. Not of versioned tables.
  KTable suppress(const Suppressed& suppressed) const;

  // For the builder and the other handles.
  KTable(detail::Place place, SerdePtr<K> key_serde, SerdePtr<V> value_serde,
         std::shared_ptr<detail::TableCore<K, V>> core)
      : place_(std::move(place)),
        key_serde_(std::move(key_serde)),
        value_serde_(std::move(value_serde)),
        core_(std::move(core)) {}
  const detail::Place& place() const { return place_; }
  const SerdePtr<K>& key_serde() const { return key_serde_; }
  const SerdePtr<V>& value_serde() const { return value_serde_; }
  detail::TableCore<K, V>& core() const { return *core_; }
  const std::shared_ptr<detail::TableCore<K, V>>& shared_core() const { return core_; }

 private:
  detail::Graph& graph() const { return *place_.graph; }

  template <class VO, class F>
  auto joined(const KTable<K, VO>& other, F joiner, detail::TableJoin join, const Named& named,
              const Materialized* materialized) const;

  template <class KO, class VO, class Extract, class F>
  auto joined_by_foreign_key(const KTable<KO, VO>& other, Extract extract, F joiner, bool left,
                             const TableJoined& joined, const Materialized& materialized) const;

  template <class Make>
  auto transformed(Make make, const Named& named, const Materialized* materialized,
                   std::vector<std::string> stores) const;

  template <class F>
  KTable filtered(F predicate, bool negated, const Named& named, const Materialized* materialized) const {
    static_assert(detail::PredicateOfKeyAndValueOrValue<F, K, V>,
                  "filter() takes a function (value) or (key, value) that returns bool");
    using Call = detail::KeyValueCall<F, K, V>;
    return derived<V>(
        [predicate = std::move(predicate), negated](const K& key, const V& value, V&) mutable -> const V* {
          return static_cast<bool>(Call::call(predicate, &key, &value, RecordContext{})) != negated ? &value : nullptr;
        },
        "KTABLE-FILTER-", named, materialized, /*silent=*/true, value_serde_);
  }
  template <class F>
  auto mapped(F mapper, const Named& named, const Materialized* materialized) const {
    static_assert(detail::MapsKeyAndValueOrValue<F, K, V>,
                  "map_values() takes a function (value) or (key, value) that returns the new value");
    using VR = detail::MappedValue<F, K, V>;
    using Call = detail::KeyValueCall<F, K, V>;
    return derived<VR>(
        [mapper = std::move(mapper)](const K& key, const V& value, VR& scratch) mutable -> const VR* {
          const auto lent = detail::lend(Call::call(mapper, &key, &value, RecordContext{}));
          if (!lent.get()) return nullptr;
          scratch = *lent.get();
          return &scratch;
        },
        "KTABLE-MAPVALUES-", named, materialized, /*silent=*/false, SerdePtr<VR>());
  }
  template <class VR>
  KTable<K, VR> derived(typename detail::DerivedTableCore<K, V, VR>::Compute compute, const std::string& prefix,
                        const Named& named, const Materialized* materialized, bool silent,
                        SerdePtr<VR> value_serde) const {
    SerdePtr<K> key_serde = key_serde_;
    StoreBuilderPtr store;
    if (materialized) {
      if (materialized->name.empty()) {
        graph().new_store_name(prefix);
      } else {
        graph().checked_name(materialized->name);
      }
      if (!materialized->key_serde.empty()) key_serde = materialized->key_serde.template get<K>();
      if (!materialized->value_serde.empty()) value_serde = materialized->value_serde.template get<VR>();
      if (!materialized->name.empty()) {
        store = detail::table_store<K, VR>(graph(), *materialized, materialized->name, key_serde, value_serde);
      }
    }
    const std::string name = graph().name_or_generate(named.name, prefix);
    auto core = std::shared_ptr<detail::DerivedTableCore<K, V, VR>>(new detail::DerivedTableCore<K, V, VR>(
        core_, store ? store->name() : "", materialized ? materialized->history_retention_ms : std::nullopt,
        std::move(compute), silent));
    using NodeType = detail::DerivedTableNode<K, V, VR>;
    detail::GraphNode* node = detail::make_stateful(
        graph(), name,
        [core, silent = silent && !core_->versioned()](const detail::NodeBuild&) -> std::unique_ptr<Node> {
          return std::unique_ptr<Node>(new NodeType(core, silent));
        },
        store);
    graph().add(place_.node, node);
    return KTable<K, VR>(place_.at(node), key_serde, value_serde, core);
  }

  detail::Place place_;
  SerdePtr<K> key_serde_;
  SerdePtr<V> value_serde_;
  std::shared_ptr<detail::TableCore<K, V>> core_;
};

template <class K, class V>
KTable<K, V> KTable<K, V>::suppress(const Suppressed& suppressed) const {
  if (core_->versioned()) graph().fail("suppress(): the table is versioned; only its latest rows could be held back");
  const std::string name =
      suppressed.name.empty() ? graph().new_processor_name("KTABLE-SUPPRESS-") : graph().checked_name(suppressed.name);
  detail::SuppressLimits limits = suppressed.limits;
  if (suppressed.until_close) limits.wait_ms = detail::grace_above(graph(), *place_.node, name);
  const std::string store_name =
      suppressed.name.empty() ? graph().new_store_name("KTABLE-SUPPRESS-") : suppressed.name + "-store";
  auto key_serde = detail::choose_serde<K>({}, key_serde_);
  auto value_serde = detail::choose_serde<V>({}, value_serde_);
  if (!key_serde || !value_serde) graph().fail(name + ": suppress() needs a serde for the key and value type");
  StoreBuilderPtr store = detail::suppress_store(store_name, suppressed);
  auto core = std::shared_ptr<detail::SuppressedCore<K, V>>(
      new detail::SuppressedCore<K, V>(core_, store_name, key_serde, value_serde));
  detail::GraphNode* node = detail::make_stateful(
      graph(), name,
      [core, limits, store_name](const detail::NodeBuild&) -> std::unique_ptr<Node> {
        return std::unique_ptr<Node>(new detail::SuppressNode<K, V>(core, limits, store_name));
      },
      store);
  graph().add(place_.node, node);
  detail::Place place = place_.at(node);
  place.sources = {place_.name};
  return KTable(std::move(place), key_serde_, value_serde_, core);
}

template <class K, class V>
KTable<K, V> KStream<K, V>::to_table(const Materialized& materialized) const {
  return to_table(Named{}, materialized);
}

template <class K, class V>
KTable<K, V> KStream<K, V>::to_table(const Named& named, const Materialized& materialized) const {
  const std::string name = graph().name_or_generate(named.name, "KSTREAM-TOTABLE-");
  const std::string store_name =
      materialized.name.empty() ? graph().new_store_name("KSTREAM-TOTABLE-") : graph().checked_name(materialized.name);
  auto key_serde = materialized.key_serde.empty() ? key_serde_ : materialized.key_serde.template get<K>();
  auto value_serde = materialized.value_serde.empty() ? value_serde_ : materialized.value_serde.template get<V>();
  detail::Place parent = place_;
  if (place_.repartition_required) {
    detail::GraphNode* repartition = graph().make_repartition(
        name, detail::repartition_spec<K, V>(graph(), name, detail::choose_serde<K>({}, key_serde),
                                             detail::choose_serde<V>({}, value_serde)));
    graph().add(place_.node, repartition);
    parent = repartitioned_at(repartition, repartition->name);
  }
  auto core = std::shared_ptr<detail::TableSourceCore<K, V>>(
      new detail::TableSourceCore<K, V>(store_name, !materialized.name.empty(), materialized.history_retention_ms));
  StoreBuilderPtr store = detail::table_store<K, V>(graph(), materialized, store_name, key_serde, value_serde);
  detail::GraphNode* node = detail::make_table_of_stream<K, V>(graph(), name, core, store);
  graph().add(parent.node, node);
  detail::Place place = parent.at(node);
  return KTable<K, V>(std::move(place), key_serde, value_serde, core);
}

template <class K, class V>
template <class VO, class F, bool kLeft>
auto KStream<K, V>::joined_with(const KTable<K, VO>& table, F joiner, const Joined& joined,
                                std::bool_constant<kLeft>) const {
  constexpr bool kTakesKey = std::is_invocable_v<F&, const K&, const V&, const VO&>;
  static_assert(kTakesKey || std::is_invocable_v<F&, const V&, const VO&>,
                "a joiner takes (value, table's value) or (key, value, table's value)");
  using OtherParameter = detail::Parameter<F, kTakesKey ? 2 : 1, const VO&>;
  static_assert(!kLeft || detail::kIsOptional<OtherParameter>,
                "the joiner of left_join() must take the table's value as std::optional: there may be none");
  using Result = typename decltype([] {
    if constexpr (kTakesKey) {
      return std::type_identity<std::invoke_result_t<F&, const K&, const V&, const VO&>>{};
    } else {
      return std::type_identity<std::invoke_result_t<F&, const V&, const VO&>>{};
    }
  }())::type;
  using VR = detail::ResultOf<Result>;
  using KeyParameter = detail::Parameter<F, 0, const K&>;
  using ValueParameter = detail::Parameter<F, kTakesKey ? 1 : 0, const V&>;

  const KStream stream = partitioned_for_join(joined.name, joined);
  const std::vector<std::string> sources = detail::united(stream.place_.sources, table.place().sources);
  graph().copartition(sources);
  const std::string name = graph().name_or_generate(joined.name, kLeft ? "KSTREAM-LEFTJOIN-" : "KSTREAM-JOIN-");
  detail::TableView<K, VO> view = table.core().view();
  using NodeType = detail::StreamTableJoinNode<K, V, VO, VR>;
  typename NodeType::Joiner erased = [f = std::move(joiner)](const K* key, const V& value, const VO* other, VR& result,
                                                             const RecordContext& context) mutable {
    if constexpr (kTakesKey) {
      if constexpr (!detail::kIsOptional<KeyParameter>) {
        if (!key) detail::null_key_met(context);
      }
      return detail::keep(f(detail::argument<KeyParameter>(key), detail::argument<ValueParameter>(&value),
                            detail::argument<OtherParameter>(other)),
                          result);
    } else {
      (void)key, (void)context;
      return detail::keep(f(detail::argument<ValueParameter>(&value), detail::argument<OtherParameter>(other)), result);
    }
  };
  StoreBuilderPtr buffer;
  detail::StreamTableWait<K, V> wait;
  if (joined.grace_ms) {
    buffer = detail::join_buffer(name + "-Buffer", *joined.grace_ms);
    if (!table.core().versioned()) {
      graph().fail(name + ": a grace period needs a versioned table; give it Materialized::versioned_store");
    }
    if (table.core().history_ms().value_or(*joined.grace_ms) < *joined.grace_ms) {
      graph().fail(name + ": the grace period is longer than the history of the table; keep it for longer");
    }
    wait = detail::StreamTableWait<K, V>(buffer->name(), detail::choose_serde<K>(joined.key_serde, stream.key_serde_),
                                         detail::choose_serde<V>(joined.value_serde, stream.value_serde_));
  }
  detail::GraphNode* node = detail::make_stateful(
      graph(), name,
      [make = view.make, erased, wait](const detail::NodeBuild&) -> std::unique_ptr<Node> {
        return std::unique_ptr<Node>(new NodeType(make(), erased, kLeft, wait));
      },
      buffer, view.stores);
  node->relaxed_null_key_join = kLeft;
  graph().add(stream.place_.node, node);
  detail::Place place = stream.place_.at(node);
  place.sources = sources;
  place.repartition_required = false;
  return KStream<K, VR>(std::move(place), stream.key_serde_, nullptr);
}

}  // namespace leat

#include "topology/foreign_key_join.h"
#include "topology/grouped.h"
#include "topology/table_join.h"
#include "topology/table_transform.h"
