// Serde<T>: how a T becomes bytes and comes back. The specialisations here are byte for byte Kafka's standard serdes.
//
//   Bytes out;
//   Serde<std::int64_t>::serialize(42, out);                  // appends 8 bytes, big-endian
//   Result<std::int64_t> back = Serde<std::int64_t>::deserialize(out);
//
// A serde of one's own is any type with these two functions, static or not:
//
//   struct Reversed {
//     void serialize(const std::string& text, Bytes& out) const { out.append(text.rbegin(), text.rend()); }
//     Result<std::string> deserialize(BytesView bytes) const { return std::string(bytes.rbegin(), bytes.rend()); }
//   };
//
// It becomes the default of its type as a specialisation of Serde<T>; where another one than the default is wanted,
// an object is passed (`Consumed::with(Reversed{}, ...)`). Null is not the business of a serde: it has no bytes.
//
// A serde may have these two besides, which see the headers of the record, and may add to them (KIP-1271):
//
//   void serialize(const std::string& text, Headers& headers, Bytes& out) const;
//   Result<std::string> deserialize(BytesView bytes, const Headers& headers) const;
//
// They are called where the bytes travel in a record of a topic; stores call the other two.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/big_endian.h"
#include "base/bytes.h"
#include "base/headers.h"
#include "base/result.h"
#include "base/uuid.h"

namespace leat {

/// The default serde of T; only its specialisations exist.
template <class T>
struct Serde;

/// Whether S turns a T into bytes and back.
template <class S, class T>
concept SerdeOf = requires(const S& serde, const T& value, Bytes& out, BytesView bytes) {
  serde.serialize(value, out);
  { serde.deserialize(bytes) } -> std::same_as<Result<T>>;
};

/// Whether S looks at headers too.
template <class S, class T>
concept SerdeWithHeadersOf = requires(const S& serde, const T& value, Headers& headers, Bytes& out, BytesView bytes) {
  serde.serialize(value, headers, out);
  { serde.deserialize(bytes, headers) } -> std::same_as<Result<T>>;
};

/// Whether T has a default serde.
template <class T>
concept HasSerde = requires {
  sizeof(Serde<T>);
}
&&SerdeOf<Serde<T>, T>;

namespace detail {

Error wrong_size(std::string_view type, std::size_t expected, std::size_t actual);

template <class Unsigned>
void append_big_endian(Unsigned value, Bytes& out) {
  char bytes[sizeof value];
  store_big_endian(bytes, value);
  out.append(bytes, sizeof bytes);
}

template <class Unsigned>
Unsigned read_big_endian(const char* bytes) {
  return load_big_endian<Unsigned>(bytes);
}

/// T as the big-endian bytes of Unsigned, which has its size.
template <class T, class Unsigned>
struct FixedSizeSerde {
  static void serialize(const T& value, Bytes& out) { append_big_endian(std::bit_cast<Unsigned>(value), out); }
  static Result<T> deserialize(BytesView bytes) {
    if (bytes.size() != sizeof(T)) return wrong_size(Serde<T>::kName, sizeof(T), bytes.size());
    return std::bit_cast<T>(read_big_endian<Unsigned>(bytes.data()));
  }
};

}  // namespace detail

/// Text and bytes as they are (Kafka's StringSerde in UTF-8, and its ByteArraySerde).
template <>
struct Serde<std::string> {
  static void serialize(std::string_view value, Bytes& out) { out.append(value); }
  static Result<std::string> deserialize(BytesView bytes) { return std::string(bytes); }
  static Status deserialize_into(BytesView bytes, std::string& value) {
    value.assign(bytes);
    return {};
  }
};

template <>
struct Serde<std::int64_t> : detail::FixedSizeSerde<std::int64_t, std::uint64_t> {
  static constexpr std::string_view kName = "int64";
};
template <>
struct Serde<std::int32_t> : detail::FixedSizeSerde<std::int32_t, std::uint32_t> {
  static constexpr std::string_view kName = "int32";
};
template <>
struct Serde<std::int16_t> : detail::FixedSizeSerde<std::int16_t, std::uint16_t> {
  static constexpr std::string_view kName = "int16";
};
template <>
struct Serde<double> : detail::FixedSizeSerde<double, std::uint64_t> {
  static constexpr std::string_view kName = "double";
};
template <>
struct Serde<float> : detail::FixedSizeSerde<float, std::uint32_t> {
  static constexpr std::string_view kName = "float";
};

template <>
struct Serde<bool> {
  static void serialize(bool value, Bytes& out) { out.push_back(value ? 1 : 0); }
  static Result<bool> deserialize(BytesView bytes);
};

/// A uuid as its 36 characters of text, as Kafka's UUIDSerde has it.
template <>
struct Serde<Uuid> {
  static void serialize(const Uuid& value, Bytes& out) { out.append(value.to_string()); }
  static Result<Uuid> deserialize(BytesView bytes) { return Uuid::from_string(bytes); }
};

/// A serde behind a virtual call, so that what uses it depends on T alone. Shared by all tasks, hence const.
template <class T>
class AnySerde {
 public:
  virtual ~AnySerde() = default;
  virtual void serialize(const T& value, Bytes& out) const = 0;
  /// Overwrites `value`, whose memory is used again where the serde has `deserialize_into`.
  virtual Status deserialize(BytesView bytes, T& value) const = 0;
  /// The same beside the headers of a record, where the serde looks at them.
  virtual bool sees_headers() const { return false; }
  virtual void serialize_with(const T& value, Headers& headers, Bytes& out) const {
    (void)headers;
    serialize(value, out);
  }
  virtual Status deserialize_with(BytesView bytes, const Headers& headers, T& value) const {
    (void)headers;
    return deserialize(bytes, value);
  }
  /// The part of the serialised key that decides about its partition, where that is not all of it.
  virtual std::optional<BytesView> partitioned_part(BytesView serialized) const = 0;
};

template <class T>
using SerdePtr = std::shared_ptr<const AnySerde<T>>;

template <class T, class S>
requires SerdeOf<S, T>
class ErasedSerde : public AnySerde<T> {
 public:
  explicit ErasedSerde(S serde) : serde_(std::move(serde)) {}
  void serialize(const T& value, Bytes& out) const override { serde_.serialize(value, out); }
  Status deserialize(BytesView bytes, T& value) const override {
    if constexpr (requires { serde_.deserialize_into(bytes, value); }) {
      return serde_.deserialize_into(bytes, value);
    } else {
      auto result = serde_.deserialize(bytes);
      if (!result.ok()) return result.error();
      value = std::move(result).value();
      return {};
    }
  }
  std::optional<BytesView> partitioned_part(BytesView serialized) const override {
    if constexpr (requires { S::kWindowBytes; }) {
      return serialized.substr(0, serialized.size() - S::kWindowBytes);
    } else {
      return std::nullopt;
    }
  }

