// TaskState: all stores of one task over one StateBackend, from opening to the atomic install at a commit.
//
//   TaskState state(std::move(stores), std::move(backend));
//   state.open(context);                                  // then, for every entry of state.changelogs():
//   state.restore(changelog, record); ...                 //   from its offset to the changelog's end
//   state.flush();                                        // before a commit: caches to the changelogs and downstream
//   state.install({{"app-counts-changelog", 4711}});      // after it: one atomic batch
//
// Stores in memory are restored from the start of their changelog each time; their offsets are known as long as they
// live.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/state_backend.h"
#include "state/state_store.h"

namespace leat {

class TaskState {
 public:
  struct Entry {
    std::unique_ptr<StateStore> store;
    /// Empty: not logged.
    std::string changelog_topic;
    /// The changelog is a source topic of the task: read at restoration, never written.
    bool changelog_is_source = false;
  };
  struct Changelog {
    std::string topic;
    StateStore* store = nullptr;
    /// Where restoration starts; none: at the beginning.
    std::optional<std::int64_t> next_offset;
  };

  /// `stores` in the order in which they are to be flushed: upstream first.
  TaskState(std::vector<Entry> stores, std::unique_ptr<StateBackend> backend)
      : stores_(std::move(stores)), backend_(std::move(backend)) {}
  ~TaskState() { close(); }
  TaskState(const TaskState&) = delete;
  TaskState& operator=(const TaskState&) = delete;

  /// Opens all stores with `context`, of which topic, collector and backend are set for each.
  Status open(StoreContext context);
  void close();

  StateStore* find(std::string_view name) const;
  const std::vector<Entry>& stores() const { return stores_; }

  /// What is to be restored, one per store with a changelog.
  std::vector<Changelog> changelogs() const;
  Status restore(const Changelog& changelog, const ChangelogRecord& record) { return changelog.store->restore(record); }

  void flush();
  /// One atomic batch of what was written since the last install, and the next offsets of the changelogs.
  Status install(const std::map<std::string, std::int64_t>& changelog_offsets);
  /// The first error of a read from disk; to be asked before every commit.
  Status status() const { return backend_->status(); }
  /// Where the persistent stores lie.
  StateBackend& backend() { return *backend_; }
  std::size_t uncommitted_bytes() const { return backend_->uncommitted_bytes(); }

 private:
  std::vector<Entry> stores_;
  std::unique_ptr<StateBackend> backend_;
  std::map<std::string, std::int64_t> reached_;  ///< the changelogs of stores in memory
  bool open_ = false;
};

}  // namespace leat
