// Tables inside a topology: what operators know about a table above them (TableCore), how they look its rows up
// (ValueGetter), and the nodes of table operators. Between tables travel changes: the new value of a row and, where
// somebody downstream asked for it, the old one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "state/key_value_store.h"
#include "state/window_store.h"
#include "topology/processor.h"
#include "topology/stream_nodes.h"
#include "topology/stream_table_wait.h"
#include "topology/table_store.h"

namespace leat::detail {

/// Reads the current value of a row, from a store or computed from the tables above. One per node that reads.
template <class K, class V>
class ValueGetter {
 public:
  virtual ~ValueGetter() = default;
  virtual void init(const Node& reader, NodeRuntime& runtime) = 0;
  /// Borrowed until the next call; null where there is no such row. Sets `timestamp` where there is one.
  virtual const V* get(const K& key, std::int64_t& timestamp) = 0;
  /// The same as of a time, where the table is versioned.
  virtual const V* get_as_of(const K& key, std::int64_t, std::int64_t& timestamp) { return get(key, timestamp); }
};

/// How a table can be read: a factory of getters and the stores that the reader must be connected to.
template <class K, class V>
struct TableView {
  CopyFunction<std::unique_ptr<ValueGetter<K, V>>()> make;
  std::vector<std::string> stores;
};

/// A factory of getters of class G, each made from copies of `arguments`.
template <class G, class K, class V, class... Arguments>
CopyFunction<std::unique_ptr<ValueGetter<K, V>>()> make_getter(Arguments... arguments) {
  return [... arguments = std::move(arguments)] { return std::unique_ptr<ValueGetter<K, V>>(new G(arguments...)); };
}

/// What is decided about a table while the program goes on to use it: whether it is kept in a store, whether it sends
/// old values. Shared by its handles and its node's factory.
template <class K, class V>
class TableCore {
 public:
  virtual ~TableCore() = default;

  /// Whether old values are sent from now on; false where the table would have to be kept in a store for it, and
  /// `force` does not say so.
  virtual bool enable_sending_old_values(bool force) {
    (void)force;
    sends_old_values_ = true;
    return true;
  }
  virtual TableView<K, V> view() = 0;

  bool sends_old_values() const { return sends_old_values_; }
  /// Whether the table has a history: it may be read as of a time, and updates may be marked as not the latest
  /// (KIP-914).
  bool versioned() const { return history_ms_.has_value(); }
  const std::optional<std::int64_t>& history_ms() const { return history_ms_; }
  /// The store that keeps the table; empty where none does.
  const std::string& store() const { return store_; }

 protected:
  bool sends_old_values_ = false;
  std::optional<std::int64_t> history_ms_;
  std::string store_;
};

template <class K, class V>
class KeyValueGetter final : public ValueGetter<K, V> {
 public:
  explicit KeyValueGetter(std::string store) : name_(std::move(store)) {}
  void init(const Node& reader, NodeRuntime& runtime) override { store_.init(reader, runtime, name_); }
  const V* get(const K& key, std::int64_t& timestamp) override { return store_.find(key, timestamp); }
  const V* get_as_of(const K& key, std::int64_t as_of, std::int64_t& timestamp) override {
    return store_.find_as_of(key, as_of, timestamp);
  }

 private:
  std::string name_;
  TableStore<K, V> store_;
};

template <class K, class V>
class WindowGetter final : public ValueGetter<Windowed<K>, V> {
 public:
  explicit WindowGetter(std::string store) : name_(std::move(store)) {}
  void init(const Node& reader, NodeRuntime& runtime) override {
    store_ = dynamic_cast<TimestampedWindowStore<K, V>*>(runtime.store(reader, name_));
    if (!store_) store_refused(reader, name_, false);
  }
  const V* get(const Windowed<K>& key, std::int64_t& timestamp) override {
    const auto* row = store_->find(key.key, key.window.start);
    if (!row) return nullptr;
    timestamp = row->timestamp;
    return &row->value;
  }

