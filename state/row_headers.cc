#include "state/row_headers.h"

#include "base/varint.h"

namespace leat::detail {

namespace {

Error malformed() { return {ErrorKind::kCorrupt, "the headers of a row are malformed"}; }

/// Takes a zigzag varint from the front.
bool take(BytesView& bytes, std::int32_t& number) {
  std::uint32_t zigzagged = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    if (bytes.empty()) return false;
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    zigzagged |= static_cast<std::uint32_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      number = unzigzag(zigzagged);
      return true;
    }
  }
  return false;
}

bool take(BytesView& bytes, std::optional<BytesView>& part) {
  std::int32_t size = 0;
  if (!take(bytes, size) || size < -1 || size > static_cast<std::int64_t>(bytes.size())) return false;
  part.reset();
  if (size < 0) return true;
  part = bytes.substr(0, static_cast<std::size_t>(size));
  bytes.remove_prefix(static_cast<std::size_t>(size));
  return true;
}

}  // namespace

void append_row_headers(const Headers& headers, Bytes& out) {
  if (headers.empty()) return append_varint(out, 0);
  Bytes block;
  append_varint(block, static_cast<std::int32_t>(headers.size()));
  for (const Header& header : headers) {
    append_varint(block, static_cast<std::int32_t>(header.name.size()));
    block.append(header.name);
    append_varint(block, header.value ? static_cast<std::int32_t>(header.value->size()) : -1);
    if (header.value) block.append(*header.value);
  }
  append_varint(out, static_cast<std::int32_t>(block.size()));
  out.append(block);
}

Result<std::size_t> row_headers_size(BytesView row) {
  BytesView rest = row;
  std::int32_t block = 0;
  if (!take(rest, block) || block < 0 || block > static_cast<std::int64_t>(rest.size())) return malformed();
  return row.size() - rest.size() + static_cast<std::size_t>(block);
}

Status read_row_headers(BytesView row, Headers& headers) {
  headers.clear();
  std::int32_t block = 0, count = 0;
  if (!take(row, block) || block < 0 || block > static_cast<std::int64_t>(row.size())) return malformed();
  if (block == 0) return {};
  row = row.substr(0, static_cast<std::size_t>(block));
  if (!take(row, count) || count < 0) return malformed();
  for (; count > 0; --count) {
    std::optional<BytesView> name, value;
    if (!take(row, name) || !name || !take(row, value)) return malformed();
    headers.add(std::string(*name), value ? std::optional<Bytes>(*value) : std::nullopt);
  }
  return {};
}

}  // namespace leat::detail
