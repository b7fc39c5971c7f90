#include "streams/commit_metadata.h"

#include <optional>

#include "base/serde.h"

namespace leat {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string to_base64(BytesView bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text.push_back(i + j <= bytes.size() ? kAlphabet[group >> (18 - 6 * j) & 63] : '=');
    }
  }
  return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  Bytes bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count & 0xff));
  }
  return bytes;
}

}  // namespace

std::string CommitMetadata::encode() const {
  Bytes bytes(1, '\2');
  detail::append_big_endian(static_cast<std::uint64_t>(partition_time), bytes);
  if (!processors.empty()) {
    detail::append_big_endian(static_cast<std::uint32_t>(processors.size()), bytes);
    for (const auto& [name, value] : processors) {
      detail::append_big_endian(static_cast<std::uint32_t>(name.size()), bytes);
      bytes.append(name);
      detail::append_big_endian(static_cast<std::uint64_t>(value), bytes);
    }
  }
  return to_base64(bytes);
}

CommitMetadata CommitMetadata::decode(std::string_view text) {
  CommitMetadata metadata;
  const std::optional<Bytes> decoded = from_base64(text);
  if (!decoded || decoded->size() < 9 || (decoded->front() != 1 && decoded->front() != 2)) return metadata;
  metadata.partition_time = static_cast<std::int64_t>(detail::read_big_endian<std::uint64_t>(decoded->data() + 1));
  BytesView rest = BytesView(*decoded).substr(9);
  if (decoded->front() != 2 || rest.size() < 4) return metadata;
  std::uint32_t count = detail::read_big_endian<std::uint32_t>(rest.data());
  rest.remove_prefix(4);
  for (; count > 0 && rest.size() >= 4; --count) {
    const std::size_t size = detail::read_big_endian<std::uint32_t>(rest.data());
    rest.remove_prefix(4);
    if (rest.size() < size + 8) break;
    metadata.processors[std::string(rest.substr(0, size))] =
        static_cast<std::int64_t>(detail::read_big_endian<std::uint64_t>(rest.data() + size));
    rest.remove_prefix(size + 8);
  }
  return metadata;
}

}  // namespace leat
