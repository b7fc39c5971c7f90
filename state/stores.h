// Stores: makes the builders of stores, under Kafka's names.
//
//   topology.add_state_store(leat::Stores::persistent_key_value<std::string, std::int64_t>("seen"), {"dedup"});
//   leat::Stores::in_memory_window<std::string, double>("readings", 1h, 10min)
//
// A store of ValueAndTimestamp<V> is a timestamped one. Serdes other than the default ones are passed at the end.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "state/store_builder.h"
#include "state/typed_key_value_store.h"
#include "state/typed_session_store.h"
#include "state/typed_versioned_store.h"
#include "state/typed_window_store.h"

namespace leat {

namespace detail {

template <class Store, class KeySerde, class ValueSerde>
StoreBuilderPtr store_builder(StoreKind kind, StoreDescription description, KeySerde keys, ValueSerde values) {
  description.kind = kind;
  return std::make_shared<StoreBuilder>(std::move(description),
                                        [keys, values](const StoreDescription& of) -> std::unique_ptr<StateStore> {
                                          return std::unique_ptr<StateStore>(new Store(of, keys, values));
                                        });
}

}  // namespace detail

/// The builder of a KeyValueStore<K, V>. Builders set the description's kind.
template <class K, class V>
StoreBuilderPtr key_value_builder(StoreDescription description, SerdePtr<K> keys, SerdePtr<V> values) {
  return detail::store_builder<detail::TypedKeyValueStore<K, V>>(StoreKind::kKeyValue, std::move(description), keys,
                                                                 values);
}
/// The builder of a TimestampedKeyValueStore<K, V>.
template <class K, class V>
StoreBuilderPtr timestamped_key_value_builder(StoreDescription description, SerdePtr<K> keys, SerdePtr<V> values) {
  return detail::store_builder<detail::TypedKeyValueStore<K, ValueAndTimestamp<V>>>(
      StoreKind::kTimestampedKeyValue, std::move(description), keys, values);
}
/// The builder of a WindowStore<K, V>.
template <class K, class V>
StoreBuilderPtr window_builder(StoreDescription description, SerdePtr<K> keys, SerdePtr<V> values) {
  return detail::store_builder<detail::TypedWindowStore<K, V>>(StoreKind::kWindow, std::move(description), keys,
                                                               values);
}
/// The builder of a TimestampedWindowStore<K, V>.
template <class K, class V>
StoreBuilderPtr timestamped_window_builder(StoreDescription description, SerdePtr<K> keys, SerdePtr<V> values) {
  return detail::store_builder<detail::TypedWindowStore<K, ValueAndTimestamp<V>>>(StoreKind::kTimestampedWindow,
                                                                                  std::move(description), keys, values);
}

/// The builder of a SessionStore<K, V>.
template <class K, class V>
StoreBuilderPtr session_builder(StoreDescription description, SerdePtr<K> keys, SerdePtr<V> values) {
  return detail::store_builder<detail::TypedSessionStore<K, V>>(StoreKind::kSession, std::move(description), keys,
                                                                values);
}

/// The builder of a VersionedKeyValueStore<K, V>.
template <class K, class V>
StoreBuilderPtr versioned_builder(StoreDescription description, SerdePtr<K> keys, SerdePtr<V> values) {
  return detail::store_builder<detail::TypedVersionedStore<K, V>>(StoreKind::kVersioned, std::move(description), keys,
                                                                  values);
}

/// Builders of stores for processors (org.apache.kafka.streams.state.Stores). Persistent ones lie on the disk below
/// state.dir, the others in memory; both have a changelog unless with_logging_disabled() is said, and no record cache
/// unless with_caching_enabled(). `retention` is how long a row is kept behind the highest time that the store has
/// seen; times are stream time. `window_size` serves queries and serdes only: a start is all that a row has.
class Stores {
 public:
  using Milliseconds = std::chrono::milliseconds;

  /// A store of your own class S, made from its name.
  template <class S>
  static StoreBuilderPtr custom(std::string name) {
    static_assert(std::is_base_of_v<StateStore, S>, "a store of your own derives from leat::StateStore");
    static_assert(std::is_constructible_v<S, std::string>,
                  "S has no constructor that takes a name; pass a function that makes a std::unique_ptr<S>");
    return custom(std::move(name), [](const std::string& of) { return std::unique_ptr<StateStore>(new S(of)); });
  }
  /// A store of your own, that `make(name)` makes for every task as a std::unique_ptr. It has a changelog unless
  /// with_logging_disabled() is said. Processors get it as ProcessorContext::store<S>(name).
  template <class Make>
  static StoreBuilderPtr custom(std::string name, Make make) {
    StoreDescription description;
    description.name = std::move(name);
    description.kind = StoreKind::kCustom;
    return std::make_shared<StoreBuilder>(
        std::move(description),
        [make = std::move(make)](const StoreDescription& of) -> std::unique_ptr<StateStore> { return make(of.name); });
  }

