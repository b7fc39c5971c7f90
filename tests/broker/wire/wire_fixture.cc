#include "tests/broker/wire/wire_fixture.h"

#include <filesystem>
#include <set>

#include "tests/conformance/message_codecs.h"
#include "tests/conformance/vectors.h"

namespace leat::wire {

using simdjson::dom::element;

namespace {

std::string carried(const std::string& file) { return conformance::carried_vectors_directory() + "/wire/" + file; }

}  // namespace

void for_each_recorded(const std::string& file, const std::function<void(element)>& each) {
  int lines = 0;
  ASSERT_TRUE(conformance::for_each_line(carried(file), [&](element line) {
    ++lines;
    each(line);
  })) << file;
  ASSERT_GT(lines, 0) << file;
}

void for_each_recorded_message(const std::function<void(const std::string&, int, const Bytes&)>& each) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(carried("messages")))
    files.insert("messages/" + entry.path().stem().string());
  for (const std::string& file : files)
    for_each_recorded(file, [&](element line) {
      const std::string name = text(line, "name") + (text(line, "dir") == "request" ? "Request" : "Response");
      if (conformance::message_codecs().contains(name))
        each(name, static_cast<int>(number(line, "v")), conformance::from_hex(text(line, "hex")));
    });
}

std::string text(element object, const char* key) {
  std::string_view value;
  return object[key].get(value) ? std::string() : std::string(value);
}

std::int64_t number(element object, const char* key) { return object[key].get_int64().value(); }

Bytes Draw::bytes(std::size_t size) {
  Bytes bytes(size, '\0');
  if (one_in(2)) {
    for (char& byte : bytes) byte = static_cast<char>(engine_());
  } else {
    const char letter = static_cast<char>('a' + below(26));
    for (std::size_t i = 0; i < size; ++i) bytes[i] = i % 7 == 0 ? static_cast<char>('a' + i % 3) : letter;
  }
  return bytes;
}

}  // namespace leat::wire
