// The nodes of operators without state. Each is a class template over the lambda it calls.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "topology/lambda.h"
#include "topology/node.h"

namespace leat::detail {

/// A node that takes KIn, VIn and puts out KOut, VOut.
template <class KIn, class VIn, class KOut, class VOut>
class OperatorNode : public Node, public Edge<KIn, VIn> {
 public:
  void add_child(Node& child) override { outputs_.add(*this, child); }

 protected:
  void forward(const KOut* key, const VOut* value, RecordContext& context) { outputs_.forward(key, value, context); }
  Outputs<KOut, VOut> outputs_;
};

template <class K, class V>
class PassThroughNode final : public OperatorNode<K, V, K, V> {
 public:
  void process(const K* key, const V* value, RecordContext& context) override { this->forward(key, value, context); }
};

/// filter and filter_not. A predicate that takes a plain V is false for null.
template <class K, class V, class F>
class FilterNode final : public OperatorNode<K, V, K, V> {
 public:
  FilterNode(F predicate, bool negated) : predicate_(std::move(predicate)), negated_(negated) {}
  void process(const K* key, const V* value, RecordContext& context) override {
    using Call = KeyValueCall<F, K, V>;
    const bool passes = Call::sees(value) && static_cast<bool>(Call::call(predicate_, key, value, context));
    if (passes != negated_) this->forward(key, value, context);
  }

 private:
  F predicate_;
  bool negated_;
};

template <class K, class V, class F>
class MapValuesNode final : public OperatorNode<K, V, K, MappedValue<F, K, V>> {
 public:
  explicit MapValuesNode(F mapper) : mapper_(std::move(mapper)) {}
  void process(const K* key, const V* value, RecordContext& context) override {
    using Call = KeyValueCall<F, K, V>;
    if (!Call::sees(value)) return this->forward(key, nullptr, context);
    const auto mapped = lend(Call::call(mapper_, key, value, context));
    this->forward(key, mapped.get(), context);
  }

 private:
  F mapper_;
};

[[noreturn]] void null_value_met(const RecordContext& context);
[[noreturn]] void null_pair_returned();

template <class Pair>
using PairKey = ResultOf<typename IsKeyValue<Pair>::Key>;
template <class Pair>
using PairValue = ResultOf<typename IsKeyValue<Pair>::Value>;

template <class K, class V, class F, class Pair = NonNullOf<typename KeyValueCall<F, K, V>::Result>>
class MapNode final : public OperatorNode<K, V, PairKey<Pair>, PairValue<Pair>> {
 public:
  explicit MapNode(F mapper) : mapper_(std::move(mapper)) {}
  void process(const K* key, const V* value, RecordContext& context) override {
    using Call = KeyValueCall<F, K, V>;
    if (!Call::sees(value)) null_value_met(context);
    const auto lent = lend(Call::call(mapper_, key, value, context));
    const Pair* pair = lent.get();
    if (!pair) null_pair_returned();
    this->forward(pointer_to(key_of(*pair), key_), pointer_to(value_of(*pair), value_), context);
  }

 private:
  F mapper_;
  PairKey<Pair> key_{};
  PairValue<Pair> value_{};
};

/// select_key, and the first half of group_by. A selector that takes a plain V gives null a null key.
template <class K, class V, class F>
class SelectKeyNode final : public OperatorNode<K, V, MappedValue<F, K, V>, V> {
 public:
  explicit SelectKeyNode(F selector) : selector_(std::move(selector)) {}
  void process(const K* key, const V* value, RecordContext& context) override {
    using Call = KeyValueCall<F, K, V>;
    if (!Call::sees(value)) return this->forward(nullptr, value, context);
    const auto selected = lend(Call::call(selector_, key, value, context));
    this->forward(selected.get(), value, context);
  }

 private:
  F selector_;
};

template <class K, class V, class F, class Pair = MappedRange<F, K, V>>
class FlatMapNode final : public OperatorNode<K, V, PairKey<Pair>, PairValue<Pair>> {
 public:
  explicit FlatMapNode(F mapper) : mapper_(std::move(mapper)) {}
  void process(const K* key, const V* value, RecordContext& context) override {
    using Call = KeyValueCall<F, K, V>;
    if (!Call::sees(value)) return;
    for (auto&& pair : Call::call(mapper_, key, value, context)) {
      this->forward(pointer_to(key_of(pair), key_), pointer_to(value_of(pair), value_), context);
    }
  }

 private:
  F mapper_;
  PairKey<Pair> key_{};
  PairValue<Pair> value_{};
};

template <class K, class V, class F>
class FlatMapValuesNode final : public OperatorNode<K, V, K, MappedRange<F, K, V>> {
 public:
  explicit FlatMapValuesNode(F mapper) : mapper_(std::move(mapper)) {}
  void process(const K* key, const V* value, RecordContext& context) override {
    using Call = KeyValueCall<F, K, V>;
    if (!Call::sees(value)) return;
    for (auto&& mapped : Call::call(mapper_, key, value, context)) {
      this->forward(key, pointer_to(mapped, value_), context);
    }
  }

 private:
  F mapper_;
  MappedRange<F, K, V> value_{};
};

/// peek, and foreach where it has no children. A lambda that takes a plain V is not called for null.
template <class K, class V, class F>
class PeekNode final : public OperatorNode<K, V, K, V> {
 public:
  explicit PeekNode(F action) : action_(std::move(action)) {}
  void process(const K* key, const V* value, RecordContext& context) override {
    using Call = KeyValueCall<F, K, V>;
    if (Call::sees(value)) Call::call(action_, key, value, context);
    this->forward(key, value, context);
  }

 private:
  F action_;
};

/// The node above the branches: the first predicate that holds decides; an absent predicate is the default branch.
template <class K, class V>
class BranchNode final : public OperatorNode<K, V, K, V> {
 public:
  using Predicate = CopyFunction<bool(const K*, const V*, const RecordContext&)>;
  struct Branch {
    Predicate predicate;
    std::string child;
  };
  explicit BranchNode(std::vector<Branch> branches) : branches_(std::move(branches)) {}
  void process(const K* key, const V* value, RecordContext& context) override {
    for (const Branch& branch : branches_) {
      if (branch.predicate && !branch.predicate(key, value, context)) continue;
      this->outputs_.forward_to(branch.child, key, value, context);
      return;
    }
  }

 private:
  std::vector<Branch> branches_;
};

}  // namespace leat::detail
