// MemoryDisk: Files in memory that can fail and crash. What was not synced may be lost, wholly or in part, and so may
// names of files whose directory was not synced.
//
//   disk.fail_at(7, ErrorKind::kNoSpace);   // the seventh operation from now fails; a write stops half-way
//   disk.crash(random);                     // everything that was open is useless after it
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/random.h"

namespace leat::log {

class MemoryDisk : public Files {
 public:
  struct Node {
    Bytes content;
    Bytes durable;
    bool locked = false;
  };

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Status remove(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  bool exists(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status make_directories(const std::string& path) override;
  Status remove_directory(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Result<std::unique_ptr<File>> lock(const std::string& path) override;

  /// Completes the syncs that are under way, and those that their replies begin.
  void finish_syncs();
  std::size_t syncs_under_way() const { return syncs_.size(); }
  /// With a random: of each file's unsynced end, any part survives, and some of it as zeros. Without: nothing does.
  void crash(Random* random = nullptr);
  /// The `n`th operation from now (1 is the next) fails; all behind it too where `for_good`.
  void fail_at(std::size_t n, ErrorKind kind, bool for_good = false);
  void heal() { fail_at_ = 0; }
  bool failed() const { return failed_; }

  /// The content of a file, to look at or to damage.
  Bytes& content(const std::string& path);
  /// Copies a directory of the machine, subdirectories too.
  void import(const std::string& real_directory, const std::string& to);
  void export_to(const std::string& directory, const std::string& real_directory);

 private:
  friend class MemoryFile;
  struct Sync {
    std::shared_ptr<Node> node;
    Bytes content;
    OneShot<Status> done;
    Status status;
  };

  Status step(const std::string& what);

  std::map<std::string, std::shared_ptr<Node>> names_;
  std::map<std::string, std::shared_ptr<Node>> durable_names_;
  std::set<std::string> directories_;
  std::set<std::string> durable_directories_;
  std::vector<Sync> syncs_;
  std::size_t fail_at_ = 0;
  ErrorKind failure_ = ErrorKind::kIo;
  bool for_good_ = false;
  bool failed_ = false;
};

}  // namespace leat::log
