// SimFiles: the disk of a host as one loop of a process on it sees it.
#pragma once

#include <memory>
#include <string>

#include "base/files.h"
#include "base/sim/sim_disk.h"

namespace leat::sim {

class SimFiles : public Files {
 public:
  SimFiles(SimDisk& disk, SimLoop& loop) : disk_(disk), loop_(loop) {}

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
  Status admit(SimDisk::Kind kind, const std::string& doing, const std::string& path);

  SimDisk& disk_;
  SimLoop& loop_;
};

}  // namespace leat::sim
