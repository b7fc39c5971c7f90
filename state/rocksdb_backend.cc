#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <atomic>

#include "state/row_buffer.h"
#include "state/state_backend.h"

namespace leat {

struct StateMemory::Shared {
  std::shared_ptr<rocksdb::Cache> blocks;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  std::map<std::string, std::string> options;
  std::size_t row_bytes_max = 0;
  /// What rows of all backends take that are on the disk too.
  std::atomic<std::size_t> row_bytes{0};
};

StateMemory::StateMemory(std::size_t block_cache_bytes, std::size_t write_buffer_bytes,
                         std::map<std::string, std::string> options, std::size_t row_bytes)
    : shared_(std::make_unique<Shared>()) {
  shared_->options = std::move(options);
  shared_->row_bytes_max = row_bytes;
  shared_->blocks = rocksdb::NewLRUCache(block_cache_bytes);
  shared_->write_buffers = std::make_shared<rocksdb::WriteBufferManager>(write_buffer_bytes);
}
StateMemory::~StateMemory() = default;

namespace {

/// Without a log, what is in RocksDB's own write buffers dies with the process as well. So committed rows stay in ours,
/// where a key that is written at every commit costs next to nothing, until they are this many bytes ...
constexpr std::size_t kCommittedBytesMax = 16u << 20;
/// ... and the disk is brought up to date when so many changelog records would have to be read again after a crash.
constexpr std::int64_t kTailRecordsMax = 250'000;

/// In the default family: this and the topic -> offset, as text.
constexpr const char* kOffsetsKeyPrefix = "offset.";

rocksdb::Slice slice(BytesView bytes) { return {bytes.data(), bytes.size()}; }
BytesView view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

/// The three sets of options that RocksDB has; a name belongs to one of them.
struct Options {
  rocksdb::DBOptions db;
  rocksdb::ColumnFamilyOptions family;
  rocksdb::BlockBasedTableOptions table;

  Status apply(const std::map<std::string, std::string>& options) {
    rocksdb::ConfigOptions reading;
    for (const auto& [name, value] : options) {
      const std::unordered_map<std::string, std::string> one{{name, value}};
      // What fails may have left its traces in the result, hence the copies.
      rocksdb::DBOptions new_db;
      rocksdb::ColumnFamilyOptions new_family;
      rocksdb::BlockBasedTableOptions new_table;
      const rocksdb::Status for_db = rocksdb::GetDBOptionsFromMap(reading, db, one, &new_db);
      if (for_db.ok()) {
        db = new_db;
        continue;
      }
      const rocksdb::Status for_family = rocksdb::GetColumnFamilyOptionsFromMap(reading, family, one, &new_family);
      if (for_family.ok()) {
        family = new_family;
        continue;
      }
      const rocksdb::Status for_table = rocksdb::GetBlockBasedTableOptionsFromMap(reading, table, one, &new_table);
      if (!for_table.ok())
        return Error{ErrorKind::kInvalidArgument, "rocksdb." + name + "=" + value +
                                                      " is no option that RocksDB takes (" + for_table.ToString() +
                                                      "); names and values are those of its OPTIONS files"};
      table = new_table;
    }
    return {};
  }
};

Error disk_error(const rocksdb::Status& status, const std::string& doing, const std::string& directory) {
  ErrorKind kind = ErrorKind::kIo;
  std::string way_out = "check the disk";
  if (status.IsNoSpace()) {
    kind = ErrorKind::kNoSpace;
    way_out = "free some space, or set state.dir to a larger disk";
  } else if (status.IsCorruption()) {
    kind = ErrorKind::kCorrupt;
    way_out = "delete this directory: the store is restored from its changelog";
  } else if (status.ToString().find("LOCK") != std::string::npos) {
    way_out = "another process uses this directory; give each its own state.dir";
  }
  return {kind, doing + " " + directory + ": " + status.ToString() + "; " + way_out};
}

/// Sticky: the first error of a read.
struct ReadStatus {
  std::string directory;
  Status status;
  void note(const rocksdb::Status& read) {
    if (status.ok()) status = disk_error(read, "reading state in", directory);
  }
};

/// A column family below rows in memory: those that it has not got yet, and those that are kept to be read. A table
/// that was made by this process and has all of its rows in memory is complete: its family is not asked at all.
class FamilyTable final : public RowTable {
 public:
  FamilyTable(rocksdb::DB& db, ReadStatus& status) : db_(db), status_(status) {}

