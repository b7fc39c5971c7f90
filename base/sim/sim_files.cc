#include "base/sim/sim_files.h"

#include <algorithm>
#include <cstring>

namespace leat::sim {

namespace {

using Kind = SimDisk::Kind;

Error ended(const std::string& path) { return {ErrorKind::kClosed, path + ": the process that used it has ended"}; }
Error missing(const std::string& doing, const std::string& path) {
  return {ErrorKind::kNotFound, doing + " " + path + ": no such file or directory"};
}

class SimFile : public File {
 public:
  SimFile(SimDisk& disk, SimLoop& loop, InodePtr inode, std::string path, bool holds_lock, bool writable)
      : disk_(disk),
        loop_(loop),
        inode_(std::move(inode)),
        path_(std::move(path)),
        holds_lock_(holds_lock),
        writable_(writable) {}
  ~SimFile() override {
    if (holds_lock_ && !loop_.ended()) inode_->locked = false;
  }

  Result<std::size_t> read_at(std::uint64_t position, char* to, std::size_t size) override {
    LEAT_RETURN_IF_ERROR(admit(Kind::kRead, "read of"));
    const Bytes& bytes = inode_->bytes();
    if (position >= bytes.size()) return std::size_t{0};
    const std::size_t read = std::min<std::size_t>(size, bytes.size() - position);
    std::memcpy(to, bytes.data() + position, read);
    return read;
  }

  Status write_at(std::uint64_t position, const BufChain& chain) override {
    if (!writable_) return Error{ErrorKind::kIo, "write to " + path_ + ": it was opened for reading"};
    if (loop_.ended()) return ended(path_);
    const Buf bytes = chain.flatten();
    if (Status status = disk_.admit(Kind::kWrite, "write to", path_); !status) {
      // How much of it got through nobody knows.
      inode_->write(position, bytes.view().substr(0, loop_.scheduler().random().below(bytes.size() + 1)));
      return status;
    }
    const std::uint64_t end = position + bytes.size();
    if (end > inode_->bytes().size() && !disk_.has_room(end - inode_->bytes().size())) {
      return Error{ErrorKind::kNoSpace,
                   "write to " + path_ + ": no space left on device; free some space on this disk"};
    }
    loop_.scheduler().trace(bytes);
    inode_->write(position, bytes);
    return {};
  }

  Status truncate(std::uint64_t size) override {
    LEAT_RETURN_IF_ERROR(admit(Kind::kWrite, "truncation of"));
    inode_->truncate(size);
    return {};
  }
  Result<std::uint64_t> size() override { return static_cast<std::uint64_t>(inode_->bytes().size()); }

  void sync(OneShot<Status> done) override {
    if (loop_.ended()) return done(ended(path_));
    Status status = disk_.admit(Kind::kSync, "sync of", path_);
    if (!status) inode_->fail_sync();
    auto& scheduler = loop_.scheduler();
    scheduler.add(
        scheduler.now() + sync_time(), loop_,
        [inode = inode_, point = inode_->begin_sync(), status = std::move(status), done = std::move(done)]() mutable {
          if (status) inode->end_sync(point);
          done(std::move(status));
        });
  }
  Status sync_now() override {
    if (Status status = admit(Kind::kSync, "sync of"); !status) {
      if (!loop_.ended()) inode_->fail_sync();
      return status;
    }
    inode_->end_sync(inode_->begin_sync());
    loop_.scheduler().pass(sync_time());
    return {};
  }

 private:
  Status admit(Kind kind, const std::string& doing) {
    if (loop_.ended()) return ended(path_);
    return disk_.admit(kind, doing, path_);
  }
  Duration sync_time() {
    const SimOptions& options = loop_.scheduler().options();
    return loop_.scheduler().between(options.sync_time_min, options.sync_time_max);
  }