  /// A KeyValueStore<K, V>.
  template <class K, class V>
  static StoreBuilderPtr persistent_key_value(std::string name, SerdePtr<K> keys = default_serde<K>(),
                                              SerdePtr<V> values = default_serde<V>()) {
    return key_value_builder<K, V>({.name = std::move(name)}, std::move(keys), std::move(values));
  }
  /// A KeyValueStore<K, ValueTimestampHeaders<V>>.
  template <class K, class V>
  static StoreBuilderPtr persistent_timestamped_key_value_with_headers(std::string name,
                                                                       SerdePtr<K> keys = default_serde<K>(),
                                                                       SerdePtr<V> values = default_serde<V>()) {
    return detail::store_builder<detail::TypedKeyValueStore<K, ValueTimestampHeaders<V>>>(
        StoreKind::kTimestampedKeyValue, {.name = std::move(name)}, std::move(keys), std::move(values));
  }
  /// A TimestampedKeyValueStore<K, V>, which is what tables are kept in.
  template <class K, class V>
  static StoreBuilderPtr in_memory_timestamped_key_value(std::string name, SerdePtr<K> keys = default_serde<K>(),
                                                         SerdePtr<V> values = default_serde<V>()) {
    return timestamped_key_value_builder<K, V>({.name = std::move(name), .in_memory = true}, std::move(keys),
                                               std::move(values));
  }
  template <class K, class V>
  static StoreBuilderPtr persistent_timestamped_key_value(std::string name, SerdePtr<K> keys = default_serde<K>(),
                                                          SerdePtr<V> values = default_serde<V>()) {
    return timestamped_key_value_builder<K, V>({.name = std::move(name)}, std::move(keys), std::move(values));
  }
  template <class K, class V>
  static StoreBuilderPtr in_memory_key_value(std::string name, SerdePtr<K> keys = default_serde<K>(),
                                             SerdePtr<V> values = default_serde<V>()) {
    return key_value_builder<K, V>({.name = std::move(name), .in_memory = true}, std::move(keys), std::move(values));
  }
  /// In memory; forgets the least recently used row above `entries_max`.
  template <class K, class V>
  static StoreBuilderPtr lru_map(std::string name, std::size_t entries_max, SerdePtr<K> keys = default_serde<K>(),
                                 SerdePtr<V> values = default_serde<V>()) {
    return key_value_builder<K, V>({.name = std::move(name), .in_memory = true, .entries_max = entries_max},
                                   std::move(keys), std::move(values));
  }
  /// A WindowStore<K, V>. With `retain_duplicates` every put adds a row, also for the same key and start.
  template <class K, class V>
  static StoreBuilderPtr persistent_window(std::string name, Milliseconds retention, Milliseconds window_size,
                                           bool retain_duplicates = false, SerdePtr<K> keys = default_serde<K>(),
                                           SerdePtr<V> values = default_serde<V>()) {
    return window_builder<K, V>(window(std::move(name), retention, window_size, retain_duplicates, false),
                                std::move(keys), std::move(values));
  }
  template <class K, class V>
  static StoreBuilderPtr in_memory_window(std::string name, Milliseconds retention, Milliseconds window_size,
                                          bool retain_duplicates = false, SerdePtr<K> keys = default_serde<K>(),
                                          SerdePtr<V> values = default_serde<V>()) {
    return window_builder<K, V>(window(std::move(name), retention, window_size, retain_duplicates, true),
                                std::move(keys), std::move(values));
  }
  /// A TimestampedWindowStore<K, V>, which is what the DSL keeps windows in.
  template <class K, class V>
  static StoreBuilderPtr persistent_timestamped_window(std::string name, Milliseconds retention,
                                                       Milliseconds window_size, bool retain_duplicates = false,
                                                       SerdePtr<K> keys = default_serde<K>(),
                                                       SerdePtr<V> values = default_serde<V>()) {
    return timestamped_window_builder<K, V>(window(std::move(name), retention, window_size, retain_duplicates, false),
                                            std::move(keys), std::move(values));
  }
  template <class K, class V>
  static StoreBuilderPtr in_memory_timestamped_window(std::string name, Milliseconds retention,
                                                      Milliseconds window_size, bool retain_duplicates = false,
                                                      SerdePtr<K> keys = default_serde<K>(),
                                                      SerdePtr<V> values = default_serde<V>()) {
    return timestamped_window_builder<K, V>(window(std::move(name), retention, window_size, retain_duplicates, true),
                                            std::move(keys), std::move(values));
  }
  /// A WindowStore<K, ValueTimestampHeaders<V>> (KIP-1271).
  template <class K, class V>
  static StoreBuilderPtr persistent_timestamped_window_with_headers(std::string name, Milliseconds retention,
                                                                    Milliseconds window_size,
                                                                    SerdePtr<K> keys = default_serde<K>(),
                                                                    SerdePtr<V> values = default_serde<V>()) {
    return detail::store_builder<detail::TypedWindowStore<K, ValueTimestampHeaders<V>>>(
        StoreKind::kTimestampedWindow, window(std::move(name), retention, window_size, false, false), std::move(keys),
        std::move(values));
  }
  /// A SessionStore<K, V>.
  template <class K, class V>
  static StoreBuilderPtr persistent_session(std::string name, Milliseconds retention,
                                            SerdePtr<K> keys = default_serde<K>(),
                                            SerdePtr<V> values = default_serde<V>()) {
    return session_builder<K, V>({.name = std::move(name), .retention_ms = retention.count()}, std::move(keys),
                                 std::move(values));
  }
  /// A VersionedKeyValueStore<K, V> (KIP-889). `segment_interval`: by how much of history space is freed at a time;
  /// Kafka's choice where it is not given.
  template <class K, class V>
  static StoreBuilderPtr persistent_versioned_key_value(std::string name, Milliseconds history_retention,
                                                        Milliseconds segment_interval = Milliseconds(0),
                                                        SerdePtr<K> keys = default_serde<K>(),
                                                        SerdePtr<V> values = default_serde<V>()) {
    return versioned_builder<K, V>(versioned(std::move(name), history_retention, segment_interval, false),
                                   std::move(keys), std::move(values));
  }
  template <class K, class V>
  static StoreBuilderPtr in_memory_versioned_key_value(std::string name, Milliseconds history_retention,
                                                       Milliseconds segment_interval = Milliseconds(0),
                                                       SerdePtr<K> keys = default_serde<K>(),
                                                       SerdePtr<V> values = default_serde<V>()) {
    return versioned_builder<K, V>(versioned(std::move(name), history_retention, segment_interval, true),
                                   std::move(keys), std::move(values));
  }
  /// A SessionStore<K, AggregationWithHeaders<V>>.
  template <class K, class V>
  static StoreBuilderPtr persistent_session_with_headers(std::string name, Milliseconds retention,
                                                         SerdePtr<K> keys = default_serde<K>(),
                                                         SerdePtr<V> values = default_serde<V>()) {
    return detail::store_builder<detail::TypedSessionStore<K, AggregationWithHeaders<V>>>(
        StoreKind::kSession, {.name = std::move(name), .retention_ms = retention.count()}, std::move(keys),
        std::move(values));
  }
  template <class K, class V>
  static StoreBuilderPtr in_memory_session(std::string name, Milliseconds retention,
                                           SerdePtr<K> keys = default_serde<K>(),
                                           SerdePtr<V> values = default_serde<V>()) {
    return session_builder<K, V>({.name = std::move(name), .in_memory = true, .retention_ms = retention.count()},
                                 std::move(keys), std::move(values));
  }

