// TableStore: what keeps a table, for its node: a store of the latest values, or a versioned one, where an update may
// also come too late to be kept, or belong into the past.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "state/key_value_store.h"
#include "state/versioned_store.h"
#include "topology/processor.h"

namespace leat::detail {

template <class K, class V>
class TableStore {
 public:
  using Row = ValueAndTimestamp<V>;
  struct Written {
    bool stored = true;
    bool is_latest = true;
  };

  void init(const Node& node, NodeRuntime& runtime, const std::string& name) {
    StateStore* found = runtime.store(node, name);
    latest_ = dynamic_cast<TimestampedKeyValueStore<K, V>*>(found);
    versioned_ = dynamic_cast<VersionedKeyValueStore<K, V>*>(found);
    if (!latest_ && !versioned_) store_refused(node, name, found != nullptr);
  }
  explicit operator bool() const { return latest_ || versioned_; }

  /// The latest value, borrowed until the next call; null where there is none. Sets `timestamp` where there is one.
  const V* find(const K& key, std::int64_t& timestamp) {
    return lend(latest_ ? nullptr : versioned_->find(key), key, timestamp);
  }
  const V* find(const K& key) {
    std::int64_t ignored = 0;
    return find(key, ignored);
  }
  /// The value as of a time; the latest one where the store keeps no other.
  const V* find_as_of(const K& key, std::int64_t as_of, std::int64_t& timestamp) {
    return lend(latest_ ? nullptr : versioned_->find(key, as_of), key, timestamp);
  }

  /// The row's own timestamp counts where there is a row; `timestamp` is that of a deletion.
  Written write(const K& key, const Row* row, std::int64_t timestamp) {
    if (latest_) return latest_->write(key, row), Written{};
    const VersionedPut put =
        row ? versioned_->write(key, &row->value, row->timestamp) : versioned_->write(key, nullptr, timestamp);
    return {put.stored, put.is_latest()};
  }

  /// As KeyValueStore::set_flush_listener; a versioned store has no cache.
  bool set_flush_listener(FlushListener<K, Row> listener, bool send_old_values) {
    return latest_ && latest_->set_flush_listener(std::move(listener), send_old_values);
  }

 private:
  const V* lend(const VersionedRecord<V>* version, const K& key, std::int64_t& timestamp) {
    if (latest_) {
      const Row* row = latest_->find(key);
      if (!row) return nullptr;
      timestamp = row->timestamp.ms();
      return &row->value;
    }
    if (!version) return nullptr;
    timestamp = version->timestamp.ms();
    return &version->value;
  }

  TimestampedKeyValueStore<K, V>* latest_ = nullptr;
  VersionedKeyValueStore<K, V>* versioned_ = nullptr;
};

}  // namespace leat::detail
