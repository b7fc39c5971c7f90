#include "tests/conformance/json_lines.h"

#include <fmt/format.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace leat::conformance {

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

std::string read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return std::move(content).str();
}

std::string inflate(const std::string& compressed) {
  std::string content;
  ZSTD_DStream* stream = ZSTD_createDStream();
  ZSTD_inBuffer in{compressed.data(), compressed.size(), 0};
  std::string part(ZSTD_DStreamOutSize(), '\0');
  while (in.pos < in.size) {
    ZSTD_outBuffer out{part.data(), part.size(), 0};
    if (ZSTD_isError(ZSTD_decompressStream(stream, &out, &in))) break;
    content.append(part.data(), out.pos);
  }
  ZSTD_freeDStream(stream);
  return content;
}

bool is_number(element value) { return value.is_int64() || value.is_uint64() || value.is_double(); }

bool equal_numbers(element a, element b) {
  if (a.is_int64() && b.is_int64()) return int64_t(a) == int64_t(b);
  if (a.is_uint64() && b.is_uint64()) return uint64_t(a) == uint64_t(b);
  return double(a) == double(b);
}

std::string differ(element expected, element actual, const std::string& path) {
  if (is_number(expected) && is_number(actual) && equal_numbers(expected, actual)) return {};
  if (expected.type() == actual.type()) {
    switch (expected.type()) {
      case element_type::NULL_VALUE: return {};
      case element_type::BOOL:
        if (bool(expected) == bool(actual)) return {};
        break;
      case element_type::STRING:
        if (std::string_view(expected) == std::string_view(actual)) return {};
        break;
      case element_type::ARRAY: {
        simdjson::dom::array a = expected, b = actual;
        if (a.size() != b.size()) return fmt::format("{}: {} elements, not {}", path, b.size(), a.size());
        for (std::size_t i = 0; i < a.size(); ++i)
          if (auto found = differ(a.at(i), b.at(i), fmt::format("{}[{}]", path, i)); !found.empty()) return found;
        return {};
      }
      case element_type::OBJECT: {
        simdjson::dom::object a = expected, b = actual;
        for (auto [key, value] : a) {
          element other;
          if (b[key].get(other)) return fmt::format("{}.{}: missing", path, key);
          if (auto found = differ(value, other, fmt::format("{}.{}", path, key)); !found.empty()) return found;
        }
        if (a.size() != b.size()) return fmt::format("{}: {} members, not {}", path, b.size(), a.size());
        return {};
      }
      default: break;
    }
  }
  return fmt::format("{}: {}, not {}", path, simdjson::minify(actual), simdjson::minify(expected));
}

}  // namespace

bool for_each_line(const std::string& path, const std::function<void(element)>& each) {
  std::string content;
  if (std::filesystem::exists(path)) {
    content = read_whole(path);
  } else if (std::filesystem::exists(path + ".zst")) {
    content = inflate(read_whole(path + ".zst"));
  } else {
    return false;
  }
  simdjson::dom::parser parser;
  std::istringstream lines(content);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) each(parser.parse(line));
  return true;
}

std::string first_difference(element expected, element actual) { return differ(expected, actual, ""); }

std::string from_hex(std::string_view hex) {
  std::string bytes;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  return bytes;
}

}  // namespace leat::conformance