 protected:
  [[no_unique_address]] S serde_;
};

template <class T, class S>
requires SerdeWithHeadersOf<S, T>
class ErasedSerdeWithHeaders final : public ErasedSerde<T, S> {
 public:
  using ErasedSerde<T, S>::ErasedSerde;
  bool sees_headers() const override { return true; }
  void serialize_with(const T& value, Headers& headers, Bytes& out) const override {
    this->serde_.serialize(value, headers, out);
  }
  Status deserialize_with(BytesView bytes, const Headers& headers, T& value) const override {
    auto result = this->serde_.deserialize(bytes, headers);
    if (!result.ok()) return result.error();
    value = std::move(result).value();
    return {};
  }
};

/// `serde` behind a virtual call.
template <class T, class S>
SerdePtr<T> erase_serde(S serde) {
  if constexpr (SerdeWithHeadersOf<S, T>) {
    return SerdePtr<T>(new ErasedSerdeWithHeaders<T, S>(std::move(serde)));
  } else {
    return SerdePtr<T>(new ErasedSerde<T, S>(std::move(serde)));
  }
}

/// The default serde of T behind a virtual call.
template <class T>
SerdePtr<T> default_serde() {
  static_assert(HasSerde<T>, "this type has no serde: specialise leat::Serde<T>, or pass one with ::with(...)");
  return erase_serde<T>(Serde<T>{});
}

}  // namespace leat
