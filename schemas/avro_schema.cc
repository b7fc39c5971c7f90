#include "schemas/avro_schema.h"

#include <avro.h>

#include <array>
#include <bit>
#include <cstring>
#include <map>

#include "base/varint.h"

namespace leat::detail {

std::string_view name(AvroKind kind) {
  constexpr std::array<std::string_view, 14> kNames{"null",   "boolean", "int",  "long",  "float", "double", "bytes",
                                                    "string", "fixed",   "enum", "array", "map",   "union",  "record"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// Copies a schema of avro-c into a tree of ours. A record that mentions itself is met again as a link.
class AvroSchemaParser {
 public:
  explicit AvroSchemaParser(AvroSchema& into) : into_(into) {}

  const AvroType* add(avro_schema_t schema) {
    if (is_avro_link(schema)) schema = avro_schema_link_target(schema);
    if (const auto known = known_.find(schema); known != known_.end()) return known->second;
    AvroType& type = into_.types_.emplace_back();
    known_[schema] = &type;
    switch (avro_typeof(schema)) {
      case AVRO_NULL: type.kind = AvroKind::kNull; break;
      case AVRO_BOOLEAN: type.kind = AvroKind::kBoolean; break;
      case AVRO_INT32: type.kind = AvroKind::kInt; break;
      case AVRO_INT64: type.kind = AvroKind::kLong; break;
      case AVRO_FLOAT: type.kind = AvroKind::kFloat; break;
      case AVRO_DOUBLE: type.kind = AvroKind::kDouble; break;
      case AVRO_BYTES: type.kind = AvroKind::kBytes; break;
      case AVRO_STRING: type.kind = AvroKind::kString; break;
      case AVRO_FIXED:
        type.kind = AvroKind::kFixed;
        type.size = static_cast<std::size_t>(avro_schema_fixed_size(schema));
        break;
      case AVRO_ENUM:
        type.kind = AvroKind::kEnum;
        for (int i = 0; i < avro_schema_enum_number_of_symbols(schema); ++i)
          type.symbols.emplace_back(avro_schema_enum_get(schema, i));
        break;
      case AVRO_ARRAY:
        type.kind = AvroKind::kArray;
        type.parts.push_back(add(avro_schema_array_items(schema)));
        break;
      case AVRO_MAP:
        type.kind = AvroKind::kMap;
        type.parts.push_back(add(avro_schema_map_values(schema)));
        break;
      case AVRO_UNION:
        type.kind = AvroKind::kUnion;
        for (std::size_t i = 0; i < avro_schema_union_size(schema); ++i)
          type.parts.push_back(add(avro_schema_union_branch(schema, static_cast<int>(i))));
        break;
      case AVRO_RECORD:
        type.kind = AvroKind::kRecord;
        for (std::size_t i = 0; i < avro_schema_record_size(schema); ++i) {
          const int at = static_cast<int>(i);
          const AvroType* field = add(avro_schema_record_field_get_by_index(schema, at));
          type.fields.push_back({avro_schema_record_field_name(schema, at), field});
        }
        break;
      default: break;
    }
    return &type;
  }

 private:
  AvroSchema& into_;
  std::map<avro_schema_t, const AvroType*> known_;
};

Result<std::unique_ptr<const AvroSchema>> AvroSchema::parse(std::string_view text) {
  avro_schema_t parsed = nullptr;
  if (avro_schema_from_json_length(text.data(), text.size(), &parsed) != 0)
    return Error{ErrorKind::kCorrupt, "no Avro schema: " + std::string(avro_strerror())};
  auto schema = std::make_unique<AvroSchema>();
  schema->root_ = AvroSchemaParser(*schema).add(parsed);
  avro_schema_decref(parsed);
  return std::unique_ptr<const AvroSchema>(std::move(schema));
}

void append_avro_long(std::int64_t value, Bytes& out) {
  char buffer[kVarlongBytesMax];
  out.append(buffer, write_varlong(buffer, value));
}
void append_avro_bytes(BytesView bytes, Bytes& out) {
  append_avro_long(static_cast<std::int64_t>(bytes.size()), out);
  out.append(bytes);
}
static_assert(std::endian::native == std::endian::little, "Avro's floating point numbers are little-endian");
void append_avro_float(float value, Bytes& out) { out.append(reinterpret_cast<const char*>(&value), sizeof value); }
void append_avro_double(double value, Bytes& out) { out.append(reinterpret_cast<const char*>(&value), sizeof value); }

bool AvroReader::fail(std::string_view problem) {
  if (ok()) error_ = problem;
  return false;
}

bool AvroReader::mismatch(const AvroType& written, std::string_view wanted) {
  return fail("was written as " + std::string(name(written.kind)) + ", which is no " + std::string(wanted));
}

void AvroReader::in(std::string_view place) {
  if (!ok()) error_ = std::string(place) + (error_.starts_with("[") ? "" : " ") + error_;
}

Status AvroReader::finish() {
  if (ok() && !rest_.empty()) fail(std::to_string(rest_.size()) + " bytes are left behind the value");
  return ok() ? Status() : Error{ErrorKind::kCorrupt, "Avro: " + error_};
}

bool AvroReader::enter() {
  ++depth_;
  return depth_ <= kDepthMax || fail("records lie too deep in each other");
}

bool AvroReader::take(std::size_t size, BytesView& bytes) {
  if (!ok()) return false;
  if (size > rest_.size()) return fail("is cut off");
  bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

bool AvroReader::take_long(std::int64_t& value) {
  if (!ok()) return false;
  const char* at = read_varlong(rest_.data(), rest_.data() + rest_.size(), value);
  if (at == nullptr) return fail("has a malformed number");
  rest_.remove_prefix(static_cast<std::size_t>(at - rest_.data()));
  return true;
}

bool AvroReader::take_bytes(BytesView& bytes) {
  std::int64_t size = 0;
  if (!take_long(size)) return false;
  if (size < 0) return fail("has a length below 0");
  return take(static_cast<std::size_t>(size), bytes);
}

const AvroType* AvroReader::resolve(const AvroType& written) {
  const AvroType* type = &written;
  // Unions do not lie in unions directly.
  if (type->kind == AvroKind::kUnion) {
    std::int64_t branch = 0;
    if (!take_long(branch)) return nullptr;
    if (branch < 0 || static_cast<std::size_t>(branch) >= type->parts.size())
      return fail("has a branch that its union has not"), nullptr;
    type = type->parts[static_cast<std::size_t>(branch)];
  }
  return ok() ? type : nullptr;
}

bool AvroReader::read(const AvroType& written, bool& value) {
  if (written.kind != AvroKind::kBoolean) return mismatch(written, "boolean");
  BytesView byte;
  if (!take(1, byte)) return false;
  value = byte[0] != 0;
  return true;
}

bool AvroReader::read(const AvroType& written, std::int64_t& value, std::int64_t least, std::int64_t most) {
  if (written.kind != AvroKind::kInt && written.kind != AvroKind::kLong) return mismatch(written, "whole number");
  if (!take_long(value)) return false;
  return (value >= least && value <= most) || fail("is " + std::to_string(value) + ", which does not fit");
}

bool AvroReader::read(const AvroType& written, double& value) {
  BytesView bytes;
  if (written.kind == AvroKind::kDouble) {
    if (take(sizeof value, bytes)) std::memcpy(&value, bytes.data(), sizeof value);
  } else if (written.kind == AvroKind::kFloat) {
    float narrow = 0;
    if (take(sizeof narrow, bytes)) std::memcpy(&narrow, bytes.data(), sizeof narrow);
    value = narrow;
  } else if (written.kind == AvroKind::kInt || written.kind == AvroKind::kLong) {
    std::int64_t whole = 0;
    take_long(whole);
    value = static_cast<double>(whole);
  } else {
    return mismatch(written, "number");
  }
  return ok();
}

bool AvroReader::read(const AvroType& written, std::string& value) {
  BytesView bytes;
  switch (written.kind) {
    case AvroKind::kString:
    case AvroKind::kBytes: take_bytes(bytes); break;
    case AvroKind::kFixed: take(written.size, bytes); break;
    case AvroKind::kEnum: {
      std::int64_t index = 0;
      if (!take_long(index)) return false;
      if (index < 0 || static_cast<std::size_t>(index) >= written.symbols.size()) return fail("has an unknown symbol");
      bytes = written.symbols[static_cast<std::size_t>(index)];
      break;
    }
    default: return mismatch(written, "text");
  }
  value.assign(bytes);
  return ok();
}

std::size_t AvroReader::next_block() {
  std::int64_t count = 0;
  if (!take_long(count)) return 0;
  if (count < 0) {
    std::int64_t size = 0;
    if (!take_long(size)) return 0;
    count = count == INT64_MIN ? INT64_MAX : -count;
  }
  // An item has a byte at least; items of none would be nulls, of which there can be no use in so many.
  if (static_cast<std::uint64_t>(count) > rest_.size()) return fail("says that it has more items than bytes"), 0;
  return static_cast<std::size_t>(count);
}

bool AvroReader::skip(const AvroType& written) {
  const AvroType* type = resolve(written);
  if (type == nullptr || !enter()) return false;
  BytesView bytes;
  std::int64_t number = 0;
  switch (type->kind) {
    case AvroKind::kNull:
    case AvroKind::kUnion: break;
    case AvroKind::kBoolean: take(1, bytes); break;
    case AvroKind::kInt:
    case AvroKind::kLong:
    case AvroKind::kEnum: take_long(number); break;
    case AvroKind::kFloat: take(4, bytes); break;
    case AvroKind::kDouble: take(8, bytes); break;
    case AvroKind::kBytes:
    case AvroKind::kString: take_bytes(bytes); break;
    case AvroKind::kFixed: take(type->size, bytes); break;
    case AvroKind::kArray:
    case AvroKind::kMap:
      while (const std::size_t count = next_block()) {
        for (std::size_t i = 0; i < count && ok(); ++i) {
          if (type->kind == AvroKind::kMap) take_bytes(bytes);
          skip(*type->parts[0]);
        }
      }
      break;
    case AvroKind::kRecord:
      for (const AvroType::Field& field : type->fields)
        if (!skip(*field.type)) break;
      break;
  }
  leave();
  return ok();
}

}  // namespace leat::detail
