// RowFormat<V>: what the bytes of a value look like in a store and in its changelog.
//
//   plain V                  store: value                       changelog: value, at the time of the record at hand
//   ValueAndTimestamp<V>     store: timestamp (8 bytes) value   changelog: value, at the row's timestamp
//   ValueTimestampHeaders<V>, AggregationWithHeaders<V>         see row_headers.h; the changelog record has the headers
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/serde.h"
#include "state/key_value_store.h"
#include "state/record_collector.h"
#include "state/row_headers.h"
#include "state/state_store.h"
#include "state/store_builder.h"

namespace leat::detail {

template <class V>
struct RowFormat {
  using Value = V;
  static constexpr bool kTimestamped = false;
  /// Whether all rows of values of one size have one size.
  static constexpr bool kFixedPrefix = true;

  static void encode(const AnySerde<V>& serde, const V& row, Bytes& out) { serde.serialize(row, out); }
  static Status decode(const AnySerde<V>& serde, BytesView bytes, V& row) { return serde.deserialize(bytes, row); }
  /// A row as RawRow has it.
  static RawRow raw(BytesView key, BytesView row) { return {key, 0, row, std::nullopt}; }
  static std::int64_t changelog_time(const V*, const RecordContext& context) { return context.timestamp; }
  static const Headers* changelog_headers(const V&) { return nullptr; }
};

template <class V>
struct RowFormat<ValueAndTimestamp<V>> {
  using Value = V;
  static constexpr bool kTimestamped = true;
  static constexpr bool kFixedPrefix = true;
  static constexpr std::size_t kTimestampBytes = 8;

  static void encode(const AnySerde<V>& serde, const ValueAndTimestamp<V>& row, Bytes& out) {
    append_big_endian(static_cast<std::uint64_t>(row.timestamp.ms()), out);
    serde.serialize(row.value, out);
  }
  static Status decode(const AnySerde<V>& serde, BytesView bytes, ValueAndTimestamp<V>& row) {
    if (bytes.size() < kTimestampBytes) return wrong_size("value with timestamp", kTimestampBytes, bytes.size());
    row.timestamp = static_cast<std::int64_t>(read_big_endian<std::uint64_t>(bytes.data()));
    return serde.deserialize(bytes.substr(kTimestampBytes), row.value);
  }
  static RawRow raw(BytesView key, BytesView row) {
    return {key, 0, row.substr(kTimestampBytes), static_cast<std::int64_t>(read_big_endian<std::uint64_t>(row.data()))};
  }
  static std::int64_t changelog_time(const ValueAndTimestamp<V>* row, const RecordContext& context) {
    return row ? row->timestamp.ms() : context.timestamp;
  }
  static const Headers* changelog_headers(const ValueAndTimestamp<V>&) { return nullptr; }
};

/// Headers in front of a row that is otherwise one of type `Inner`.
template <class V, class Row, class Inner>
struct RowFormatWithHeaders {
  using Value = V;
  static constexpr bool kTimestamped = RowFormat<Inner>::kTimestamped;
  static constexpr bool kFixedPrefix = false;

  static RawRow raw(BytesView key, BytesView row) {
    const auto size = row_headers_size(row);
    LEAT_CHECK(size.ok(), "a row in a store has malformed headers");
    RawRow raw = RowFormat<Inner>::raw(key, row.substr(*size));
    raw.headers = row.substr(0, *size);
    return raw;
  }
  static const Headers* changelog_headers(const Row& row) { return &row.headers; }
};

template <class V>
struct RowFormat<ValueTimestampHeaders<V>> : RowFormatWithHeaders<V, ValueTimestampHeaders<V>, ValueAndTimestamp<V>> {
  static void encode(const AnySerde<V>& serde, const ValueTimestampHeaders<V>& row, Bytes& out) {
    append_row_headers(row.headers, out);
    append_big_endian(static_cast<std::uint64_t>(row.timestamp.ms()), out);
    serde.serialize(row.value, out);
  }
  static Status decode(const AnySerde<V>& serde, BytesView bytes, ValueTimestampHeaders<V>& row) {
    LEAT_ASSIGN_OR_RETURN(const std::size_t size, row_headers_size(bytes));
    LEAT_RETURN_IF_ERROR(read_row_headers(bytes, row.headers));
    bytes.remove_prefix(size);
    if (bytes.size() < 8) return wrong_size("value with timestamp", 8, bytes.size());
    row.timestamp = static_cast<std::int64_t>(read_big_endian<std::uint64_t>(bytes.data()));
    return serde.deserialize(bytes.substr(8), row.value);
  }
  static std::int64_t changelog_time(const ValueTimestampHeaders<V>* row, const RecordContext& context) {
    return row ? row->timestamp.ms() : context.timestamp;
  }
};

template <class V>
struct RowFormat<AggregationWithHeaders<V>> : RowFormatWithHeaders<V, AggregationWithHeaders<V>, V> {
  static void encode(const AnySerde<V>& serde, const AggregationWithHeaders<V>& row, Bytes& out) {
    append_row_headers(row.headers, out);
    serde.serialize(row.value, out);
  }
  static Status decode(const AnySerde<V>& serde, BytesView bytes, AggregationWithHeaders<V>& row) {
    LEAT_ASSIGN_OR_RETURN(const std::size_t size, row_headers_size(bytes));
    LEAT_RETURN_IF_ERROR(read_row_headers(bytes, row.headers));
    return serde.deserialize(bytes.substr(size), row.value);
  }
  static std::int64_t changelog_time(const AggregationWithHeaders<V>*, const RecordContext& context) {
    return context.timestamp;
  }
};

/// The value type that V's serde is for.
template <class V>
using RowValue = typename RowFormat<V>::Value;

/// A row of a changelog as the store holds it.
template <class V>
void row_of_changelog(const ChangelogRecord& record, Bytes& row) {
  row.clear();
  if constexpr (!RowFormat<V>::kFixedPrefix) append_row_headers(record.headers ? *record.headers : Headers(), row);
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

/// The same for a row as the store has encoded it, or its deletion where there is none.
template <class V>
void log_row(const StoreContext& store, const StoreDescription& description, BytesView key, const V* row,
             BytesView encoded) {
  using Format = RowFormat<V>;
  const std::int64_t time = Format::changelog_time(row, *store.context);
  const Headers* headers = row ? Format::changelog_headers(*row) : nullptr;
  if (description.log_headers || (!row && (description.log_headers_of_deletions || !Format::kFixedPrefix))) {
    headers = store.context->headers;
  }
  std::optional<BytesView> value;
  if (row) value = Format::raw(key, encoded).value;
  log_change(store, description.name, key, value, time, headers);
}

/// Stops whoever writes a global store and is not its own processor.
[[noreturn]] void read_only_store(std::string_view store);
inline void check_writable(const StoreContext& context, std::string_view store) {
  if (context.writable && !*context.writable) read_only_store(store);
}

/// Stops the task: a row of the store does not decode.
[[noreturn]] void undecodable_row(std::string_view store, const Error& error);

}  // namespace leat::detail
