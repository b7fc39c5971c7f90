// Structs as JSON, by one line:
//
//   struct Order {
//     std::string id;
//     double amount = 0;
//     std::optional<std::string> note;
//   };
//   LEAT_JSON(Order, id, amount, note)            // in the namespace of Order; up to 32 members
//
// That gives Order its default serde: {"id":"17","amount":2.5,"note":null}. Members may be text, numbers, bool,
// std::optional, std::vector, std::map with text as keys, and other such structs. Read are members in any order; those
// that are not named are skipped; one that is missing is an error, unless it is a std::optional.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/serde.h"

namespace leat {

/// Reads one JSON text from its beginning to its end (RFC 8259). Whoever reads says what is to come; the first thing
/// that is not so is kept as the error, and from then on every call answers false.
class JsonReader {
 public:
  explicit JsonReader(BytesView text) : text_(text) {}

  /// Enters an object; then next_member() answers true for each of its members, whose value is to be read or skipped.
  bool begin_object() { return begin('{', "an object"); }
  bool next_member(std::string_view& name);
  /// The same for the items of an array.
  bool begin_array() { return begin('[', "an array"); }
  bool next_item() { return next(']'); }

  bool read(std::string& value);
  bool read(bool& value);
  bool read(double& value);
  bool read(std::int64_t& value, std::int64_t least, std::int64_t most);
  bool read(std::uint64_t& value, std::uint64_t most);
  /// Takes a null where there is one; false where there is something else, which is no error.
  bool take_null();
  bool skip();

  bool ok() const { return error_.empty(); }
  /// Notes what is wrong, if it is the first thing.
  bool fail(std::string_view problem);
  /// Puts a place in front of the error, once there is one.
  void in(std::string_view place);
  /// Whether all was well and nothing but white space is left.
  Status finish();

 private:
  /// How deep arrays and objects may lie in each other.
  static constexpr int kDepthMax = 100;

  bool begin(char bracket, std::string_view wanted);
  bool next(char bracket);
  char peek();
  bool take(char wanted);
  bool read_text(std::string& value);
  bool read_escape(std::string& value);
  bool read_hex(std::uint32_t& code);
  std::string_view number();

  BytesView text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  /// Whether an object or array was just entered, so that no comma is due.
  bool first_ = false;
  std::string name_;
  std::string error_;
};

namespace detail {

template <class S, class T>
struct JsonMember {
  std::string_view name;
  T S::*member;
};
template <class S, class T>
JsonMember(std::string_view, T S::*) -> JsonMember<S, T>;

void append_json(std::string_view text, Bytes& out);
void append_json_number(std::int64_t value, Bytes& out);
void append_json_number(std::uint64_t value, Bytes& out);
/// The shortest form that reads back as the same number; null where there is none (infinite, not a number).
void append_json_number(double value, Bytes& out);

}  // namespace detail

/// Whether LEAT_JSON was said for T.
template <class T>
concept JsonStruct = requires(const T* value) {
  leat_json_members(value);
};

namespace detail {

template <class T>
inline constexpr bool kJsonOptional = false;
template <class T>
inline constexpr bool kJsonOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kJsonArray = false;
template <class T>
inline constexpr bool kJsonArray<std::vector<T>> = true;
template <class T>
inline constexpr bool kJsonMap = false;
template <class T>
inline constexpr bool kJsonMap<std::map<std::string, T>> = true;

template <class T>
void write_json(const T& value, Bytes& out);
template <class T>
bool read_json(JsonReader& reader, T& value);

template <JsonStruct T>
void write_json_struct(const T& value, Bytes& out) {
  char before = '{';
  const auto write = [&](const auto& field) {
    out.push_back(before);
    before = ',';
    append_json(field.name, out);
    out.push_back(':');
    write_json(value.*(field.member), out);
  };
  std::apply([&](const auto&... fields) { (write(fields), ...); }, leat_json_members(&value));
  out.push_back('}');
}

template <class T>
void write_json(const T& value, Bytes& out) {
  if constexpr (JsonStruct<T>) {
    write_json_struct(value, out);
  } else if constexpr (kJsonOptional<T>) {
    value ? write_json(*value, out) : (void)out.append("null");
  } else if constexpr (kJsonArray<T>) {
    out.push_back('[');
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out.push_back(',');
      write_json<typename T::value_type>(value[i], out);
    }
    out.push_back(']');
  } else if constexpr (kJsonMap<T>) {
    char before = '{';
    for (const auto& [name, item] : value) {
      out.push_back(before);
      before = ',';
      append_json(name, out);
      out.push_back(':');
      write_json(item, out);
    }
    if (before == '{') out.push_back('{');
    out.push_back('}');
  } else if constexpr (std::same_as<T, bool>) {
    out.append(value ? "true" : "false");
  } else if constexpr (std::floating_point<T>) {
    append_json_number(static_cast<double>(value), out);
  } else if constexpr (std::unsigned_integral<T>) {
    append_json_number(static_cast<std::uint64_t>(value), out);
  } else if constexpr (std::integral<T>) {
    append_json_number(static_cast<std::int64_t>(value), out);
  } else {
    static_assert(std::same_as<T, std::string>,
                  "LEAT_JSON: a member must be text, a number, bool, std::optional, std::vector, std::map with text as "
                  "keys, or a struct that has LEAT_JSON itself");
    append_json(value, out);
  }
}

template <JsonStruct T>
bool read_json_struct(JsonReader& reader, T& value) {
  constexpr auto kFields = leat_json_members(static_cast<const T*>(nullptr));
  constexpr std::size_t kCount = std::tuple_size_v<decltype(kFields)>;
  bool seen[kCount + 1] = {};
  if (!reader.begin_object()) return false;
  for (std::string_view name; reader.next_member(name);) {
    std::size_t index = 0;
    const auto try_field = [&](const auto& field) {
      const std::size_t mine = index++;
      if (field.name != name) return false;
      seen[mine] = true;
      if (!read_json(reader, value.*(field.member))) reader.in(field.name);
      return true;
    };
    if (!std::apply([&](const auto&... fields) { return (try_field(fields) || ...); }, kFields)) reader.skip();
  }
  std::size_t index = 0;
  const auto require = [&](const auto& field) {
    if (seen[index++]) return;
    auto& member = value.*(field.member);
    if constexpr (kJsonOptional<std::decay_t<decltype(member)>>) {
      member.reset();
    } else {
      if (reader.fail("is missing")) return;
      reader.in(field.name);
    }
  };
  if (reader.ok()) std::apply([&](const auto&... fields) { (require(fields), ...); }, kFields);
  return reader.ok();
}

template <class T>
bool read_json_array(JsonReader& reader, std::vector<T>& items) {
  items.clear();
  if (!reader.begin_array()) return false;
  while (reader.next_item()) {
    T item{};
    if (!read_json(reader, item)) {
      reader.in("[" + std::to_string(items.size()) + "]");
      return false;
    }
    items.push_back(std::move(item));
  }
  return reader.ok();
}

template <class T>
bool read_json_map(JsonReader& reader, std::map<std::string, T>& items) {
  items.clear();
  if (!reader.begin_object()) return false;
  for (std::string_view name; reader.next_member(name);) {
    const std::string key(name);
    if (!read_json(reader, items[key])) reader.in(key);
  }
  return reader.ok();
}

template <class T>
bool read_json(JsonReader& reader, T& value) {
  if constexpr (JsonStruct<T>) {
    return read_json_struct(reader, value);
  } else if constexpr (kJsonOptional<T>) {
    if (reader.take_null()) return value.reset(), true;
    return reader.ok() && read_json(reader, value.emplace());
  } else if constexpr (kJsonArray<T>) {
    return read_json_array(reader, value);
  } else if constexpr (kJsonMap<T>) {
    return read_json_map(reader, value);
  } else if constexpr (std::same_as<T, bool> || std::same_as<T, std::string>) {
    return reader.read(value);
  } else if constexpr (std::floating_point<T>) {
    double number = 0;
    if (!reader.read(number)) return false;
    value = static_cast<T>(number);
    return true;
  } else if constexpr (std::unsigned_integral<T>) {
    std::uint64_t number = 0;
    if (!reader.read(number, std::numeric_limits<T>::max())) return false;
    value = static_cast<T>(number);
    return true;
  } else {
    static_assert(std::integral<T>, "LEAT_JSON: a member of this type cannot be read");
    std::int64_t number = 0;
    if (!reader.read(number, std::numeric_limits<T>::min(), std::numeric_limits<T>::max())) return false;
    value = static_cast<T>(number);
    return true;
  }
}

}  // namespace detail

