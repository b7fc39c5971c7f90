// AvroSerde<T>: a struct as Confluent's KafkaAvroSerializer writes a record.
//
//   struct Order {
//     std::string id;
//     double amount = 0;
//     std::optional<std::string> note;
//   };
//   LEAT_JSON(Order, id, amount, note)
//   LEAT_AVRO_NAME(Order, "com.example.Order")
//
//   auto orders = leat::AvroSerde<Order>::registered(*registry, "orders-value");
//
// The schema follows from the struct: text is string, bool boolean, whole numbers of up to 32 bits int and of 64 bits
// long, float and double themselves, std::vector array, std::map map, a struct with both lines a record, and
// std::optional the union of null with it, null by default.
//
// Values that were written with another version of the schema are read by the names of their fields: those that Order
// has not are skipped, those that the value has not must be std::optional, numbers are widened. The version is asked of
// the registry where its id is met first, and who reads waits for it.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/json.h"
#include "schemas/avro_schema.h"
#include "schemas/avro_versions.h"
#include "schemas/schema_frame.h"
#include "schemas/schema_registry.h"

/// Beside LEAT_JSON, in the namespace of the struct: the full name of the record.
#define LEAT_AVRO_NAME(Type, name) \
  [[maybe_unused]] inline constexpr const char* leat_avro_name(const Type*) { return name; }

