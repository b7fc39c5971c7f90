// The serde of lists, byte for byte Kafka's (org.apache.kafka.common.serialization.ListSerializer, KIP-466): a
// std::vector<T>, or a std::vector<std::optional<T>> whose items may be null.
//
//   items of fixed size    00 | null count (4) | their indexes (4 each) | item count (4) | items that are not null
//   others                 01 | item count (4) | for each: size (4; -1: null), bytes
#pragma once

#include <concepts>
#include <limits>
#include <vector>

#include "base/serde.h"

namespace leat {

namespace detail {

/// The size of an item where Kafka writes items without their sizes, else 0.
template <class T>
inline constexpr std::size_t kListItemBytes = std::same_as<T, std::int16_t> || std::same_as<T, std::int32_t> ||
                                                      std::same_as<T, std::int64_t> || std::same_as<T, float> ||
                                                      std::same_as<T, double>
                                                  ? sizeof(T)
                                              : std::same_as<T, Uuid> ? 36
                                                                      : 0;

Error broken_list();

/// Takes counts, sizes and items off the front of a list's bytes; `ok` is false once there was too little.
struct ListReader {
  BytesView rest;
  bool ok = true;
  std::int32_t number() {
    const BytesView bytes = take(4);
    return ok ? static_cast<std::int32_t>(read_big_endian<std::uint32_t>(bytes.data())) : 0;
  }
  /// A count of items that take at least `bytes_each`.
  std::int32_t count(std::size_t bytes_each) {
    const std::int32_t count = number();
    ok = ok && count >= 0 && static_cast<std::size_t>(count) * bytes_each <= rest.size();
    return ok ? count : 0;
  }
  BytesView take(std::size_t size) {
    ok = ok && size <= rest.size();
    if (!ok) return {};
    const BytesView taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
  }
};

/// Item is T or std::optional<T>.
template <class T, class Item>
struct ListSerde {
  static constexpr bool kNullable = !std::same_as<T, Item>;

  static void serialize(const std::vector<Item>& items, Bytes& out) {
    out.push_back(kListItemBytes<T> > 0 ? 0 : 1);
    if constexpr (kListItemBytes < T >> 0) {
      std::vector<std::uint32_t> nulls;
      for (std::size_t i = 0; i < items.size(); ++i)
        if (!find(items[i])) nulls.push_back(static_cast<std::uint32_t>(i));
      append_big_endian(static_cast<std::uint32_t>(nulls.size()), out);
      for (const std::uint32_t index : nulls) append_big_endian(index, out);
    }
    append_big_endian(static_cast<std::uint32_t>(items.size()), out);
    for (const Item& item : items) append(find(item), out);
  }
  static Result<std::vector<Item>> deserialize(BytesView bytes) {
    ListReader reader{bytes};
    const BytesView kind = reader.take(1);
    std::vector<Item> items;
    if (!reader.ok || kind[0] != (kListItemBytes < T >> 0 ? 0 : 1)) return broken_list();
    std::vector<std::int32_t> nulls;
    if constexpr (kListItemBytes < T >> 0)
      for (std::int32_t left = reader.count(4); left > 0; --left) nulls.push_back(reader.number());
    // Nulls of fixed-size lists take no bytes here; those that are named bound how many there can be.
    std::int32_t count = reader.number();
    const std::size_t most = reader.rest.size() / (kListItemBytes<T> > 0 ? kListItemBytes<T> : 4) + nulls.size();
    if (!reader.ok || count < 0 || static_cast<std::size_t>(count) > most) return broken_list();
    items.reserve(static_cast<std::size_t>(count));
    std::size_t next_null = 0;
    for (std::int32_t i = 0; i < count; ++i) {
      std::int32_t size = static_cast<std::int32_t>(kListItemBytes<T>);
      if constexpr (kListItemBytes<T> == 0) size = reader.number();
      if (next_null < nulls.size() && nulls[next_null] == i) size = -1, ++next_null;
      if (size < 0) {
        if constexpr (!kNullable) return broken_list();
        items.emplace_back();
        continue;
      }
      auto item = Serde<T>::deserialize(reader.take(static_cast<std::size_t>(size)));
      if (!reader.ok) return broken_list();
      if (!item) return item.error();
      items.push_back(std::move(item).value());
    }
    if (!reader.rest.empty()) return broken_list();
    return items;
  }

 private:
  static const T* find(const Item& item) {
    if constexpr (kNullable) {
      return item ? &*item : nullptr;
    } else {
      return &item;
    }
  }
  static void append(const T* item, Bytes& out) {
    if constexpr (kListItemBytes < T >> 0) {
      if (item) Serde<T>::serialize(*item, out);
    } else if (!item) {
      append_big_endian(std::uint32_t(-1), out);
    } else {
      Bytes bytes;
      Serde<T>::serialize(*item, bytes);
      append_big_endian(static_cast<std::uint32_t>(bytes.size()), out);
      out += bytes;
    }
  }
};

}  // namespace detail

template <class T>
requires HasSerde<T>
struct Serde<std::vector<T>> : detail::ListSerde<T, T> {
};
template <class T>
requires HasSerde<T>
struct Serde<std::vector<std::optional<T>>> : detail::ListSerde<T, std::optional<T>> {
};

}  // namespace leat
