#include "schemas/schema_frame.h"

#include "base/big_endian.h"
#include "base/varint.h"

namespace leat::detail {

namespace {

constexpr char kMagic = 0;
/// Deeper than messages lie in each other.
constexpr std::int32_t kIndexesMax = 100;

bool take_varint(BytesView& bytes, std::int32_t& value) {
  const char* end = bytes.data() + bytes.size();
  const char* at = read_varint(bytes.data(), end, value);
  if (at == nullptr) return false;
  bytes.remove_prefix(static_cast<std::size_t>(at - bytes.data()));
  return true;
}

}  // namespace

void append_schema_id(std::int32_t id, Bytes& out) {
  char bytes[4];
  store_big_endian(bytes, static_cast<std::uint32_t>(id));
  out.push_back(kMagic);
  out.append(bytes, sizeof bytes);
}

Result<std::int32_t> take_schema_id(BytesView& bytes) {
  if (bytes.size() < 5 || bytes[0] != kMagic) {
    return Error{ErrorKind::kCorrupt,
                 "no schema id in front of the value: it was not written by a serialiser with a "
                 "schema registry; read it with another serde"};
  }
  const auto id = static_cast<std::int32_t>(load_big_endian<std::uint32_t>(bytes.data() + 1));
  bytes.remove_prefix(5);
  return id;
}

void append_message_indexes(const std::vector<std::int32_t>& indexes, Bytes& out) {
  if (indexes.size() == 1 && indexes[0] == 0) return out.push_back(0);
  char buffer[kVarintBytesMax];
  out.append(buffer, write_varint(buffer, static_cast<std::int32_t>(indexes.size())));
  for (const std::int32_t index : indexes) out.append(buffer, write_varint(buffer, index));
}

Result<std::vector<std::int32_t>> take_message_indexes(BytesView& bytes) {
  std::int32_t count = 0;
  std::vector<std::int32_t> indexes;
  bool read = take_varint(bytes, count) && count >= 0 && count <= kIndexesMax;
  if (read && count == 0) return std::vector<std::int32_t>{0};
  for (std::int32_t i = 0; read && i < count; ++i) read = take_varint(bytes, indexes.emplace_back());
  if (!read) return Error{ErrorKind::kCorrupt, "the message indexes behind the schema id are malformed"};
  return indexes;
}

}  // namespace leat::detail