  bool get(BytesView key, Bytes& value) override {
    if (const auto* row = rows_.find(key)) {
      if (row->has_value) value.assign(row->value.view());
      return row->has_value;
    }
    if (complete_) return false;
    const rocksdb::Status read = db_.Get(rocksdb::ReadOptions(), family_, slice(key), &value);
    if (read.ok()) return true;
    if (!read.IsNotFound()) status_.note(read);
    return false;
  }
  void put(BytesView key, std::optional<BytesView> value) override { rows_.put(key, value); }
  std::unique_ptr<RowCursor> scan(RowSpan span) override;
  std::unique_ptr<RowCursor> scan_key(const KeySpan& span) override;
  void expect(BytesView row_key, Comes comes) override { rows_.expect(row_key, comes); }
  void expect_key(BytesView key, Comes comes) override { rows_.expect_key(key, comes); }
  std::int64_t approximate_count() override {
    std::uint64_t count = rows_.size();
    if (!complete_) {
      std::uint64_t on_disk = 0;
      db_.GetIntProperty(family_, "rocksdb.estimate-num-keys", &on_disk);
      count += on_disk;
    }
    return static_cast<std::int64_t>(count);
  }

 private:
  friend class RocksBackend;
  friend class FamilyCursor;
  rocksdb::DB& db_;
  ReadStatus& status_;
  rocksdb::ColumnFamilyHandle* family_ = nullptr;
  bool complete_ = true;
  std::size_t counted_bytes_ = 0;  ///< in StateMemory::Shared::row_bytes
  detail::RowBuffer rows_;
};

/// Merges the buffer with the family; the buffer wins.
class FamilyCursor final : public RowCursor {
 public:
  FamilyCursor(FamilyTable& table, RowSpan span)
      : table_(table), span_(std::move(span)), walk_(table_.rows_.ordered(), span_) {
    if (span_.empty()) return;
    if (!table_.complete_) seek();
    ahead_ = step_buffer();
  }

  bool next(BytesView& key, BytesView& value) override {
    for (;;) {
      const bool disk = disk_ && disk_->Valid() && inside(view(disk_->key()));
      if (!disk && !ahead_) return false;
      int order = !ahead_ ? -1 : !disk ? 1 : view(disk_->key()).compare(ahead_->first);
      if (disk && ahead_ && span_.reverse) order = -order;
      if (order < 0) {
        key_.assign(view(disk_->key()));
        value_.assign(view(disk_->value()));
        step_disk();
        key = key_;
        value = value_;
        return true;
      }
      if (order == 0) step_disk();
      key_ = std::move(ahead_->first);
      std::optional<Bytes> buffered = std::move(ahead_->second);
      ahead_ = step_buffer();
      if (!buffered) continue;
      value_ = std::move(*buffered);
      key = key_;
      value = value_;
      return true;
    }
  }

 private:
  using Row = std::pair<Bytes, std::optional<Bytes>>;

  std::optional<Row> step_buffer() {
    const auto& rows = table_.rows_.ordered();
    for (auto at = walk_.next(); at != rows.end(); at = walk_.next()) {
      const auto& row = *at->second;
      if (!row.there) continue;
      return Row(at->first, row.has_value ? std::optional<Bytes>(row.value.view()) : std::nullopt);
    }
    return std::nullopt;
  }
  void seek() {
    disk_.reset(table_.db_.NewIterator(rocksdb::ReadOptions(), table_.family_));
    if (!span_.reverse) {
      span_.from ? disk_->Seek(slice(*span_.from)) : disk_->SeekToFirst();
    } else if (span_.to) {
      disk_->SeekForPrev(slice(*span_.to));
      if (!span_.to_included && disk_->Valid() && view(disk_->key()) == *span_.to) disk_->Prev();
    } else {
      disk_->SeekToLast();
    }
    note();
  }
  void step_disk() {
    span_.reverse ? disk_->Prev() : disk_->Next();
    note();
  }
  void note() {
    if (!disk_->status().ok()) table_.status_.note(disk_->status());
  }
  bool inside(BytesView key) const {
    if (span_.from && key < *span_.from) return false;
    return !span_.to || key < *span_.to || (span_.to_included && key == *span_.to);
  }