  SimDisk& disk_;
  SimLoop& loop_;
  InodePtr inode_;
  std::string path_;
  bool holds_lock_;
  bool writable_;
};

InodePtr find(const SimDisk& disk, const std::string& path) {
  const auto at = disk.names().find(path);
  return at == disk.names().end() ? nullptr : at->second;
}

}  // namespace

Status SimFiles::admit(Kind kind, const std::string& doing, const std::string& path) {
  if (loop_.ended()) return ended(path);
  return disk_.admit(kind, doing, path);
}

Result<std::unique_ptr<File>> SimFiles::open(const std::string& given, OpenMode mode) {
  const std::string path = normal_path(given);
  InodePtr inode = find(disk_, path);
  LEAT_RETURN_IF_ERROR(admit(mode == OpenMode::kRead ? Kind::kRead : Kind::kWrite, "opening", path));
  if (disk_.is_directory(path)) return Error{ErrorKind::kIo, "opening " + path + ": is a directory"};
  if (!inode) {
    if (mode != OpenMode::kCreate || !disk_.is_directory(parent_path(path))) return missing("opening", path);
    inode = disk_.make_file(path);
  }
  return std::unique_ptr<File>(new SimFile(disk_, loop_, std::move(inode), path, false, mode != OpenMode::kRead));
}

Status SimFiles::remove(const std::string& given) {
  const std::string path = normal_path(given);
  LEAT_RETURN_IF_ERROR(admit(Kind::kWrite, "removal of", path));
  if (!find(disk_, path)) return missing("removal of", path);
  disk_.remove(path);
  return {};
}

Status SimFiles::rename(const std::string& given_from, const std::string& given_to) {
  const std::string from = normal_path(given_from);
  const std::string to = normal_path(given_to);
  LEAT_RETURN_IF_ERROR(admit(Kind::kWrite, "renaming of", from));
  if (!disk_.names().contains(from)) return missing("renaming of", from);
  if (!disk_.is_directory(parent_path(to))) return missing("renaming to", to);
  disk_.rename(from, to);
  return {};
}

bool SimFiles::exists(const std::string& path) {
  const std::string normal = normal_path(path);
  return disk_.is_directory(normal) || disk_.names().contains(normal);
}

Result<std::vector<std::string>> SimFiles::list(const std::string& given) {
  const std::string directory = normal_path(given);
  LEAT_RETURN_IF_ERROR(admit(Kind::kRead, "listing of", directory));
  if (!disk_.is_directory(directory)) return missing("listing of", directory);
  std::vector<std::string> names;
  for (const auto& [path, inode] : disk_.names()) {
    if (parent_path(path) == directory) names.push_back(path.substr(path.rfind('/') + 1));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Status SimFiles::make_directories(const std::string& given) {
  const std::string path = normal_path(given);
  LEAT_RETURN_IF_ERROR(admit(Kind::kWrite, "making directory", path));
  for (std::size_t end = path.find('/', 1); !path.empty(); end = path.find('/', end + 1)) {
    const std::string way = path.substr(0, end);
    if (find(disk_, way)) return Error{ErrorKind::kIo, "making directory " + path + ": " + way + " is a file"};
    if (!disk_.is_directory(way)) disk_.make_directory(way);
    if (end == std::string::npos) break;
  }
  return {};
}

Status SimFiles::remove_directory(const std::string& given) {
  const std::string path = normal_path(given);
  LEAT_RETURN_IF_ERROR(admit(Kind::kWrite, "removal of", path));
  // One by one, the deepest first: a power loss may leave a part of it.
  std::vector<std::string> names;
  for (const auto& [name, inode] : disk_.names()) {
    if (name == path || name.starts_with(path + "/")) names.push_back(name);
  }
  for (auto name = names.rbegin(); name != names.rend(); ++name) disk_.remove(*name);
  return {};
}

Status SimFiles::sync_directory(const std::string& given) {
  const std::string path = normal_path(given);
  LEAT_RETURN_IF_ERROR(admit(Kind::kSync, "sync of", path));
  if (!disk_.is_directory(path)) return missing("sync of", path);
  disk_.sync_directory(path);
  return {};
}

Result<DiskSpace> SimFiles::space(const std::string& path) {
  const std::uint64_t bytes = disk_.capacity_bytes();
  if (bytes == UINT64_MAX) return Files::space(path);
  const std::uint64_t used = disk_.bytes_used();
  return DiskSpace{bytes, bytes - std::min(used, bytes)};
}

Result<std::unique_ptr<File>> SimFiles::lock(const std::string& given) {
  const std::string path = normal_path(given);
  LEAT_RETURN_IF_ERROR(admit(Kind::kWrite, "locking of", path));
  InodePtr inode = find(disk_, path);
  if (!inode) {
    if (!disk_.is_directory(parent_path(path)) || disk_.is_directory(path)) return missing("locking of", path);
    inode = disk_.make_file(path);
  }
  if (inode->locked) return Error{ErrorKind::kAlreadyExists, path + " is locked by another process"};
  inode->locked = true;
  return std::unique_ptr<File>(new SimFile(disk_, loop_, std::move(inode), path, true, true));
}

}  // namespace leat::sim
