#include "base/os/real_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>

namespace leat::os {

namespace {

/// Syncs under way at a time. The file system commits several in one go: 16 files take 2.5 ms with eight threads, 7 ms
/// with two (ext4, a virtual disk).
constexpr std::size_t kSyncThreadsMax = 8;
constexpr int kSlicesPerWrite = 512;
constexpr mode_t kFileMode = 0644;

Error failure(const std::string& doing, const std::string& path, int error) {
  const std::string what = doing + " " + path + ": " + std::strerror(error);
  switch (error) {
    case ENOENT: return {ErrorKind::kNotFound, what};
    case EEXIST: return {ErrorKind::kAlreadyExists, what};
    case ENOSPC:
    case EDQUOT: return {ErrorKind::kNoSpace, what + "; free some space on this disk"};
    case EROFS: return {ErrorKind::kIo, what + "; mount it writable or choose another directory"};
    case EACCES:
      return {ErrorKind::kIo, what + "; give this user the right to write there or choose another directory"};
    default: return {ErrorKind::kIo, what};
  }
}

}  // namespace

/// Threads that do nothing but wait for the disk; started when there is something to wait for.
class SyncThreads {
 public:
  explicit SyncThreads(Loop& loop) : loop_(loop) {}
  ~SyncThreads() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void sync(std::shared_ptr<const int> descriptor, std::string path, OneShot<Status> done) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back({std::move(descriptor), std::move(path), std::move(done)});
      if (requests_.size() > idle_ && threads_.size() < kSyncThreadsMax) threads_.emplace_back([this] { work(); });
    }
    changed_.notify_one();
  }

 private:
  struct Request {
    std::shared_ptr<const int> descriptor;
    std::string path;
    OneShot<Status> done;
  };

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      changed_.wait(lock, [&] { return closing_ || !requests_.empty(); });
      --idle_;
      if (requests_.empty()) return;
      Request request = std::move(requests_.front());
      requests_.pop_front();
      lock.unlock();
      Status status;
      if (::fdatasync(*request.descriptor) != 0) status = failure("sync of", request.path, errno);
      loop_.post([done = std::move(request.done), status = std::move(status)]() mutable { done(std::move(status)); });
      request = {};
      lock.lock();
    }
  }

  Loop& loop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request> requests_;
  std::size_t idle_ = 0;
  bool closing_ = false;
  std::vector<std::thread> threads_;  // changed by the loop only
};

namespace {

class RealFile : public File {
 public:
  RealFile(SyncThreads& sync_threads, int descriptor, std::string path)
      : sync_threads_(sync_threads),
        // A sync under way keeps the descriptor open after the file's owner has gone.
        descriptor_(new int(descriptor),
                    [](const int* number) {
                      ::close(*number);
                      delete number;
                    }),
        path_(std::move(path)) {}

  Result<std::size_t> read_at(std::uint64_t position, char* to, std::size_t size) override {
    std::size_t done = 0;
    while (done < size) {
      const ssize_t got = ::pread(*descriptor_, to + done, size - done, static_cast<off_t>(position + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failure("read of", path_, errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  Status write_at(std::uint64_t position, const BufChain& bytes) override {
    std::vector<iovec> slices;
    for (const Buf& slice : bytes.slices()) slices.push_back({const_cast<char*>(slice.data()), slice.size()});
    std::size_t first = 0;
    while (first < slices.size()) {
      const int count = static_cast<int>(std::min<std::size_t>(slices.size() - first, kSlicesPerWrite));
      const ssize_t got = ::pwritev(*descriptor_, slices.data() + first, count, static_cast<off_t>(position));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failure("write to", path_, errno);
      position += static_cast<std::uint64_t>(got);
      auto left = static_cast<std::size_t>(got);
      while (first < slices.size() && left >= slices[first].iov_len) left -= slices[first++].iov_len;
      if (left > 0) {
        slices[first].iov_base = static_cast<char*>(slices[first].iov_base) + left;
        slices[first].iov_len -= left;
      }
    }
    return {};
  }

  Status truncate(std::uint64_t size) override {
    if (::ftruncate(*descriptor_, static_cast<off_t>(size)) != 0) return failure("truncation of", path_, errno);
    return {};
  }
  Result<std::uint64_t> size() override {
    struct stat info {};
    if (::fstat(*descriptor_, &info) != 0) return failure("look at", path_, errno);
    return static_cast<std::uint64_t>(info.st_size);
  }
  void sync(OneShot<Status> done) override { sync_threads_.sync(descriptor_, path_, std::move(done)); }
  Status sync_now() override {
    if (::fdatasync(*descriptor_) != 0) return failure("sync of", path_, errno);
    return {};
  }

 private:
  SyncThreads& sync_threads_;
  std::shared_ptr<const int> descriptor_;
  std::string path_;
};

}  // namespace

RealFiles::RealFiles(Loop& loop) : sync_threads_(std::make_unique<SyncThreads>(loop)) {}
RealFiles::~RealFiles() = default;

Result<std::unique_ptr<File>> RealFiles::open(const std::string& path, OpenMode mode) {
  const int flags = mode == OpenMode::kRead ? O_RDONLY : mode == OpenMode::kReadWrite ? O_RDWR : O_RDWR | O_CREAT;
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, kFileMode);
  if (descriptor < 0) return failure("opening", path, errno);
  return std::unique_ptr<File>(new RealFile(*sync_threads_, descriptor, path));
}

Status RealFiles::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return failure("removal of", path, errno);
  return {};
}

Status RealFiles::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failure("renaming to " + to + " of", from, errno);
  return {};
}

bool RealFiles::exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Result<std::vector<std::string>> RealFiles::list(const std::string& directory) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
    names.push_back(entry->path().filename().string());
  if (error) return failure("listing of", directory, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

Status RealFiles::make_directories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return failure("making directory", path, error.value());
  return {};
}

Status RealFiles::remove_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return failure("removal of", path, error.value());
  return {};
}

Status RealFiles::sync_directory(const std::string& path) {
  const int descriptor = ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failure("opening", path, errno);
  const int status = ::fsync(descriptor);
  const int error = errno;
  ::close(descriptor);
  if (status != 0) return failure("sync of", path, error);
  return {};
}

Result<std::unique_ptr<File>> RealFiles::lock(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
  if (descriptor < 0) return failure("opening", path, errno);
  std::unique_ptr<File> file(new RealFile(*sync_threads_, descriptor, path));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
    return Error{ErrorKind::kAlreadyExists, path + " is locked by another process"};
  return file;
}

Result<DiskSpace> RealFiles::space(const std::string& path) {
  std::error_code error;
  const auto space = std::filesystem::space(path, error);
  if (error) return failure("space of", path, error.value());
  return DiskSpace{space.capacity, space.available};
}

}  // namespace leat::os