  FamilyTable& table_;
  RowSpan span_;
  MapWalk<detail::RowBuffer::Ordered> walk_;
  std::unique_ptr<rocksdb::Iterator> disk_;
  std::optional<Row> ahead_;
  Bytes key_;
  Bytes value_;
};

/// The rows of a complete table.
class MemoryCursor final : public RowCursor {
 public:
  MemoryCursor(detail::RowBuffer& rows, RowSpan span)
      : rows_(rows), span_(std::move(span)), walk_(rows.ordered(), span_) {}

  bool next(BytesView& key, BytesView& value) override {
    if (span_.empty()) return false;
    const auto& rows = rows_.ordered();
    for (auto at = walk_.next(); at != rows.end(); at = walk_.next()) {
      const auto& row = *at->second;
      if (!row.there || !row.has_value) continue;
      key = row.key;
      value = row.value;
      return true;
    }
    return false;
  }

 private:
  detail::RowBuffer& rows_;
  RowSpan span_;
  MapWalk<detail::RowBuffer::Ordered> walk_;
};

/// The rows of a key in a complete table.
class KeyCursor final : public RowCursor {
 public:
  KeyCursor(detail::RowBuffer& rows, const KeySpan& span) : rows_(rows), span_(span), key_(span.key) {
    span_.key = key_;
  }

  bool next(BytesView& key, BytesView& value) override {
    const auto& by_key = rows_.by_key(span_.times_bytes);
    if (!found_ || version_ != by_key.version()) {
      // Written meanwhile: what is ahead is looked up again.
      ahead_ = by_key.between(span_.key, span_.from, span_.to);
      version_ = by_key.version();
      found_ = true;
      if (last_ && !span_.reverse) {
        while (!ahead_.empty() && ahead_.front().times <= *last_) ahead_ = ahead_.subspan(1);
      } else if (last_) {
        while (!ahead_.empty() && ahead_.back().times >= *last_) ahead_ = ahead_.first(ahead_.size() - 1);
      }
    }
    while (!ahead_.empty()) {
      const auto& item = span_.reverse ? ahead_.back() : ahead_.front();
      ahead_ = span_.reverse ? ahead_.first(ahead_.size() - 1) : ahead_.subspan(1);
      last_ = item.times;
      if (!item.row->there || !item.row->has_value) continue;
      key = item.row->key;
      value = item.row->value;
      return true;
    }
    return false;
  }