namespace leat {

/// Whether LEAT_JSON and LEAT_AVRO_NAME were said for T.
template <class T>
concept AvroStruct = JsonStruct<T> && requires(const T* value) {
  leat_avro_name(value);
};

namespace detail {

/// `named`: the records that the schema has said already, which are mentioned by name from then on.
template <class T>
void append_avro_schema(std::set<std::string>& named, std::string& out) {
  if constexpr (AvroStruct<T>) {
    const std::string record = leat_avro_name(static_cast<const T*>(nullptr));
    if (!named.insert(record).second) return append_json(record, out);
    out += "{\"type\":\"record\",\"name\":";
    append_json(record, out);
    out += ",\"fields\":";
    char before = '[';
    const auto append = [&]<class S, class M>(const JsonMember<S, M>& field) {
      out.push_back(before);
      before = ',';
      out += "{\"name\":";
      append_json(field.name, out);
      out += ",\"type\":";
      append_avro_schema<M>(named, out);
      if constexpr (kJsonOptional<M>) out += ",\"default\":null";
      out.push_back('}');
    };
    std::apply([&](const auto&... fields) { (append(fields), ...); },
               leat_json_members(static_cast<const T*>(nullptr)));
    out += "]}";
  } else if constexpr (kJsonOptional<T>) {
    out += "[\"null\",";
    append_avro_schema<typename T::value_type>(named, out);
    out.push_back(']');
  } else if constexpr (kJsonArray<T>) {
    out += "{\"type\":\"array\",\"items\":";
    append_avro_schema<typename T::value_type>(named, out);
    out.push_back('}');
  } else if constexpr (kJsonMap<T>) {
    out += "{\"type\":\"map\",\"values\":";
    append_avro_schema<typename T::mapped_type>(named, out);
    out.push_back('}');
  } else if constexpr (std::same_as<T, bool>) {
    out += "\"boolean\"";
  } else if constexpr (std::same_as<T, float>) {
    out += "\"float\"";
  } else if constexpr (std::same_as<T, double>) {
    out += "\"double\"";
  } else if constexpr (std::integral<T>) {
    static_assert(!std::same_as<T, std::uint64_t>, "Avro has no unsigned number of 64 bits; take std::int64_t");
    out += std::numeric_limits<T>::max() <= std::numeric_limits<std::int32_t>::max() ? "\"int\"" : "\"long\"";
  } else {
    static_assert(
        std::same_as<T, std::string>,
        "Avro: a member must be text, a number, bool, std::optional, std::vector, std::map with text as keys, "
        "or a struct that has LEAT_JSON and LEAT_AVRO_NAME itself");
    out += "\"string\"";
  }
}

template <class T>
void write_avro(const T& value, Bytes& out) {
  if constexpr (AvroStruct<T>) {
    std::apply([&](const auto&... fields) { (write_avro(value.*(fields.member), out), ...); },
               leat_json_members(&value));
  } else if constexpr (kJsonOptional<T>) {
    append_avro_long(value ? 1 : 0, out);
    if (value) write_avro(*value, out);
  } else if constexpr (kJsonArray<T>) {
    if (!value.empty()) append_avro_long(static_cast<std::int64_t>(value.size()), out);
    for (std::size_t i = 0; i < value.size(); ++i) write_avro<typename T::value_type>(value[i], out);
    append_avro_long(0, out);
  } else if constexpr (kJsonMap<T>) {
    if (!value.empty()) append_avro_long(static_cast<std::int64_t>(value.size()), out);
    for (const auto& [key, item] : value) {
      append_avro_bytes(key, out);
      write_avro(item, out);
    }
    append_avro_long(0, out);
  } else if constexpr (std::same_as<T, bool>) {
    out.push_back(value ? 1 : 0);
  } else if constexpr (std::same_as<T, float>) {
    append_avro_float(value, out);
  } else if constexpr (std::same_as<T, double>) {
    append_avro_double(value, out);
  } else if constexpr (std::integral<T>) {
    append_avro_long(static_cast<std::int64_t>(value), out);
  } else {
    append_avro_bytes(value, out);
  }
}

template <class T>
bool read_avro(AvroReader& reader, const AvroType& written, T& value);

template <AvroStruct T>
bool read_avro_record(AvroReader& reader, const AvroType& written, T& value) {
  constexpr auto kFields = leat_json_members(static_cast<const T*>(nullptr));
  bool seen[std::tuple_size_v<decltype(kFields)>] = {};
  if (written.kind != AvroKind::kRecord) return reader.mismatch(written, "record");
  for (const AvroType::Field& there : written.fields) {
    std::size_t index = 0;
    const auto try_field = [&](const auto& field) {
      const std::size_t mine = index++;
      if (field.name != there.name) return false;
      seen[mine] = true;
      if (!read_avro(reader, *there.type, value.*(field.member))) reader.in(field.name);
      return true;
    };
    if (!std::apply([&](const auto&... fields) { return (try_field(fields) || ...); }, kFields))
      reader.skip(*there.type);
    if (!reader.ok()) return false;
  }
  std::size_t index = 0;
  const auto require = [&](const auto& field) {
    if (seen[index++]) return;
    auto& member = value.*(field.member);
    if constexpr (kJsonOptional<std::decay_t<decltype(member)>>) {
      member.reset();
    } else if (reader.ok()) {
      reader.fail("is missing in the version that it was written with; std::optional would do");
      reader.in(field.name);
    }
  };
  std::apply([&](const auto&... fields) { (require(fields), ...); }, kFields);
  return reader.ok();
}

template <class T>
bool read_avro_items(AvroReader& reader, const AvroType& written, T& value) {
  constexpr bool kMap = kJsonMap<T>;
  if (written.kind != (kMap ? AvroKind::kMap : AvroKind::kArray))
    return reader.mismatch(written, kMap ? "map" : "array");
  const AvroType text{.kind = AvroKind::kString};
  value.clear();
  while (const std::size_t count = reader.next_block()) {
    for (std::size_t i = 0; i < count; ++i) {
      bool read = false;
      if constexpr (kMap) {
        std::string key;
        read = reader.read(text, key) && read_avro(reader, *written.parts[0], value[key]);
      } else {
        typename T::value_type item{};
        read = read_avro(reader, *written.parts[0], item);
        value.push_back(std::move(item));
      }
      if (!read) return false;
    }
  }
  return reader.ok();
}

template <class T>
bool read_avro(AvroReader& reader, const AvroType& written, T& value) {
  const AvroType* type = reader.resolve(written);
  if (type == nullptr) return false;
  if constexpr (kJsonOptional<T>) {
    if (type->kind == AvroKind::kNull) return value.reset(), true;
    return read_avro(reader, *type, value.emplace());
  } else if constexpr (AvroStruct<T> || kJsonArray<T> || kJsonMap<T>) {
    if (!reader.enter()) return false;
    bool read = false;
    if constexpr (AvroStruct<T>) {
      read = read_avro_record(reader, *type, value);
    } else {
      read = read_avro_items(reader, *type, value);
    }
    reader.leave();
    return read;
  } else if constexpr (std::same_as<T, bool> || std::same_as<T, std::string>) {
    return reader.read(*type, value);
  } else if constexpr (std::floating_point<T>) {
    double number = 0;
    if (!reader.read(*type, number)) return false;
    value = static_cast<T>(number);
    return true;
  } else {
    std::int64_t number = 0;
    if (!reader.read(*type, number, std::numeric_limits<T>::min(), std::numeric_limits<T>::max())) return false;
    value = static_cast<T>(number);
    return true;
  }
}

}  // namespace detail

/// The schema of T, as JSON.
template <AvroStruct T>
std::string avro_schema() {
  std::string text;
  std::set<std::string> named;
  detail::append_avro_schema<T>(named, text);
  return text;
}

/// Copies share the versions that they know; the registry must outlive them.
template <class T>
class AvroSerde {
 public:
  /// Registers T's schema under `subject`, by Confluent's custom the topic with "-value" or "-key" behind it.
  static Result<AvroSerde> registered(SchemaRegistry& registry, const std::string& subject) {
    static_assert(AvroStruct<T>, "AvroSerde is for structs with LEAT_JSON(T, members...) and LEAT_AVRO_NAME(T, name)");
    const Schema schema{SchemaType::kAvro, avro_schema<T>(), {}};
    LEAT_ASSIGN_OR_RETURN(const RegisteredSchema mine, registry.register_schema(subject, schema));
    auto versions = std::make_shared<detail::AvroVersions>(registry);
    LEAT_RETURN_IF_ERROR(versions->add(mine.id, schema));
    return AvroSerde(mine.id, std::move(versions));
  }

  void serialize(const T& value, Bytes& out) const {
    detail::append_schema_id(id_, out);
    detail::write_avro(value, out);
  }
  Result<T> deserialize(BytesView bytes) const {
    T value{};
    LEAT_RETURN_IF_ERROR(deserialize_into(bytes, value));
    return value;
  }
  /// Reuses the memory of `value`.
  Status deserialize_into(BytesView bytes, T& value) const {
    LEAT_ASSIGN_OR_RETURN(const std::int32_t id, detail::take_schema_id(bytes));
    LEAT_ASSIGN_OR_RETURN(const detail::AvroType* written, versions_->find(id));
    detail::AvroReader reader(bytes);
    detail::read_avro(reader, *written, value);
    return reader.finish();
  }

 private:
  AvroSerde(std::int32_t id, std::shared_ptr<detail::AvroVersions> versions)
      : id_(id), versions_(std::move(versions)) {}

  std::int32_t id_;
  std::shared_ptr<detail::AvroVersions> versions_;
};

}  // namespace leat
