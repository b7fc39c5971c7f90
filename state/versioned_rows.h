// VersionedRows: the versions of keys over time, as bytes. The latest version of each key lies in a table of its own
// and never expires; older ones lie in the segment of the time at which they ended, which expires as a whole when
// stream time has passed it by the history that is kept
// (org.apache.kafka.streams.state.internals.RocksDBVersionedStore).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "state/row_table.h"
#include "state/version_row.h"

namespace leat::detail {

class VersionedRows {
 public:
  struct Put {
    bool stored = false;  ///< false: older than the history that is kept
    std::optional<std::int64_t> valid_to;
  };
  struct Version {
    Bytes value;
    std::int64_t from = 0;
    std::optional<std::int64_t> to;  ///< none: it is the latest
  };

  VersionedRows(std::string name, std::int64_t history_ms, std::int64_t segment_interval_ms, RowTables& backend);

  /// Writes the version that begins at `time`; no value: the key is deleted from then on.
  Put put(BytesView key, std::optional<BytesView> value, std::int64_t time);
  std::optional<Version> latest(BytesView key);
  /// The version that is valid at a time; none where that lies further back than the history, unless it is the latest.
  std::optional<Version> as_of(BytesView key, std::int64_t time);
  /// The versions that are valid somewhere within [from, to], oldest first.
  std::vector<Version> history(BytesView key, std::int64_t from, std::int64_t to);
  /// All keys with a version, in their order.
  std::set<Bytes> keys();

 private:
  std::int64_t segment_of(std::int64_t time) const { return time / interval_ms_; }
  std::string segment_name(std::int64_t segment) const;
  /// Null where the segment has expired.
  RowTable* live_segment(std::int64_t segment);
  void drop_expired();
  std::optional<VersionRow> read(RowTable& segment, BytesView key);
  void write(RowTable& segment, BytesView key, const VersionRow& row) { segment.put(key, row.encode()); }
  void write_latest(BytesView key, std::optional<BytesView> value, std::int64_t time);
  /// Makes a version one of the past: it ended at `to`.
  void retire(RowTable& segment, BytesView key, std::optional<BytesView> value, std::int64_t from, std::int64_t to);
  /// In the segments; `found` is the earliest known time behind `time`. Nothing: the version belongs where `found`
  /// says.
  std::optional<Put> put_into_segments(BytesView key, std::optional<BytesView> value, std::int64_t time,
                                       std::optional<std::int64_t>& found);
  std::int64_t put_into_row(std::int64_t segment, VersionRow row, BytesView key, std::optional<BytesView> value,
                            std::int64_t time);
  Put put_in_front_of(BytesView key, std::optional<BytesView> value, std::int64_t time,
                      std::optional<std::int64_t> found);

  std::string name_;
  std::int64_t history_ms_;
  std::int64_t interval_ms_;
  RowTables& backend_;
  RowTable& latest_;
  std::map<std::int64_t, RowTable*> segments_;
  std::int64_t stream_time_ = -1;
  Bytes bytes_;
};

}  // namespace leat::detail