 private:
  detail::RowBuffer& rows_;
  KeySpan span_;
  Bytes key_;
  std::span<const detail::RowBuffer::ByKey::Item> ahead_;
  bool found_ = false;
  std::uint64_t version_ = 0;
  std::optional<RowTimes> last_;
};

std::unique_ptr<RowCursor> FamilyTable::scan_key(const KeySpan& span) {
  if (complete_) return std::make_unique<KeyCursor>(rows_, span);
  return scan(span.bounds());
}

std::unique_ptr<RowCursor> FamilyTable::scan(RowSpan span) {
  if (complete_) return std::make_unique<MemoryCursor>(rows_, std::move(span));
  return std::make_unique<FamilyCursor>(*this, std::move(span));
}

struct Property {
  const char* name;        ///< KIP-607's
  const char* in_rocksdb;  ///< RocksDB's
  const char* says;
  bool shared = false;  ///< of the whole database or process, not of a family
};
constexpr Property kProperties[] = {
    {"num-entries-active-mem-table", "rocksdb.num-entries-active-mem-table", "entries of the active write buffer"},
    {"num-deletes-active-mem-table", "rocksdb.num-deletes-active-mem-table", "deletions in the active write buffer"},
    {"num-entries-imm-mem-tables", "rocksdb.num-entries-imm-mem-tables", "entries of write buffers to be flushed"},
    {"num-deletes-imm-mem-tables", "rocksdb.num-deletes-imm-mem-tables", "deletions in write buffers to be flushed"},
    {"num-immutable-mem-table", "rocksdb.num-immutable-mem-table", "write buffers to be flushed"},
    {"cur-size-active-mem-table", "rocksdb.cur-size-active-mem-table", "bytes of the active write buffer"},
    {"cur-size-all-mem-tables", "rocksdb.cur-size-all-mem-tables", "bytes of write buffers"},
    {"size-all-mem-tables", "rocksdb.size-all-mem-tables", "bytes of write buffers, pinned ones included"},
    {"mem-table-flush-pending", "rocksdb.mem-table-flush-pending", "whether a flush is pending"},
    {"num-running-flushes", "rocksdb.num-running-flushes", "flushes under way", true},
    {"compaction-pending", "rocksdb.compaction-pending", "whether a compaction is pending"},
    {"num-running-compactions", "rocksdb.num-running-compactions", "compactions under way", true},
    {"estimate-pending-compaction-bytes", "rocksdb.estimate-pending-compaction-bytes", "bytes to be compacted"},
    {"total-sst-files-size", "rocksdb.total-sst-files-size", "bytes of all SST files"},
    {"live-sst-files-size", "rocksdb.live-sst-files-size", "bytes of the SST files in use"},
    {"num-live-versions", "rocksdb.num-live-versions", "versions in use"},
    {"block-cache-capacity", "rocksdb.block-cache-capacity", "bytes that the process's block cache may hold", true},
    {"block-cache-usage", "rocksdb.block-cache-usage", "bytes in the process's block cache", true},
    {"block-cache-pinned-usage", "rocksdb.block-cache-pinned-usage", "bytes pinned in the block cache", true},
    {"estimate-num-keys", "rocksdb.estimate-num-keys", "keys, roughly"},
    {"estimate-table-readers-mem", "rocksdb.estimate-table-readers-mem", "bytes of the readers of SST files"},
    {"background-errors", "rocksdb.background-errors", "errors in the background", true},
};

class RocksBackend final : public StateBackend {
 public:
  RocksBackend(std::string directory, StateMemory::Shared& memory) : memory_(memory) {
    read_status_.directory = std::move(directory);
  }
  ~RocksBackend() override {
    if (db_) {
      discard_uncommitted();
      // Where this fails, the disk stays behind the changelog, which is where a restart begins.
      if (const Status written = write_committed(); !written.ok()) read_status_.status = written;
    }
    for (auto& [name, table] : tables_) count_rows(*table, 0);
    tables_.clear();
    for (auto& [name, family] : families_) db_->DestroyColumnFamilyHandle(family);
    // The log is off; closing flushes the write buffers, so that a clean stop leaves nothing to restore.
    if (db_) db_->Close();
  }

  Status open() {
    Options options;
    options.table.block_cache = memory_.blocks;
    options.table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    options.family.write_buffer_size = 16 << 20;
    options.family.compression = rocksdb::kNoCompression;  // as Kafka Streams
    rocksdb::DBOptions& db_options = options.db;
    db_options.create_if_missing = true;
    db_options.create_missing_column_families = true;
    db_options.write_buffer_manager = memory_.write_buffers;
    db_options.info_log_level = rocksdb::WARN_LEVEL;
    db_options.keep_log_file_num = 1;
    db_options.max_background_jobs = 2;
    db_options.max_open_files = 512;
    LEAT_RETURN_IF_ERROR(options.apply(memory_.options));
    db_options.atomic_flush = true;  // without a log, families must reach the disk together
    family_options_ = options.family;
    family_options_.table_factory.reset(rocksdb::NewBlockBasedTableFactory(options.table));

    std::vector<std::string> names;
    if (!rocksdb::DB::ListColumnFamilies(db_options, directory(), &names).ok()) names = {"default"};
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (const std::string& name : names) descriptors.emplace_back(name, family_options_);
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    const rocksdb::Status opened = rocksdb::DB::Open(db_options, directory(), descriptors, &handles, &db);
    if (!opened.ok()) {
      Error error = disk_error(opened, "opening state in", directory());
      // RocksDB says it in words only.
      if (opened.ToString().find("lock hold by current process") != std::string::npos)
        error.kind = ErrorKind::kAlreadyExists;
      return error;
    }
    db_.reset(db);
    for (std::size_t i = 0; i < names.size(); ++i) families_[names[i]] = handles[i];
    return read_offsets();
  }

