// The nodes of count, reduce and aggregate: over streams, over windows of streams, over regrouped tables.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "topology/table_nodes.h"

namespace leat::detail {

/// One aggregation, without the types of its lambdas. Null is what the functions answer false for.
template <class K, class V, class VA>
struct Aggregation {
  /// The value to start from.
  CopyFunction<bool(VA& result)> initial;
  /// The next value; `old` is null where there is none and the initial value is null too.
  CopyFunction<bool(const K& key, const V* value, const VA* old, VA& result, const RecordContext&)> step;
  /// Whether records with null values are given to `step`; else they are dropped.
  bool sees_null_values = false;
};

/// What a table of aggregates knows; its rows are always kept.
template <class K, class VA>
class AggregateCore final : public TableCore<K, VA> {
 public:
  AggregateCore(std::string store, std::optional<std::int64_t> history_ms) {
    this->store_ = std::move(store);
    this->history_ms_ = history_ms;
  }
  TableView<K, VA> view() override { return store_view<K, VA>(this->store_); }
};

template <class K, class VA>
class WindowAggregateCore final : public TableCore<Windowed<K>, VA> {
 public:
  explicit WindowAggregateCore(std::string store) { this->store_ = std::move(store); }
  TableView<Windowed<K>, VA> view() override {
    const std::string store = this->store_;
    return {make_getter<WindowGetter<K, VA>, Windowed<K>, VA>(store), {store}};
  }
};

template <class K, class V, class VA>
class AggregateNode final : public OperatorNode<K, V, K, Change<VA>> {
 public:
  AggregateNode(std::shared_ptr<const TableCore<K, VA>> core, Aggregation<K, V, VA> aggregation)
      : core_(std::move(core)), aggregation_(std::move(aggregation)) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    store_.init(*this, runtime, core_->store());
    forwarder_.init(runtime, store_, this->outputs_, core_->sends_old_values());
  }
  void process(const K* key, const V* value, RecordContext& context) override {
    if (!key || !value) {
      return this->runtime().dropped(*this, key ? DropCause::kNullValue : DropCause::kNullKey);
    }
    std::int64_t timestamp = context.timestamp;
    const VA* old = store_.find(*key, timestamp);
    if (old) {
      timestamp = std::max(timestamp, context.timestamp);
    } else if (aggregation_.initial(initial_)) {
      old = &initial_;
    }
    const bool present = aggregation_.step(*key, value, old, row_.value, context);
    // The initial value counts as the old one of a new row: Kafka does so.
    if (forwarder_.sends_old_values()) old_.set(old);
    row_.timestamp = timestamp;
    const auto written = store_.write(*key, present ? &row_ : nullptr, timestamp);
    forwarder_.maybe_forward(written, *key, present ? &row_.value : nullptr, old_.get(), timestamp, context);
  }

 private:
  std::shared_ptr<const TableCore<K, VA>> core_;
  Aggregation<K, V, VA> aggregation_;
  TableStore<K, VA> store_;
  TableForwarder<K, VA> forwarder_;
  ValueAndTimestamp<VA> row_;
  VA initial_{};
  Scratch<VA> old_;
};

/// An aggregation over a table that was grouped anew: old values are subtracted, new ones added.
template <class K, class V, class VA>
struct TableAggregation {
  CopyFunction<bool(VA& result)> initial;
  /// `old` is null only where the initial value is null (reduce).
  CopyFunction<bool(const K& key, const V& value, const VA* old, VA& result)> add;
  CopyFunction<bool(const K& key, const V& value, const VA& old, VA& result)> subtract;
};

template <class K, class V, class VA>
class TableAggregateNode final : public OperatorNode<K, Change<V>, K, Change<VA>> {
 public:
  TableAggregateNode(std::shared_ptr<const TableCore<K, VA>> core, TableAggregation<K, V, VA> aggregation)
      : core_(std::move(core)), aggregation_(std::move(aggregation)) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    store_.init(*this, runtime, core_->store());
    forwarder_.init(runtime, store_, this->outputs_, core_->sends_old_values());
  }
  void process(const K* key, const Change<V>* change, RecordContext& context) override {
    if (!key) throw ProcessingError("a regrouped table has a record with a null key");
    std::int64_t timestamp = context.timestamp;
    old_.set(store_.find(*key, timestamp));
    timestamp = std::max(timestamp, context.timestamp);
    const VA* current = old_.get();
    if (change->old_value && current) {
      current = aggregation_.subtract(*key, *change->old_value, *current, between_) ? &between_ : nullptr;
    }
    if (change->new_value) {
      if (!current && aggregation_.initial(initial_)) current = &initial_;
      current = aggregation_.add(*key, *change->new_value, current, row_.value) ? &row_.value : nullptr;
    } else if (current) {
      row_.value = *current;
      current = &row_.value;
    }
    row_.timestamp = timestamp;
    const auto written = store_.write(*key, current ? &row_ : nullptr, timestamp);
    forwarder_.maybe_forward(written, *key, current, old_.get(), timestamp, context);
  }

 private:
  std::shared_ptr<const TableCore<K, VA>> core_;
  TableAggregation<K, V, VA> aggregation_;
  TableStore<K, VA> store_;
  TableForwarder<K, VA> forwarder_;
  ValueAndTimestamp<VA> row_;
  VA between_{};
  VA initial_{};
  Scratch<VA> old_;
};

}  // namespace leat::detail
