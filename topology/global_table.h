// GlobalKTable<K, V>: a topic kept in full by every stream thread, whatever its partitions, so that a stream can be
// joined with it by any key and needs no repartitioning.
//
//   auto products = builder.global_table<std::string, Product>("products");
//   orders.join(products, [](const Order& order) { return order.product_id; },
//               [](const Order& order, const Product& product) { return Line{order, product}; });
//
// It is read to its end before the first record of a stream is processed; afterwards it changes as its topic does,
// without regard to time: a join finds what has been read by then.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "topology/kstream.h"
#include "topology/table_nodes.h"

namespace leat {

template <class K, class V>
class GlobalKTable {
 public:
  using Key = K;
  using Value = V;

  /// The name under which the table can be asked.
  const std::string& queryable_store_name() const { return store_; }

  explicit GlobalKTable(std::string store) : store_(std::move(store)) {}

 private:
  std::string store_;
};

namespace detail {

/// Looks up, for every record, the row of the key that the selector names.
template <class K, class V, class KG, class VG, class VR>
class GlobalJoinNode final : public OperatorNode<K, V, K, VR> {
 public:
  /// Fills `key`; false: null.
  using Selector = CopyFunction<bool(const K* key, const V* value, KG& selected, const RecordContext&)>;
  /// Fills `result`; false: null. The table's value is null only in a left join.
  using Joiner = CopyFunction<bool(const K* key, const V& value, const VG* other, VR& result, const RecordContext&)>;

  GlobalJoinNode(std::string store, Selector selector, Joiner joiner, bool left)
      : getter_(std::move(store)), selector_(std::move(selector)), joiner_(std::move(joiner)), left_(left) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    getter_.init(*this, runtime);
  }
  void process(const K* key, const V* value, RecordContext& context) override {
    // As in Kafka, what cannot be joined with a global table does not count as dropped.
    if (!value) return;
    const bool selected = selector_(key, value, selected_, context);
    std::int64_t timestamp = 0;
    const VG* other = selected ? getter_.get(selected_, timestamp) : nullptr;
    if (!other && !left_) return;
    const bool present = joiner_(key, *value, other, result_, context);
    this->forward(key, present ? &result_ : nullptr, context);
  }

 private:
  KeyValueGetter<KG, VG> getter_;
  Selector selector_;
  Joiner joiner_;
  bool left_;
  KG selected_{};
  VR result_{};
};

}  // namespace detail

template <class K, class V>
template <class KG, class VG, class Select, class F, bool kLeft>
auto KStream<K, V>::joined_with_global(const GlobalKTable<KG, VG>& table, Select select, F joiner, const Named& named,
                                       std::bool_constant<kLeft>) const {
  constexpr bool kSelectsByKey = std::is_invocable_v<Select&, const K&, const V&>;
  static_assert(kSelectsByKey || std::is_invocable_v<Select&, const V&>,
                "the key selector takes (key, value) or (value) and returns the table's key");
  constexpr bool kTakesKey = std::is_invocable_v<F&, const K&, const V&, const VG&>;
  static_assert(kTakesKey || std::is_invocable_v<F&, const V&, const VG&>,
                "a joiner takes (value, table's value) or (key, value, table's value)");
  using OtherParameter = detail::Parameter<F, kTakesKey ? 2 : 1, const VG&>;
  static_assert(!kLeft || detail::kIsOptional<OtherParameter>,
                "the joiner of left_join() must take the table's value as std::optional: there may be none");
  using Result = typename decltype([] {
    if constexpr (kTakesKey) {
      return std::type_identity<std::invoke_result_t<F&, const K&, const V&, const VG&>>{};
    } else {
      return std::type_identity<std::invoke_result_t<F&, const V&, const VG&>>{};
    }
  }())::type;
  using VR = detail::ResultOf<Result>;
  using NodeType = detail::GlobalJoinNode<K, V, KG, VG, VR>;
  typename NodeType::Selector selector = [f = std::move(select)](const K* key, const V* value, KG& selected,
                                                                 const RecordContext& context) mutable {
    if constexpr (kSelectsByKey) {
      using KeyParameter = detail::Parameter<Select, 0, const K&>;
      if constexpr (!detail::kIsOptional<KeyParameter>) {
        if (!key) detail::null_key_met(context);
      }
      return detail::keep(
          f(detail::argument<KeyParameter>(key), detail::argument<detail::Parameter<Select, 1, const V&>>(value)),
          selected);
    } else {
      (void)key, (void)context;
      return detail::keep(f(detail::argument<detail::Parameter<Select, 0, const V&>>(value)), selected);
    }
  };
  using ValueParameter = detail::Parameter<F, kTakesKey ? 1 : 0, const V&>;
  typename NodeType::Joiner erased = [f = std::move(joiner)](const K* key, const V& value, const VG* other, VR& result,
                                                             const RecordContext& context) mutable {
    if constexpr (kTakesKey) {
      using KeyParameter = detail::Parameter<F, 0, const K&>;
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
  // Kafka calls the inner join's node so too.
  const std::string name = graph().name_or_generate(named.name, "KSTREAM-LEFTJOIN-");
  detail::GraphNode* node = detail::make_operator(
      graph(), name,
      [store = table.queryable_store_name(), selector, erased](const detail::NodeBuild&) -> std::unique_ptr<Node> {
        return std::unique_ptr<Node>(new NodeType(store, selector, erased, kLeft));
      });
  return KStream<K, VR>(link(node, kChangesValue), key_serde_, nullptr);
}

}  // namespace leat
