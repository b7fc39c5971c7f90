// The queries of KIP-796 and its successors, for KafkaStreams::query.
//
//   KeyQuery<std::string, std::int64_t>::with_key("to")                     // std::optional<std::int64_t>
//   RangeQuery<std::string, std::int64_t>::with_range("a", "b").with_descending_keys()
//   TimestampedKeyQuery<std::string, std::int64_t>::with_key("to")          // std::optional<ValueAndTimestamp<...>>
//   WindowKeyQuery<std::string, std::int64_t>::with_key_and_window_start_range("to", from, to)
//   VersionedKeyQuery<std::string, double>::with_key("tea").as_of(then)
//
// V is the plain value, or ValueAndTimestamp<V> or ValueTimestampHeaders<V> where the store's rows have that much.
// Ranges are in the order of the keys' bytes within a partition; partitions are not merged.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "state/query.h"
#include "state/store_reader.h"

namespace leat {

namespace detail {

template <class K, class V>
std::vector<KeyAndValue<K, V>> rows_of(KeyValueIterator<K, V> rows) {
  std::vector<KeyAndValue<K, V>> all;
  while (const auto* row = rows.next()) all.push_back(*row);
  return all;
}

}  // namespace detail

/// The value of one key, of a key-value or versioned store (of that its latest version).
template <class K, class V>
class KeyQuery final : public Query<std::optional<V>> {
 public:
  using Result = QueryResult<std::optional<V>>;
  static KeyQuery with_key(K key) { return KeyQuery(std::move(key)); }
  /// Answers from what has been flushed, without the record cache.
  KeyQuery skip_cache() const {
    KeyQuery same = *this;
    same.skips_cache_ = true;
    return same;
  }

  const K& key() const { return key_; }
  bool skips_cache() const override { return skips_cache_; }
  std::string_view name() const override { return "KeyQuery"; }
  Result run(StateStore& store) const override {
    if (const auto rows = StoreReader<ReadOnlyKeyValueStore<K, V>>::of(store))
      return Result::for_result(rows->get(key_));
    if (const auto versions = StoreReader<ReadOnlyVersionedStore<K, V>>::of(store)) {
      const auto* latest = versions->find(key_);
      return Result::for_result(latest ? std::optional<V>(latest->value) : std::nullopt);
    }
    return this->unknown_type(store);
  }

 private:
  explicit KeyQuery(K key) : key_(std::move(key)) {}
  K key_;
  bool skips_cache_ = false;
};

template <class K, class V>
using TimestampedKeyQuery = KeyQuery<K, ValueAndTimestamp<V>>;
template <class K, class V>
using TimestampedKeyWithHeadersQuery = KeyQuery<K, ValueTimestampHeaders<V>>;

/// A span of keys of a key-value store; both ends are included.
template <class K, class V>
class RangeQuery final : public Query<std::vector<KeyAndValue<K, V>>> {
 public:
  using Result = QueryResult<std::vector<KeyAndValue<K, V>>>;
  static RangeQuery with_range(std::optional<K> lower, std::optional<K> upper) {
    return RangeQuery(std::move(lower), std::move(upper));
  }
  static RangeQuery with_lower_bound(K lower) { return RangeQuery(std::move(lower), std::nullopt); }
  static RangeQuery with_upper_bound(K upper) { return RangeQuery(std::nullopt, std::move(upper)); }
  static RangeQuery with_no_bounds() { return RangeQuery(std::nullopt, std::nullopt); }
  RangeQuery with_ascending_keys() const { return ordered(false); }
  RangeQuery with_descending_keys() const { return ordered(true); }

  std::string_view name() const override { return "RangeQuery"; }
  Result run(StateStore& store) const override {
    const auto rows = StoreReader<ReadOnlyKeyValueStore<K, V>>::of(store);
    if (!rows) return this->unknown_type(store);
    return Result::for_result(
        detail::rows_of(descending_ ? rows->reverse_range(lower_, upper_) : rows->range(lower_, upper_)));
  }

 private:
  RangeQuery(std::optional<K> lower, std::optional<K> upper) : lower_(std::move(lower)), upper_(std::move(upper)) {}
  RangeQuery ordered(bool descending) const {
    RangeQuery same = *this;
    same.descending_ = descending;
    return same;
  }
  std::optional<K> lower_, upper_;
  bool descending_ = false;
};

template <class K, class V>
using TimestampedRangeQuery = RangeQuery<K, ValueAndTimestamp<V>>;
template <class K, class V>
using TimestampedRangeWithHeadersQuery = RangeQuery<K, ValueTimestampHeaders<V>>;

/// The windows of one key that start within a span of time, ends included, oldest first.
template <class K, class V>
class WindowKeyQuery final : public Query<std::vector<KeyAndValue<Timestamp, V>>> {
 public:
  using Result = QueryResult<std::vector<KeyAndValue<Timestamp, V>>>;
  static WindowKeyQuery with_key_and_window_start_range(K key, Timestamp from, Timestamp to) {
    return WindowKeyQuery(std::move(key), from, to);
  }