  RowTable& table(const std::string& name) override {
    std::unique_ptr<FamilyTable>& table = tables_[name];
    if (!table) {
      table = std::make_unique<FamilyTable>(*db_, read_status_);
      const auto family = families_.find(family_name(name));
      // A table dropped since the last install starts empty: its old family goes at the install.
      if (family != families_.end() && !dropped_.count(name)) {
        table->family_ = family->second;
        table->complete_ = false;
      }
    }
    return *table;
  }
  void drop_table(const std::string& name) override {
    std::unique_ptr<FamilyTable>& dropped = dropped_[name];
    const auto table = tables_.find(name);
    if (table == tables_.end()) return;
    dropped = std::move(table->second);
    tables_.erase(table);
  }
  std::vector<std::string> table_names() const override {
    std::map<std::string, bool> names;
    for (const auto& [name, family] : families_) {
      if (name.starts_with(kTablePrefix)) names[name.substr(kTablePrefix.size())] = true;
    }
    for (const auto& [name, table] : dropped_) names.erase(name);
    for (const auto& [name, table] : tables_) names[name] = true;
    std::vector<std::string> all;
    for (const auto& [name, there] : names) all.push_back(name);
    return all;
  }

  Status install(const std::map<std::string, std::int64_t>& changelog_offsets) override {
    if (!read_status_.status.ok()) return read_status_.status;
    LEAT_RETURN_IF_ERROR(drop_families());
    std::size_t committed_bytes = 0;
    for (auto& [name, table] : tables_) {
      table->rows_.commit();
      committed_bytes += table->rows_.unsaved_bytes();
    }
    bool long_tail = false;
    for (const auto& [topic, offset] : changelog_offsets) {
      offsets_[topic] = offset;
      const auto saved = saved_offsets_.emplace(topic, offset).first;
      if (offset - saved->second >= kTailRecordsMax) long_tail = true;
    }
    if (!long_tail && committed_bytes < kCommittedBytesMax) return {};
    if (committed_bytes >= kCommittedBytesMax) return ingest_committed();
    LEAT_RETURN_IF_ERROR(write_committed());
    return long_tail ? save(false) : Status();
  }
  const std::map<std::string, std::int64_t>& changelog_offsets() const override { return offsets_; }
  void discard_uncommitted() override {
    for (auto& [name, table] : dropped_) {
      if (table) tables_[name] = std::move(table);
    }
    dropped_.clear();
    for (auto& [name, table] : tables_) table->rows_.discard();
  }
  std::size_t uncommitted_bytes() const override {
    std::size_t bytes = 0;
    for (const auto& [name, table] : tables_) bytes += table->rows_.pending_bytes();
    return bytes;
  }
  Status status() const override { return read_status_.status; }
  void show_figures(const std::string& store, MetricGroup& group) const override {
    for (const Property& property : kProperties) {
      std::uint64_t sum = 0;
      for (const auto& [name, family] : families_) {
        std::uint64_t of_family = 0;
        if (!is_of_store(name, store) || !db_->GetIntProperty(family, property.in_rocksdb, &of_family)) continue;
        sum = property.shared ? of_family : sum + of_family;
      }
      group.gauge(property.name, property.says, static_cast<double>(sum));
    }
  }

 private:
  static constexpr std::string_view kTablePrefix = "table.";
  /// A store has the table of its name, or some whose names go on behind a dot or a slash.
  static bool is_of_store(std::string_view family, std::string_view store) {
    if (!family.starts_with(kTablePrefix)) return false;
    family.remove_prefix(kTablePrefix.size());
    if (!family.starts_with(store)) return false;
    family.remove_prefix(store.size());
    if (family.empty() || family.front() == '/') return true;
    return family.front() == '.' && family.find_first_not_of("-0123456789", 1) == std::string_view::npos;
  }
  static std::string family_name(const std::string& table) { return std::string(kTablePrefix) + table; }
  const std::string& directory() const { return read_status_.directory; }

