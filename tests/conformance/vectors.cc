#include "tests/conformance/vectors.h"

#include <cstdlib>
#include <filesystem>

namespace leat::conformance {

namespace {
// This file is SOURCE/tests/conformance/vectors.cc; the build maps its prefix away, so the directory comes from CMake.
const std::filesystem::path kSource = LEAT_SOURCE_DIR;
}  // namespace

std::string carried_vectors_directory() { return (kSource / "tests" / "data").string(); }

std::string full_vectors_directory() {
  if (const char* directory = std::getenv("LEAT_CONFORMANCE")) return directory;
  const auto beside = kSource.parent_path() / "shared" / "conformance";
  return std::filesystem::exists(beside) ? beside.string() : std::string();
}

}  // namespace leat::conformance
