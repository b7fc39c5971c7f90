#include "topology/outer_join_store.h"

namespace leat::detail {

namespace {

constexpr char kElementsDifferInSize = 1;
constexpr std::size_t kHeadBytes = 5;

}  // namespace

void append_list_head(std::size_t count, Bytes& out) {
  out.push_back(kElementsDifferInSize);
  append_big_endian(static_cast<std::uint32_t>(count), out);
}

void set_element_length(std::size_t begin, Bytes& out) {
  Bytes length;
  append_big_endian(static_cast<std::uint32_t>(out.size() - begin - 4), length);
  out.replace(begin, 4, length);
}

Result<std::vector<BytesView>> elements_of_list(BytesView bytes) {
  if (bytes.size() < kHeadBytes || bytes[0] != kElementsDifferInSize)
    return Error{ErrorKind::kCorrupt, "a list of unjoined values has another form than this"};
  const auto count = read_big_endian<std::uint32_t>(bytes.data() + 1);
  std::vector<BytesView> elements;
  for (std::size_t at = kHeadBytes; elements.size() < count;) {
    if (bytes.size() - at < 4) return wrong_size("list of unjoined values", at + 4, bytes.size());
    const std::size_t length = read_big_endian<std::uint32_t>(bytes.data() + at);
    at += 4;
    if (bytes.size() - at < length) return wrong_size("list of unjoined values", at + length, bytes.size());
    elements.push_back(bytes.substr(at, length));
    at += length;
  }
  return elements;
}

}  // namespace leat::detail