 private:
  std::string name_;
  TimestampedWindowStore<K, V>* store_ = nullptr;
};

template <class K, class V>
TableView<K, V> store_view(const std::string& store) {
  return {make_getter<KeyValueGetter<K, V>, K, V>(store), {store}};
}

/// Sends the changes of a table downstream: at once, or - where the store has a cache - when the cache lets go of them.
template <class K, class V>
class TableForwarder {
 public:
  template <class Store>
  void init(NodeRuntime& runtime, Store& store, Outputs<K, Change<V>>& outputs, bool send_old_values) {
    outputs_ = &outputs;
    send_old_values_ = send_old_values;
    using Row = ValueAndTimestamp<V>;
    cached_ = store.set_flush_listener(
        [this, &runtime](const K& key, const Row* new_row, const Row* old_row) {
          RecordContext& context = runtime.context();
          const Change<V> change{new_row ? &new_row->value : nullptr,
                                 send_old_values_ && old_row ? &old_row->value : nullptr, true};
          forward_at(key, change, new_row ? new_row->timestamp.ms() : context.timestamp, context);
        },
        send_old_values);
  }
  void init_uncached(Outputs<K, Change<V>>& outputs, bool send_old_values) {
    outputs_ = &outputs;
    send_old_values_ = send_old_values;
  }
  bool sends_old_values() const { return send_old_values_; }
  /// Whether the store holds updates back.
  bool is_cached() const { return cached_; }

  void maybe_forward(const K& key, const V* new_value, const V* old_value, std::int64_t timestamp,
                     RecordContext& context) {
    if (cached_) return;
    forward_at(key, {new_value, send_old_values_ ? old_value : nullptr, true}, timestamp, context);
  }
  /// The same for what was written to a store that may be versioned.
  void maybe_forward(typename TableStore<K, V>::Written written, const K& key, const V* new_value, const V* old_value,
                     std::int64_t timestamp, RecordContext& context) {
    if (cached_ || !written.stored) return;
    forward_at(key, {new_value, send_old_values_ ? old_value : nullptr, written.is_latest}, timestamp, context);
  }

 private:
  void forward_at(const K& key, const Change<V>& change, std::int64_t timestamp, RecordContext& context) {
    const std::int64_t before = context.timestamp;
    context.timestamp = timestamp;
    outputs_->forward(&key, &change, context);
    context.timestamp = before;
  }

  Outputs<K, Change<V>>* outputs_ = nullptr;
  bool send_old_values_ = false;
  bool cached_ = false;
};

/// A copy of a value that may be missing; its memory is used again.
template <class V>
class Scratch {
 public:
  void set(const V* value) {
    present_ = value != nullptr;
    if (present_) value_ = *value;
  }
  const V* get() const { return present_ ? &value_ : nullptr; }

 private:
  V value_{};
  bool present_ = false;
};

template <class K, class V>
using TimestampedStorePtr = TimestampedKeyValueStore<K, V>*;

template <class K, class V>
TimestampedStorePtr<K, V> timestamped_store(const Node& node, NodeRuntime& runtime, const std::string& name) {
  StateStore* found = runtime.store(node, name);
  auto* store = dynamic_cast<TimestampedKeyValueStore<K, V>*>(found);
  if (!store) store_refused(node, name, found != nullptr);
  return store;
}

/// A table that is read from a topic or made of a stream; kept in a store only if somebody needs it there.
template <class K, class V>
class TableSourceCore final : public TableCore<K, V> {
 public:
  TableSourceCore(std::string store_name, bool materialized, std::optional<std::int64_t> history_ms)
      : store_name_(std::move(store_name)) {
    if (materialized) this->store_ = store_name_;
    this->history_ms_ = history_ms;
  }
  bool enable_sending_old_values(bool force) override {
    if (!force && this->store_.empty()) return false;
    this->sends_old_values_ = true;
    this->store_ = store_name_;
    return true;
  }
  TableView<K, V> view() override {
    this->store_ = store_name_;
    return store_view<K, V>(store_name_);
  }

