// The definitions behind codec.h. Included only where messages are instantiated:
//
//   #include "broker/wire/codec_inl.h"
//   LEAT_WIRE_MESSAGE(HeartbeatRequest)
//
// Grammar (https://kafka.apache.org/protocol; versions from MessageTraits::flexible_since on are "flexible"):
//
//   string, bytes, array   plain: int16 (string) or int32 length, -1 is null; flexible: unsigned varint length + 1, 0
//   is null nullable struct        int8, negative is null, else the struct; as a tagged field unsigned varint 0 or 1
//   struct                 its fields; flexible: then the tag section
//   tag section            unsigned varint count {unsigned varint tag, unsigned varint size, value}, tags ascending
#pragma once

#include <algorithm>
#include <concepts>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/big_endian.h"
#include "base/uuid.h"
#include "base/varint.h"
#include "broker/wire/byte_string.h"
#include "broker/wire/codec.h"
#include "broker/wire/json_writer.h"

namespace leat::wire {

namespace detail {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

template <class T>
concept Optional = IsOptional<T>::value;
template <class T>
concept Array = IsVector<T>::value;
template <class T>
concept Enum = std::is_enum_v<T>;
template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool>;
/// A message or a part of one. (Tested by exclusion: Fields is a template.)
template <class T>
concept Struct =
    std::is_class_v<T> && !Optional<T> && !Array<T> && !std::same_as<T, std::string> && !std::same_as<T, Buf> &&
    !std::same_as<T, BufChain> && !std::same_as<T, ByteString> && !std::same_as<T, Uuid>;

/// Records of this size and more are chained into the output, smaller ones copied.
inline constexpr std::size_t kSliceBytesMin = 512;
/// Kafka refuses longer texts, in the compact form too. What we write of our own accord is cut there: only messages for
/// people can be so long.
inline constexpr std::size_t kTextBytesMax = 0x7fff;

class Encoder {
 public:
  Encoder(int version, bool flexible) : version_(version), flexible_(flexible) {}

  template <class T, class Default = T>
  void operator()(const T& value, std::string_view /*name*/, Rule rule = {}, const Default& by_default = {}) {
    if (!rule.holds_in(version_)) return;
    if (!rule.tagged()) return write(value, rule.nullable_in(version_));
    if (!flexible_ || value == T(by_default)) return;
    Encoder nested(version_, flexible_);
    nested.write_tagged(value, rule.nullable_in(version_));
    tagged_.emplace(rule.tag_number, std::move(nested.bytes_));
  }

  template <Struct T>
  void write_struct(const T& value) {
    auto outer = std::exchange(tagged_, {});
    T::Fields(value, *this);
    if (flexible_) {
      append_unsigned_varint(bytes_, static_cast<std::uint32_t>(tagged_.size()));
      for (const auto& [tag, bytes] : tagged_) {
        append_unsigned_varint(bytes_, static_cast<std::uint32_t>(tag));
        append_unsigned_varint(bytes_, static_cast<std::uint32_t>(bytes.size()));
        bytes_ += bytes;
      }
    }
    tagged_ = std::move(outer);
  }

  BufChain take_chain() {
    close_slice();
    return std::move(chain_);
  }
  Bytes& bytes() { return bytes_; }

