// Changes of a table on their way through a repartition topic, as Kafka's ChangedSerializer writes them:
//
//   both values   varint(zigzag) length of the new one | new | old | 02
//   new only      new | 01
//   old only      old | 00
//
// and the serde of windowed keys over the key serde that an aggregation has.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "state/windowed.h"
#include "topology/graph.h"
#include "topology/stream_nodes.h"

namespace leat::detail {

void append_change(const std::optional<BytesView>& new_value, const std::optional<BytesView>& old_value, Bytes& out);
struct ChangeParts {
  std::optional<BytesView> new_value;
  std::optional<BytesView> old_value;
};
Result<ChangeParts> read_change(BytesView bytes);

/// Writes only; what reads is ChangeSourceNode, which owns the values that a Change points to.
template <class V>
class ChangeSerde final : public AnySerde<Change<V>> {
 public:
  explicit ChangeSerde(SerdePtr<V> values) : values_(std::move(values)) {}
  void serialize(const Change<V>& change, Bytes& out) const override { write(change, nullptr, out); }
  bool sees_headers() const override { return values_ && values_->sees_headers(); }
  void serialize_with(const Change<V>& change, Headers& headers, Bytes& out) const override {
    write(change, &headers, out);
  }
  Status deserialize(BytesView, Change<V>&) const override {
    return Error{ErrorKind::kInvalidArgument, "a change is read by its source node only"};
  }
  std::optional<BytesView> partitioned_part(BytesView) const override { return std::nullopt; }

 private:
  void write(const V& value, Headers* headers, Bytes& out) const {
    headers ? values_->serialize_with(value, *headers, out) : values_->serialize(value, out);
  }
  void write(const Change<V>& change, Headers* headers, Bytes& out) const {
    Bytes new_bytes;
    Bytes old_bytes;
    if (change.new_value) write(*change.new_value, headers, new_bytes);
    if (change.old_value) write(*change.old_value, headers, old_bytes);
    append_change(change.new_value ? std::optional<BytesView>(new_bytes) : std::nullopt,
                  change.old_value ? std::optional<BytesView>(old_bytes) : std::nullopt, out);
  }

  SerdePtr<V> values_;
};

template <class K, class V>
class ChangeSourceNode final : public SourceNode {
 public:
  ChangeSourceNode(SerdePtr<K> keys, SerdePtr<V> values) : keys_(std::move(keys)), values_(std::move(values)) {}

  void add_child(Node& child) override { outputs_.add(*this, child); }
  Status decode(const RawRecord& record) override {
    has_key_ = record.key.has_value();
    has_change_ = record.value.has_value();
    change_ = {};
    const Headers none;
    const Headers& headers = record.headers ? *record.headers : none;
    if (has_key_) LEAT_RETURN_IF_ERROR(keys_->deserialize_with(*record.key, headers, key_));
    if (!has_change_) return {};
    LEAT_ASSIGN_OR_RETURN(const ChangeParts parts, read_change(*record.value));
    if (parts.new_value) {
      LEAT_RETURN_IF_ERROR(values_->deserialize_with(*parts.new_value, headers, new_value_));
      change_.new_value = &new_value_;
    }
    if (parts.old_value) {
      LEAT_RETURN_IF_ERROR(values_->deserialize_with(*parts.old_value, headers, old_value_));
      change_.old_value = &old_value_;
    }
    return {};
  }
  Result<std::int64_t> timestamp(const RawRecord& record, std::int64_t partition_time) override {
    return valid_timestamp(record.timestamp, partition_time, OnInvalidTimestamp::kFail, *this);
  }
  bool wants_headers() const override { return keys_->sees_headers() || values_->sees_headers(); }
  void process(RecordContext& context) override {
    outputs_.forward(has_key_ ? &key_ : nullptr, has_change_ ? &change_ : nullptr, context);
  }

 private:
  SerdePtr<K> keys_;
  SerdePtr<V> values_;
  Outputs<K, Change<V>> outputs_;
  K key_{};
  V new_value_{};
  V old_value_{};
  Change<V> change_;
  bool has_key_ = false;
  bool has_change_ = false;
};

/// The repartition of a regrouped table: a sink and a source of changes, no filter between.
template <class K, class V>
GraphNode* make_table_repartition(Graph& graph, const std::string& topic, const std::string& sink,
                                  const std::string& source, SerdePtr<K> keys, SerdePtr<V> values) {
  if (!keys || !values)
    graph.fail(topic + ": there is no serde for the key or value type; pass one with Grouped::with");
  RepartitionSpec spec;
  spec.topic = topic;
  spec.sink_name = sink;
  spec.source_name = source;
  spec.optimizable = false;
  spec.sink = [keys, values](const std::string& to) {
    return sink_factory<K, Change<V>>(to, nullptr, keys,
                                      std::shared_ptr<const ChangeSerde<V>>(new ChangeSerde<V>(values)), nullptr);
  };
  spec.source = node_factory<ChangeSourceNode<K, V>>(keys, values);
  return graph.make_repartition_node(std::move(spec));
}

/// group_by of a table: the old row leaves its group, the new one enters its own; one record where both are the same.
template <class K, class V, class KR, class VR, class F>
class RegroupNode final : public OperatorNode<K, Change<V>, KR, Change<VR>> {
 public:
  /// `apart`: members of versions that cannot read both halves of a change in one record are still there.
  /// `latest_only`: the table is versioned, and updates that are not the latest of their key do not count.
  RegroupNode(F selector, bool apart, bool latest_only)
      : selector_(std::move(selector)), apart_(apart), latest_only_(latest_only) {}

