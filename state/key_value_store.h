// KeyValueStore<K, V>: a sorted map from K to V (sorted by the bytes of the key), as processors and table operators
// see it. A store whose rows carry a timestamp is a KeyValueStore<K, ValueAndTimestamp<V>>.
//
//   auto* seen = context.store<leat::KeyValueStore<std::string, std::int64_t>>("seen");
//   if (!seen->get(id)) seen->put(id, now);
//   for (const auto& [key, value] : seen->range("a", "b")) ...
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/copy_function.h"
#include "base/timestamp.h"
#include "state/row_headers.h"
#include "state/state_store.h"

namespace leat {

/// A value with the time of the record that it comes from; the rows of tables.
template <class V>
struct ValueAndTimestamp {
  V value{};
  Timestamp timestamp;
};

namespace detail {

template <class V>
void fill_value(StoreRow& row, const V& value) {
  row.value = to_json(value);
}
template <class V>
void fill_value(StoreRow& row, const ValueAndTimestamp<V>& value) {
  row.value = to_json(value.value);
  row.timestamp = value.timestamp;
}

template <class V>
void fill_value(StoreRow& row, const ValueTimestampHeaders<V>& value) {
  row.value = to_json(value.value);
  row.timestamp = value.timestamp;
}
template <class V>
void fill_value(StoreRow& row, const AggregationWithHeaders<V>& value) {
  row.value = to_json(value.value);
}

}  // namespace detail

template <class K, class V>
struct KeyAndValue {
  K key{};
  V value{};
};

/// Rows one after the other; moved, not copied; read once. Writes meanwhile may or may not be seen. Owns what it reads
/// from, and must not outlive its store.
template <class K, class V>
class KeyValueIterator {
 public:
  class Rows {
   public:
    virtual ~Rows() = default;
    /// Fills `row` with the next row; false at the end.
    virtual bool next(KeyAndValue<K, V>& row) = 0;
  };
  struct End {};
  class Cursor {
   public:
    explicit Cursor(KeyValueIterator& of) : of_(&of), at_(of.next()) {}
    const KeyAndValue<K, V>& operator*() const { return *at_; }
    Cursor& operator++() {
      at_ = of_->next();
      return *this;
    }
    bool operator==(End) const { return at_ == nullptr; }

   private:
    KeyValueIterator* of_;
    const KeyAndValue<K, V>* at_;
  };

  KeyValueIterator() = default;
  explicit KeyValueIterator(std::unique_ptr<Rows> rows) : rows_(std::move(rows)) {}

  /// The next row, borrowed until the next call; null at the end.
  const KeyAndValue<K, V>* next() { return rows_ && rows_->next(row_) ? &row_ : nullptr; }
  Cursor begin() { return Cursor(*this); }
  End end() const { return {}; }

 private:
  std::unique_ptr<Rows> rows_;
  KeyAndValue<K, V> row_;
};

/// Hears what a record cache lets go of: the last value written and the value at the flush before; null is a missing
/// row. The task's RecordContext is that of the last write meanwhile.
template <class K, class V>
using FlushListener = CopyFunction<void(const K& key, const V* new_value, const V* old_value)>;

/// The reading half, which queries get.
template <class K, class V>
class ReadOnlyKeyValueStore {
 public:
  virtual ~ReadOnlyKeyValueStore() = default;

  /// The value, borrowed until the next call on this store; null where there is none.
  virtual const V* find(const K& key) = 0;
  std::optional<V> get(const K& key) {
    const V* value = find(key);
    return value ? std::optional<V>(*value) : std::nullopt;
  }
  /// Both ends are included; an absent end is open. Ascending by the bytes of the key.
  virtual KeyValueIterator<K, V> range(const std::optional<K>& from, const std::optional<K>& to) = 0;
  virtual KeyValueIterator<K, V> reverse_range(const std::optional<K>& from, const std::optional<K>& to) = 0;
  KeyValueIterator<K, V> all() { return range(std::nullopt, std::nullopt); }
  KeyValueIterator<K, V> reverse_all() { return reverse_range(std::nullopt, std::nullopt); }
  /// Keys whose bytes start with `prefix` (KIP-614).
  virtual KeyValueIterator<K, V> prefix_scan(BytesView prefix) = 0;
  /// Exact for stores in memory without a cache; on the disk RocksDB's estimate, to which deletions may still count.
  virtual std::int64_t approximate_num_entries() = 0;
};

/// The whole store, which processors get (org.apache.kafka.streams.state.KeyValueStore).
template <class K, class V>
class KeyValueStore : public StateStore, public ReadOnlyKeyValueStore<K, V> {
 public:
  /// Sets the row, or deletes it where `value` is null, and logs it. `value` may be what find() lent.
  virtual void write(const K& key, const V* value) = 0;

  void put(const K& key, const V& value) { write(key, &value); }
  template <std::same_as<std::optional<V>> Optional>
  void put(const K& key, const Optional& value) {
    write(key, value ? &*value : nullptr);
  }
  /// Deletes the row and returns what it held (Kafka's delete).
  std::optional<V> erase(const K& key) {
    std::optional<V> old = this->get(key);
    write(key, nullptr);
    return old;
  }
  /// Writes them one after the other; an empty optional deletes.
  void put_all(const std::vector<std::pair<K, std::optional<V>>>& rows) {
    for (const auto& [key, value] : rows) put(key, value);
  }
  /// Returns the value that was there; writes only where there was none.
  std::optional<V> put_if_absent(const K& key, const V& value) {
    std::optional<V> old = this->get(key);
    if (!old) write(key, &value);
    return old;
  }

  /// True where the store has a record cache: from now on `listener` hears what is flushed. False: whoever writes
  /// forwards by itself. Old values are looked up only where `send_old_values`. Called once, after open().
  virtual bool set_flush_listener(FlushListener<K, V> listener, bool send_old_values) = 0;

  Status look_up(const StoreQuery& query, const StoreRowReader& reader) override {
    if (!query.key) {
      auto rows = this->all();
      while (const auto* row = rows.next())
        if (!reader(row_of(row->key, row->value))) break;
      return {};
    }
    const auto key = from_text<K>(*query.key);
    if (!key) return key.error();
    if (const V* value = this->find(*key)) reader(row_of(*key, *value));
    return {};
  }

 protected:
  using StateStore::StateStore;

 private:
  static StoreRow row_of(const K& key, const V& value) {
    StoreRow row{.key = to_json(key)};
    detail::fill_value(row, value);
    return row;
  }
};

template <class K, class V>
using TimestampedKeyValueStore = KeyValueStore<K, ValueAndTimestamp<V>>;

}  // namespace leat
