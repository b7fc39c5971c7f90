// VersionedKeyValueStore<K, V>: the values of a key over time (KIP-889). A version begins at the timestamp it was put
// with and is valid until the next one begins; what ended longer ago than the history retention, in stream time, is
// forgotten.
//
//   auto* prices = context.store<leat::VersionedKeyValueStore<std::string, double>>("prices");
//   prices->put("tea", 2.5, record.timestamp);
//   if (auto then = prices->get("tea", order.placed_at)) ...                 // as of a time in the past
//   for (const auto& version : prices->history("tea", from, to)) ...         // oldest first
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/timestamp.h"
#include "state/state_store.h"

namespace leat {

template <class V>
struct VersionedRecord {
  V value{};
  Timestamp timestamp;
  /// When the next version begins; none: this is the latest.
  std::optional<Timestamp> valid_to;
};

/// What became of a put.
struct VersionedPut {
  /// False: older than the history retention. It is in the changelog all the same, as in Kafka.
  bool stored = false;
  /// When the version ends; none: it is the latest.
  std::optional<Timestamp> valid_to;
  bool is_latest() const { return stored && !valid_to; }
};

/// The reading half, which queries get.
template <class K, class V>
class ReadOnlyVersionedStore {
 public:
  virtual ~ReadOnlyVersionedStore() = default;

  /// The latest version, borrowed until the next call on this store; null where the key is deleted or unknown.
  virtual const VersionedRecord<V>* find(const K& key) = 0;
  /// The same for the version that is valid at a time; null also where that lies further back than the history.
  virtual const VersionedRecord<V>* find(const K& key, Timestamp as_of) = 0;
  std::optional<VersionedRecord<V>> get(const K& key) { return copy(find(key)); }
  std::optional<VersionedRecord<V>> get(const K& key, Timestamp as_of) { return copy(find(key, as_of)); }
  /// The versions that are valid somewhere within [from, to], oldest first.
  virtual std::vector<VersionedRecord<V>> history(const K& key, Timestamp from, Timestamp to) = 0;

 private:
  static std::optional<VersionedRecord<V>> copy(const VersionedRecord<V>* record) {
    return record ? std::optional(*record) : std::nullopt;
  }
};

template <class K, class V>
class VersionedKeyValueStore : public StateStore, public ReadOnlyVersionedStore<K, V> {
 public:
  /// Writes the version that begins at `timestamp`, and logs it; null deletes the key from then on. `value` may be what
  /// find() lent.
  virtual VersionedPut write(const K& key, const V* value, Timestamp timestamp) = 0;

  VersionedPut put(const K& key, const V& value, Timestamp timestamp) { return write(key, &value, timestamp); }
  template <std::same_as<std::optional<V>> Optional>
  VersionedPut put(const K& key, const Optional& value, Timestamp timestamp) {
    return write(key, value ? &*value : nullptr, timestamp);
  }
  /// Deletes the key from `timestamp` on; returns what was valid then.
  std::optional<VersionedRecord<V>> erase(const K& key, Timestamp timestamp) {
    auto before = this->get(key, timestamp);
    return write(key, nullptr, timestamp).stored ? std::move(before) : std::nullopt;
  }

  /// Needs a key; `window_from` and `window_to` bound the history.
  Status look_up(const StoreQuery& query, const StoreRowReader& reader) override {
    if (!query.key) {
      return Error{ErrorKind::kInvalidArgument, "a versioned store is asked for the versions of one key: key=..."};
    }
    auto key = from_text<K>(*query.key);
    if (!key) return key.error();
    for (const VersionedRecord<V>& version : this->history(*key, query.window_from, query.window_to)) {
      StoreRow row{.key = to_json(*key), .value = to_json(version.value), .timestamp = version.timestamp};
      if (!reader(row)) break;
    }
    return {};
  }

 protected:
  using StateStore::StateStore;
};

}  // namespace leat