 private:
  template <class T>
  void write(const T& value, bool nullable) {
    if constexpr (Optional<T>) {
      using Value = typename T::value_type;
      if (value) {
        if constexpr (Struct<Value>) bytes_.push_back(1);
        write(*value, nullable);
      } else if (!nullable) {
        write(Value{}, false);  // older versions say the empty value where newer ones say null
      } else if constexpr (Struct<Value>) {
        bytes_.push_back(-1);
      } else {
        write_null(std::same_as<Value, std::string>);
      }
    } else if constexpr (Enum<T>) {
      append_big_endian<std::underlying_type_t<T>>(bytes_, static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::same_as<T, bool>) {
      bytes_.push_back(value ? 1 : 0);
    } else if constexpr (Integer<T>) {
      append_big_endian<T>(bytes_, value);
    } else if constexpr (std::same_as<T, double>) {
      append_big_endian<std::uint64_t>(bytes_, std::bit_cast<std::uint64_t>(value));
    } else if constexpr (std::same_as<T, Uuid>) {
      append_big_endian<std::uint64_t>(bytes_, value.high);
      append_big_endian<std::uint64_t>(bytes_, value.low);
    } else if constexpr (std::same_as<T, std::string>) {
      const BytesView text = BytesView(value).substr(0, kTextBytesMax);
      write_length(text.size(), true);
      bytes_ += text;
    } else if constexpr (std::same_as<T, ByteString>) {
      write_length(value.bytes.size(), false);
      bytes_ += value.bytes;
    } else if constexpr (std::same_as<T, Buf>) {
      write_length(value.size(), false);
      write_slice(value);
    } else if constexpr (std::same_as<T, BufChain>) {
      write_length(value.size(), false);
      for (const Buf& slice : value.slices()) write_slice(slice);
    } else if constexpr (Array<T>) {
      write_length(value.size(), false);
      for (const auto& element : value) write(element, false);
    } else {
      write_struct(value);
    }
  }

  /// A nullable struct in a tagged field has another null form than elsewhere.
  template <class T>
  void write_tagged(const T& value, bool nullable) {
    if constexpr (Optional<T>) {
      if constexpr (Struct<typename T::value_type>) {
        append_unsigned_varint(bytes_, value ? 1 : 0);
        if (value) write_struct(*value);
        return;
      }
    }
    write(value, nullable);
  }

  void write_length(std::size_t size, bool is_text) {
    if (flexible_) {
      append_unsigned_varint(bytes_, static_cast<std::uint32_t>(size + 1));
    } else if (is_text) {
      append_big_endian<std::int16_t>(bytes_, static_cast<std::int16_t>(size));
    } else {
      append_big_endian<std::int32_t>(bytes_, static_cast<std::int32_t>(size));
    }
  }
  void write_null(bool is_text) {
    if (flexible_) {
      append_unsigned_varint(bytes_, 0);
    } else if (is_text) {
      append_big_endian<std::int16_t>(bytes_, -1);
    } else {
      append_big_endian<std::int32_t>(bytes_, -1);
    }
  }
  void write_slice(const Buf& slice) {
    if (slice.size() < kSliceBytesMin) {
      bytes_ += slice.view();
      return;
    }
    close_slice();
    chain_.append(slice);
  }
  void close_slice() {
    if (bytes_.empty()) return;
    chain_.append(Buf::copy_of(bytes_));
    bytes_.clear();
  }

  int version_;
  bool flexible_;
  Bytes bytes_;
  BufChain chain_;
  std::map<std::int16_t, Bytes> tagged_;
};

class Decoder {
 public:
  Decoder(const Buf& body, int version, bool flexible)
      : body_(body), at_(body.data()), end_(body.data() + body.size()), version_(version), flexible_(flexible) {}

  template <class T, class Default = T>
  void operator()(T& value, std::string_view /*name*/, Rule rule = {}, const Default& = {}) {
    if (wanted_tag_ < 0) {
      if (!rule.tagged() && rule.holds_in(version_)) read(value, rule.nullable_in(version_));
    } else if (rule.tag_number == wanted_tag_) {
      tag_known_ = true;
      // A tag of a later version is an error in this one, not an unknown tag.
      if (!rule.holds_in(version_)) return fail();
      const auto outer = std::exchange(wanted_tag_, -1);
      read_tagged(value, rule.nullable_in(version_));
      wanted_tag_ = outer;
      tag_known_ = true;
    }
  }

  template <Struct T>
  void read_struct(T& value) {
    const auto outer = std::exchange(wanted_tag_, -1);
    T::Fields(value, *this);
    if (flexible_) {
      for (auto left = read_unsigned(); left > 0 && ok_; --left) {
        const auto tag = read_unsigned();
        const auto size = read_unsigned();
        if (size > remaining() || tag > 0x7fffffff) return fail();
        wanted_tag_ = static_cast<std::int64_t>(tag);
        tag_known_ = false;
        T::Fields(value, *this);
        if (!tag_known_) at_ += size;
      }
    }
    wanted_tag_ = outer;
  }

