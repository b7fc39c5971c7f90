#include "broker/tools/segment_files.h"

#include <algorithm>

#include "base/big_endian.h"
#include "broker/tools/options.h"

namespace leat::tools {

Result<Buf> read_whole(Files& files, const std::string& path) {
  LEAT_ASSIGN_OR_RETURN(const auto file, files.open(path, OpenMode::kRead));
  LEAT_ASSIGN_OR_RETURN(const std::uint64_t size, file->size());
  Buf content = Buf::allocate(size);
  LEAT_ASSIGN_OR_RETURN(const std::size_t read, file->read_at(0, content.mutable_data(), size));
  return content.slice(0, read);
}

Result<std::vector<OffsetEntry>> read_offset_index(Files& files, const std::string& path) {
  LEAT_ASSIGN_OR_RETURN(const Buf content, read_whole(files, path));
  constexpr std::size_t kEntryBytes = 8;
  BigEndianReader reader(content.view());
  std::vector<OffsetEntry> entries;
  for (std::size_t left = content.size() / kEntryBytes; left > 0; --left) {
    const auto relative = reader.read<std::int32_t>();
    const auto position = reader.read<std::uint32_t>();
    if (relative == 0 && !entries.empty()) break;
    entries.push_back({base_offset_of(path) + relative, position});
  }
  return entries;
}

Result<std::vector<TimeEntry>> read_time_index(Files& files, const std::string& path) {
  LEAT_ASSIGN_OR_RETURN(const Buf content, read_whole(files, path));
  constexpr std::size_t kEntryBytes = 12;
  BigEndianReader reader(content.view());
  std::vector<TimeEntry> entries;
  for (std::size_t left = content.size() / kEntryBytes; left > 0; --left) {
    const auto timestamp = reader.read<std::int64_t>();
    const auto relative = reader.read<std::int32_t>();
    if (relative == 0 && !entries.empty()) break;
    entries.push_back({timestamp, base_offset_of(path) + relative});
  }
  return entries;
}

std::string file_name(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::int64_t base_offset_of(const std::string& path) {
  const std::string name = file_name(path);
  return parse_whole_number(name.substr(0, name.find('.'))).value_or(0);
}

std::string beside(const std::string& path, std::string_view suffix) {
  return path.substr(0, path.size() - file_name(path).size()) + file_name(path).substr(0, file_name(path).find('.')) +
         std::string(suffix);
}

}  // namespace leat::tools