 private:
  static StoreDescription versioned(std::string name, Milliseconds history, Milliseconds interval, bool in_memory) {
    StoreDescription description;
    description.name = std::move(name);
    description.in_memory = in_memory;
    description.history_retention_ms = history.count();
    description.segment_interval_ms = interval.count();
    return description;
  }
  static StoreDescription window(std::string name, Milliseconds retention, Milliseconds window_size,
                                 bool retain_duplicates, bool in_memory) {
    StoreDescription description;
    description.name = std::move(name);
    description.in_memory = in_memory;
    description.retention_ms = retention.count();
    description.window_size_ms = window_size.count();
    description.retain_duplicates = retain_duplicates;
    return description;
  }
};

// Stores of the usual types are compiled once, in stores.cc, and not again in every program.
#define LEAT_USUAL_STORES(keyword)                   \
  LEAT_STORES_OF(keyword, std::string, std::string)  \
  LEAT_STORES_OF(keyword, std::string, std::int64_t) \
  LEAT_STORES_OF(keyword, std::string, double)
#define LEAT_STORES_OF(keyword, K, V)                                                                               \
  keyword template StoreBuilderPtr key_value_builder<K, V>(StoreDescription, SerdePtr<K>, SerdePtr<V>);             \
  keyword template StoreBuilderPtr timestamped_key_value_builder<K, V>(StoreDescription, SerdePtr<K>, SerdePtr<V>); \
  keyword template StoreBuilderPtr window_builder<K, V>(StoreDescription, SerdePtr<K>, SerdePtr<V>);                \
  keyword template StoreBuilderPtr timestamped_window_builder<K, V>(StoreDescription, SerdePtr<K>, SerdePtr<V>);    \
  keyword template StoreBuilderPtr session_builder<K, V>(StoreDescription, SerdePtr<K>, SerdePtr<V>);
LEAT_USUAL_STORES(extern)

}  // namespace leat