  void process(const K* key, const Change<V>* change, RecordContext& context) override {
    // As in Kafka it does not count as dropped: the row is in the table's history.
    if (latest_only_ && !change->is_latest) return;
    const bool has_new = select(key, change->new_value, new_key_, new_value_, context);
    const bool has_old = select(key, change->old_value, old_key_, old_value_, context);
    if (has_new && has_old && !apart_ && new_key_ == old_key_) {
      return send(new_key_, {&new_value_, &old_value_, change->is_latest}, context);
    }
    if (has_old) send(old_key_, {nullptr, &old_value_, change->is_latest}, context);
    if (has_new) send(new_key_, {&new_value_, nullptr, change->is_latest}, context);
  }

 private:
  /// False where there is no such row, or the selector gave a null key or value: then nothing is sent for it.
  bool select(const K* key, const V* value, KR& to_key, VR& to_value, const RecordContext& context) {
    if (!value) return false;
    const auto lent = lend(KeyValueCall<F, K, V>::call(selector_, key, value, context));
    if (!lent.get()) return false;
    const KR* selected_key = pointer_to(key_of(*lent.get()), key_scratch_);
    const VR* selected_value = pointer_to(value_of(*lent.get()), value_scratch_);
    if (!selected_key || !selected_value) return false;
    to_key = *selected_key;
    to_value = *selected_value;
    return true;
  }
  void send(const KR& key, const Change<VR>& change, RecordContext& context) { this->forward(&key, &change, context); }

  F selector_;
  bool apart_;
  bool latest_only_;
  KR new_key_{}, old_key_{}, key_scratch_{};
  VR new_value_{}, old_value_{}, value_scratch_{};
};

/// The serde of Windowed<K> over a serde of K.
template <class K>
class WindowedSerdeOver final : public AnySerde<Windowed<K>> {
 public:
  WindowedSerdeOver(SerdePtr<K> keys, std::int64_t size_ms) : keys_(std::move(keys)), size_ms_(size_ms) {}
  void serialize(const Windowed<K>& value, Bytes& out) const override {
    keys_->serialize(value.key, out);
    append_window(value, out);
  }
  Status deserialize(BytesView bytes, Windowed<K>& value) const override {
    LEAT_RETURN_IF_ERROR(read_window(bytes, value));
    return keys_->deserialize(bytes.substr(0, bytes.size() - 8), value.key);
  }
  bool sees_headers() const override { return keys_->sees_headers(); }
  void serialize_with(const Windowed<K>& value, Headers& headers, Bytes& out) const override {
    keys_->serialize_with(value.key, headers, out);
    append_window(value, out);
  }
  Status deserialize_with(BytesView bytes, const Headers& headers, Windowed<K>& value) const override {
    LEAT_RETURN_IF_ERROR(read_window(bytes, value));
    return keys_->deserialize_with(bytes.substr(0, bytes.size() - 8), headers, value.key);
  }
  std::optional<BytesView> partitioned_part(BytesView serialized) const override {
    return serialized.substr(0, serialized.size() - 8);
  }

 private:
  static void append_window(const Windowed<K>& value, Bytes& out) {
    append_big_endian(static_cast<std::uint64_t>(value.window.start), out);
  }
  Status read_window(BytesView bytes, Windowed<K>& value) const {
    if (bytes.size() < 8) return wrong_size("time-windowed key", 8, bytes.size());
    value.window.start = static_cast<std::int64_t>(read_big_endian<std::uint64_t>(bytes.end() - 8));
    value.window.end = value.window.start + size_ms_;
    return {};
  }

  SerdePtr<K> keys_;
  std::int64_t size_ms_;
};

/// The serde of session keys over a key serde that is known at run time.
template <class K>
class SessionSerdeOver final : public AnySerde<Windowed<K>> {
 public:
  explicit SessionSerdeOver(SerdePtr<K> keys) : keys_(std::move(keys)) {}
  void serialize(const Windowed<K>& value, Bytes& out) const override {
    keys_->serialize(value.key, out);
    append_window(value, out);
  }
  Status deserialize(BytesView bytes, Windowed<K>& value) const override {
    LEAT_RETURN_IF_ERROR(read_window(bytes, value));
    return keys_->deserialize(bytes.substr(0, bytes.size() - 16), value.key);
  }
  bool sees_headers() const override { return keys_->sees_headers(); }
  void serialize_with(const Windowed<K>& value, Headers& headers, Bytes& out) const override {
    keys_->serialize_with(value.key, headers, out);
    append_window(value, out);
  }
  Status deserialize_with(BytesView bytes, const Headers& headers, Windowed<K>& value) const override {
    LEAT_RETURN_IF_ERROR(read_window(bytes, value));
    return keys_->deserialize_with(bytes.substr(0, bytes.size() - 16), headers, value.key);
  }
  std::optional<BytesView> partitioned_part(BytesView serialized) const override {
    return serialized.substr(0, serialized.size() - 16);
  }

 private:
  static void append_window(const Windowed<K>& value, Bytes& out) {
    append_big_endian(static_cast<std::uint64_t>(value.window.end), out);
    append_big_endian(static_cast<std::uint64_t>(value.window.start), out);
  }
  static Status read_window(BytesView bytes, Windowed<K>& value) {
    if (bytes.size() < 16) return wrong_size("session key", 16, bytes.size());
    value.window.end = static_cast<std::int64_t>(read_big_endian<std::uint64_t>(bytes.end() - 16));
    value.window.start = static_cast<std::int64_t>(read_big_endian<std::uint64_t>(bytes.end() - 8));
    return {};
  }

  SerdePtr<K> keys_;
};

}  // namespace leat::detail
