// StateStore: what a task knows about every store, whatever it holds. The typed interfaces above it are those of
// key_value_store.h and window_store.h.
//
// Life of a store: built (StoreBuilder::build), opened by its task, restored from its changelog, used, closed. It
// belongs to one task and is used on its loop only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/headers.h"
#include "base/result.h"
#include "state/record_context.h"

namespace leat {

class RecordCollector;
class StateBackend;

/// What a store gets from its task when it is opened; all of it outlives the store.
struct StoreContext {
  /// The record at hand, see RecordContext.
  RecordContext* context = nullptr;
  /// Where the changelog goes. Null: the store is not logged.
  RecordCollector* collector = nullptr;
  /// Topic (with the application id) and partition of the changelog.
  std::string changelog_topic;
  std::int32_t partition = 0;
  /// The disk of the task; null for stores in memory.
  StateBackend* backend = nullptr;
  /// Bytes the store's record cache may hold; 0 switches it off.
  std::int64_t cache_bytes_max = 0;
};

/// One record of a changelog, read back.
struct ChangelogRecord {
  BytesView key;
  std::optional<BytesView> value;
  std::int64_t timestamp = 0;
  const Headers* headers = nullptr;
};

class StateStore {
 public:
  virtual ~StateStore() = default;
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;

  const std::string& name() const { return name_; }

  virtual bool persistent() const = 0;
  virtual Status open(const StoreContext& context) = 0;
  /// Applies one record of the changelog; nobody downstream hears of it.
  virtual Status restore(const ChangelogRecord& record) = 0;
  /// Before a commit: sends dirty cache entries to the changelog and to the flush listener (which forwards them
  /// downstream), and writes what else is due to the changelog.
  virtual void flush() = 0;
  virtual void close() = 0;

 protected:
  explicit StateStore(std::string name) : name_(std::move(name)) {}

 private:
  std::string name_;
};

}  // namespace leat
