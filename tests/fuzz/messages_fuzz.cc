// Whole frames of requests, and every message and internal record by name:
//
//   'F' frame                       as a connection delivers it, without its length
//   'M' uint8 message uint8 version body
//
// What is decoded can be encoded, and decoded again to the same bytes.
#include <algorithm>
#include <filesystem>
#include <iterator>

#include "base/check.h"
#include "broker/wire/api_table.h"
#include "broker/wire/header.h"
#include "tests/conformance/json_lines.h"
#include "tests/conformance/message_codecs.h"
#include "tests/conformance/vectors.h"
#include "tests/fuzz/fuzz_target.h"

namespace leat::fuzz {

namespace {

using conformance::message_codecs;
using simdjson::dom::element;

void expect_stable(conformance::Codec codec, const Buf& body, int version) {
  const auto first = codec(body, version);
  if (!first) return;
  const auto second = codec(Buf::copy_of(first->encoded), version);
  LEAT_CHECK(second.ok(), "what was encoded is not decoded");
  LEAT_CHECK(second->encoded == first->encoded, "encoding is not stable");
  LEAT_CHECK(second->json == first->json, "a value changed on its way");
}

void frame(BytesView bytes) {
  const auto parsed = wire::parse_request(Buf::copy_of(bytes));
  if (!parsed) return;
  const wire::Api* api = wire::find_api(parsed->header.api_key);
  if (api == nullptr || !api->has_version(parsed->header.api_version)) return;
  const auto codec = message_codecs().find(std::string(api->name) + "Request");
  if (codec != message_codecs().end()) expect_stable(codec->second, parsed->body, parsed->header.api_version);
}

std::string text(element object, const char* key) {
  std::string_view value;
  return object[key].get(value) ? std::string() : std::string(value);
}

}  // namespace

std::vector<Bytes> seeds() {
  std::vector<Bytes> inputs;
  const std::string wire = conformance::carried_vectors_directory() + "/wire/";
  conformance::for_each_line(wire + "headers.jsonl", [&](element line) {
    if (text(line, "dir") == "request") inputs.push_back("F" + conformance::from_hex(text(line, "hex")).substr(4));
  });
  const auto add = [&](const std::string& name, element line, std::size_t skipped) {
    const auto found = message_codecs().find(name);
    if (found == message_codecs().end()) return;
    Bytes input = "M";
    input.push_back(static_cast<char>(std::distance(message_codecs().begin(), found)));
    input.push_back(static_cast<char>(line["v"].get_int64().value()));
    inputs.push_back(input + conformance::from_hex(text(line, "hex")).substr(skipped));
  };
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(wire + "messages"))
    files.push_back("messages/" + entry.path().stem().string());
  std::sort(files.begin(), files.end());
  for (const std::string& file : files)
    conformance::for_each_line(wire + file, [&](element line) {
      add(text(line, "name") + (text(line, "dir") == "request" ? "Request" : "Response"), line, 0);
    });
  for (const char* file : {"consumer-offsets", "transaction-state", "consumer-protocol"})
    conformance::for_each_line(wire + "internal-records/" + file + ".jsonl",
                               [&](element line) { add(text(line, "name"), line, 2); });
  return inputs;
}

}  // namespace leat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat;
  const BytesView input = fuzz::view(data, size);
  if (input.starts_with('F')) fuzz::frame(input.substr(1));
  if (input.starts_with('M') && size >= 3) {
    const auto& codecs = conformance::message_codecs();
    const auto codec = std::next(codecs.begin(), static_cast<std::ptrdiff_t>(data[1] % codecs.size()));
    fuzz::expect_stable(codec->second, Buf::copy_of(input.substr(3)), data[2]);
  }
  return 0;
}
