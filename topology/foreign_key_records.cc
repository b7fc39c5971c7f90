#include "topology/foreign_key_records.h"

namespace leat::detail {

namespace {
constexpr std::uint8_t kNoHash = 0x80;
constexpr std::size_t kHashBytes = 16;
}  // namespace

void append_version_and_hash(std::uint8_t version, std::optional<std::uint8_t> instruction,
                             const std::optional<RowHash>& hash, Bytes& out) {
  out.push_back(static_cast<char>(hash ? version : version | kNoHash));
  if (instruction) out.push_back(static_cast<char>(*instruction));
  if (!hash) return;
  for (const std::uint64_t half : *hash) append_big_endian(half, out);
}

Result<VersionAndHash> take_version_and_hash(BytesView& bytes, bool with_instruction) {
  const auto too_short = [] { return Error{ErrorKind::kCorrupt, "a record of a foreign-key join is too short"}; };
  VersionAndHash head;
  const std::size_t fixed = with_instruction ? 2 : 1;
  if (bytes.size() < fixed) return too_short();
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  head.version = first & 0x7f;
  if (with_instruction) head.instruction = static_cast<std::uint8_t>(bytes[1]);
  bytes.remove_prefix(fixed);
  if ((first & kNoHash) != 0) return head;
  if (bytes.size() < kHashBytes) return too_short();
  head.hash = RowHash{read_big_endian<std::uint64_t>(bytes.data()), read_big_endian<std::uint64_t>(bytes.data() + 8)};
  bytes.remove_prefix(kHashBytes);
  return head;
}

}  // namespace leat::detail
