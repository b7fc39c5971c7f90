// StoreReader<Read>: a store as the one sees it who asks for the reading half `Read`, also where its rows carry a
// timestamp or headers besides the value.
//
//   auto counts = StoreReader<ReadOnlyKeyValueStore<std::string, std::int64_t>>::of(store);   // null: another type
//   if (counts) counts->get("to");
//
// What is returned must not outlive the store; used on the store's loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "state/session_store.h"
#include "state/versioned_store.h"
#include "state/window_store.h"

namespace leat {

template <class Read>
struct StoreReader;

namespace detail {

template <class Read>
std::shared_ptr<Read> borrowed(Read* store) {
  return std::shared_ptr<Read>(std::shared_ptr<void>(), store);
}

template <class V>
struct IsPlainRow : std::true_type {};
template <class V>
struct IsPlainRow<ValueAndTimestamp<V>> : std::false_type {
  using Value = V;
};
template <class V>
struct IsPlainRow<ValueTimestampHeaders<V>> : std::false_type {};
template <class V>
struct IsPlainRow<AggregationWithHeaders<V>> : std::false_type {};

template <class V, class Row>
void take_value(const Row& row, V& value) {
  if constexpr (std::is_same_v<V, std::decay_t<decltype(row.value)>>) {
    value = row.value;
  } else {
    value = {row.value, row.timestamp};
  }
}

/// Rows without what was not asked for.
template <class K, class V, class Row>
class LeanRows final : public KeyValueIterator<K, V>::Rows {
 public:
  explicit LeanRows(KeyValueIterator<K, Row> rows) : rows_(std::move(rows)) {}
  bool next(KeyAndValue<K, V>& row) override {
    const auto* full = rows_.next();
    if (full == nullptr) return false;
    row.key = full->key;
    take_value(full->value, row.value);
    return true;
  }

 private:
  KeyValueIterator<K, Row> rows_;
};

template <class V, class K, class Row>
KeyValueIterator<K, V> lean(KeyValueIterator<K, Row> rows) {
  return KeyValueIterator<K, V>(std::make_unique<LeanRows<K, V, Row>>(std::move(rows)));
}

/// The value of a row that may be missing.
template <class V, class Row>
const V* lean(const Row* row, V& value) {
  if (row == nullptr) return nullptr;
  take_value(*row, value);
  return &value;
}

template <class K, class V, class Row>
class LeanKeyValueStore final : public ReadOnlyKeyValueStore<K, V> {
 public:
  explicit LeanKeyValueStore(ReadOnlyKeyValueStore<K, Row>& store) : store_(store) {}
  const V* find(const K& key) override { return lean(store_.find(key), found_); }
  KeyValueIterator<K, V> range(const std::optional<K>& from, const std::optional<K>& to) override {
    return lean<V>(store_.range(from, to));
  }
  KeyValueIterator<K, V> reverse_range(const std::optional<K>& from, const std::optional<K>& to) override {
    return lean<V>(store_.reverse_range(from, to));
  }
  KeyValueIterator<K, V> prefix_scan(BytesView prefix) override { return lean<V>(store_.prefix_scan(prefix)); }
  std::int64_t approximate_num_entries() override { return store_.approximate_num_entries(); }

 private:
  ReadOnlyKeyValueStore<K, Row>& store_;
  V found_{};
};

template <class K, class V, class Row>
class LeanWindowStore final : public ReadOnlyWindowStore<K, V> {
 public:
  using Windows = KeyValueIterator<Windowed<K>, V>;
  explicit LeanWindowStore(ReadOnlyWindowStore<K, Row>& store) : store_(store) {}
  const V* find(const K& key, Timestamp start) override { return lean(store_.find(key, start), found_); }
  KeyValueIterator<Timestamp, V> fetch(const K& key, Timestamp from, Timestamp to) override {
    return lean<V>(store_.fetch(key, from, to));
  }
  KeyValueIterator<Timestamp, V> backward_fetch(const K& key, Timestamp from, Timestamp to) override {
    return lean<V>(store_.backward_fetch(key, from, to));
  }
  Windows fetch_range(const std::optional<K>& from_key, const std::optional<K>& to_key, Timestamp from,
                      Timestamp to) override {
    return lean<V>(store_.fetch_range(from_key, to_key, from, to));
  }
  Windows backward_fetch_range(const std::optional<K>& from_key, const std::optional<K>& to_key, Timestamp from,
                               Timestamp to) override {
    return lean<V>(store_.backward_fetch_range(from_key, to_key, from, to));
  }
  Windows all() override { return lean<V>(store_.all()); }
  Windows backward_all() override { return lean<V>(store_.backward_all()); }

