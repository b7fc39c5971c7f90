#include "base/files.h"

#include <filesystem>

namespace leat {

Result<Bytes> read_file(Files& files, const std::string& path) {
  LEAT_ASSIGN_OR_RETURN(auto file, files.open(path, OpenMode::kRead));
  LEAT_ASSIGN_OR_RETURN(const std::uint64_t size, file->size());
  Bytes content(size, '\0');
  LEAT_ASSIGN_OR_RETURN(const std::size_t read, file->read_at(0, content.data(), content.size()));
  content.resize(read);
  return content;
}

Status write_file_atomically(Files& files, const std::string& path, BytesView content) {
  const std::string temporary = path + ".tmp";
  {
    LEAT_ASSIGN_OR_RETURN(auto file, files.open(temporary, OpenMode::kCreate));
    LEAT_RETURN_IF_ERROR(file->truncate(0));
    LEAT_RETURN_IF_ERROR(file->write_at(0, Buf::copy_of(content)));
    LEAT_RETURN_IF_ERROR(file->sync_now());
  }
  LEAT_RETURN_IF_ERROR(files.rename(temporary, path));
  return files.sync_directory(std::filesystem::path(path).parent_path().string());
}

}  // namespace leat
