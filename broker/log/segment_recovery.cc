// How a segment comes back at start-up: from its index files, or from its batches alone.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/big_endian.h"
#include "base/log.h"
#include "broker/log/segment.h"

namespace leat::log {

using wire::BatchView;

namespace {

constexpr std::size_t kOffsetEntryBytes = 8;
constexpr std::size_t kTimeEntryBytes = 12;
constexpr std::size_t kAbortedEntryBytes = 34;
constexpr std::size_t kRecoveryChunkBytes = 1024 * 1024;
constexpr std::size_t kSearchBytes = 256 * 1024;
constexpr std::size_t kMagicAt = 16;

/// Requires a whole batch.
BatchView first_batch(BytesView bytes) { return *BatchView::parse(bytes); }

}  // namespace

void Segment::forget_indexes() {
  offsets_.clear();
  times_.clear();
  aborted_.clear();
  max_timestamp_ = max_timestamp_offset_ = -1;
  first_timestamp_.reset();
  bytes_since_entry_ = 0;
}

bool Segment::load_indexes() {
  forget_indexes();
  const auto offsets = read_file(files_, path_ + ".index");
  const auto times = read_file(files_, path_ + ".timeindex");
  if (!offsets || !times || !parse_offsets(*offsets) || !parse_times(*times)) return false;
  if (size_ > 0) {
    // An index that was emptied looks like a good one; but a segment with timestamps has at least its greatest.
    const auto first = read_intact(0, BatchView::kHeaderBytes, true);
    if (!first || times_.empty()) return false;
    first_timestamp_ = BatchView::trusted(first->view()).max_timestamp();
    if (offsets_.empty() && size_ > 2 * first->size() + kRecoveryChunkBytes) return false;
  }
  if (!files_.exists(path_ + ".txnindex")) return true;
  const auto aborted = read_file(files_, path_ + ".txnindex");
  return aborted && !aborted->empty() && parse_aborted(*aborted);
}

bool Segment::parse_offsets(BytesView bytes) {
  if (bytes.size() % kOffsetEntryBytes != 0) return false;
  for (BigEndianReader reader(bytes); !reader.rest().empty();) {
    const std::int64_t offset = base_offset_ + reader.read<std::int32_t>();
    const auto position = static_cast<std::uint64_t>(reader.read<std::int32_t>());
    if (position >= size_ || offset < base_offset_) return false;
    if (!offsets_.empty() && (offset <= offsets_.back().offset || position <= offsets_.back().position)) return false;
    offsets_.push_back({offset, position});
  }
  return true;
}

bool Segment::parse_times(BytesView bytes) {
  if (bytes.size() % kTimeEntryBytes != 0) return false;
  for (BigEndianReader reader(bytes); !reader.rest().empty();) {
    const auto timestamp = reader.read<std::int64_t>();
    const std::int64_t offset = base_offset_ + reader.read<std::int32_t>();
    if (offset < base_offset_) return false;
    if (!times_.empty() && (timestamp <= times_.back().timestamp || offset <= times_.back().offset)) return false;
    times_.push_back({timestamp, offset});
  }
  if (!times_.empty()) {
    max_timestamp_ = times_.back().timestamp;
    max_timestamp_offset_ = times_.back().offset;
  }
  return true;
}

bool Segment::parse_aborted(BytesView bytes) {
  if (bytes.size() % kAbortedEntryBytes != 0) return false;
  for (BigEndianReader reader(bytes); !reader.rest().empty();) {
    if (reader.read<std::int16_t>() != 0) return false;
    AbortedTransaction transaction;
    transaction.producer_id = reader.read<std::int64_t>();
    transaction.first_offset = reader.read<std::int64_t>();
    transaction.last_offset = reader.read<std::int64_t>();
    transaction.last_stable_offset = reader.read<std::int64_t>();
    if (transaction.producer_id < 0 || transaction.first_offset < 0 ||
        transaction.last_offset < std::max(transaction.first_offset, base_offset_))
      return false;
    if (!aborted_.empty() && transaction.last_offset <= aborted_.back().last_offset) return false;
    aborted_.push_back(transaction);
  }
  return true;
}

bool Segment::load_tail(std::int64_t& next_offset) {
  const Place place = offsets_.empty() ? Place{} : Place{offsets_.back().position, offsets_.back().offset};
  std::uint64_t position = place.position;
  bytes_since_entry_ = 0;
  while (position < size_) {
    const auto block = read_intact(position, kRecoveryChunkBytes, true);
    if (!block) return false;
    for (BytesView rest = block->view(); !rest.empty();) {
      const BatchView batch = first_batch(rest);
      if (position == place.position && place.last_offset && batch.last_offset() != *place.last_offset) return false;
      if (batch.base_offset() < next_offset && position != place.position) return false;
      if (batch.max_timestamp() > max_timestamp_) return false;
      next_offset = batch.last_offset() + 1;
      bytes_since_entry_ += batch.size();
      position += batch.size();
      rest.remove_prefix(batch.size());
    }
  }
  return true;
}

/// The batch at `position` of the file, `at` of the block, does not begin at `expected`: is that true, or damage?
Status Segment::correct_base_offset(const RecoveryRules& rules, Buf& block, std::size_t at, std::uint64_t position,
                                    std::int64_t expected) {
  const BatchView batch = first_batch(block.view().substr(at));
  char next[sizeof(std::int64_t)];
  LEAT_ASSIGN_OR_RETURN(const std::size_t got, file_->read_at(position + batch.size(), next, sizeof next));
  const std::int64_t next_base = got == sizeof next ? load_big_endian<std::int64_t>(next) : -1;
  const bool next_contradicts = next_base == expected + batch.last_offset_delta() + 1;
  const bool next_agrees = next_base > batch.last_offset();
  if (batch.base_offset() > expected && !next_contradicts && (next_agrees || rules.gaps_are_normal)) return {};
  log_line(LogLevel::kWarn, "log", "corrected the damaged base offset of a batch",
           {{"segment", path_ + ".log"},
            {"found", std::to_string(batch.base_offset())},
            {"correct", std::to_string(expected)}});
  wire::BatchStamp(block.mutable_data() + at).base_offset(expected);
  return file_->write_at(position, Buf::copy_of(block.view().substr(at, sizeof(std::int64_t))));
}

/// The magic number, too, lies outside of the checksum: where all is well with 2 in its place, it was damaged.
Result<bool> Segment::correct_magic(std::uint64_t position) {
  Bytes header(BatchView::kHeaderBytes, '\0');
  LEAT_ASSIGN_OR_RETURN(const std::size_t got, file_->read_at(position, header.data(), header.size()));
  if (got < header.size() || header[kMagicAt] == BatchView::kMagic) return false;
  const std::uint64_t size = BatchView::kOverheadBytes + load_big_endian<std::uint32_t>(header.data() + 8);
  if (size < header.size() || position + size > size_) return false;
  Buf whole = Buf::allocate(size);
  LEAT_ASSIGN_OR_RETURN(const std::size_t read, file_->read_at(position, whole.mutable_data(), size));
  whole.mutable_data()[kMagicAt] = BatchView::kMagic;
  const auto batch = BatchView::parse(whole.view().substr(0, read));
  if (!batch || !batch->crc_matches()) return false;
  log_line(LogLevel::kWarn, "log", "corrected the damaged magic number of a batch",
           {{"segment", path_ + ".log"}, {"position", std::to_string(position)}});
  LEAT_RETURN_IF_ERROR(file_->write_at(position + kMagicAt, whole.slice(kMagicAt, 1)));
  return true;
}

Result<std::uint64_t> Segment::recover(const RecoveryRules& rules, std::int64_t& next_offset, const Seen& seen) {
  forget_indexes();
  std::uint64_t position = 0;
  while (position < size_) {
    auto block = read_intact(position, kRecoveryChunkBytes, true);
    if (!block && block.error().kind != ErrorKind::kCorrupt) return block.error();
    if (!block) {
      LEAT_ASSIGN_OR_RETURN(const bool corrected, correct_magic(position));
      if (corrected) continue;
      if (next_offset >= rules.durable_offset) break;
      LEAT_ASSIGN_OR_RETURN(const auto behind, find_intact(position + 1, next_offset));
      if (!behind) break;
      log_line(LogLevel::kError, "log", "stepped over damaged batches; what they held cannot be read any more",
               {{"segment", path_ + ".log"},
                {"from", std::to_string(next_offset)},
                {"bytes", std::to_string(*behind - position)}});
      position = *behind;
      LEAT_ASSIGN_OR_RETURN(const Buf next, read(position, BatchView::kHeaderBytes, true));
      next_offset = BatchView::trusted(next.view()).base_offset();
      continue;
    }
    const std::uint64_t block_position = position;
    for (std::size_t at = 0; at < block->size();) {
      BatchView batch = first_batch(block->view().substr(at));
      if (batch.base_offset() != next_offset)
        LEAT_RETURN_IF_ERROR(correct_base_offset(rules, *block, at, position, next_offset));
      note(batch, position, rules.index_interval_bytes);
      if (auto aborted = seen(batch)) aborted_.push_back(*aborted);
      next_offset = batch.last_offset() + 1;
      position += batch.size();
      at += batch.size();
    }
    // A sync that failed before the crash may have left pages that look written and are not: only writing them again
    // makes the next sync tell the truth.
    if (next_offset > rules.durable_offset) LEAT_RETURN_IF_ERROR(file_->write_at(block_position, *block));
  }
  const std::uint64_t cut = size_ - position;
  if (cut > 0 && next_offset < rules.durable_offset) {
    // What was durable is not cut: it may be of use to whoever repairs the disk, and its offsets are not given again.
    log_line(LogLevel::kError, "log", "the end of a segment is damaged and cannot be read any more",
             {{"segment", path_ + ".log"}, {"from", std::to_string(next_offset)}, {"bytes", std::to_string(cut)}});
    ends_damaged_ = true;
    next_offset = std::min(rules.durable_offset, base_offset_ + std::numeric_limits<std::int32_t>::max());
  } else if (cut > 0) {
    LEAT_RETURN_IF_ERROR(file_->truncate(position));
    size_ = position;
  }
  // A process that was killed leaves bytes behind that nobody has synced; from here on they count as durable.
  LEAT_RETURN_IF_ERROR(file_->sync_now());
  return ends_damaged_ ? 0 : cut;
}

Result<Buf> Segment::read_intact(std::uint64_t position, std::size_t bytes_max, bool at_least_one) {
  LEAT_ASSIGN_OR_RETURN(const Buf block, read(position, bytes_max, at_least_one));
  std::size_t intact = 0;
  while (intact < block.size()) {
    const BatchView batch = first_batch(block.view().substr(intact));
    if (!batch.crc_matches() || batch.last_offset_delta() < 0) break;
    intact += batch.size();
  }
  if (intact == 0 && (!block.empty() || (at_least_one && position < size_)))
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}.log at {}: a batch that is cut off or fails its checksum", path_, position)};
  return block.slice(0, intact);
}

Result<std::optional<std::uint64_t>> Segment::find_intact(std::uint64_t from, std::int64_t offset_min) {
  const std::int64_t offset_max = base_offset_ + std::numeric_limits<std::int32_t>::max();
  Buf window = Buf::allocate(kSearchBytes);
  while (from + BatchView::kHeaderBytes <= size_) {
    LEAT_ASSIGN_OR_RETURN(const std::size_t got, file_->read_at(from, window.mutable_data(), window.size()));
    if (got < BatchView::kHeaderBytes) break;
    const std::size_t starts = got - BatchView::kHeaderBytes + 1;
    for (std::size_t at = 0; at < starts; ++at) {
      const char* batch = window.data() + at;
      if (batch[kMagicAt] != BatchView::kMagic) continue;
      const auto base_offset = load_big_endian<std::int64_t>(batch);
      if (base_offset < offset_min || base_offset > offset_max) continue;
      const auto intact = read_intact(from + at, BatchView::kHeaderBytes, true);
      if (intact) return std::optional<std::uint64_t>(from + at);
      if (intact.error().kind != ErrorKind::kCorrupt) return intact.error();
    }
    from += starts;
  }
  return std::optional<std::uint64_t>();
}

}  // namespace leat::log