  bool ok() const { return ok_; }

 private:
  template <class T>
  void read(T& value, bool nullable) {
    if (!ok_) return;
    if constexpr (Optional<T>) {
      using Value = typename T::value_type;
      if constexpr (Struct<Value>) {
        if (read_integer<std::int8_t>() < 0) return null(value, nullable);
        value = Value{};
        read_struct(*value);
      } else {
        const std::int32_t size = read_length(std::same_as<Value, std::string>);
        if (size < 0) return null(value, nullable);
        read_sized(value.emplace(), static_cast<std::size_t>(size));
      }
    } else if constexpr (Enum<T>) {
      value = static_cast<T>(read_integer<std::underlying_type_t<T>>());
    } else if constexpr (std::same_as<T, bool>) {
      value = read_integer<std::int8_t>() != 0;
    } else if constexpr (Integer<T>) {
      value = read_integer<T>();
    } else if constexpr (std::same_as<T, double>) {
      value = std::bit_cast<double>(read_integer<std::uint64_t>());
    } else if constexpr (std::same_as<T, Uuid>) {
      value.high = read_integer<std::uint64_t>();
      value.low = read_integer<std::uint64_t>();
    } else if constexpr (std::same_as<T, std::string> || std::same_as<T, ByteString> || std::same_as<T, Buf> ||
                         std::same_as<T, BufChain> || Array<T>) {
      const std::int32_t size = read_length(std::same_as<T, std::string>);
      if (size < 0) return fail();
      read_sized(value, static_cast<std::size_t>(size));
    } else {
      read_struct(value);
    }
  }

  template <class T>
  void read_tagged(T& value, bool nullable) {
    if constexpr (Optional<T>) {
      if constexpr (Struct<typename T::value_type>) {
        if (read_unsigned() == 0) return null(value, nullable);
        value = typename T::value_type{};  // clang 14 knows no emplace() of nested structs
        return read_struct(*value);
      }
    }
    read(value, nullable);
  }

  template <class T>
  void read_sized(T& value, std::size_t size) {
    // Every element takes a byte at least, so a lie about the count is found before memory is taken.
    if (size > remaining() || (std::same_as<T, std::string> && size > kTextBytesMax)) return fail();
    if constexpr (Array<T>) {
      value.clear();
      value.reserve(std::min<std::size_t>(size, remaining() / sizeof(typename T::value_type) + 1));
      for (; size > 0 && ok_; --size) read(value.emplace_back(), false);
    } else if constexpr (std::same_as<T, Buf> || std::same_as<T, BufChain>) {
      value = body_.slice(static_cast<std::size_t>(at_ - body_.data()), size);
      at_ += size;
    } else if constexpr (std::same_as<T, ByteString>) {
      value.bytes.assign(at_, size);
      at_ += size;
    } else {
      value.assign(at_, size);
      at_ += size;
    }
  }

  template <class T>
  void null(std::optional<T>& value, bool nullable) {
    if (!nullable) return fail();
    value.reset();
  }

  template <class T>
  T read_integer() {
    if (remaining() < sizeof(T)) return fail(), T{};
    const T value = load_big_endian<T>(at_);
    at_ += sizeof(T);
    return value;
  }
  std::uint32_t read_unsigned() {
    std::uint32_t value = 0;
    const char* next = ok_ ? read_unsigned_varint(at_, end_, value) : nullptr;
    if (next == nullptr) return fail(), 0;
    at_ = next;
    return value;
  }
  /// Negative is null, whichever number it is. A compact length is an int32 too: ff ff ff ff 0f says -2.
  std::int32_t read_length(bool is_text) {
    if (flexible_) return static_cast<std::int32_t>(read_unsigned() - 1);
    return is_text ? read_integer<std::int16_t>() : read_integer<std::int32_t>();
  }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  void fail() {
    ok_ = false;
    at_ = end_;
  }

