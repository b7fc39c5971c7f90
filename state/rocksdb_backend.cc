#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include "state/state_backend.h"

namespace leat {

struct StateMemory::Shared {
  std::shared_ptr<rocksdb::Cache> blocks;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  std::map<std::string, std::string> options;
};

StateMemory::StateMemory(std::size_t block_cache_bytes, std::size_t write_buffer_bytes,
                         std::map<std::string, std::string> options)
    : shared_(std::make_unique<Shared>()) {
  shared_->options = std::move(options);
  shared_->blocks = rocksdb::NewLRUCache(block_cache_bytes);
  shared_->write_buffers = std::make_shared<rocksdb::WriteBufferManager>(write_buffer_bytes);
}
StateMemory::~StateMemory() = default;

namespace {

/// A row above the family. No value: deleted.
struct BufferedRow {
  std::optional<Bytes> value;
  /// What a commit left, while `pending` says that `value` is newer; only where `has_committed`.
  std::optional<Bytes> committed;
  bool has_committed = false;
  bool pending = false;
};
using Buffer = std::map<Bytes, BufferedRow, std::less<>>;

/// Without a log, what is in RocksDB's own write buffers dies with the process as well. So committed rows stay in ours,
/// where a key that is written at every commit costs next to nothing, until they are this many bytes ...
constexpr std::size_t kCommittedBytesMax = 8u << 20;
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

/// A column family below a buffer of rows that it has not got yet.
class FamilyTable final : public RowTable {
 public:
  FamilyTable(rocksdb::DB& db, ReadStatus& status) : db_(db), status_(status) {}

  bool get(BytesView key, Bytes& value) override {
    if (const auto found = rows_.find(key); found != rows_.end()) {
      if (found->second.value) value = *found->second.value;
      return found->second.value.has_value();
    }
    if (!family_) return false;
    const rocksdb::Status read = db_.Get(rocksdb::ReadOptions(), family_, slice(key), &value);
    if (read.ok()) return true;
    if (!read.IsNotFound()) status_.note(read);
    return false;
  }
  void put(BytesView key, std::optional<BytesView> value) override {
    auto at = rows_.lower_bound(key);
    if (at == rows_.end() || at->first != key) {
      at = rows_.emplace_hint(at, Bytes(key), BufferedRow{});
      row_bytes_ += key.size() + kBytesPerRow;
    }
    BufferedRow& row = at->second;
    if (!row.pending) {
      row.pending = true;
      if (row.has_committed) row.committed = std::move(row.value);
      pending_.push_back(at);
      pending_bytes_ += key.size() + kBytesPerRow;
    }
    if (!value) {
      row.value.reset();
      return;
    }
    row.value.emplace(*value);
    pending_bytes_ += value->size();
  }
  std::unique_ptr<RowCursor> scan(RowSpan span) override;
  std::int64_t approximate_count() override {
    std::uint64_t count = rows_.size();
    if (family_) {
      std::uint64_t on_disk = 0;
      db_.GetIntProperty(family_, "rocksdb.estimate-num-keys", &on_disk);
      count += on_disk;
    }
    return static_cast<std::int64_t>(count);
  }

 private:
  friend class RocksBackend;
  friend class FamilyCursor;
  static constexpr std::size_t kBytesPerRow = 128;

  /// Makes what is pending committed.
  void commit() {
    for (const Buffer::iterator& at : pending_) {
      BufferedRow& row = at->second;
      row_bytes_ += row.value && !row.has_committed ? row.value->size() : 0;
      row.pending = false;
      row.has_committed = true;
      row.committed.reset();
    }
    pending_.clear();
    pending_bytes_ = 0;
  }
  /// Takes back what is pending.
  void discard() {
    for (const Buffer::iterator& at : pending_) {
      BufferedRow& row = at->second;
      if (!row.has_committed) {
        rows_.erase(at);
        continue;
      }
      row.pending = false;
      row.value = std::move(row.committed);
      row.committed.reset();
    }
    pending_.clear();
    pending_bytes_ = 0;
  }
  /// The family has all rows now.
  void clear() {
    rows_.clear();
    row_bytes_ = 0;
  }