  /// One atomic batch of the committed rows and offsets.
  Status write_committed() {
    rocksdb::WriteBatch batch;
    for (auto& [name, table] : tables_) {
      const auto unsaved = table->rows_.unsaved();
      if (unsaved.empty()) continue;
      LEAT_RETURN_IF_ERROR(ensure_family(name, *table));
      for (const auto* row : unsaved) {
        const rocksdb::Status put = row->has_value ? batch.Put(table->family_, slice(row->key), slice(row->value))
                                                   : batch.Delete(table->family_, slice(row->key));
        if (!put.ok()) return disk_error(put, "writing state in", directory());
      }
    }
    for (const auto& [topic, offset] : offsets_) {
      const rocksdb::Status put = batch.Put(families_.at("default"), kOffsetsKeyPrefix + topic, std::to_string(offset));
      if (!put.ok()) return disk_error(put, "writing state in", directory());
    }
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    const rocksdb::Status written = db_->Write(options, &batch);
    if (!written.ok()) return disk_error(written, "writing state in", directory());
    for (auto& [name, table] : tables_) table->rows_.saved();
    keep_or_forget_rows();
    buffers_used_ = true;
    return {};
  }
  /// The same for many rows: files in the order of the keys, which RocksDB takes over all at once. That costs a quarter
  /// of the way through its write buffers. What these hold must be on the disk before, since the offsets cover it.
  Status ingest_committed() {
    if (std::exchange(buffers_used_, false)) LEAT_RETURN_IF_ERROR(save(true));
    std::vector<rocksdb::IngestExternalFileArg> files;
    for (auto& [name, table] : tables_) {
      const auto unsaved = table->rows_.unsaved();
      if (unsaved.empty()) continue;
      LEAT_RETURN_IF_ERROR(ensure_family(name, *table));
      LEAT_RETURN_IF_ERROR(add_file(files, table->family_, [&](rocksdb::SstFileWriter& file) {
        // In the order of the keys the rows lie anywhere in memory.
        constexpr std::size_t kNear = 8, kNext = 4;
        rocksdb::Status put;
        for (std::size_t i = 0; i < unsaved.size() && put.ok(); ++i) {
          if (i + kNear < unsaved.size()) prefetch(*unsaved[i + kNear]);
          if (i + kNext < unsaved.size()) unsaved[i + kNext]->value.fetch_far();
          const auto& row = *unsaved[i];
          put = row.has_value ? file.Put(slice(row.key), slice(row.value)) : file.Delete(slice(row.key));
        }
        return put;
      }));
    }
    std::map<std::string, std::string> offsets;
    for (const auto& [topic, offset] : offsets_) offsets[kOffsetsKeyPrefix + topic] = std::to_string(offset);
    if (!offsets.empty()) {
      LEAT_RETURN_IF_ERROR(add_file(files, families_.at("default"), [&](rocksdb::SstFileWriter& file) {
        rocksdb::Status put;
        for (const auto& [key, offset] : offsets)
          if (put.ok()) put = file.Put(key, offset);
        return put;
      }));
    }
    const rocksdb::Status taken = db_->IngestExternalFiles(files);
    if (!taken.ok()) return disk_error(taken, "writing state in", directory());
    for (auto& [name, table] : tables_) table->rows_.saved();
    keep_or_forget_rows();
    saved_offsets_ = offsets_;
    return {};
  }
  /// Writes a file with what `fill` puts into it, to be taken over by a family.
  template <class Fill>
  Status add_file(std::vector<rocksdb::IngestExternalFileArg>& files, rocksdb::ColumnFamilyHandle* family, Fill fill) {
    const std::string path = directory() + "/ingest-" + std::to_string(files.size()) + ".sst";
    rocksdb::SstFileWriter file(rocksdb::EnvOptions(), rocksdb::Options(db_->GetDBOptions(), family_options_), family);
    rocksdb::Status done = file.Open(path);
    if (done.ok()) done = fill(file);
    if (done.ok()) done = file.Finish();
    if (!done.ok()) return disk_error(done, "writing state in", directory());
    rocksdb::IngestExternalFileArg& taken = files.emplace_back();
    taken.column_family = family;
    taken.external_files = {path};
    taken.options.move_files = true;
    taken.options.snapshot_consistency = false;
    taken.options.write_global_seqno = false;
    return {};
  }
  /// Has RocksDB bring its write buffers to the disk, all families together, in the background unless one is to wait.
  Status save(bool wait) {
    std::vector<rocksdb::ColumnFamilyHandle*> families;
    for (const auto& [name, family] : families_) families.push_back(family);
    rocksdb::FlushOptions options;
    options.wait = wait;
    const rocksdb::Status flushed = db_->Flush(options, families);
    if (!flushed.ok()) return disk_error(flushed, "flushing state to", directory());
    saved_offsets_ = offsets_;
    return {};
  }

