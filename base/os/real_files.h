// RealFiles: the disk through POSIX. Syncs run on threads of their own and answer on the loop.
#pragma once

#include <memory>

#include "base/files.h"
#include "base/loop.h"

namespace leat::os {

class SyncThreads;

class RealFiles : public Files {
 public:
  /// `loop` gets the answers of syncs and must outlive this.
  explicit RealFiles(Loop& loop);
  ~RealFiles() override;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Status remove(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  bool exists(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status make_directories(const std::string& path) override;
  Status remove_directory(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Result<std::unique_ptr<File>> lock(const std::string& path) override;
  Result<DiskSpace> space(const std::string& path) override;

 private:
  std::unique_ptr<SyncThreads> sync_threads_;
};

}  // namespace leat::os