 private:
  std::string store_name_;
};

template <class K, class V>
class TableSourceNode final : public OperatorNode<K, V, K, Change<V>> {
 public:
  explicit TableSourceNode(std::shared_ptr<const TableCore<K, V>> core) : core_(std::move(core)) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    if (core_->store().empty()) return;
    store_.init(*this, runtime, core_->store());
    forwarder_.init(runtime, store_, this->outputs_, core_->sends_old_values());
  }
  void process(const K* key, const V* value, RecordContext& context) override {
    if (!key) return this->runtime().dropped(*this, DropCause::kNullKey);
    if (!store_) {
      const Change<V> change{value, nullptr, true};
      return this->forward(key, &change, context);
    }
    // Kafka always reads the old row, and what is read enters the cache: that decides when it overflows, and emits.
    const bool reads = forwarder_.sends_old_values() || forwarder_.is_cached();
    const V* const old = reads ? store_.find(*key) : nullptr;
    old_.set(forwarder_.sends_old_values() ? old : nullptr);
    if (value) {
      row_.value = *value;
      row_.timestamp = context.timestamp;
    }
    const auto written = store_.write(*key, value ? &row_ : nullptr, context.timestamp);
    forwarder_.maybe_forward(written, *key, value, old_.get(), context.timestamp, context);
  }

 private:
  std::shared_ptr<const TableCore<K, V>> core_;
  TableStore<K, V> store_;
  TableForwarder<K, V> forwarder_;
  ValueAndTimestamp<V> row_;
  Scratch<V> old_;
};

/// A table made of another one, row by row: filter and map_values.
template <class K, class V, class VR>
class DerivedTableCore final : public TableCore<K, VR> {
 public:
  /// Computes the new table's value; null where there is none. Keeps it in `scratch` or lends its argument.
  using Compute = CopyFunction<const VR*(const K& key, const V& value, VR& scratch)>;

  /// `wants_old_values`: where the parent is kept in a store anyway, its old values are used (filter, which then need
  /// not send a deletion for every row that does not pass).
  DerivedTableCore(std::shared_ptr<TableCore<K, V>> parent, std::string store, std::optional<std::int64_t> history_ms,
                   Compute compute, bool wants_old_values)
      : parent_(std::move(parent)), compute_(std::move(compute)) {
    this->store_ = std::move(store);
    this->history_ms_ = this->store_.empty() ? parent_->history_ms() : history_ms;
    if (wants_old_values) this->sends_old_values_ = parent_->enable_sending_old_values(false);
  }
  bool enable_sending_old_values(bool force) override {
    // Old values of a table that is kept come from its store, else they are computed from the parent's.
    if (!this->store_.empty() || parent_->enable_sending_old_values(force)) this->sends_old_values_ = true;
    return this->sends_old_values_;
  }
  TableView<K, VR> view() override {
    if (!this->store_.empty()) return store_view<K, VR>(this->store_);
    TableView<K, V> above = parent_->view();
    Compute compute = compute_;
    return {[above, compute] { return std::unique_ptr<ValueGetter<K, VR>>(new Getter(above.make(), compute)); },
            above.stores};
  }
  const Compute& compute() const { return compute_; }

 private:
  class Getter final : public ValueGetter<K, VR> {
   public:
    Getter(std::unique_ptr<ValueGetter<K, V>> above, Compute compute)
        : above_(std::move(above)), compute_(std::move(compute)) {}
    void init(const Node& reader, NodeRuntime& runtime) override { above_->init(reader, runtime); }
    const VR* get(const K& key, std::int64_t& timestamp) override {
      const V* value = above_->get(key, timestamp);
      return value ? compute_(key, *value, scratch_) : nullptr;
    }
    const VR* get_as_of(const K& key, std::int64_t as_of, std::int64_t& timestamp) override {
      const V* value = above_->get_as_of(key, as_of, timestamp);
      return value ? compute_(key, *value, scratch_) : nullptr;
    }

   private:
    std::unique_ptr<ValueGetter<K, V>> above_;
    Compute compute_;
    VR scratch_{};
  };

  std::shared_ptr<TableCore<K, V>> parent_;
  Compute compute_;
};

