// RowFormat<V>: what the bytes of a value look like in a store and in its changelog.
//
//   plain V                  store: value                       changelog: value, at the time of the record at hand
//   ValueAndTimestamp<V>     store: timestamp (8 bytes) value   changelog: value, at the row's timestamp
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/serde.h"
#include "state/key_value_store.h"
#include "state/record_collector.h"
#include "state/state_store.h"

namespace leat::detail {

template <class V>
struct RowFormat {
  using Value = V;
  static constexpr bool kTimestamped = false;
  static constexpr std::size_t kPrefixBytes = 0;

  static void encode(const AnySerde<V>& serde, const V& row, Bytes& out) { serde.serialize(row, out); }
  static Status decode(const AnySerde<V>& serde, BytesView bytes, V& row) { return serde.deserialize(bytes, row); }
  static std::int64_t changelog_time(const V*, const RecordContext& context) { return context.timestamp; }
};

template <class V>
struct RowFormat<ValueAndTimestamp<V>> {
  using Value = V;
  static constexpr bool kTimestamped = true;
  static constexpr std::size_t kPrefixBytes = 8;

  static void encode(const AnySerde<V>& serde, const ValueAndTimestamp<V>& row, Bytes& out) {
    append_big_endian(static_cast<std::uint64_t>(row.timestamp.ms()), out);
    serde.serialize(row.value, out);
  }
  static Status decode(const AnySerde<V>& serde, BytesView bytes, ValueAndTimestamp<V>& row) {
    if (bytes.size() < kPrefixBytes) return wrong_size("value with timestamp", kPrefixBytes, bytes.size());
    row.timestamp = static_cast<std::int64_t>(read_big_endian<std::uint64_t>(bytes.data()));
    return serde.deserialize(bytes.substr(kPrefixBytes), row.value);
  }
  static std::int64_t changelog_time(const ValueAndTimestamp<V>* row, const RecordContext& context) {
    return row ? row->timestamp.ms() : context.timestamp;
  }
};

/// The value type that V's serde is for.
template <class V>
using RowValue = typename RowFormat<V>::Value;

/// A row of a changelog as the store holds it.
template <class V>
void row_of_changelog(const ChangelogRecord& record, Bytes& row) {
  row.clear();
  if constexpr (RowFormat<V>::kTimestamped) append_big_endian(static_cast<std::uint64_t>(record.timestamp), row);
  row.append(*record.value);
}

/// Writes one change to the store's changelog, where it has one.
inline void log_change(const StoreContext& store, std::string_view name, BytesView key, std::optional<BytesView> value,
                       std::int64_t timestamp, const Headers* headers = nullptr) {
  if (!store.collector) return;
  RecordCollector::Outgoing record;
  record.topic = store.changelog_topic;
  record.key = key;
  record.value = value;
  record.timestamp = timestamp;
  record.partition = store.partition;
  record.from = name;
  record.headers = headers;
  store.collector->send(record);
}

/// Stops whoever writes a global store and is not its own processor.
[[noreturn]] void read_only_store(std::string_view store);
inline void check_writable(const StoreContext& context, std::string_view store) {
  if (context.writable && !*context.writable) read_only_store(store);
}

/// Stops the task: a row of the store does not decode.
[[noreturn]] void undecodable_row(std::string_view store, const Error& error);

}  // namespace leat::detail
