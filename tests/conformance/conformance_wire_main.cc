// Replays recorded messages against our codecs: decode, compare with the recorded JSON, encode again, compare bytes.
//
//   build/bin/conformance_wire --dir DIR      DIR: messages/*.jsonl.zst, mutations.jsonl.zst, decoder-edges.jsonl, ...
//
// Prints the first difference of every failing vector (twenty at most) and last 'N passed, N failed'. Messages that we
// do not have are counted apart.
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "tests/conformance/json_lines.h"
#include "tests/conformance/message_codecs.h"

namespace leat::conformance {

namespace {

using simdjson::dom::element;

constexpr int kFailuresShown = 20;

class Replay {
 public:
  explicit Replay(std::string directory) : directory_(std::move(directory)) {}

  int run() {
    const std::filesystem::path messages = std::filesystem::path(directory_) / "messages";
    if (!std::filesystem::exists(messages)) {
      fmt::print("{} holds no folder 'messages'\n", directory_);
      return 2;
    }
    std::set<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(messages)) {
      std::string path = entry.path().string();
      if (path.ends_with(".zst")) path.resize(path.size() - 4);
      files.insert(path);
    }
    for (const std::string& path : files) for_each_line(path, [&](element line) { message(line); });
    for_each_line(directory_ + "/mutations.jsonl", [&](element line) { mutation(line); });
    if (!absent_.empty()) {
      fmt::print("not part of this build:");
      for (const auto& [name, count] : absent_) fmt::print(" {} ({})", name, count);
      fmt::print("\n");
    }
    fmt::print("{} passed, {} failed\n", passed_, failed_);
    return failed_ == 0 ? 0 : 1;
  }

 private:
  static std::string text(element line, const char* key) {
    std::string_view value;
    return line[key].get(value) ? std::string() : std::string(value);
  }

  Codec codec_of(element line) {
    const std::string name = text(line, "name") + (text(line, "dir") == "request" ? "Request" : "Response");
    const auto found = message_codecs().find(name);
    if (found != message_codecs().end()) return found->second;
    ++absent_[name];
    return nullptr;
  }

  void message(element line) {
    const Codec codec = codec_of(line);
    if (codec == nullptr) return;
    const std::string bytes = from_hex(text(line, "hex"));
    const auto replayed = codec(Buf::copy_of(bytes), static_cast<int>(int64_t(line["v"])));
    if (!replayed) return fail(line, replayed.error().message);
    // Unknown tagged fields are skipped, not kept: these vectors do not come back byte for byte, and a tagged struct
    // that held nothing else equals its default and is not there.
    const bool has_unknown_tags = text(line, "case") == "tags";
    const std::string difference = compare_json(line["json"], replayed->json);
    if (!difference.empty() && !(has_unknown_tags && difference.ends_with(": missing"))) return fail(line, difference);
    if (!has_unknown_tags && replayed->encoded != bytes)
      return fail(line, "encoded " + to_hex(replayed->encoded) + ", not " + to_hex(bytes));
    ++passed_;
  }

  void mutation(element line) {
    const Codec codec = codec_of(line);
    if (codec == nullptr) return;
    const auto replayed = codec(Buf::copy_of(from_hex(text(line, "hex"))), static_cast<int>(int64_t(line["v"])));
    element json;
    if (line["json"].get(json)) {
      if (replayed) return fail(line, "accepted what Kafka refuses: " + replayed->json);
    } else {
      if (!replayed) return fail(line, "refused what Kafka accepts: " + replayed.error().message);
      if (auto difference = compare_json(json, replayed->json); !difference.empty()) return fail(line, difference);
    }
    ++passed_;
  }

  std::string compare_json(element expected, const std::string& actual) {
    element parsed;
    if (parser_.parse(actual).get(parsed)) return "no JSON: " + actual;
    return first_difference(expected, parsed);
  }

  void fail(element line, const std::string& why) {
    if (failed_++ < kFailuresShown)
      fmt::print("{} {} v{} {}{}: {}\n", text(line, "name"), text(line, "dir"), int64_t(line["v"]), text(line, "case"),
                 text(line, "change"), why.substr(0, 400));
  }

  std::string directory_;
  simdjson::dom::parser parser_;
  std::map<std::string, int> absent_;
  int passed_ = 0;
  int failed_ = 0;
};

}  // namespace

}  // namespace leat::conformance

int main(int argc, char** argv) {
  if (argc != 3 || std::string(argv[1]) != "--dir") {
    fmt::print("usage: conformance_wire --dir DIR\n");
    return 2;
  }
  return leat::conformance::Replay(argv[2]).run();
}
