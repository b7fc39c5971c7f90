// What the tests of the protocol share: recorded lines, and bytes by seed.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>

#include "base/buf.h"
#include "tests/conformance/json_lines.h"

namespace leat::wire {

/// Calls `each` for every line of a file under tests/data/wire; the test fails where there is none.
void for_each_recorded(const std::string& file, const std::function<void(simdjson::dom::element)>& each);
/// The same for all the recorded messages of this build: name with direction, version, body.
void for_each_recorded_message(
    const std::function<void(const std::string& name, int version, const Bytes& body)>& each);

/// A text member, or nothing.
std::string text(simdjson::dom::element object, const char* key);
std::int64_t number(simdjson::dom::element object, const char* key);

/// Chance by seed, with words for what the tests draw.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t bound) { return engine_() % bound; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::int64_t any_int64() { return static_cast<std::int64_t>(engine_() >> below(64)) * (one_in(2) ? 1 : -1); }
  /// Bytes that compress well or not at all.
  Bytes bytes(std::size_t size);

 private:
  std::mt19937_64 engine_;
};

}  // namespace leat::wire