 private:
  ReadOnlyWindowStore<K, Row>& store_;
  V found_{};
};

template <class K, class V, class Row>
class LeanSessionStore final : public ReadOnlySessionStore<K, V> {
 public:
  using Sessions = typename ReadOnlySessionStore<K, V>::Sessions;
  explicit LeanSessionStore(ReadOnlySessionStore<K, Row>& store) : store_(store) {}
  const V* find(const Windowed<K>& session) override { return lean(store_.find(session), found_); }
  Sessions find_sessions(const std::optional<K>& from_key, const std::optional<K>& to_key, Timestamp earliest_end,
                         Timestamp latest_start) override {
    return lean<V>(store_.find_sessions(from_key, to_key, earliest_end, latest_start));
  }
  Sessions backward_find_sessions(const std::optional<K>& from_key, const std::optional<K>& to_key,
                                  Timestamp earliest_end, Timestamp latest_start) override {
    return lean<V>(store_.backward_find_sessions(from_key, to_key, earliest_end, latest_start));
  }
  Sessions find_sessions(Timestamp earliest_end, Timestamp latest_end) override {
    return lean<V>(store_.find_sessions(earliest_end, latest_end));
  }

 private:
  ReadOnlySessionStore<K, Row>& store_;
  V found_{};
};

/// `Lean` over `store` where that is a `Full`, else what `otherwise` says.
template <class Read, class Lean, class Full, class Otherwise>
std::shared_ptr<Read> lean_reader(StateStore& store, Otherwise otherwise) {
  auto* full = dynamic_cast<Full*>(&store);
  return full ? std::shared_ptr<Read>(std::make_shared<Lean>(*full)) : otherwise();
}

/// The reader of a kind of store: `Store` with V itself, or with the rows that hold a V and more.
template <class Read, template <class, class> class Store, template <class, class, class> class Lean, class K, class V>
std::shared_ptr<Read> reader_of(StateStore& store) {
  if (auto* same = dynamic_cast<Store<K, V>*>(&store)) return borrowed<Read>(same);
  const auto none = [] { return std::shared_ptr<Read>(); };
  if constexpr (IsPlainRow<V>::value) {
    using Stamped = ValueAndTimestamp<V>;
    using Headed = ValueTimestampHeaders<V>;
    return lean_reader<Read, Lean<K, V, Stamped>, Store<K, Stamped>>(
        store, [&] { return lean_reader<Read, Lean<K, V, Headed>, Store<K, Headed>>(store, none); });
  } else if constexpr (requires { typename IsPlainRow<V>::Value; }) {
    using Headed = ValueTimestampHeaders<typename IsPlainRow<V>::Value>;
    return lean_reader<Read, Lean<K, V, Headed>, Store<K, Headed>>(store, none);
  } else {
    return none();
  }
}

}  // namespace detail

template <class K, class V>
struct StoreReader<ReadOnlyKeyValueStore<K, V>> {
  using Read = ReadOnlyKeyValueStore<K, V>;
  static std::shared_ptr<Read> of(StateStore& store) {
    return detail::reader_of<Read, KeyValueStore, detail::LeanKeyValueStore, K, V>(store);
  }
};

template <class K, class V>
struct StoreReader<ReadOnlyWindowStore<K, V>> {
  using Read = ReadOnlyWindowStore<K, V>;
  static std::shared_ptr<Read> of(StateStore& store) {
    return detail::reader_of<Read, WindowStore, detail::LeanWindowStore, K, V>(store);
  }
};

template <class K, class V>
struct StoreReader<ReadOnlySessionStore<K, V>> {
  using Read = ReadOnlySessionStore<K, V>;
  static std::shared_ptr<Read> of(StateStore& store) {
    if (auto* same = dynamic_cast<SessionStore<K, V>*>(&store)) return detail::borrowed<Read>(same);
    if constexpr (detail::IsPlainRow<V>::value) {
      using Row = AggregationWithHeaders<V>;
      using Lean = detail::LeanSessionStore<K, V, Row>;
      return detail::lean_reader<Read, Lean, SessionStore<K, Row>>(store, [] { return std::shared_ptr<Read>(); });
    }
    return nullptr;
  }
};

template <class K, class V>
struct StoreReader<ReadOnlyVersionedStore<K, V>> {
  using Read = ReadOnlyVersionedStore<K, V>;
  static std::shared_ptr<Read> of(StateStore& store) {
    return detail::borrowed<Read>(dynamic_cast<VersionedKeyValueStore<K, V>*>(&store));
  }
};

}  // namespace leat
