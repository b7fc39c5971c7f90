// StateStore: what a task knows about every store, whatever it holds. The typed interfaces above it are those of
// key_value_store.h and window_store.h.
//
// Life of a store: built (StoreBuilder::build), opened by its task, restored from its changelog, used, closed. It
// belongs to one task and is used on its loop only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/headers.h"
#include "base/result.h"
#include "state/record_context.h"
#include "state/row_table.h"
#include "state/store_figures.h"
#include "state/store_query.h"

namespace leat {

class RecordCollector;
class StateBackend;

/// How record caches answer reads.
enum class CacheReads {
  kUse,   ///< a read counts as use, and what it found below is cached: processing
  kLook,  ///< nothing moves in the cache and nothing is evicted: queries, which come at any time, during commits too
  kSkip,  ///< what is cached is not seen
};

/// What the record caches of all stores of a stream thread may hold together, in bytes by Kafka's count
/// (statestore.cache.max.bytes), and what they hold.
struct RecordCacheBudget {
  std::int64_t bytes_max = 0;
  std::int64_t bytes_used = 0;
  CacheReads reads = CacheReads::kUse;
};

/// While it lives the caches of a thread are read in another way.
class ReadingCaches {
 public:
  ReadingCaches(RecordCacheBudget& budget, CacheReads reads)
      : budget_(budget), before_(std::exchange(budget.reads, reads)) {}
  ~ReadingCaches() { budget_.reads = before_; }
  ReadingCaches(const ReadingCaches&) = delete;

 private:
  RecordCacheBudget& budget_;
  CacheReads before_;
};

/// What a store gets from its task when it is opened (org.apache.kafka.streams.processor.StateStoreContext); all of it
/// outlives the store.
struct StoreContext {
  std::string application_id;
  /// Sub-topology and partition, "0_3".
  std::string task_id;
  /// The settings of the application, by name.
  std::shared_ptr<const std::map<std::string, std::string>> app_configs;
  /// The task's directory below state.dir, made at the call.
  std::function<Result<std::string>()> state_dir;

  /// The record at hand, see RecordContext.
  RecordContext* context = nullptr;
  /// Where the changelog goes. Null: the store is not logged.
  RecordCollector* collector = nullptr;
  /// Topic (with the application id) and partition of the changelog.
  std::string changelog_topic;
  std::int32_t partition = 0;
  /// The tables of the task's persistent stores.
  StateBackend* backend = nullptr;
  /// Of the stream thread. Null, or a bound of 0: there are no record caches.
  RecordCacheBudget* cache_budget = nullptr;
  /// Of a global store: whether now is the time of the one who may write it. Null: everybody may.
  const bool* writable = nullptr;
  /// Counts writes that came too late for a window store; part of Kafka's dropped-records-total.
  std::int64_t* expired_records = nullptr;

  /// Writes a change to the changelog, with time and headers of the record at hand; no value is a deletion. Does
  /// nothing where the store is not logged. What was written comes back through StateStore::restore(), after a crash or
  /// where the task has moved. Requires that the store is open.
  void log_change(BytesView key, std::optional<BytesView> value) const;
};

/// One record of a changelog, read back.
struct ChangelogRecord {
  BytesView key;
  std::optional<BytesView> value;
  std::int64_t timestamp = 0;
  const Headers* headers = nullptr;
};

/// A row without its types. `start` belongs to window and session stores, `end` to the latter. `timestamp` is set where
/// rows carry one; `value` is then what follows it.
struct RawRow {
  BytesView key;
  std::int64_t start = 0;
  BytesView value;
  std::optional<std::int64_t> timestamp;
  std::int64_t end = 0;
  /// Where rows have headers: their block, see row_headers.h.
  std::optional<BytesView> headers;
};

/// A store. One of your own derives from this class, and is added with Stores::custom:
///
///   class Bloom : public leat::StateStore {
///    public:
///     explicit Bloom(std::string name) : StateStore(std::move(name)) {}
///     bool persistent() const override { return false; }
///     leat::Status open(const leat::StoreContext& context) override { context_ = context; return {}; }
///     void add(leat::BytesView key) { set_bits(key); context_.log_change(key, "1"); }
///     leat::Status restore(const leat::ChangelogRecord& record) override { set_bits(record.key); return {}; }
///     void flush() override {}
///     void close() override {}
///     ...
///   topology.add_state_store(leat::Stores::custom<Bloom>("seen"), {"dedup"});
class StateStore {
 public:
  virtual ~StateStore() = default;
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;

  const std::string& name() const { return name_; }
  StoreFigures& figures() { return figures_; }
  /// What stores of its kind can tell besides.
  virtual void show_figures(MetricGroup&) {}

  /// A record with these bytes for a key and this time is about to come: memory that its rows need may be fetched. A
  /// hint, told once at each stage; the record may be another one's, or never come.
  virtual void expect(BytesView /*key*/, std::int64_t /*timestamp*/, Comes) {}

  /// Whether what it holds is in StoreContext::backend, or in files of its own that were brought up to date at the last
  /// committed(): then only the changelog's tail is restored, else all of it.
  virtual bool persistent() const = 0;
  virtual Status open(const StoreContext& context) = 0;
  /// Applies one record of the changelog; nobody downstream hears of it.
  virtual Status restore(const ChangelogRecord& record) = 0;
  /// Before a commit: sends dirty cache entries to the changelog and to the flush listener (which forwards them
  /// downstream), and writes what else is due to the changelog.
  virtual void flush() = 0;
  /// After a commit: what was flushed before it is final. `changelog_offset` is the next one of its changelog, where it
  /// has one and it is known (CommitCallback). An error fails the task.
  virtual Status committed(std::optional<std::int64_t> /*changelog_offset*/) { return {}; }
  virtual void close() = 0;
  /// All rows as their bytes lie in the store, record cache included, in the order of all(); for tests and consoles.
  /// Stores that cannot be read show none.
  virtual void dump(const std::function<void(const RawRow&)>&) {}
  /// Rows as text, in the order of the store. kInvalidArgument where the key is none of this store's, or where stores
  /// of this kind cannot be asked.
  virtual Status look_up(const StoreQuery&, const StoreRowReader&) {
    return Error{ErrorKind::kInvalidArgument, "stores of the kind of '" + name_ + "' cannot be queried as text"};
  }
  /// The bytes of a key that somebody typed: they tell the partition that has it. Works before open() too.
  virtual Result<Bytes> key_of_text(std::string_view) const {
    return Error{ErrorKind::kInvalidArgument, "stores of the kind of '" + name_ + "' cannot be queried as text"};
  }

 protected:
  explicit StateStore(std::string name) : name_(std::move(name)) {}

 private:
  std::string name_;
  StoreFigures figures_;
};

}  // namespace leat