template <class K, class V, class VR>
class DerivedTableNode final : public OperatorNode<K, Change<V>, K, Change<VR>> {
 public:
  /// `silent`: where old values are sent, a change from no row to no row is not forwarded (filter).
  DerivedTableNode(std::shared_ptr<const DerivedTableCore<K, V, VR>> core, bool silent)
      : core_(std::move(core)), silent_(silent) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    sends_old_ = core_->sends_old_values();
    if (core_->store().empty()) return;
    store_.init(*this, runtime, core_->store());
    forwarder_.init(runtime, store_, this->outputs_, sends_old_);
  }
  void process(const K* key, const Change<V>* change, RecordContext& context) override {
    const VR* new_value = compute(*key, change->new_value, new_scratch_);
    const VR* old_value = nullptr;
    if (sends_old_) {
      if (store_) {
        old_.set(store_.find(*key));
        old_value = old_.get();
      } else {
        old_value = compute(*key, change->old_value, old_scratch_);
      }
      if (silent_ && !old_value && !new_value) return;
    }
    if (!store_) {
      const Change<VR> derived{new_value, old_value, change->is_latest};
      return this->forward(key, &derived, context);
    }
    if (new_value) {
      row_.value = *new_value;
      row_.timestamp = context.timestamp;
    }
    const auto written = store_.write(*key, new_value ? &row_ : nullptr, context.timestamp);
    forwarder_.maybe_forward(written, *key, new_value, old_value, context.timestamp, context);
  }

 private:
  const VR* compute(const K& key, const V* value, VR& scratch) {
    return value ? core_->compute()(key, *value, scratch) : nullptr;
  }

  std::shared_ptr<const DerivedTableCore<K, V, VR>> core_;
  bool silent_;
  bool sends_old_ = false;
  TableStore<K, VR> store_;
  TableForwarder<K, VR> forwarder_;
  ValueAndTimestamp<VR> row_;
  VR new_scratch_{};
  VR old_scratch_{};
  Scratch<VR> old_;
};

template <class K, class V>
class ToStreamNode final : public OperatorNode<K, Change<V>, K, V> {
 public:
  void process(const K* key, const Change<V>* change, RecordContext& context) override {
    this->forward(key, change->new_value, context);
  }
};

/// Joins records of a stream with the row of a table: the current one, or that of the record's time where the table is
/// versioned.
template <class K, class V, class VO, class VR>
class StreamTableJoinNode final : public OperatorNode<K, V, K, VR> {
 public:
  /// Fills `result`; false: null. The table's value is null only in a left join.
  using Joiner = CopyFunction<bool(const K* key, const V& value, const VO* other, VR& result, const RecordContext&)>;

  StreamTableJoinNode(std::unique_ptr<ValueGetter<K, VO>> getter, Joiner joiner, bool left, StreamTableWait<K, V> wait)
      : getter_(std::move(getter)), joiner_(std::move(joiner)), left_(left), wait_(std::move(wait)) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    getter_->init(*this, runtime);
    wait_.init(*this, runtime);
  }
  void process(const K* key, const V* value, RecordContext& context) override {
    if (!value || (!key && !left_)) {
      return this->runtime().dropped(*this, value ? DropCause::kNullKey : DropCause::kNullValue);
    }
    if (!wait_.used()) return join(key, value, context);
    wait_.take(key, *value, context, [this](const K* k, const V* v, RecordContext& then) { join(k, v, then); });
  }

 private:
  void join(const K* key, const V* value, RecordContext& context) {
    std::int64_t timestamp = 0;
    const VO* other = key ? getter_->get_as_of(*key, context.timestamp, timestamp) : nullptr;
    if (!other && !left_) return;
    const bool present = joiner_(key, *value, other, result_, context);
    this->forward(key, present ? &result_ : nullptr, context);
  }

  std::unique_ptr<ValueGetter<K, VO>> getter_;
  Joiner joiner_;
  bool left_;
  StreamTableWait<K, V> wait_;
  VR result_{};
};

}  // namespace leat::detail
