// StoreBuilder: what a topology knows about a store before it exists, and how it comes into being, once per task.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/copy_function.h"
#include "state/row_table.h"
#include "state/state_store.h"

namespace leat {

enum class StoreKind {
  kKeyValue,
  kTimestampedKeyValue,
  kWindow,
  kTimestampedWindow,
  kSession,
  kVersioned,
  kBuffer,  ///< a suppression buffer: in memory, written to its changelog at commits
  kCustom,  ///< of the program's own class
};

/// How the rows of a persistent window or session store are found and ordered. Those that are read when windows close
/// are found by time as well; then spans of keys come in order of time too, unless the keys have an index (Kafka's
/// stores for sliding windows and sessions).
enum class RowOrder { kByKey, kByTime, kByTimeAndKey };

/// All that is to be said about a store; what does not fit its kind is ignored.
struct StoreDescription {
  std::string name;
  StoreKind kind = StoreKind::kKeyValue;
  bool in_memory = false;
  /// Makes the tables that the rows are kept in, once per task, where they are the program's own (StoreSupplier). They
  /// are restored from the changelog at every start, as what is in memory is. Empty: Leat's, in memory or on the disk.
  std::function<std::unique_ptr<RowTables>()> make_tables;
  bool persistent() const { return !in_memory && !make_tables; }
  /// Whether a record cache may hold back its updates (Kafka's withCachingEnabled).
  bool caching = false;
  /// Whether it has a changelog, and settings of that topic besides those of the kind.
  bool logging = true;
  std::map<std::string, std::string> log_config;

  std::int64_t retention_ms = 0;
  std::int64_t window_size_ms = 0;
  /// Aggregations: a window is closed when stream time is so far behind its begin (size, or gap, and grace); 0: never.
  std::int64_t closes_after_ms = 0;
  std::int64_t segment_interval_ms = 0;
  bool retain_duplicates = false;
  /// Window stores: whether changelog records carry the headers of the record at hand.
  bool log_headers = false;
  /// Whether only those of deletions do (dsl.store.format=HEADERS).
  bool log_headers_of_deletions = false;
  RowOrder order = RowOrder::kByKey;
  /// Versioned stores: how far back reads may go.
  std::int64_t history_retention_ms = 0;
  /// Bounded stores forget the least recently used key above so many; 0 is no bound.
  std::size_t entries_max = 0;
};

class StoreBuilder : public std::enable_shared_from_this<StoreBuilder> {
 public:
  using Build = CopyFunction<std::unique_ptr<StateStore>(const StoreDescription&)>;

  StoreBuilder(StoreDescription described, Build build)
      : description_(std::move(described)), build_(std::move(build)) {}

  const std::string& name() const { return description_.name; }
  const StoreDescription& description() const { return description_; }
  StoreDescription& description() { return description_; }

  // Kafka's withCachingEnabled and its kin.
  std::shared_ptr<StoreBuilder> with_caching_enabled() { return with(&StoreDescription::caching, true); }
  std::shared_ptr<StoreBuilder> with_caching_disabled() { return with(&StoreDescription::caching, false); }
  std::shared_ptr<StoreBuilder> with_logging_disabled() { return with(&StoreDescription::logging, false); }
  std::shared_ptr<StoreBuilder> with_logging_enabled(std::map<std::string, std::string> config) {
    description_.log_config = std::move(config);
    return with(&StoreDescription::logging, true);
  }

  /// A new, unopened store, of the description's name.
  std::unique_ptr<StateStore> build() const { return build_(description_); }

 private:
  std::shared_ptr<StoreBuilder> with(bool StoreDescription::*member, bool value) {
    description_.*member = value;
    return shared_from_this();
  }

  StoreDescription description_;
  Build build_;
};

using StoreBuilderPtr = std::shared_ptr<StoreBuilder>;

}  // namespace leat
