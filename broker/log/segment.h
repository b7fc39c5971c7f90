// Segment: one stretch of a log on disk, in Kafka's files, named by the first offset it may hold.
//
//   00000000000000000042.log         record batches, one behind the other
//   00000000000000000042.index       {int32 offset - base, int32 position}: last offset of a batch, where the batch
//   begins 00000000000000000042.timeindex   {int64 timestamp, int32 offset - base}: greatest timestamp so far, and its
//   offset 00000000000000000042.txnindex    {int16 0, int64 producer id, first offset, last offset, last stable offset}
//
// The indexes are sparse (an entry every index.interval.bytes) and live in memory while the segment is open; they are
// written when the segment is closed or rolled, and rebuilt from the log whenever they are missing or do not fit.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "broker/log/producer_state.h"
#include "broker/wire/record_batch.h"

namespace leat::log {

class Segment {
 public:
  /// Opens or makes the segment's log file; indexes are empty until `load_indexes` or `recover`.
  static Result<std::unique_ptr<Segment>> open(Files& files, const std::string& directory, std::int64_t base_offset);

  std::int64_t base_offset() const { return base_offset_; }
  std::uint64_t size() const { return size_; }
  /// Greatest timestamp of a record, or -1; and the offset of the batch end it was seen in.
  std::int64_t max_timestamp() const { return max_timestamp_; }
  std::int64_t max_timestamp_offset() const { return max_timestamp_offset_; }
  /// Timestamp of the first batch, from which the age of the segment counts.
  std::optional<std::int64_t> first_timestamp() const { return first_timestamp_; }
  File& file() { return *file_; }

  /// Writes a batch at the end. After an error the file is cut back to what it was before.
  Status append(const Buf& batch, std::int64_t index_interval_bytes);
  void append_aborted(const AbortedTransaction& transaction) { aborted_.push_back(transaction); }
  const std::vector<AbortedTransaction>& aborted() const { return aborted_; }

  /// Where to begin to look for an offset: the position of a batch at or before it.
  std::uint64_t position_before(std::int64_t offset) const;
  /// Where to begin to look for the first record with at least this timestamp.
  std::uint64_t position_before_timestamp(std::int64_t timestamp) const;

  /// Whole batches from `position` on: as many as fit into `bytes_max`, at least one where `at_least_one` and there is
  /// one.
  Result<Buf> read(std::uint64_t position, std::size_t bytes_max, bool at_least_one);

  /// Reads the index files; false where they are missing or do not fit the log.
  bool load_indexes();
  /// Walks all batches, checks them, rebuilds the indexes, and cuts the file behind the last good one. Calls `seen` for
  /// each batch; returns the bytes cut. `next_offset` is where the walk begins and, afterwards, ends.
  Result<std::uint64_t> recover(std::int64_t index_interval_bytes, std::int64_t& next_offset,
                                const std::function<std::optional<AbortedTransaction>(const wire::BatchView&)>& seen);
  /// Writes the index files.
  Status write_indexes();
  Status remove();

 private:
  struct OffsetEntry {
    std::int64_t offset;
    std::uint64_t position;
  };
  struct TimeEntry {
    std::int64_t timestamp;
    std::int64_t offset;
  };

  Segment(Files& files, std::string path, std::int64_t base_offset)
      : files_(files), path_(std::move(path)), base_offset_(base_offset) {}
  void note(const wire::BatchView& batch, std::uint64_t position, std::int64_t index_interval_bytes);

  Files& files_;
  std::string path_;  ///< without extension
  std::int64_t base_offset_;
  std::unique_ptr<File> file_;
  std::uint64_t size_ = 0;
  std::uint64_t bytes_since_entry_ = 0;
  std::int64_t max_timestamp_ = -1;
  std::int64_t max_timestamp_offset_ = -1;
  std::optional<std::int64_t> first_timestamp_;
  std::vector<OffsetEntry> offsets_;
  std::vector<TimeEntry> times_;
  std::vector<AbortedTransaction> aborted_;
};

/// 20 digits, as Kafka names the files of a segment.
std::string segment_name(std::int64_t base_offset);

}  // namespace leat::log
