#include "topology/change_serde.h"

namespace leat::detail {

void append_change(const std::optional<BytesView>& new_value, const std::optional<BytesView>& old_value, Bytes& out) {
  if (new_value && old_value) {
    std::uint64_t zigzag = static_cast<std::uint64_t>(new_value->size()) << 1;
    for (; zigzag >= 0x80; zigzag >>= 7) out.push_back(static_cast<char>(zigzag | 0x80));
    out.push_back(static_cast<char>(zigzag));
    out.append(*new_value).append(*old_value).push_back(2);
  } else if (new_value) {
    out.append(*new_value).push_back(1);
  } else {
    out.append(old_value.value_or(BytesView())).push_back(0);
  }
}

Result<ChangeParts> read_change(BytesView bytes) {
  const auto corrupt = [](const char* why) {
    return Error{ErrorKind::kCorrupt, std::string("the change of a table that was read back ") + why};
  };
  if (bytes.empty()) return corrupt("is empty");
  const char flag = bytes.back();
  bytes.remove_suffix(1);
  if (flag == 0) return ChangeParts{std::nullopt, bytes};
  if (flag == 1) return ChangeParts{bytes, std::nullopt};
  if (flag != 2) return corrupt("ends with an unknown flag");
  std::uint64_t zigzag = 0;
  for (int shift = 0;; shift += 7) {
    if (bytes.empty() || shift > 28) return corrupt("has no valid length");
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    zigzag |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  const std::size_t size = zigzag >> 1;
  if ((zigzag & 1) != 0 || size > bytes.size()) return corrupt("is shorter than its length says");
  return ChangeParts{bytes.substr(0, size), bytes.substr(size)};
}

}  // namespace leat::detail
