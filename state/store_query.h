// StoreQuery: a question to a store whose types the asker does not know (a console, a browser), and the rows that
// answer it. Keys come in as text, keys and values go out as JSON.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/json.h"
#include "base/serde.h"
#include "state/windowed.h"

namespace leat {

struct StoreQuery {
  std::optional<std::string> key;  ///< as text; absent: all keys
  /// Window starts, both included, in ms since 1970; for stores without windows they mean nothing.
  std::int64_t window_from = 0;
  std::int64_t window_to = std::numeric_limits<std::int64_t>::max();
};

struct StoreRow {
  std::string key;    ///< JSON
  std::string value;  ///< JSON
  std::optional<Window> window;
  std::optional<std::int64_t> timestamp;
};

/// Takes one row; false ends the answer.
using StoreRowReader = std::function<bool(const StoreRow& row)>;

namespace detail {

std::string json_string(std::string_view text);
std::string json_number(std::int64_t value);
std::string json_number(double value);
std::string json_bytes(BytesView bytes);
Result<std::int64_t> integer_of(std::string_view text, std::int64_t least, std::int64_t most);
Result<double> number_of(std::string_view text);

}  // namespace detail

/// How a T is shown to people: as JSON where it has such a form, else its serialised bytes in base 16.
template <class T>
std::string to_json(const T& value) {
  if constexpr (std::same_as<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::integral<T>) {
    return detail::json_number(static_cast<std::int64_t>(value));
  } else if constexpr (std::floating_point<T>) {
    return detail::json_number(static_cast<double>(value));
  } else if constexpr (std::convertible_to<const T&, std::string_view>) {
    return detail::json_string(value);
  } else if constexpr (std::same_as<T, Uuid>) {
    return detail::json_string(value.to_string());
  } else if constexpr (requires {
                         { value.to_json() } -> std::convertible_to<std::string>;
                       }) {
    return value.to_json();
  } else if constexpr (JsonStruct<T>) {
    Bytes json;
    detail::write_json(value, json);
    return json;
  } else if constexpr (HasSerde<T>) {
    Bytes bytes;
    Serde<T>{}.serialize(value, bytes);
    return detail::json_bytes(bytes);
  } else {
    return "null";
  }
}

/// A key from text that somebody typed.
template <class T>
Result<T> from_text(std::string_view text) {
  if constexpr (std::same_as<T, bool>) {
    if (text == "true" || text == "false") return text == "true";
    return Error{ErrorKind::kInvalidArgument, "'" + std::string(text) + "' is neither true nor false"};
  } else if constexpr (std::integral<T>) {
    auto number = detail::integer_of(text, static_cast<std::int64_t>(std::numeric_limits<T>::min()),
                                     static_cast<std::int64_t>(std::numeric_limits<T>::max()));
    if (!number) return number.error();
    return static_cast<T>(*number);
  } else if constexpr (std::floating_point<T>) {
    auto number = detail::number_of(text);
    if (!number) return number.error();
    return static_cast<T>(*number);
  } else if constexpr (std::constructible_from<T, std::string_view>) {
    return T(text);
  } else if constexpr (std::same_as<T, Uuid>) {
    return Uuid::from_string(text);
  } else {
    return Error{ErrorKind::kInvalidArgument, "keys of this store have no form as text"};
  }
}

namespace detail {

template <class K>
Result<Bytes> key_bytes_of_text(const AnySerde<K>& serde, std::string_view text) {
  const auto key = from_text<K>(text);
  if (!key) return key.error();
  Bytes bytes;
  serde.serialize(*key, bytes);
  return bytes;
}

}  // namespace detail

}  // namespace leat
