#include "tests/conformance/store_reader.h"

#include <algorithm>
#include <limits>

#include "state/key_value_store.h"
#include "state/session_store.h"
#include "state/versioned_store.h"
#include "state/window_store.h"
#include "tests/conformance/json_lines.h"
#include "topology/foreign_key_records.h"
#include "topology/outer_join_store.h"

namespace leat::conformance {

using simdjson::dom::array;
using simdjson::dom::element;

std::string json_hex(const std::optional<BytesView>& bytes) { return bytes ? "\"" + to_hex(*bytes) + "\"" : "null"; }

std::int64_t whole_number(element number) {
  if (number.is_string()) return std::stoll(std::string(std::string_view(number)));
  return std::int64_t(number);
}

namespace {

struct NotAKey {};

/// Rows as a JSON array.
class Rows {
 public:
  /// `headers`: every row ends with a list of headers, empty where the cells have none.
  explicit Rows(bool headers) : headers_(headers) {}
  void add(const std::string& cells) {
    if (!json_.empty()) json_ += ",";
    json_ += "[" + cells + (headers_ && !cells.ends_with("]") ? ",[]]" : "]");
  }
  std::string json() const { return "[" + json_ + "]"; }

 private:
  bool headers_;
  std::string json_;
};

template <class T>
std::string cell(const T& value) {
  Bytes bytes;
  Serde<T>::serialize(value, bytes);
  return json_hex(bytes);
}
std::string cell(const detail::Subscription<std::string>& subscription) {
  Bytes bytes;
  detail::SubscriptionSerde<std::string>(default_serde<std::string>()).serialize(subscription, bytes);
  return json_hex(bytes);
}
template <class V>
std::string value_cells(const V& value) {
  return cell(value);
}
template <class V>
std::string value_cells(const ValueAndTimestamp<V>& row) {
  return cell(row.value) + "," + std::to_string(row.timestamp.ms());
}

std::string headers_cell(const Headers& headers) {
  std::string cells;
  for (const Header& header : headers) {
    cells += (cells.empty() ? "[\"" : ",[\"") + header.name + "\"," +
             json_hex(header.value ? std::optional<BytesView>(*header.value) : std::nullopt) + "]";
  }
  return "[" + cells + "]";
}
template <class V>
std::string value_cells(const ValueTimestampHeaders<V>& row) {
  return cell(row.value) + "," + std::to_string(row.timestamp.ms()) + "," + headers_cell(row.headers);
}
template <class V>
std::string value_cells(const AggregationWithHeaders<V>& row) {
  return cell(row.value) + "," + headers_cell(row.headers);
}

template <class K>
std::optional<K> key_of(element hex) {
  if (hex.is_null()) return std::nullopt;
  auto key = Serde<K>::deserialize(from_hex(std::string_view(hex)));
  if (!key.ok()) throw NotAKey();
  return std::move(key).value();
}

template <class K, class V>
bool query_key_value(StateStore& store, std::string_view function, array arguments, Rows& rows) {
  auto* typed = dynamic_cast<KeyValueStore<K, V>*>(&store);
  if (!typed) return false;
  const auto add_all = [&](KeyValueIterator<K, V> iterator) {
    while (const auto* row = iterator.next()) rows.add(cell(row->key) + "," + value_cells(row->value));
  };
  if (function == "get") {
    if (const V* value = typed->find(*key_of<K>(arguments.at(0)))) rows.add(value_cells(*value));
  } else if (function == "range") {
    add_all(typed->range(key_of<K>(arguments.at(0)), key_of<K>(arguments.at(1))));
  } else if (function == "reverseRange") {
    add_all(typed->reverse_range(key_of<K>(arguments.at(0)), key_of<K>(arguments.at(1))));
  } else if (function == "all") {
    add_all(typed->all());
  } else if (function == "reverseAll") {
    add_all(typed->reverse_all());
  } else if (function == "prefixScan") {
    add_all(typed->prefix_scan(from_hex(std::string_view(arguments.at(0)))));
  } else {
    return false;
  }
  return true;
}

template <class K, class V>
bool query_window(StateStore& store, std::string_view function, array arguments, Rows& rows) {
  auto* typed = dynamic_cast<WindowStore<K, V>*>(&store);
  if (!typed) return false;
  const auto number = [&](std::size_t i) { return Timestamp(whole_number(arguments.at(i))); };
  const auto key = [&](std::size_t i) { return key_of<K>(arguments.at(i)); };
  const auto add_windows = [&](KeyValueIterator<Timestamp, V> iterator) {
    while (const auto* row = iterator.next()) {
      rows.add(std::to_string(row->key.ms()) + "," + value_cells(row->value));
    }
  };
  const auto add_windowed = [&](KeyValueIterator<Windowed<K>, V> iterator) {
    while (const auto* row = iterator.next()) {
      rows.add(cell(row->key.key) + "," + std::to_string(row->key.window.start) + "," + value_cells(row->value));
    }
  };
  if (function == "fetchOne") {
    if (const V* value = typed->find(*key(0), number(1))) rows.add(value_cells(*value));
  } else if (function == "fetch") {
    add_windows(typed->fetch(*key(0), number(1), number(2)));
  } else if (function == "backwardFetch") {
    add_windows(typed->backward_fetch(*key(0), number(1), number(2)));
  } else if (function == "fetchRange") {
    add_windowed(typed->fetch_range(key(0), key(1), number(2), number(3)));
  } else if (function == "backwardFetchRange") {
    add_windowed(typed->backward_fetch_range(key(0), key(1), number(2), number(3)));
  } else if (function == "fetchAll") {
    add_windowed(typed->fetch_all(number(0), number(1)));
  } else if (function == "backwardFetchAll") {
    add_windowed(typed->backward_fetch_all(number(0), number(1)));
  } else if (function == "all") {
    add_windowed(typed->all());
  } else if (function == "backwardAll") {
    add_windowed(typed->backward_all());
  } else {
    return false;
  }
  return true;
}

template <class K, class V>
bool query_session(StateStore& store, std::string_view function, array arguments, Rows& rows) {
  auto* typed = dynamic_cast<SessionStore<K, V>*>(&store);
  if (!typed) return false;
  const auto number = [&](std::size_t i) { return Timestamp(whole_number(arguments.at(i))); };
  const auto key = [&](std::size_t i) { return key_of<K>(arguments.at(i)); };
  const auto add_all = [&](KeyValueIterator<Windowed<K>, V> iterator) {
    while (const auto* row = iterator.next()) {
      const Window session = row->key.window;
      rows.add(cell(row->key.key) + "," + std::to_string(session.start) + "," + std::to_string(session.end) + "," +
               value_cells(row->value));
    }
  };
  if (function == "fetch") {
    add_all(typed->fetch(*key(0)));
  } else if (function == "backwardFetch") {
    add_all(typed->backward_fetch(*key(0)));
  } else if (function == "fetchKeys") {
    add_all(typed->fetch(key(0), key(1)));
  } else if (function == "backwardFetchKeys") {
    add_all(typed->backward_fetch(key(0), key(1)));
  } else if (function == "findSessions") {
    add_all(typed->find_sessions(*key(0), number(1), number(2)));
  } else if (function == "backwardFindSessions") {
    add_all(typed->backward_find_sessions(*key(0), number(1), number(2)));
  } else if (function == "findSessionsRange") {
    add_all(typed->find_sessions(key(0), key(1), number(2), number(3)));
  } else if (function == "backwardFindSessionsRange") {
    add_all(typed->backward_find_sessions(key(0), key(1), number(2), number(3)));
  } else if (function == "fetchSession") {
    if (const auto value = typed->fetch_session(*key(0), number(1), number(2))) rows.add(value_cells(*value));
  } else {
    return false;
  }
  return true;
}

template <class K, class V>
bool query_versioned(StateStore& store, std::string_view function, array arguments, Rows& rows) {
  auto* typed = dynamic_cast<VersionedKeyValueStore<K, V>*>(&store);
  if (!typed) return false;
  const auto key = *key_of<K>(arguments.at(0));
  const auto number = [&](std::size_t i) { return Timestamp(whole_number(arguments.at(i))); };
  const auto add = [&](const VersionedRecord<V>& version) {
    rows.add(cell(key) + "," + cell(version.value) + "," + std::to_string(version.timestamp.ms()) + "," +
             std::to_string(version.valid_to ? version.valid_to->ms() : -1));
  };
  const auto add_one = [&](const std::optional<VersionedRecord<V>>& version) {
    if (version) rows.add(cell(version->value) + "," + std::to_string(version->timestamp.ms()));
  };
  if (function == "get") {
    add_one(typed->get(key));
  } else if (function == "getAsOf") {
    add_one(typed->get(key, number(1)));
  } else if (function == "historyAsc" || function == "historyDesc") {
    auto versions = typed->history(key, number(1), number(2));
    if (function == "historyDesc") std::reverse(versions.begin(), versions.end());
    for (const auto& version : versions) add(version);
  } else {
    return false;
  }
  return true;
}

template <class K, class V>
bool query_any(StateStore& store, std::string_view function, array arguments, Rows& rows) {
  return query_key_value<K, V>(store, function, arguments, rows) ||
         query_key_value<K, ValueAndTimestamp<V>>(store, function, arguments, rows) ||
         query_key_value<K, ValueTimestampHeaders<V>>(store, function, arguments, rows) ||
         query_versioned<K, V>(store, function, arguments, rows) ||
         query_window<K, V>(store, function, arguments, rows) ||
         query_session<K, AggregationWithHeaders<V>>(store, function, arguments, rows) ||
         query_session<K, V>(store, function, arguments, rows) ||
         query_window<K, ValueAndTimestamp<V>>(store, function, arguments, rows);
}

}  // namespace

namespace {

/// Kafka shows the records that wait for a partner one by one, where the store has them in lists; nobody asks for one.
bool keeps_lists(const StateStore& store) {
  return store.name().find("-shared-join-store") != std::string::npos ||
         store.name().find("KSTREAM-OUTERSHARED-") != std::string::npos;
}

}  // namespace

std::string query_rows(StateStore& store, std::string_view function, array arguments, bool headers) try {
  if (keeps_lists(store)) return std::string(kNoSuchKey);
  Rows rows(headers);
  const bool known = query_any<std::string, std::string>(store, function, arguments, rows) ||
                     query_any<std::string, std::int64_t>(store, function, arguments, rows) ||
                     query_key_value<std::string, ValueAndTimestamp<detail::Subscription<std::string>>>(
                         store, function, arguments, rows) ||
                     query_any<std::string, double>(store, function, arguments, rows) ||
                     query_any<std::int64_t, double>(store, function, arguments, rows) ||
                     query_any<std::int64_t, std::string>(store, function, arguments, rows) ||
                     query_any<std::int64_t, std::int64_t>(store, function, arguments, rows);
  return known ? rows.json() : std::string();
} catch (const NotAKey&) {
  return std::string(kNoSuchKey);
}

std::string dump_rows(StateStore& store, std::string_view kind, bool headers) {
  Rows rows(headers);
  const bool windowed = kind.ends_with("win"), session = kind.ends_with("sess");
  const bool lists = keeps_lists(store);
  store.dump([&](const RawRow& row) {
    if (lists) {
      const auto elements = detail::elements_of_list(row.value);
      for (const BytesView element : *elements) rows.add(json_hex(row.key) + "," + json_hex(element));
      return;
    }
    std::string cells = json_hex(row.key);
    if (windowed || session) cells += "," + std::to_string(row.start);
    if (session) cells += "," + std::to_string(row.end);
    cells += "," + json_hex(row.value);
    if (kind == "vkv") cells += "," + std::to_string(row.start) + "," + std::to_string(row.end);
    if (row.timestamp) cells += "," + std::to_string(*row.timestamp);
    if (row.headers) {
      Headers kept;
      if (detail::read_row_headers(*row.headers, kept)) cells += "," + headers_cell(kept);
    }
    rows.add(cells);
  });
  return rows.json();
}

}  // namespace leat::conformance
