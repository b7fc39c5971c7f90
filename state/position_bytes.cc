#include "state/position_bytes.h"

#include "base/big_endian.h"

namespace leat {

namespace {

constexpr char kVersion = 0;

template <class Unsigned>
void append(Unsigned value, Bytes& out) {
  char bytes[sizeof value];
  store_big_endian(bytes, value);
  out.append(bytes, sizeof bytes);
}

/// Takes numbers and text from the front; false from where the bytes end.
class Cursor {
 public:
  explicit Cursor(BytesView bytes) : rest_(bytes) {}

  template <class Unsigned>
  bool take(Unsigned& value) {
    if (rest_.size() < sizeof value) return false;
    value = load_big_endian<Unsigned>(rest_.data());
    rest_.remove_prefix(sizeof value);
    return true;
  }
  bool take(std::string& text) {
    std::uint32_t size = 0;
    if (!take(size) || size > rest_.size()) return false;
    text.assign(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return true;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  BytesView rest_;
};

bool read(Cursor& from, Position& position) {
  std::uint32_t topics = 0;
  if (!from.take(topics)) return false;
  for (; topics > 0; --topics) {
    std::string topic;
    std::uint32_t partitions = 0;
    if (!from.take(topic) || !from.take(partitions)) return false;
    for (; partitions > 0; --partitions) {
      std::uint32_t partition = 0;
      std::uint64_t offset = 0;
      if (!from.take(partition) || !from.take(offset)) return false;
      position.with_component(topic, static_cast<std::int32_t>(partition), static_cast<std::int64_t>(offset));
    }
  }
  return from.at_end();
}

}  // namespace

Bytes position_bytes(const Position& position) {
  Bytes out(1, kVersion);
  append(static_cast<std::uint32_t>(position.components().size()), out);
  for (const auto& [topic, offsets] : position.components()) {
    append(static_cast<std::uint32_t>(topic.size()), out);
    out.append(topic);
    append(static_cast<std::uint32_t>(offsets.size()), out);
    for (const auto& [partition, offset] : offsets) {
      append(static_cast<std::uint32_t>(partition), out);
      append(static_cast<std::uint64_t>(offset), out);
    }
  }
  return out;
}

Result<Position> read_position(BytesView bytes) {
  if (bytes.empty() || bytes[0] != kVersion)
    return Error{ErrorKind::kCorrupt, "a position begins with the version 0 of its format"};
  Position position;
  Cursor cursor(bytes.substr(1));
  if (!read(cursor, position)) return Error{ErrorKind::kCorrupt, "a position is cut off, or longer than it says"};
  return position;
}

}  // namespace leat
