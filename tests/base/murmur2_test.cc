#include "base/murmur2.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace leat {
namespace {

/// What stands behind `"name":` in a line of the vectors, quotes removed.
std::string field(const std::string& line, const std::string& name) {
  const std::string mark = "\"" + name + "\":";
  std::size_t at = line.find(mark);
  EXPECT_NE(at, std::string::npos) << name << " in " << line;
  at += mark.size();
  if (line[at] == '"') return line.substr(at + 1, line.find('"', at + 1) - at - 1);
  return line.substr(at, line.find_first_of(",}", at) - at);
}

Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::strtol(hex.substr(i, 2).c_str(), nullptr, 16));
  }
  return bytes;
}

TEST(Murmur2, AgreesWithTheHashesAndPartitionsOfTheJavaClient) {
  std::ifstream vectors(LEAT_SOURCE_DIR "/tests/data/base/partitioning.jsonl");
  int compared = 0;
  for (std::string line; std::getline(vectors, line);) {
    if (line.find("\"murmur2\"") == std::string::npos) continue;
    const Bytes key = from_hex(field(line, "key"));
    ASSERT_EQ(std::to_string(murmur2(key)), field(line, "hash")) << line;
    ASSERT_EQ(std::to_string(to_positive(murmur2(key))), field(line, "positive")) << line;
    for (int partitions : {1, 2, 3, 7, 10, 64, 1000}) {
      ASSERT_EQ(std::to_string(partition_for_key(key, partitions)), field(line, std::to_string(partitions))) << line;
    }
    ++compared;
  }
  EXPECT_GT(compared, 10);
}

}  // namespace
}  // namespace leat
