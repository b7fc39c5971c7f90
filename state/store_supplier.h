// StoreSupplier: which store an operator of the DSL is to have, where that is not left to the builder.
//
//   orders.group_by_key().count(leat::Materialized::as(leat::StoreSuppliers::in_memory_key_value_store("n")));
//   leat::StreamJoined{}.with_this_store_supplier(leat::StoreSuppliers::in_memory_window_store("left", 11s, 10s, true))
//
// An operator decides about the types; a supplier decides about the rest: name, times, and where the rows are kept.
// Rows are kept in memory, on the disk, or in tables of one's own:
//
//   class RemoteTables : public leat::RowTables { ... };          // row_table.h says what that takes
//   leat::StoreSuppliers::key_value_store("n", [] { return std::make_unique<RemoteTables>(); })
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "state/row_table.h"
#include "state/store_builder.h"

namespace leat {

/// What Kafka Streams' StoreSupplier and its kin say (KeyValueBytesStoreSupplier, WindowBytesStoreSupplier,
/// SessionBytesStoreSupplier, VersionedBytesStoreSupplier). An operator that needs a store of another kind is refused
/// when the topology is built.
struct StoreSupplier {
  enum class Kind { kKeyValue, kWindow, kSession, kVersioned };

  std::string name;
  Kind kind = Kind::kKeyValue;
  bool in_memory = false;
  /// See StoreDescription::make_tables.
  std::function<std::unique_ptr<RowTables>()> make_tables;
  /// Above 0: in memory, and bounded to so many keys.
  std::size_t entries_max = 0;
  /// Of window and session stores.
  std::int64_t retention_ms = 0;
  std::int64_t window_size_ms = 0;
  bool retain_duplicates = false;
  /// Of versioned stores; an interval of 0 is Kafka's choice.
  std::int64_t history_retention_ms = 0;
  std::int64_t segment_interval_ms = 0;

  bool persistent() const { return !in_memory && !make_tables; }
};

/// Suppliers under the names that they have in org.apache.kafka.streams.state.Stores. Those that end in the bare kind
/// take tables of one's own, which `make_tables` makes for every task.
class StoreSuppliers {
 public:
  using Milliseconds = std::chrono::milliseconds;
  using MakeTables = std::function<std::unique_ptr<RowTables>()>;

  static StoreSupplier persistent_key_value_store(std::string name) {
    return of(std::move(name), StoreSupplier::Kind::kKeyValue, false);
  }
  static StoreSupplier in_memory_key_value_store(std::string name) {
    return of(std::move(name), StoreSupplier::Kind::kKeyValue, true);
  }
  static StoreSupplier lru_map(std::string name, std::size_t entries_max) {
    StoreSupplier supplier = in_memory_key_value_store(std::move(name));
    supplier.entries_max = entries_max;
    return supplier;
  }
  static StoreSupplier key_value_store(std::string name, MakeTables make_tables) {
    return with_tables(persistent_key_value_store(std::move(name)), std::move(make_tables));
  }

  static StoreSupplier persistent_window_store(std::string name, Milliseconds retention, Milliseconds window_size,
                                               bool retain_duplicates) {
    StoreSupplier supplier = of(std::move(name), StoreSupplier::Kind::kWindow, false);
    supplier.retention_ms = retention.count();
    supplier.window_size_ms = window_size.count();
    supplier.retain_duplicates = retain_duplicates;
    return supplier;
  }
  static StoreSupplier in_memory_window_store(std::string name, Milliseconds retention, Milliseconds window_size,
                                              bool retain_duplicates) {
    StoreSupplier supplier = persistent_window_store(std::move(name), retention, window_size, retain_duplicates);
    supplier.in_memory = true;
    return supplier;
  }
  static StoreSupplier window_store(std::string name, Milliseconds retention, Milliseconds window_size,
                                    bool retain_duplicates, MakeTables make_tables) {
    return with_tables(persistent_window_store(std::move(name), retention, window_size, retain_duplicates),
                       std::move(make_tables));
  }

  static StoreSupplier persistent_session_store(std::string name, Milliseconds retention) {
    StoreSupplier supplier = of(std::move(name), StoreSupplier::Kind::kSession, false);
    supplier.retention_ms = retention.count();
    return supplier;
  }
  static StoreSupplier in_memory_session_store(std::string name, Milliseconds retention) {
    StoreSupplier supplier = persistent_session_store(std::move(name), retention);
    supplier.in_memory = true;
    return supplier;
  }
  static StoreSupplier session_store(std::string name, Milliseconds retention, MakeTables make_tables) {
    return with_tables(persistent_session_store(std::move(name), retention), std::move(make_tables));
  }

  static StoreSupplier persistent_versioned_key_value_store(std::string name, Milliseconds history_retention,
                                                            Milliseconds segment_interval = Milliseconds(0)) {
    StoreSupplier supplier = of(std::move(name), StoreSupplier::Kind::kVersioned, false);
    supplier.history_retention_ms = history_retention.count();
    supplier.segment_interval_ms = segment_interval.count();
    return supplier;
  }
  static StoreSupplier versioned_key_value_store(std::string name, Milliseconds history_retention,
                                                 MakeTables make_tables) {
    return with_tables(persistent_versioned_key_value_store(std::move(name), history_retention),
                       std::move(make_tables));
  }

 private:
  static StoreSupplier of(std::string name, StoreSupplier::Kind kind, bool in_memory) {
    StoreSupplier supplier;
    supplier.name = std::move(name);
    supplier.kind = kind;
    supplier.in_memory = in_memory;
    return supplier;
  }
  static StoreSupplier with_tables(StoreSupplier supplier, MakeTables make_tables) {
    supplier.make_tables = std::move(make_tables);
    return supplier;
  }
};

/// What the DSL needs of a store that nobody has said more about (DslKeyValueParams, DslWindowParams,
/// DslSessionParams). The times are those of the operator.
struct DslStoreParams {
  StoreSupplier::Kind kind = StoreSupplier::Kind::kKeyValue;
  std::string name;
  std::int64_t retention_ms = 0;
  std::int64_t window_size_ms = 0;
  bool retain_duplicates = false;
  /// Whether it is read when windows close (EmitStrategy::on_window_close).
  bool emits_on_close = false;
};

/// The DSL's default stores (org.apache.kafka.streams.state.DslStoreSuppliers, dsl.store.suppliers.class, KIP-954):
/// asked for every store whose Materialized or StreamJoined says neither a supplier nor where it is kept. Only where
/// the rows are kept counts of the answer: `in_memory`, `make_tables`, `entries_max`. Versioned stores are not asked
/// about.
///
///   leat::StreamsBuilder builder{{.store_suppliers = [](const leat::DslStoreParams& params) {
///     return leat::StoreSupplier{.in_memory = params.kind == leat::StoreSupplier::Kind::kWindow};
///   }}};
using DslStoreSuppliers = std::function<StoreSupplier(const DslStoreParams& params)>;

}  // namespace leat
