// CommitMetadata: the text that Kafka Streams stores beside a committed offset: base64 of
//
//   magic 2, partition time (8 bytes), and where a processor has something to keep: count (4) {length (4) name, value
//   (8)}
//
// Magic 1 is the same without processors.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace leat {

struct CommitMetadata {
  /// The highest timestamp of the partition; -1: none.
  std::int64_t partition_time = -1;
  std::map<std::string, std::int64_t> processors;

  std::string encode() const;
  /// Text that cannot be read counts as none, as in Kafka.
  static CommitMetadata decode(std::string_view text);
};

}  // namespace leat