/// The serde of a struct with LEAT_JSON.
template <JsonStruct T>
struct Serde<T> {
  static void serialize(const T& value, Bytes& out) { detail::write_json(value, out); }
  static Result<T> deserialize(BytesView bytes) {
    T value{};
    if (const Status read = deserialize_into(bytes, value); !read) return read.error();
    return value;
  }
  /// Reuses the memory of `value`; what it held does not show.
  static Status deserialize_into(BytesView bytes, T& value) {
    JsonReader reader(bytes);
    detail::read_json(reader, value);
    return reader.finish();
  }
};

}  // namespace leat

#define LEAT_JSON(Type, ...)                                                  \
  [[maybe_unused]] inline constexpr auto leat_json_members(const Type*) {     \
    using LeatJsonType = Type;                                                \
    return std::make_tuple(LEAT_JSON_EXPAND(LEAT_JSON_MEMBERS(__VA_ARGS__))); \
  }
#define LEAT_JSON_MEMBER(name) \
  ::leat::detail::JsonMember { #name, &LeatJsonType::name }
// The preprocessor's way to say "for each": every expansion rescans the rest once more.
#define LEAT_JSON_MEMBERS(name, ...) LEAT_JSON_MEMBER(name) __VA_OPT__(, LEAT_JSON_AGAIN LEAT_JSON_NONE()(__VA_ARGS__))
#define LEAT_JSON_AGAIN() LEAT_JSON_MEMBERS
#define LEAT_JSON_NONE() ()
#define LEAT_JSON_EXPAND(...) LEAT_JSON_EXPAND1(LEAT_JSON_EXPAND1(LEAT_JSON_EXPAND1(__VA_ARGS__)))
#define LEAT_JSON_EXPAND1(...) LEAT_JSON_EXPAND2(LEAT_JSON_EXPAND2(LEAT_JSON_EXPAND2(__VA_ARGS__)))
#define LEAT_JSON_EXPAND2(...) LEAT_JSON_EXPAND3(LEAT_JSON_EXPAND3(LEAT_JSON_EXPAND3(__VA_ARGS__)))
#define LEAT_JSON_EXPAND3(...) LEAT_JSON_EXPAND4(LEAT_JSON_EXPAND4(LEAT_JSON_EXPAND4(__VA_ARGS__)))
#define LEAT_JSON_EXPAND4(...) __VA_ARGS__