  rocksdb::DB& db_;
  ReadStatus& status_;
  rocksdb::ColumnFamilyHandle* family_ = nullptr;
  Buffer rows_;
  std::vector<Buffer::iterator> pending_;
  std::size_t row_bytes_ = 0;
  std::size_t pending_bytes_ = 0;
};

/// Merges the buffer with the family; the buffer wins.
class FamilyCursor final : public RowCursor {
 public:
  FamilyCursor(FamilyTable& table, RowSpan span) : table_(table), span_(std::move(span)), walk_(table_.rows_, span_) {
    if (span_.empty()) return;
    if (table_.family_) seek();
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
    const auto at = walk_.next();
    if (at == table_.rows_.end()) return std::nullopt;
    return Row(at->first, at->second.value);
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
  MapWalk<Buffer> walk_;
  std::unique_ptr<rocksdb::Iterator> disk_;
  std::optional<Row> ahead_;
  Bytes key_;
  Bytes value_;
};

std::unique_ptr<RowCursor> FamilyTable::scan(RowSpan span) {
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
  explicit RocksBackend(std::string directory) { read_status_.directory = std::move(directory); }
  ~RocksBackend() override {
    if (db_) {
      discard_uncommitted();
      // Where this fails, the disk stays behind the changelog, which is where a restart begins.
      if (const Status written = write_committed(); !written.ok()) read_status_.status = written;
    }
    tables_.clear();
    for (auto& [name, family] : families_) db_->DestroyColumnFamilyHandle(family);
    // The log is off; closing flushes the write buffers, so that a clean stop leaves nothing to restore.
    if (db_) db_->Close();
  }

  Status open(const StateMemory::Shared& memory) {
    Options options;
    options.table.block_cache = memory.blocks;
    options.table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    options.family.write_buffer_size = 16 << 20;
    rocksdb::DBOptions& db_options = options.db;
    db_options.create_if_missing = true;
    db_options.create_missing_column_families = true;
    db_options.write_buffer_manager = memory.write_buffers;
    db_options.info_log_level = rocksdb::WARN_LEVEL;
    db_options.keep_log_file_num = 1;
    db_options.max_background_jobs = 2;
    db_options.max_open_files = 512;
    LEAT_RETURN_IF_ERROR(options.apply(memory.options));
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
      if (family != families_.end() && !dropped_.count(name)) table->family_ = family->second;
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
      table->commit();
      committed_bytes += table->row_bytes_;
    }
    bool long_tail = false;
    for (const auto& [topic, offset] : changelog_offsets) {
      offsets_[topic] = offset;
      const auto saved = saved_offsets_.emplace(topic, offset).first;
      if (offset - saved->second >= kTailRecordsMax) long_tail = true;
    }
    if (!long_tail && committed_bytes < kCommittedBytesMax) return {};
    LEAT_RETURN_IF_ERROR(write_committed());
    return long_tail ? save() : Status();
  }
  const std::map<std::string, std::int64_t>& changelog_offsets() const override { return offsets_; }
  void discard_uncommitted() override {
    for (auto& [name, table] : dropped_) {
      if (table) tables_[name] = std::move(table);
    }
    dropped_.clear();
    for (auto& [name, table] : tables_) table->discard();
  }
  std::size_t uncommitted_bytes() const override {
    std::size_t bytes = 0;
    for (const auto& [name, table] : tables_) bytes += table->pending_bytes_;
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
      if (table->rows_.empty()) continue;
      LEAT_RETURN_IF_ERROR(ensure_family(name, *table));
      for (const auto& [key, row] : table->rows_) {
        const rocksdb::Status put = row.value ? batch.Put(table->family_, slice(key), slice(*row.value))
                                              : batch.Delete(table->family_, slice(key));
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
    for (auto& [name, table] : tables_) table->clear();
    return {};
  }
  /// Has RocksDB bring its write buffers to the disk, all families together, in the background.
  Status save() {
    std::vector<rocksdb::ColumnFamilyHandle*> families;
    for (const auto& [name, family] : families_) families.push_back(family);
    rocksdb::FlushOptions options;
    options.wait = false;
    const rocksdb::Status flushed = db_->Flush(options, families);
    if (!flushed.ok()) return disk_error(flushed, "flushing state to", directory());
    saved_offsets_ = offsets_;
    return {};
  }

  Status drop_families() {
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

  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyOptions family_options_;
  std::map<std::string, rocksdb::ColumnFamilyHandle*> families_;
  std::map<std::string, std::unique_ptr<FamilyTable>> tables_;
  /// What is to be dropped at the next install; until then it may come back.
  std::map<std::string, std::unique_ptr<FamilyTable>> dropped_;
  std::map<std::string, std::int64_t> offsets_;
  std::map<std::string, std::int64_t> saved_offsets_;
  ReadStatus read_status_;
};

}  // namespace

Status check_rocksdb_options(const std::map<std::string, std::string>& options) { return Options().apply(options); }

Result<std::unique_ptr<StateBackend>> StateBackend::open(const std::string& directory, const StateMemory& memory) {
  auto backend = std::make_unique<RocksBackend>(directory);
  LEAT_RETURN_IF_ERROR(backend->open(memory.shared()));
  return std::unique_ptr<StateBackend>(std::move(backend));
}

}  // namespace leat
