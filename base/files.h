// Files: the disk. What is written is durable only after a sync of the file, and a created, renamed or removed name
// only after a sync of its directory; the simulated disk (base/sim) takes everything else away at a crash.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/buf.h"
#include "base/function.h"
#include "base/result.h"

namespace leat {

enum class OpenMode {
  kRead,       ///< must exist
  kReadWrite,  ///< must exist
  kCreate,     ///< read and write, made where it is missing
};

/// An open file. Lives on the loop of its owner; closed by the destructor.
class File {
 public:
  virtual ~File() = default;

  /// Reads up to `size` bytes at `position` into `to`; fewer only at the end of the file. Returns how many.
  virtual Result<std::size_t> read_at(std::uint64_t position, char* to, std::size_t size) = 0;
  /// Writes all slices at `position`, one behind the other, in one gathered write. After an error the bytes from
  /// `position` on are unknown.
  virtual Status write_at(std::uint64_t position, const BufChain& bytes) = 0;
  /// Cuts the file to `size` bytes, or extends it with zeros.
  virtual Status truncate(std::uint64_t size) = 0;
  virtual Result<std::uint64_t> size() = 0;

  /// Makes everything written before this call durable, then replies on the loop of `Files`. The loop goes on
  /// meanwhile (the real disk syncs on a thread of its own). After an error the file must not be trusted with a
  /// second try: its dirty pages may be gone.
  virtual void sync(OneShot<Status> done) = 0;
  /// The same, waiting for it: for start-up, shut-down and small files.
  virtual Status sync_now() = 0;
};

/// Of the volume that a directory lies on.
struct DiskSpace {
  std::uint64_t bytes = 0;
  std::uint64_t bytes_free = 0;  ///< that this process may use
};

class Files {
 public:
  virtual ~Files() = default;

  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Status remove(const std::string& path) = 0;
  /// Replaces `to` if it is there, atomically.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual bool exists(const std::string& path) = 0;
  /// Names in a directory, sorted, without . and ..
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  /// Makes a directory and its parents; succeeds where it is there already.
  virtual Status make_directories(const std::string& path) = 0;
  /// Removes a directory with all that is in it.
  virtual Status remove_directory(const std::string& path) = 0;
  /// Makes created, renamed and removed names of this directory durable.
  virtual Status sync_directory(const std::string& path) = 0;
  /// Takes an exclusive lock on a file that this process holds until the result is destroyed; kAlreadyExists where
  /// another process has it.
  virtual Result<std::unique_ptr<File>> lock(const std::string& path) = 0;
  /// kUnavailable where the disk does not say.
  virtual Result<DiskSpace> space(const std::string& path) {
    return Error{ErrorKind::kUnavailable, path + ": the size of the disk is unknown"};
  }
};

/// The whole content of a (small) file.
Result<Bytes> read_file(Files& files, const std::string& path);
/// Replaces a (small) file atomically and durably: a temporary beside it, sync, rename, sync of the directory.
Status write_file_atomically(Files& files, const std::string& path, BytesView content);

}  // namespace leat
