// What travels through a topology: Record<K, V> as user code of the Processor API sees it, and the values
// of edges that carry more than one thing.
//
//   void process(const leat::Record<std::string, Order>& record) override {
//     if (record.value.amount > 100) forward(record.with_value(record.value.customer));
//   }
//
// A processor that declares `std::optional<V>` sees null values, one that declares `V` never does; keys likewise.
#pragma once

#include <type_traits>
#include <utility>

#include "base/headers.h"
#include "base/timestamp.h"
#include "state/record_context.h"

namespace leat {

/// A key and a value, which map() and flat_map() return. Either may be a std::optional.
template <class K, class V>
struct KeyValue {
  K key;
  V value;
  bool operator==(const KeyValue&) const = default;
};
template <class K, class V>
KeyValue(K, V) -> KeyValue<K, V>;

template <class K, class V>
struct Record {
  K key{};
  V value{};
  Timestamp timestamp;
  /// May be added to although the record is not to be changed: as in Kafka, siblings downstream share them.
  mutable Headers headers;

  template <class KR>
  Record<std::decay_t<KR>, V> with_key(KR&& new_key) const {
    return {std::forward<KR>(new_key), value, timestamp, headers};
  }
  template <class VR>
  Record<K, std::decay_t<VR>> with_value(VR&& new_value) const {
    return {key, std::forward<VR>(new_value), timestamp, headers};
  }
  Record with_timestamp(Timestamp new_timestamp) const { return {key, value, new_timestamp, headers}; }
  Record with_headers(Headers new_headers) const { return {key, value, timestamp, std::move(new_headers)}; }
};

/// A record whose key stays as it is (process_values).
template <class K, class V>
struct FixedKeyRecord : Record<K, V> {
  template <class VR>
  FixedKeyRecord<K, std::decay_t<VR>> with_value(VR&& new_value) const {
    return {{this->key, std::forward<VR>(new_value), this->timestamp, this->headers}};
  }
  FixedKeyRecord with_timestamp(Timestamp new_timestamp) const {
    return {{this->key, this->value, new_timestamp, this->headers}};
  }
  template <class KR>
  void with_key(KR&&) const = delete;
};

/// What a processor puts out that forwards nothing.
struct NoOutput {};

/// Old and new value of a table's row, as it travels between table operators. Null is a missing row. Pointers are
/// borrowed for the call. `old_value` is set only where a node downstream asked for it.
template <class V>
struct Change {
  const V* new_value = nullptr;
  const V* old_value = nullptr;
  bool is_latest = true;
};

}  // namespace leat
