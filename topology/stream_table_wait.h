// How records of a stream wait for updates of the versioned table that they are joined with (KIP-923): in a buffer,
// until stream time has passed them by the grace period. Then they are joined with the table as of their own time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "state/store_builder.h"
#include "topology/processor.h"
#include "topology/suppress_buffer.h"

namespace leat::detail {

/// The records that wait, by time, key and number. Its changelog has one record for each:
///
///   key     0 (1) | time (8) | key | number (4)
///   value   as SuppressBuffer's, without values before it and with 0 for its time
class JoinBuffer final : public StateStore {
 public:
  using Row = SuppressBuffer::Row;

  JoinBuffer(std::string name, std::int64_t grace_ms) : StateStore(std::move(name)), grace_ms_(grace_ms) {}

  bool persistent() const override { return false; }
  Status open(const StoreContext& context) override;
  Status restore(const ChangelogRecord& record) override;
  void flush() override {}
  void close() override { rows_.clear(); }

  /// False where the record is older than the grace period: it is to be joined at once.
  bool put(BytesView key, Bytes value, const RecordContext& context);
  /// The oldest record whose grace period is over, which is forgotten by that; nothing where all have to wait on.
  std::optional<std::pair<Bytes, Row>> take_due();

 private:
  using Place = std::tuple<std::int64_t, Bytes, std::int32_t>;
  void log(const Place& place, const Row* row);

  std::int64_t grace_ms_;
  StoreContext context_;
  std::map<Place, Row> rows_;
  std::int64_t stream_time_ = -1;
  std::int32_t number_ = 0;
};

StoreBuilderPtr join_buffer(const std::string& name, std::int64_t grace_ms);
JoinBuffer& join_buffer_of(const Node& node, NodeRuntime& runtime, const std::string& name);
[[noreturn]] void waiting_needs_key(const Node& node);

/// The typed half, within the node of a join; without a buffer nothing waits.
template <class K, class V>
class StreamTableWait {
 public:
  StreamTableWait() = default;
  StreamTableWait(std::string buffer, SerdePtr<K> keys, SerdePtr<V> values)
      : name_(std::move(buffer)), keys_(std::move(keys)), values_(std::move(values)) {}

  bool used() const { return !name_.empty(); }
  void init(const Node& node, NodeRuntime& runtime) {
    node_ = &node;
    if (used()) buffer_ = &join_buffer_of(node, runtime, name_);
  }

  /// Lets the record wait, and calls `join` for those whose time has come.
  template <class Join>
  void take(const K* key, const V& value, RecordContext& context, Join join) {
    if (!key) waiting_needs_key(*node_);
    bytes_.clear();
    keys_->serialize(*key, bytes_);
    Bytes value_bytes;
    values_->serialize(value, value_bytes);
    if (!buffer_->put(bytes_, std::move(value_bytes), context)) return join(key, &value, context);
    while (auto due = buffer_->take_due()) {
      K due_key;
      V due_value;
      Status read = keys_->deserialize(due->first, due_key);
      if (read) read = values_->deserialize(*due->second.new_value, due_value);
      if (!read) throw ProcessingError(read.error().message);
      const RecordContext before = context;
      context.timestamp = due->second.timestamp;
      context.headers = &due->second.headers;
      context.metadata = &due->second.metadata;
      join(&due_key, &due_value, context);
      context = before;
    }
  }

 private:
  std::string name_;
  SerdePtr<K> keys_;
  SerdePtr<V> values_;
  const Node* node_ = nullptr;
  JoinBuffer* buffer_ = nullptr;
  Bytes bytes_;
};

}  // namespace leat::detail
