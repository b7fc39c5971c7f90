// SessionStore<K, V>: values by key and session, which expire `retention` after the highest end that was seen.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/timestamp.h"
#include "state/key_value_store.h"
#include "state/windowed.h"

namespace leat {

/// The reading half, which queries get. Sessions hold both their ends.
template <class K, class V>
class ReadOnlySessionStore {
 public:
  using Sessions = KeyValueIterator<Windowed<K>, V>;
  virtual ~ReadOnlySessionStore() = default;

  /// The value of one session, borrowed until the next call on this store; null where there is none.
  virtual const V* find(const Windowed<K>& session) = 0;
  std::optional<V> fetch_session(const K& key, Timestamp start, Timestamp end) {
    const V* value = find({key, {start.ms(), end.ms()}});
    return value ? std::optional<V>(*value) : std::nullopt;
  }

  /// The sessions of a span of keys, oldest end first, that end at `earliest_end` or later and start at `latest_start`
  /// or earlier. An absent key is open.
  virtual Sessions find_sessions(const std::optional<K>& from_key, const std::optional<K>& to_key,
                                 Timestamp earliest_end, Timestamp latest_start) = 0;
  virtual Sessions backward_find_sessions(const std::optional<K>& from_key, const std::optional<K>& to_key,
                                          Timestamp earliest_end, Timestamp latest_start) = 0;
  Sessions find_sessions(const K& key, Timestamp earliest_end, Timestamp latest_start) {
    return find_sessions(key, key, earliest_end, latest_start);
  }
  Sessions backward_find_sessions(const K& key, Timestamp earliest_end, Timestamp latest_start) {
    return backward_find_sessions(key, key, earliest_end, latest_start);
  }
  /// The sessions of all keys that end within [earliest_end, latest_end], oldest end first.
  virtual Sessions find_sessions(Timestamp earliest_end, Timestamp latest_end) = 0;
  /// All sessions of a key, or of a span of keys.
  Sessions fetch(const K& key) { return fetch(key, key); }
  Sessions backward_fetch(const K& key) { return backward_fetch(key, key); }
  Sessions fetch(const std::optional<K>& from_key, const std::optional<K>& to_key) {
    return find_sessions(from_key, to_key, 0, std::numeric_limits<std::int64_t>::max());
  }
  Sessions backward_fetch(const std::optional<K>& from_key, const std::optional<K>& to_key) {
    return backward_find_sessions(from_key, to_key, 0, std::numeric_limits<std::int64_t>::max());
  }
};

/// The whole store, which processors get (org.apache.kafka.streams.state.SessionStore).
template <class K, class V>
class SessionStore : public StateStore, public ReadOnlySessionStore<K, V> {
 public:
  /// Sets the row of a session, or deletes it where `value` is null, and logs it. A session that has expired is
  /// ignored. `value` may be what find() lent.
  virtual void write(const Windowed<K>& session, const V* value) = 0;
  virtual void remove(const Windowed<K>& session) = 0;

  void put(const Windowed<K>& session, const V& value) { write(session, &value); }
  template <std::same_as<std::optional<V>> Optional>
  void put(const Windowed<K>& session, const Optional& value) {
    write(session, value ? &*value : nullptr);
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
    auto rows = this->find_sessions(key, key, query.window_from, query.window_to);
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

}  // namespace leat
