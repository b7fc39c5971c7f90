// A fuzz target is one file, NAME_fuzz.cc, with these two functions. It becomes two programs:
//
//   NAME_fuzz        by libFuzzer, where clang builds with LEAT_FUZZ=ON (./dev fuzz)
//   NAME_fuzz_loop   the seeds and a few thousand mutations of them by a plain loop: an ordinary test of every build
//
// A target must not crash, hang or take memory without bound, whatever the bytes; what it promises beyond that it
// checks with LEAT_CHECK.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace leat::fuzz {

/// Inputs to begin with, made from tests/data.
std::vector<Bytes> seeds();

/// The same bytes as text.
inline BytesView view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace leat::fuzz
