// Suppressed: how suppress() holds back the intermediate results of a table.
//
//   counts.suppress(leat::Suppressed::until_window_closes(leat::BufferConfig::unbounded()))
//   table.suppress(leat::Suppressed::until_time_limit(5s, leat::BufferConfig::max_records(1000)))
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "topology/graph.h"
#include "topology/suppress_buffer.h"
#include "topology/table_nodes.h"

namespace leat {

/// How much a suppression may hold, for each task, and what happens when that is reached
/// (org.apache.kafka.streams.kstream.Suppressed.BufferConfig, KIP-328). The buffer is in memory, and in a changelog
/// that is written at commits (KIP-446).
struct BufferConfig {
  /// Rows, and bytes of their keys, values and headers by Kafka's count.
  std::int64_t records_max = std::numeric_limits<std::int64_t>::max();
  std::int64_t bytes_max = std::numeric_limits<std::int64_t>::max();
  /// Whether the oldest row goes out when the buffer is full; else the task fails.
  bool emits_early = false;
  bool logging = true;
  std::map<std::string, std::string> log_config;

  static BufferConfig unbounded() { return {}; }
  static BufferConfig max_records(std::int64_t count) {
    BufferConfig config;
    config.records_max = count;
    config.emits_early = true;
    return config;
  }
  static BufferConfig max_bytes(std::int64_t bytes) {
    BufferConfig config;
    config.bytes_max = bytes;
    config.emits_early = true;
    return config;
  }
  BufferConfig emit_early_when_full() const { return with(&BufferConfig::emits_early, true); }
  BufferConfig shut_down_when_full() const { return with(&BufferConfig::emits_early, false); }
  BufferConfig with_logging_disabled() const { return with(&BufferConfig::logging, false); }
  BufferConfig with_logging_enabled(std::map<std::string, std::string> config) const {
    return with(&BufferConfig::log_config, std::move(config)).with(&BufferConfig::logging, true);
  }

 private:
  template <class M>
  BufferConfig with(M BufferConfig::*member, M value) const {
    BufferConfig copy = *this;
    copy.*member = std::move(value);
    return copy;
  }
};

namespace detail {
struct SuppressLimits {
  std::int64_t wait_ms = 0;
  std::int64_t records_max = 0;
  std::int64_t bytes_max = 0;
  bool emits_early = false;
  /// Final results of windows: rows wait for the end of their window, and deletions need not be told.
  bool final_results = false;
};
}  // namespace detail

/// What is held back, and for how long (org.apache.kafka.streams.kstream.Suppressed, KIP-328). Time is stream time: it
/// takes another record to let one go.
struct Suppressed {
  /// Of the operator; its store is NAME-store.
  std::string name;
  BufferConfig buffer;
  bool until_close = false;
  detail::SuppressLimits limits;

  /// Only the final result of each window, once no more records can change it: at its end and grace. The table must be
  /// that of a windowed aggregation; deletions are swallowed. A full buffer fails the task, never emits early.
  static Suppressed until_window_closes(const BufferConfig& buffer) {
    Suppressed suppressed = limited(buffer);
    suppressed.until_close = true;
    suppressed.limits.final_results = true;
    suppressed.limits.emits_early = false;
    return suppressed;
  }
  /// At most one result per key and `wait`, counted from the first update that is held; later ones replace it.
  static Suppressed until_time_limit(std::chrono::milliseconds wait, const BufferConfig& buffer) {
    Suppressed suppressed = limited(buffer);
    suppressed.limits.wait_ms = wait.count();
    return suppressed;
  }
  Suppressed with_name(std::string new_name) const {
    Suppressed suppressed = *this;
    suppressed.name = std::move(new_name);
    return suppressed;
  }

 private:
  static Suppressed limited(const BufferConfig& buffer) {
    Suppressed suppressed;
    suppressed.buffer = buffer;
    suppressed.limits.records_max = buffer.records_max;
    suppressed.limits.bytes_max = buffer.bytes_max;
    suppressed.limits.emits_early = buffer.emits_early;
    return suppressed;
  }
};

namespace detail {

/// The grace of the windowed aggregation above `node`; notes it where there is none.
std::int64_t grace_above(Graph& graph, const GraphNode& node, const std::string& name);
StoreBuilderPtr suppress_store(const std::string& store_name, const Suppressed& suppressed);
[[noreturn]] void suppress_buffer_full(const Node& node, const SuppressBuffer& buffer, const SuppressLimits& limits);
SuppressBuffer& suppress_buffer(const Node& node, NodeRuntime& runtime, const std::string& store);

/// A table behind a suppress(): its current rows are what downstream saw last.
template <class K, class V>
class SuppressedCore final : public TableCore<K, V> {
 public:
  SuppressedCore(std::shared_ptr<TableCore<K, V>> parent, std::string store, SerdePtr<K> keys, SerdePtr<V> values)
      : parent_(std::move(parent)), buffer_(std::move(store)), keys_(std::move(keys)), values_(std::move(values)) {
    // The buffer remembers what downstream saw last, so it must see old values itself.
    parent_->enable_sending_old_values(true);
  }
  bool enable_sending_old_values(bool force) override {
    return this->sends_old_values_ = parent_->enable_sending_old_values(force);
  }
  TableView<K, V> view() override {
    TableView<K, V> above = parent_->view();
    std::vector<std::string> stores = above.stores;
    stores.push_back(buffer_);
    return {[above, buffer = buffer_, keys = keys_, values = values_]() -> std::unique_ptr<ValueGetter<K, V>> {
              return std::make_unique<Getter>(above.make(), buffer, keys, values);
            },
            stores};
  }
  const SerdePtr<K>& keys() const { return keys_; }
  const SerdePtr<V>& values() const { return values_; }

