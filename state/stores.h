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
#include "state/typed_window_store.h"

namespace leat {

/// The builder of a key-value store; `description.kind` follows from V.
template <class K, class V>
StoreBuilderPtr key_value_store_builder(StoreDescription description, SerdePtr<K> key_serde,
                                        SerdePtr<detail::RowValue<V>> value_serde) {
  description.kind = detail::RowFormat<V>::kTimestamped ? StoreKind::kTimestampedKeyValue : StoreKind::kKeyValue;
  return std::make_shared<StoreBuilder>(
      std::move(description), [key_serde, value_serde](const StoreDescription& of) -> std::unique_ptr<StateStore> {
        return std::make_unique<detail::TypedKeyValueStore<K, V>>(of, key_serde, value_serde);
      });
}

/// The builder of a window store; `description.kind` follows from V.
template <class K, class V>
StoreBuilderPtr window_store_builder(StoreDescription description, SerdePtr<K> key_serde,
                                     SerdePtr<detail::RowValue<V>> value_serde) {
  description.kind = detail::RowFormat<V>::kTimestamped ? StoreKind::kTimestampedWindow : StoreKind::kWindow;
  return std::make_shared<StoreBuilder>(
      std::move(description), [key_serde, value_serde](const StoreDescription& of) -> std::unique_ptr<StateStore> {
        return std::make_unique<detail::TypedWindowStore<K, V>>(of, key_serde, value_serde);
      });
}

class Stores {
 public:
  using Milliseconds = std::chrono::milliseconds;

  template <class K, class V>
  static StoreBuilderPtr persistent_key_value(
      std::string name, SerdePtr<K> keys = default_serde<K>(),
      SerdePtr<detail::RowValue<V>> values = default_serde<detail::RowValue<V>>()) {
    return key_value_store_builder<K, V>({.name = std::move(name)}, std::move(keys), std::move(values));
  }
  template <class K, class V>
  static StoreBuilderPtr in_memory_key_value(
      std::string name, SerdePtr<K> keys = default_serde<K>(),
      SerdePtr<detail::RowValue<V>> values = default_serde<detail::RowValue<V>>()) {
    return key_value_store_builder<K, V>({.name = std::move(name), .in_memory = true}, std::move(keys),
                                         std::move(values));
  }
  /// In memory; forgets the least recently used row above `entries_max`.
  template <class K, class V>
  static StoreBuilderPtr lru_map(std::string name, std::size_t entries_max, SerdePtr<K> keys = default_serde<K>(),
                                 SerdePtr<detail::RowValue<V>> values = default_serde<detail::RowValue<V>>()) {
    return key_value_store_builder<K, V>({.name = std::move(name), .in_memory = true, .entries_max = entries_max},
                                         std::move(keys), std::move(values));
  }
  template <class K, class V>
  static StoreBuilderPtr persistent_window(
      std::string name, Milliseconds retention, Milliseconds window_size, bool retain_duplicates = false,
      SerdePtr<K> keys = default_serde<K>(),
      SerdePtr<detail::RowValue<V>> values = default_serde<detail::RowValue<V>>()) {
    return window_store_builder<K, V>(window(std::move(name), retention, window_size, retain_duplicates, false),
                                      std::move(keys), std::move(values));
  }
  template <class K, class V>
  static StoreBuilderPtr in_memory_window(std::string name, Milliseconds retention, Milliseconds window_size,
                                          bool retain_duplicates = false, SerdePtr<K> keys = default_serde<K>(),
                                          SerdePtr<detail::RowValue<V>> values = default_serde<detail::RowValue<V>>()) {
    return window_store_builder<K, V>(window(std::move(name), retention, window_size, retain_duplicates, true),
                                      std::move(keys), std::move(values));
  }

 private:
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

}  // namespace leat