  const Buf& body_;
  const char* at_;
  const char* end_;
  int version_;
  bool flexible_;
  bool ok_ = true;
  /// While the value of a tag is read: which. Else -1.
  std::int64_t wanted_tag_ = -1;
  bool tag_known_ = false;
};

class JsonPrinter {
 public:
  explicit JsonPrinter(int version, bool flexible) : version_(version), flexible_(flexible) {}

  template <class T, class Default = T>
  void operator()(const T& value, std::string_view name, Rule rule = {}, const Default& by_default = {}) {
    if (!rule.holds_in(version_) || (rule.tagged() && (!flexible_ || value == T(by_default)))) return;
    json_.key(name);
    print(value);
  }
  template <class T>
  void print(const T& value) {
    if constexpr (Optional<T>) {
      value ? print(*value) : json_.null();
    } else if constexpr (Enum<T>) {
      json_.number(static_cast<std::int64_t>(value));
    } else if constexpr (std::same_as<T, bool>) {
      json_.boolean(value);
    } else if constexpr (Integer<T>) {
      json_.number(static_cast<std::int64_t>(value));
    } else if constexpr (std::same_as<T, double>) {
      json_.number(value);
    } else if constexpr (std::same_as<T, Uuid>) {
      json_.text(value.to_base64());
    } else if constexpr (std::same_as<T, std::string>) {
      json_.text(value);
    } else if constexpr (std::same_as<T, ByteString>) {
      json_.base64(value.bytes);
    } else if constexpr (std::same_as<T, Buf>) {
      json_.base64(value.view());
    } else if constexpr (std::same_as<T, BufChain>) {
      json_.base64(value.flatten().view());
    } else if constexpr (Array<T>) {
      json_.begin_array();
      for (const auto& element : value) print(element);
      json_.end_array();
    } else {
      json_.begin_object();
      T::Fields(value, *this);
      json_.end_object();
    }
  }
  std::string take() { return json_.take(); }

 private:
  int version_;
  bool flexible_;
  JsonWriter json_;
};

template <class Message>
bool flexible(int version) {
  return version >= Message::kTraits.flexible_since;
}

}  // namespace detail

template <class Message>
BufChain encode(const Message& message, int version) {
  detail::Encoder encoder(version, detail::flexible<Message>(version));
  encoder.write_struct(message);
  return encoder.take_chain();
}

template <class Message>
void encode_to(Bytes& to, const Message& message, int version) {
  detail::Encoder encoder(version, detail::flexible<Message>(version));
  encoder.write_struct(message);
  const BufChain chain = encoder.take_chain();
  for (const Buf& slice : chain.slices()) to += slice.view();
}

template <class Message>
Result<Message> decode(const Buf& body, int version) {
  const MessageTraits& traits = Message::kTraits;
  if (version < traits.version_min || version > traits.version_max)
    return Error{ErrorKind::kInvalidArgument, std::string(traits.name) + " has no version " + std::to_string(version)};
  Message message;
  detail::Decoder decoder(body, version, detail::flexible<Message>(version));
  decoder.read_struct(message);
  if (!decoder.ok())
    return Error{ErrorKind::kCorrupt, std::to_string(body.size()) + " bytes are no " + std::string(traits.name) +
                                          " of version " + std::to_string(version)};
  return message;
}

template <class Message>
std::string to_json(const Message& message, int version) {
  detail::JsonPrinter printer(version, detail::flexible<Message>(version));
  printer.print(message);
  return printer.take();
}

}  // namespace leat::wire

#define LEAT_WIRE_MESSAGE(Message)                               \
  template BufChain encode<Message>(const Message&, int);        \
  template void encode_to<Message>(Bytes&, const Message&, int); \
  template Result<Message> decode<Message>(const Buf&, int);     \
  template std::string to_json<Message>(const Message&, int);
