// Segment: one stretch of a log on disk, in Kafka's files, named by the first offset it may hold.
//
//   00000000000000000042.log         record batches, one behind the other
//   00000000000000000042.index       {int32 offset - base, int32 position}
//                                    last offset of a batch, and where the batch begins
//   00000000000000000042.timeindex   {int64 timestamp, int32 offset - base}
//                                    greatest timestamp so far, and the last offset of its batch
//   00000000000000000042.txnindex    {int16 0, int64 producer id, first offset, last offset, last stable offset}
//                                    aborted transactions whose marker lies here
//
// The indexes are sparse (an entry every index.interval.bytes) and live in memory while the segment is open; they are
// written when the segment is closed or rolled, and rebuilt from the log whenever they are missing or do not fit.
//
// Base offset, leader epoch and magic number of a batch lie outside of its checksum. Where a base offset does not
// follow the batch before it, the batch behind it tells whether there is a true gap (a compacted log) or a damaged
// number, which is then corrected.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "broker/log/producer_state.h"
#include "broker/wire/record_batch.h"

namespace leat::log {

/// How a segment is walked at start-up.
struct RecoveryRules {
  std::int64_t index_interval_bytes = 4096;
  /// Compaction leaves gaps between offsets; without it a batch begins where the one before it ended.
  bool gaps_are_normal = false;
  /// Batches before this offset were durable: damage among them is stepped over, and what is behind it kept. From
  /// here on damage is a torn tail, and cut.
  std::int64_t durable_offset = 0;
};

class Segment {
 public:
  /// What a segment is for: `kCleaned` and `kSwap` are copies that take the place of others (partition_compaction.cc).
  enum class Stage { kLive, kCleaned, kSwap };

  /// Opens or makes the segment's log file (anew, where it is kCleaned); indexes are empty until `load_indexes` or
  /// `recover`.
  static Result<std::unique_ptr<Segment>> open(Files& files, const std::string& directory, std::int64_t base_offset,
                                               Stage stage = Stage::kLive);

  std::int64_t base_offset() const { return base_offset_; }
  std::uint64_t size() const { return size_; }
  /// Greatest timestamp of a record, or -1; and the offset of the batch end it was seen in.
  std::int64_t max_timestamp() const { return max_timestamp_; }
  std::int64_t max_timestamp_offset() const { return max_timestamp_offset_; }
  /// Timestamp of the first batch, from which the age of the segment counts.
  std::optional<std::int64_t> first_timestamp() const { return first_timestamp_; }
  File& file() { return *file_; }
  /// Whether recovery left bytes at the end that cannot be read: nothing may be appended here.
  bool ends_damaged() const { return ends_damaged_; }

  /// Writes whole batches at the end. After an error the file is cut back to what it was before.
  Status append(const Buf& batches, std::int64_t index_interval_bytes);
  /// Writes the bytes from `position` on once more, for a sync to come: one that is under way may have failed already,
  /// and then their pages look written and are not.
  Status write_again(std::uint64_t position);
  void append_aborted(const AbortedTransaction& transaction) { aborted_.push_back(transaction); }
  const std::vector<AbortedTransaction>& aborted() const { return aborted_; }

  /// A place that an index names. Where it is not the start of the segment, the batch there has this last offset, or
  /// else the index is damaged.
  struct Place {
    std::uint64_t position = 0;
    std::optional<std::int64_t> last_offset;
  };
  /// Where to begin to look for an offset: a batch at or before it.
  Place place_before(std::int64_t offset) const;
  /// Where to begin to look for the first record with at least this timestamp.
  Place place_before_timestamp(std::int64_t timestamp) const;

  /// Whole batches from `position` on: as many as fit into `bytes_max`, at least one where `at_least_one` and there is
  /// one.
  /// Their lengths only are checked; kCorrupt where no batch begins at `position`.
  Result<Buf> read(std::uint64_t position, std::size_t bytes_max, bool at_least_one);
  /// The same, up to the first batch that fails its checksum; kCorrupt where that is the first one.
  Result<Buf> read_intact(std::uint64_t position, std::size_t bytes_max, bool at_least_one);
  /// Looks behind damage: the next intact batch at or behind `from` with a base offset of at least `offset_min`.
  Result<std::optional<std::uint64_t>> find_intact(std::uint64_t from, std::int64_t offset_min);

  using Seen = std::function<std::optional<AbortedTransaction>(const wire::BatchView&)>;

  /// Reads the index files; false where they are missing or do not fit the log.
  bool load_indexes();
  /// After `load_indexes`: walks the few batches behind the last index entry, to `next_offset`. False where that fails.
  bool load_tail(std::int64_t& next_offset);
  /// Walks all batches, checks them, rebuilds the indexes, and cuts the file where `rules` say so. Calls `seen` for
  /// each batch; returns the bytes cut. `next_offset` is where the walk begins and, afterwards, ends.
  Result<std::uint64_t> recover(const RecoveryRules& rules, std::int64_t& next_offset, const Seen& seen);
  /// Writes the index files and syncs them, but not their names: that is left to a sync of the directory.
  Status write_indexes();
  /// Renames the log file.
  Status enter(Stage stage);
  Status remove_indexes();
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
  std::string log_path(Stage stage) const;
  void note(const wire::BatchView& batch, std::uint64_t position, std::int64_t index_interval_bytes);
  void forget_indexes();
  bool parse_offsets(BytesView bytes);
  bool parse_times(BytesView bytes);
  bool parse_aborted(BytesView bytes);
  Status correct_base_offset(const RecoveryRules& rules, Buf& block, std::size_t at, std::uint64_t position,
                             std::int64_t expected);
  Result<bool> correct_magic(std::uint64_t position);

  Files& files_;
  std::string path_;  ///< without extension
  Stage stage_ = Stage::kLive;
  std::int64_t base_offset_;
  std::unique_ptr<File> file_;
  std::uint64_t size_ = 0;
  bool ends_damaged_ = false;
  std::uint64_t bytes_since_entry_ = 0;
  std::int64_t max_timestamp_ = -1;
  std::int64_t max_timestamp_offset_ = -1;
  std::optional<std::int64_t> first_timestamp_;
  std::vector<OffsetEntry> offsets_;
  std::vector<TimeEntry> times_;
  std::vector<AbortedTransaction> aborted_;
};

/// Replaces a small file atomically. Its name is durable once the directory is synced.
Status replace_file(Files& files, const std::string& path, BytesView content);

/// 20 digits, as Kafka names the files of a segment.
std::string segment_name(std::int64_t base_offset);
/// The offsets of the files with this extension whose names are such, in order.
std::vector<std::int64_t> offsets_in_names(const std::vector<std::string>& names, std::string_view extension);
inline constexpr std::string_view kLogExtension = ".log";

}  // namespace leat::log
