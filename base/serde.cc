#include "base/serde.h"

#include "base/list_serde.h"
namespace leat {

namespace detail {

Error broken_list() {
  return {
      ErrorKind::kCorrupt,
      "a list is malformed: its bytes are those of another kind of items, end early, or hold a null where the items "
      "cannot be null (std::vector<std::optional<T>> takes nulls)"};
}

Error wrong_size(std::string_view type, std::size_t expected, std::size_t actual) {
  return {ErrorKind::kCorrupt, "a serialised " + std::string(type) + " has " + std::to_string(expected) +
                                   " bytes, but there are " + std::to_string(actual) +
                                   "; was the topic written with another serde?"};
}

}  // namespace detail

Result<bool> Serde<bool>::deserialize(BytesView bytes) {
  if (bytes.size() != 1) return detail::wrong_size("bool", 1, bytes.size());
  if (bytes[0] != 0 && bytes[0] != 1) {
    return Error{ErrorKind::kCorrupt, "a serialised bool is the byte 0 or 1, but this is 0x" + to_hex(bytes)};
  }
  return bytes[0] == 1;
}

}  // namespace leat