 private:
  class Getter final : public ValueGetter<K, V> {
   public:
    Getter(std::unique_ptr<ValueGetter<K, V>> above, std::string buffer, SerdePtr<K> keys, SerdePtr<V> values)
        : above_(std::move(above)), name_(std::move(buffer)), keys_(std::move(keys)), values_(std::move(values)) {}
    void init(const Node& reader, NodeRuntime& runtime) override {
      above_->init(reader, runtime);
      buffer_ = &suppress_buffer(reader, runtime, name_);
    }
    const V* get(const K& key, std::int64_t& timestamp) override {
      bytes_.clear();
      keys_->serialize(key, bytes_);
      const SuppressBuffer::Row* row = buffer_->find(bytes_);
      if (!row) return above_->get(key, timestamp);
      timestamp = -1;
      if (!row->prior || !values_->deserialize(*row->prior, value_).ok()) return nullptr;
      return &value_;
    }

   private:
    std::unique_ptr<ValueGetter<K, V>> above_;
    std::string name_;
    SerdePtr<K> keys_;
    SerdePtr<V> values_;
    SuppressBuffer* buffer_ = nullptr;
    Bytes bytes_;
    V value_{};
  };

  std::shared_ptr<TableCore<K, V>> parent_;
  std::string buffer_;
  SerdePtr<K> keys_;
  SerdePtr<V> values_;
};

template <class K>
inline constexpr bool kIsWindowed = false;
template <class K>
inline constexpr bool kIsWindowed<Windowed<K>> = true;

template <class K, class V>
class SuppressNode final : public OperatorNode<K, Change<V>, K, Change<V>> {
 public:
  SuppressNode(std::shared_ptr<const SuppressedCore<K, V>> core, SuppressLimits limits, std::string store)
      : core_(std::move(core)), limits_(limits), store_(std::move(store)) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    buffer_ = &suppress_buffer(*this, runtime, store_);
  }
  void process(const K* key, const Change<V>* change, RecordContext& context) override {
    stream_time_ = std::max(stream_time_, context.timestamp);
    std::int64_t time = context.timestamp;
    if constexpr (kIsWindowed<K>) {
      if (limits_.final_results) time = key->window.end;
    }
    key_bytes_.clear();
    core_->keys()->serialize(*key, key_bytes_);
    buffer_->put(time, key_bytes_, bytes_of(change->old_value), bytes_of(change->new_value), context);

    const auto emit = [&](BytesView bytes, SuppressBuffer::Row& row) { this->emit(bytes, row, context); };
    const std::int64_t expired = stream_time_ - limits_.wait_ms;
    buffer_->evict_while([&] { return buffer_->min_time() <= expired; }, emit);
    if (!over_capacity()) return;
    if (!limits_.emits_early) suppress_buffer_full(*this, *buffer_, limits_);
    buffer_->evict_while([&] { return over_capacity(); }, emit);
  }

 private:
  bool over_capacity() const {
    return static_cast<std::int64_t>(buffer_->count()) > limits_.records_max || buffer_->bytes() > limits_.bytes_max;
  }
  std::optional<Bytes> bytes_of(const V* value) const {
    if (!value) return std::nullopt;
    Bytes bytes;
    core_->values()->serialize(*value, bytes);
    return bytes;
  }
  const V* value_of_bytes(const std::optional<Bytes>& bytes, V& scratch) {
    if (!bytes) return nullptr;
    if (const Status status = core_->values()->deserialize(*bytes, scratch); !status) {
      throw ProcessingError(status.error().message);
    }
    return &scratch;
  }
  void emit(BytesView bytes, SuppressBuffer::Row& row, RecordContext& context) {
    if (!row.new_value && limits_.final_results) return;
    if (const Status status = core_->keys()->deserialize(bytes, key_); !status) {
      throw ProcessingError(status.error().message);
    }
    if constexpr (kIsWindowed<K>) {
      // The end of a window is not in its key's bytes; rows of final results wait until that very end.
      if (limits_.final_results) key_.window.end = buffer_->min_time();
    }
    const Change<V> change{value_of_bytes(row.new_value, new_value_), value_of_bytes(row.old_value, old_value_), true};
    const RecordContext before = context;
    context.timestamp = row.timestamp;
    context.headers = &row.headers;
    context.metadata = &row.metadata;
    this->forward(&key_, &change, context);
    context = before;
  }

  std::shared_ptr<const SuppressedCore<K, V>> core_;
  SuppressLimits limits_;
  std::string store_;
  SuppressBuffer* buffer_ = nullptr;
  std::int64_t stream_time_ = -1;
  Bytes key_bytes_;
  K key_{};
  V new_value_{};
  V old_value_{};
};

}  // namespace detail
}  // namespace leat
