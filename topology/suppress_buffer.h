// SuppressBuffer: the rows that a suppress() holds back, by time and key, in memory. Its changelog is written at
// commits, one record per row that changed, in Kafka's version 3 (header v = 03):
//
//   value = context | prior | old | new | buffer time (8)
//   context = timestamp (8) | offset (8) | topic (4 + n) | partition (4) | header count (4) | headers
//   prior, old, new = length (4; -1: null, -2 for old: the same as prior) | bytes
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "state/record_collector.h"
#include "state/state_store.h"

namespace leat::detail {

class SuppressBuffer final : public StateStore {
 public:
  struct Row {
    /// What downstream saw last for this key, as far as the table above knew when the row was first held back.
    std::optional<Bytes> prior;
    std::optional<Bytes> old_value;
    std::optional<Bytes> new_value;
    std::int64_t timestamp = 0;
    RecordMetadata metadata;
    Headers headers;
  };

  explicit SuppressBuffer(std::string name) : StateStore(std::move(name)) {}

  bool persistent() const override { return false; }
  Status open(const StoreContext& context) override;
  Status restore(const ChangelogRecord& record) override;
  void flush() override;
  void close() override;
  void show_figures(MetricGroup& group) override {
    group.gauge("suppression-buffer-count", "rows held back", static_cast<double>(count()));
    group.gauge("suppression-buffer-size", "bytes held back", static_cast<double>(bytes()));
  }

  /// Holds a row back. A row that is already held keeps its place in time and its prior value.
  void put(std::int64_t time, BytesView key, std::optional<Bytes> old_value, std::optional<Bytes> new_value,
           const RecordContext& context);
  /// Lets rows go, oldest first, while `again` says so: each is given to `emit`, then forgotten.
  void evict_while(const std::function<bool()>& again, const std::function<void(BytesView key, Row& row)>& emit);
  /// The held row of a key, null where there is none.
  const Row* find(BytesView key) const;

  std::size_t count() const { return rows_.size(); }
  std::int64_t bytes() const { return bytes_; }
  std::int64_t min_time() const {
    return rows_.empty() ? std::numeric_limits<std::int64_t>::max() : rows_.begin()->first.first;
  }

 private:
  using Place = std::pair<std::int64_t, Bytes>;
  void insert(std::int64_t time, const Bytes& key, Row row);

  StoreContext context_;
  std::map<Place, Row> rows_;
  std::map<Bytes, std::int64_t, std::less<>> times_;
  std::set<Bytes> dirty_;
  std::int64_t bytes_ = 0;
};

/// The value of one changelog record, in version 3, which Kafka writes since 2.4.
Bytes serialize_suppressed(const SuppressBuffer::Row& row, std::int64_t time);
/// Reads a changelog record of any version, 0 to 3, as its header `v` says (KIP-446). `held` is what the buffer has of
/// its key, null where it has nothing: what came before it is not in the record before version 2.
Result<std::pair<std::int64_t, SuppressBuffer::Row>> read_suppressed(const ChangelogRecord& record,
                                                                     const SuppressBuffer::Row* held);
/// Version 3.
Result<std::pair<std::int64_t, SuppressBuffer::Row>> read_suppressed(BytesView bytes);

}  // namespace leat::detail
