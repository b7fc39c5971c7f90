// WindowStore<K, V>: values by key and window start, which expire `retention` after the highest start that was seen.
// A store whose rows carry a timestamp is a WindowStore<K, ValueAndTimestamp<V>>.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

#include "base/timestamp.h"
#include "state/key_value_store.h"
#include "state/windowed.h"

namespace leat {

/// The reading half, which queries get. Times are window starts; both ends of a span are included.
template <class K, class V>
class ReadOnlyWindowStore {
 public:
  virtual ~ReadOnlyWindowStore() = default;

  /// The value of one window, borrowed until the next call on this store; null where there is none.
  virtual const V* find(const K& key, Timestamp start) = 0;
  std::optional<V> fetch(const K& key, Timestamp start) {
    const V* value = find(key, start);
    return value ? std::optional<V>(*value) : std::nullopt;
  }
  /// The windows of one key whose starts lie within [from, to], oldest first; the backward one latest first.
  virtual KeyValueIterator<Timestamp, V> fetch(const K& key, Timestamp from, Timestamp to) = 0;
  virtual KeyValueIterator<Timestamp, V> backward_fetch(const K& key, Timestamp from, Timestamp to) = 0;
  /// The windows of a span of keys; an absent key is open.
  virtual KeyValueIterator<Windowed<K>, V> fetch_range(const std::optional<K>& from_key, const std::optional<K>& to_key,
                                                       Timestamp from, Timestamp to) = 0;
  virtual KeyValueIterator<Windowed<K>, V> backward_fetch_range(const std::optional<K>& from_key,
                                                                const std::optional<K>& to_key, Timestamp from,
                                                                Timestamp to) = 0;
  KeyValueIterator<Windowed<K>, V> fetch_all(Timestamp from, Timestamp to) {
    return fetch_range(std::nullopt, std::nullopt, from, to);
  }
  KeyValueIterator<Windowed<K>, V> backward_fetch_all(Timestamp from, Timestamp to) {
    return backward_fetch_range(std::nullopt, std::nullopt, from, to);
  }
  virtual KeyValueIterator<Windowed<K>, V> all() = 0;
  virtual KeyValueIterator<Windowed<K>, V> backward_all() = 0;
};

/// The whole store, which processors get (org.apache.kafka.streams.state.WindowStore). A row is a key and the start of
/// a window; how long the window lasts is the business of who writes it.
template <class K, class V>
class WindowStore : public StateStore, public ReadOnlyWindowStore<K, V> {
 public:
  /// Sets the row of (key, start), or deletes it where `value` is null, and logs it. In a store that keeps duplicates
  /// every write adds a row, and null is ignored. A start that has expired is ignored. `value` may be what find() lent.
  virtual void write(const K& key, Timestamp start, const V* value) = 0;

  void put(const K& key, const V& value, Timestamp start) { write(key, start, &value); }
  template <std::same_as<std::optional<V>> Optional>
  void put(const K& key, const Optional& value, Timestamp start) {
    write(key, start, value ? &*value : nullptr);
  }

  /// As KeyValueStore::set_flush_listener.
  virtual bool set_flush_listener(FlushListener<Windowed<K>, V> listener, bool send_old_values) = 0;

  Status look_up(const StoreQuery& query, const StoreRowReader& reader) override {
    std::optional<K> key;
    if (query.key) {
      auto read = from_text<K>(*query.key);
      if (!read) return read.error();
      key = std::move(*read);
    }
    auto rows = this->fetch_range(key, key, query.window_from, query.window_to);
    while (const auto* row = rows.next()) {
      StoreRow text{.key = to_json(row->key.key), .window = row->key.window};
      detail::fill_value(text, row->value);
      if (!reader(text)) break;
    }
    return {};
  }

 protected:
  using StateStore::StateStore;
};

template <class K, class V>
using TimestampedWindowStore = WindowStore<K, ValueAndTimestamp<V>>;

}  // namespace leat