  std::string_view name() const override { return "WindowKeyQuery"; }
  Result run(StateStore& store) const override {
    const auto rows = StoreReader<ReadOnlyWindowStore<K, V>>::of(store);
    if (!rows) return this->unknown_type(store);
    return Result::for_result(detail::rows_of(rows->fetch(key_, from_, to_)));
  }

 private:
  WindowKeyQuery(K key, Timestamp from, Timestamp to) : key_(std::move(key)), from_(from), to_(to) {}
  K key_;
  Timestamp from_, to_;
};

template <class K, class V>
using TimestampedWindowKeyWithHeadersQuery = WindowKeyQuery<K, ValueTimestampHeaders<V>>;

/// The windows of all keys that start within a span of time (window stores), or the sessions of one key (session
/// stores).
template <class K, class V>
class WindowRangeQuery final : public Query<std::vector<KeyAndValue<Windowed<K>, V>>> {
 public:
  using Result = QueryResult<std::vector<KeyAndValue<Windowed<K>, V>>>;
  static WindowRangeQuery with_key(K key) {
    WindowRangeQuery query;
    query.key_ = std::move(key);
    return query;
  }
  static WindowRangeQuery with_window_start_range(Timestamp from, Timestamp to) {
    WindowRangeQuery query;
    query.from_ = from;
    query.to_ = to;
    return query;
  }

  std::string_view name() const override { return "WindowRangeQuery"; }
  Result run(StateStore& store) const override {
    if (key_) {
      const auto sessions = StoreReader<ReadOnlySessionStore<K, V>>::of(store);
      return sessions ? Result::for_result(detail::rows_of(sessions->fetch(*key_))) : this->unknown_type(store);
    }
    const auto windows = StoreReader<ReadOnlyWindowStore<K, V>>::of(store);
    return windows ? Result::for_result(detail::rows_of(windows->fetch_all(from_, to_))) : this->unknown_type(store);
  }

 private:
  WindowRangeQuery() = default;
  std::optional<K> key_;
  Timestamp from_, to_;
};

template <class K, class V>
using TimestampedWindowRangeWithHeadersQuery = WindowRangeQuery<K, ValueTimestampHeaders<V>>;

/// The version of a key that is valid at a time; the latest one where no time is said.
template <class K, class V>
class VersionedKeyQuery final : public Query<std::optional<VersionedRecord<V>>> {
 public:
  using Result = QueryResult<std::optional<VersionedRecord<V>>>;
  static VersionedKeyQuery with_key(K key) { return VersionedKeyQuery(std::move(key)); }
  VersionedKeyQuery as_of(Timestamp time) const {
    VersionedKeyQuery same = *this;
    same.as_of_ = time;
    return same;
  }

  std::string_view name() const override { return "VersionedKeyQuery"; }
  Result run(StateStore& store) const override {
    const auto versions = StoreReader<ReadOnlyVersionedStore<K, V>>::of(store);
    if (!versions) return this->unknown_type(store);
    return Result::for_result(as_of_ ? versions->get(key_, *as_of_) : versions->get(key_));
  }

 private:
  explicit VersionedKeyQuery(K key) : key_(std::move(key)) {}
  K key_;
  std::optional<Timestamp> as_of_;
};

/// The versions of a key that are valid somewhere within a span of time, ends included.
template <class K, class V>
class MultiVersionedKeyQuery final : public Query<std::vector<VersionedRecord<V>>> {
 public:
  using Result = QueryResult<std::vector<VersionedRecord<V>>>;
  static MultiVersionedKeyQuery with_key(K key) { return MultiVersionedKeyQuery(std::move(key)); }
  MultiVersionedKeyQuery from_time(Timestamp from) const {
    MultiVersionedKeyQuery same = *this;
    same.from_ = from;
    return same;
  }
  MultiVersionedKeyQuery to_time(Timestamp to) const {
    MultiVersionedKeyQuery same = *this;
    same.to_ = to;
    return same;
  }
  MultiVersionedKeyQuery with_ascending_timestamps() const { return ordered(false); }
  MultiVersionedKeyQuery with_descending_timestamps() const { return ordered(true); }

  std::string_view name() const override { return "MultiVersionedKeyQuery"; }
  Result run(StateStore& store) const override {
    const auto versions = StoreReader<ReadOnlyVersionedStore<K, V>>::of(store);
    if (!versions) return this->unknown_type(store);
    auto history = versions->history(key_, from_, to_);
    if (descending_) std::reverse(history.begin(), history.end());
    return Result::for_result(std::move(history));
  }

 private:
  explicit MultiVersionedKeyQuery(K key) : key_(std::move(key)) {}
  MultiVersionedKeyQuery ordered(bool descending) const {
    MultiVersionedKeyQuery same = *this;
    same.descending_ = descending;
    return same;
  }
  K key_;
  Timestamp from_ = 0;
  Timestamp to_ = std::numeric_limits<std::int64_t>::max();
  bool descending_ = false;
};

}  // namespace leat
