// StateBackend: the tables of one task's persistent stores.
//
// On disk it is one RocksDB with a column family per table. Writes wait in a buffer, which reads see; install() makes
// them committed, and from time to time, and when it closes, committed rows go to RocksDB together with the changelog
// offsets in one atomic batch. So what lies on the disk is always behind the changelog or at it, never ahead: after a
// crash the tail of the changelog, which is bounded, is read again, and an aborted transaction is undone by
// discard_uncommitted().
//
// A read that the disk refuses answers "no such row" and is remembered in status(), which is asked before every
// commit; so nothing that was computed from it becomes visible.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "state/row_table.h"

namespace leat {

/// What the stores of a process share: RocksDB's block cache, its write buffers and options, and the memory for rows
/// that are kept readable above it.
class StateMemory {
 public:
  static constexpr std::size_t kRowBytes = std::size_t{512} << 20;
  /// Options are RocksDB's own, by their names (check_rocksdb_options); unknown ones make `StateBackend::open` fail.
  StateMemory(std::size_t block_cache_bytes, std::size_t write_buffer_bytes,
              std::map<std::string, std::string> options = {}, std::size_t row_bytes = kRowBytes);
  ~StateMemory();
  StateMemory(const StateMemory&) = delete;
  StateMemory& operator=(const StateMemory&) = delete;

  struct Shared;
  Shared& shared() const { return *shared_; }

 private:
  std::unique_ptr<Shared> shared_;
};

/// Whether all of these are options of RocksDB, of its column families or of its block based tables, with values that
/// can be read: `write_buffer_size`=`64M`, `compression`=`kLZ4Compression`, `block_size`=`16K`.
Status check_rocksdb_options(const std::map<std::string, std::string>& options);

class StateBackend : public RowTables {
 public:
  /// Opens, or makes, the database in `directory`. `memory` must outlive it. Errors: kIo, kNoSpace, kCorrupt, and
  /// kAlreadyExists while somebody in this process has the directory open (another process: kIo).
  static Result<std::unique_ptr<StateBackend>> open(const std::string& directory, const StateMemory& memory);
  /// Tables that live as long as the object; for tests.
  static std::unique_ptr<StateBackend> in_memory();

  /// Makes everything written since the last install committed, with the offset up to which each changelog is part of
  /// it (topic -> next offset to read). Topics that are not named keep their offset.
  virtual Status install(const std::map<std::string, std::int64_t>& changelog_offsets) = 0;
  /// The offsets of the last install.
  virtual const std::map<std::string, std::int64_t>& changelog_offsets() const = 0;
  /// Forgets what was written since the last install.
  virtual void discard_uncommitted() = 0;
  /// What waits for install(), roughly (statestore.uncommitted.max.bytes bounds it).
  virtual std::size_t uncommitted_bytes() const = 0;
  /// The first error of a read, if there was one.
  virtual Status status() const = 0;
  /// What the disk's tables of a store tell of themselves (Kafka's RocksDB metrics).
  virtual void show_figures(const std::string& /*store*/, MetricGroup&) const {}
};

}  // namespace leat
