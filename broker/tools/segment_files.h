// The files of a segment, as kafka-dump-log reads them from a directory that no broker has open:
//
//   .index      int32 offset - base, int32 position in the .log
//   .timeindex  int64 timestamp, int32 offset - base
//
// The tail of an index that is still written to is zeros.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/files.h"

namespace leat::tools {

struct OffsetEntry {
  std::int64_t offset = 0;
  std::uint32_t position = 0;
};

struct TimeEntry {
  std::int64_t timestamp = 0;
  std::int64_t offset = 0;
};

Result<Buf> read_whole(Files& files, const std::string& path);
Result<std::vector<OffsetEntry>> read_offset_index(Files& files, const std::string& path);
Result<std::vector<TimeEntry>> read_time_index(Files& files, const std::string& path);

std::string file_name(const std::string& path);
/// The offset in the name of a segment's file.
std::int64_t base_offset_of(const std::string& path);
/// The file of the same segment with another ending.
std::string beside(const std::string& path, std::string_view suffix);

}  // namespace leat::tools