  /// Counts what the rows in memory take, and forgets those of the largest tables until all backends have room.
  void keep_or_forget_rows() {
    for (;;) {
      FamilyTable* largest = nullptr;
      for (auto& [name, table] : tables_) {
        count_rows(*table, table->rows_.memory_bytes());
        if (!largest || table->counted_bytes_ > largest->counted_bytes_) largest = table.get();
      }
      if (memory_.row_bytes <= memory_.row_bytes_max || !largest || largest->counted_bytes_ == 0) return;
      largest->rows_.forget();
      if (largest->family_) largest->complete_ = false;
    }
  }
  void count_rows(FamilyTable& table, std::size_t bytes) {
    memory_.row_bytes += bytes - table.counted_bytes_;
    table.counted_bytes_ = bytes;
  }

  Status drop_families() {
    for (const auto& [name, table] : dropped_)
      if (table) count_rows(*table, 0);
    for (const auto& [name, table] : dropped_) {
      const auto family = families_.find(family_name(name));
      if (family == families_.end()) continue;
      const rocksdb::Status done = db_->DropColumnFamily(family->second);
      if (!done.ok()) return disk_error(done, "dropping the expired segment " + name + " in", directory());
      db_->DestroyColumnFamilyHandle(family->second);
      families_.erase(family);
    }
    dropped_.clear();
    return {};
  }
  Status ensure_family(const std::string& name, FamilyTable& table) {
    if (table.family_) return {};
    const rocksdb::Status made = db_->CreateColumnFamily(family_options_, family_name(name), &table.family_);
    if (!made.ok()) return disk_error(made, "making the table " + name + " in", directory());
    families_[family_name(name)] = table.family_;
    return {};
  }
  Status read_offsets() {
    std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(rocksdb::ReadOptions(), families_.at("default")));
    const std::string prefix = kOffsetsKeyPrefix;
    for (at->Seek(prefix); at->Valid() && at->key().starts_with(prefix); at->Next()) {
      offsets_[at->key().ToString().substr(prefix.size())] = std::stoll(at->value().ToString());
    }
    if (!at->status().ok()) return disk_error(at->status(), "reading the changelog offsets in", directory());
    return {};
  }

  StateMemory::Shared& memory_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyOptions family_options_;
  std::map<std::string, rocksdb::ColumnFamilyHandle*> families_;
  std::map<std::string, std::unique_ptr<FamilyTable>> tables_;
  /// What is to be dropped at the next install; until then it may come back.
  std::map<std::string, std::unique_ptr<FamilyTable>> dropped_;
  std::map<std::string, std::int64_t> offsets_;
  std::map<std::string, std::int64_t> saved_offsets_;
  bool buffers_used_ = false;  ///< since files were taken over
  ReadStatus read_status_;
};

}  // namespace

Status check_rocksdb_options(const std::map<std::string, std::string>& options) { return Options().apply(options); }

Result<std::unique_ptr<StateBackend>> StateBackend::open(const std::string& directory, const StateMemory& memory) {
  auto backend = std::make_unique<RocksBackend>(directory, memory.shared());
  LEAT_RETURN_IF_ERROR(backend->open());
  return std::unique_ptr<StateBackend>(std::move(backend));
}

}  // namespace leat
