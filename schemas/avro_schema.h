// AvroSchema: an Avro schema as a tree, to read values along that somebody else has written; and what values are read
// from and written to, in Avro's binary encoding (https://avro.apache.org/docs/1.11.1/specification/#binary-encoding):
//
//   boolean 1 byte | int, long zigzag varint | float, double 4, 8 bytes little-endian | string, bytes length, bytes
//   record: its fields | union: index of the branch, value | enum: index | fixed: its bytes
//   array, map: blocks of a count and so many items, the last one 0; a negative count is followed by the block's bytes
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace leat::detail {

enum class AvroKind {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kFixed,
  kEnum,
  kArray,
  kMap,
  kUnion,
  kRecord,
};
std::string_view name(AvroKind kind);

struct AvroType {
  AvroKind kind = AvroKind::kNull;
  /// Of a record, in the order of their bytes.
  struct Field {
    std::string name;
    const AvroType* type = nullptr;
  };
  std::vector<Field> fields;
  /// The branches of a union; the items of an array or the values of a map.
  std::vector<const AvroType*> parts;
  std::vector<std::string> symbols;  ///< of an enum
  std::size_t size = 0;              ///< of a fixed
};

class AvroSchema {
 public:
  /// Parses the JSON text of a schema.
  static Result<std::unique_ptr<const AvroSchema>> parse(std::string_view text);

  const AvroType& root() const { return *root_; }

 private:
  friend class AvroSchemaParser;
  std::deque<AvroType> types_;
  const AvroType* root_ = nullptr;
};

void append_avro_long(std::int64_t value, Bytes& out);
void append_avro_bytes(BytesView bytes, Bytes& out);
void append_avro_float(float value, Bytes& out);
void append_avro_double(double value, Bytes& out);

/// Reads one value from its beginning to its end. The first thing that is wrong is kept as the error; from then on
/// every call answers false.
class AvroReader {
 public:
  explicit AvroReader(BytesView bytes) : rest_(bytes) {}

  /// The type that is to be read: of a union the branch that was written. Null after an error.
  const AvroType* resolve(const AvroType& written);
  bool read(const AvroType& written, bool& value);
  /// Whole numbers may be read from an int or a long, in these bounds.
  bool read(const AvroType& written, std::int64_t& value, std::int64_t least, std::int64_t most);
  /// From any number.
  bool read(const AvroType& written, double& value);
  /// From text, bytes, fixed, or the symbol of an enum.
  bool read(const AvroType& written, std::string& value);
  /// The next block of an array or a map; 0: it has ended, or there is an error.
  std::size_t next_block();
  bool skip(const AvroType& written);

  /// Goes into a record, an array or a map, and out again; false where they lie too deep in each other.
  bool enter();
  void leave() { --depth_; }

  bool ok() const { return error_.empty(); }
  bool fail(std::string_view problem);
  bool mismatch(const AvroType& written, std::string_view wanted);
  /// Puts a place in front of the error, once there is one.
  void in(std::string_view place);
  Status finish();

 private:
  static constexpr int kDepthMax = 100;
  bool take_long(std::int64_t& value);
  bool take(std::size_t size, BytesView& bytes);
  bool take_bytes(BytesView& bytes);

  BytesView rest_;
  int depth_ = 0;
  std::string error_;
};

}  // namespace leat::detail
