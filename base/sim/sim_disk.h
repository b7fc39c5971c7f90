// SimDisk: the disk of one simulated host. It knows for every file which sectors were written since its last sync and
// what they were before, and which changes of names are not durable yet. The fault model is told in sim_world.h.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/buf.h"
#include "base/result.h"
#include "base/sim/scheduler.h"

namespace leat::sim {

/// The content of one file, whatever its names.
class SimInode {
 public:
  explicit SimInode(std::size_t sector_bytes) : sector_bytes_(sector_bytes) {}

  const Bytes& bytes() const { return bytes_; }
  void write(std::uint64_t position, BytesView bytes);
  void truncate(std::uint64_t size);

  /// What a sync that begins now makes durable when it ends.
  struct SyncPoint {
    std::uint64_t number = 0;
    std::uint64_t size = 0;
    std::map<std::uint64_t, std::pair<std::uint64_t, Bytes>> sectors;  // version and content
  };
  SyncPoint begin_sync();
  void end_sync(const SyncPoint& point);
  /// The disk failed to sync: what is unsynced now never becomes durable by a later one.
  void fail_sync();
  void lose_power(Random& random, const SimOptions& options);

  bool locked = false;

 private:
  struct Sector {
    Bytes durable;  ///< what it was at the last sync, without trailing bytes that did not exist
    std::uint64_t version = 0;
    bool lost = false;
  };

  Sector& touch(std::uint64_t sector);

  std::size_t sector_bytes_;
  Bytes bytes_;
  std::uint64_t durable_size_ = 0;
  std::map<std::uint64_t, Sector> unsynced_;
  std::uint64_t versions_ = 0;
  std::uint64_t syncs_begun_ = 0;
  std::uint64_t sync_ended_ = 0;
};

using InodePtr = std::shared_ptr<SimInode>;

class SimDisk {
 public:
  SimDisk(Scheduler& scheduler, std::string host);

  /// Faults, until `clear_faults`. Operations are counted from this call on; every call of File and Files but
  /// `exists` and `size` is one.
  void fail_operation(std::uint64_t number);        ///< number 1 is the next one; it alone fails
  void fail_operations_from(std::uint64_t number);  ///< it and all after it fail: the moment of a crash
  void set_capacity_bytes(std::uint64_t bytes) { capacity_bytes_ = bytes; }
  void set_read_only(bool read_only) { read_only_ = read_only; }
  void set_syncs_fail(bool fail) { syncs_fail_ = fail; }
  void clear_faults();
  /// Operations since the start.
  std::uint64_t operations() const { return operations_; }

  // What follows is for the files of the host's processes and for SimWorld.

  enum class Kind { kRead, kWrite, kSync };
  /// Counts an operation on `path`, and says whether the disk carries it out.
  Status admit(Kind kind, const std::string& doing, const std::string& path);

  using Names = std::map<std::string, InodePtr>;  ///< normal paths; a directory has no inode
  const Names& names() const { return names_; }
  bool is_directory(const std::string& path) const;
  InodePtr make_file(const std::string& path);
  void make_directory(const std::string& path);
  void remove(const std::string& path);
  void rename(const std::string& from, const std::string& to);
  void sync_directory(const std::string& path);
  /// Whether `bytes` more fit.
  bool has_room(std::uint64_t bytes) const;
  std::uint64_t bytes_used() const;
  /// UINT64_MAX: without a bound.
  std::uint64_t capacity_bytes() const { return capacity_bytes_; }

  void release_locks();
  void lose_power();

 private:
  /// A change of names that is not durable yet. One of: made `to`; removed `from`; renamed `from` to `to`.
  struct Change {
    std::string from;
    std::string to;
    InodePtr inode;
  };

  static void apply(Names& names, const Change& change);
  void change(Change change);

  Scheduler& scheduler_;
  std::string host_;
  std::size_t sector_bytes_;
  Names names_;
  Names durable_names_;
  std::vector<Change> unsynced_;
  std::uint64_t operations_ = 0;
  std::uint64_t fail_at_ = 0;
  std::uint64_t fail_from_ = 0;
  std::uint64_t capacity_bytes_ = UINT64_MAX;
  bool read_only_ = false;
  bool syncs_fail_ = false;
};

/// "a//b/../c/" as "a/c"; the root and the working directory are "".
std::string normal_path(const std::string& path);
std::string parent_path(const std::string& normal);

}  // namespace leat::sim
