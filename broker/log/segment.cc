#include "broker/log/segment.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/big_endian.h"

namespace leat::log {

using wire::BatchView;

namespace {

constexpr std::size_t kOffsetEntryBytes = 8;
constexpr std::size_t kTimeEntryBytes = 12;
constexpr std::size_t kAbortedEntryBytes = 34;
constexpr std::size_t kRecoveryChunkBytes = 1024 * 1024;

}  // namespace

std::string segment_name(std::int64_t base_offset) { return fmt::format("{:020}", base_offset); }

Result<std::unique_ptr<Segment>> Segment::open(Files& files, const std::string& directory, std::int64_t base_offset) {
  std::unique_ptr<Segment> segment(new Segment(files, directory + "/" + segment_name(base_offset), base_offset));
  LEAT_ASSIGN_OR_RETURN(segment->file_, files.open(segment->path_ + ".log", OpenMode::kCreate));
  LEAT_ASSIGN_OR_RETURN(segment->size_, segment->file_->size());
  return segment;
}

Status Segment::append(const Buf& batch, std::int64_t index_interval_bytes) {
  if (auto written = file_->write_at(size_, batch); !written) {
    // Half a batch must not stay: the next append would bury it. Where even the cut fails, recovery finds it.
    [[maybe_unused]] const Status cut = file_->truncate(size_);
    return written.error();
  }
  note(BatchView::trusted(batch.view()), size_, index_interval_bytes);
  size_ += batch.size();
  return {};
}

void Segment::note(const BatchView& batch, std::uint64_t position, std::int64_t index_interval_bytes) {
  if (!first_timestamp_) first_timestamp_ = batch.max_timestamp();
  if (batch.max_timestamp() > max_timestamp_) {
    max_timestamp_ = batch.max_timestamp();
    max_timestamp_offset_ = batch.last_offset();
  }
  if (bytes_since_entry_ > static_cast<std::uint64_t>(index_interval_bytes)) {
    offsets_.push_back({batch.last_offset(), position});
    if (times_.empty() || max_timestamp_ > times_.back().timestamp)
      times_.push_back({max_timestamp_, max_timestamp_offset_});
    bytes_since_entry_ = 0;
  }
  bytes_since_entry_ += batch.size();
}

std::uint64_t Segment::position_before(std::int64_t offset) const {
  // An entry names the last offset of its batch: the batch before the first entry that lies at or behind `offset` is
  // safe.
  auto entry = std::lower_bound(offsets_.begin(), offsets_.end(), offset,
                                [](const OffsetEntry& each, std::int64_t wanted) { return each.offset < wanted; });
  if (entry != offsets_.end() && entry->offset == offset) return entry->position;
  return entry == offsets_.begin() ? 0 : std::prev(entry)->position;
}

std::uint64_t Segment::position_before_timestamp(std::int64_t timestamp) const {
  auto entry = std::lower_bound(times_.begin(), times_.end(), timestamp,
                                [](const TimeEntry& each, std::int64_t wanted) { return each.timestamp < wanted; });
  return entry == times_.begin() ? 0 : position_before(std::prev(entry)->offset);
}

Result<Buf> Segment::read(std::uint64_t position, std::size_t bytes_max, bool at_least_one) {
  if (position >= size_) return Buf();
  std::size_t wanted = std::min<std::uint64_t>(std::max(bytes_max, BatchView::kHeaderBytes), size_ - position);
  Buf block = Buf::allocate(wanted);
  LEAT_ASSIGN_OR_RETURN(std::size_t got, file_->read_at(position, block.mutable_data(), wanted));
  std::size_t whole = 0;
  while (true) {
    const BytesView rest(block.data() + whole, got - whole);
    const auto batch = BatchView::parse(rest);
    if (batch && whole + batch->size() <= std::max(bytes_max, whole == 0 && at_least_one ? batch->size() : 0)) {
      whole += batch->size();
      continue;
    }
    if (!batch && batch.error().kind == ErrorKind::kCorrupt && whole == 0)
      return batch.error().in(fmt::format("{}.log at {}", path_, position + whole));
    if (batch || whole > 0 || !at_least_one || rest.size() < BatchView::kOverheadBytes) break;
    // The first batch is larger than what may be read: it is read whole all the same.
    const std::size_t size = BatchView::kOverheadBytes + load_big_endian<std::uint32_t>(rest.data() + 8);
    if (size <= got || position + size > size_) break;
    block = Buf::allocate(size);
    LEAT_ASSIGN_OR_RETURN(got, file_->read_at(position, block.mutable_data(), size));
  }
  return block.slice(0, whole);
}

bool Segment::load_indexes() {
  const auto offsets = read_file(files_, path_ + ".index");
  const auto times = read_file(files_, path_ + ".timeindex");
  if (!offsets || !times || offsets->size() % kOffsetEntryBytes != 0 || times->size() % kTimeEntryBytes != 0)
    return false;
  offsets_.clear();
  times_.clear();
  aborted_.clear();
  for (BigEndianReader reader(*offsets); !reader.rest().empty();) {
    const auto offset = base_offset_ + reader.read<std::int32_t>();
    const auto position = static_cast<std::uint64_t>(reader.read<std::int32_t>());
    if (position >= size_ ||
        (!offsets_.empty() && (offset <= offsets_.back().offset || position <= offsets_.back().position)))
      return false;
    offsets_.push_back({offset, position});
  }
  for (BigEndianReader reader(*times); !reader.rest().empty();) {
    const auto timestamp = reader.read<std::int64_t>();
    const auto offset = base_offset_ + reader.read<std::int32_t>();
    if (!times_.empty() && timestamp < times_.back().timestamp) return false;
    times_.push_back({timestamp, offset});
  }
  if (!times_.empty()) {
    max_timestamp_ = times_.back().timestamp;
    max_timestamp_offset_ = times_.back().offset;
  }
  if (size_ > 0) {
    auto first = read(0, BatchView::kHeaderBytes, true);
    if (!first || first->empty() || times_.empty()) return false;
    first_timestamp_ = BatchView::trusted(first->view()).max_timestamp();
  }
  if (!files_.exists(path_ + ".txnindex")) return true;
  const auto aborted = read_file(files_, path_ + ".txnindex");
  if (!aborted || aborted->size() % kAbortedEntryBytes != 0) return false;
  for (BigEndianReader reader(*aborted); !reader.rest().empty();) {
    if (reader.read<std::int16_t>() != 0) return false;
    AbortedTransaction transaction;
    transaction.producer_id = reader.read<std::int64_t>();
    transaction.first_offset = reader.read<std::int64_t>();
    transaction.last_offset = reader.read<std::int64_t>();
    transaction.last_stable_offset = reader.read<std::int64_t>();
    aborted_.push_back(transaction);
  }
  return true;
}

Result<std::uint64_t> Segment::recover(std::int64_t index_interval_bytes, std::int64_t& next_offset,
                                       const std::function<std::optional<AbortedTransaction>(const BatchView&)>& seen) {
  offsets_.clear();
  times_.clear();
  aborted_.clear();
  max_timestamp_ = max_timestamp_offset_ = -1;
  first_timestamp_.reset();
  bytes_since_entry_ = 0;
  std::uint64_t position = 0;
  bool good = true;
  while (good && position < size_) {
    auto block = read(position, kRecoveryChunkBytes, true);
    if (!block && block.error().kind != ErrorKind::kCorrupt) return block.error();
    if (!block || block->empty()) break;
    for (BytesView rest = block->view(); !rest.empty();) {
      const BatchView batch = *BatchView::parse(rest);
      good = batch.crc_matches() && batch.base_offset() >= next_offset && batch.last_offset_delta() >= 0;
      if (!good) break;
      note(batch, position, index_interval_bytes);
      if (auto aborted = seen(batch)) aborted_.push_back(*aborted);
      next_offset = batch.last_offset() + 1;
      position += batch.size();
      rest.remove_prefix(batch.size());
    }
  }
  const std::uint64_t cut = size_ - position;
  if (cut > 0) {
    LEAT_RETURN_IF_ERROR(file_->truncate(position));
    LEAT_RETURN_IF_ERROR(file_->sync_now());
    size_ = position;
  }
  return cut;
}

Status Segment::write_indexes() {
  // The time index ends with the greatest timestamp, so that retention can tell the age of the segment from it.
  if (max_timestamp_ >= 0 && (times_.empty() || times_.back().timestamp < max_timestamp_))
    times_.push_back({max_timestamp_, max_timestamp_offset_});
  Bytes offsets, times, aborted;
  for (const auto& [offset, position] : offsets_) {
    append_big_endian<std::int32_t>(offsets, static_cast<std::int32_t>(offset - base_offset_));
    append_big_endian<std::int32_t>(offsets, static_cast<std::int32_t>(position));
  }
  for (const auto& [timestamp, offset] : times_) {
    append_big_endian<std::int64_t>(times, timestamp);
    append_big_endian<std::int32_t>(times, static_cast<std::int32_t>(offset - base_offset_));
  }
  for (const auto& transaction : aborted_) {
    append_big_endian<std::int16_t>(aborted, 0);
    append_big_endian<std::int64_t>(aborted, transaction.producer_id);
    append_big_endian<std::int64_t>(aborted, transaction.first_offset);
    append_big_endian<std::int64_t>(aborted, transaction.last_offset);
    append_big_endian<std::int64_t>(aborted, transaction.last_stable_offset);
  }
  LEAT_RETURN_IF_ERROR(write_file_atomically(files_, path_ + ".index", offsets));
  LEAT_RETURN_IF_ERROR(write_file_atomically(files_, path_ + ".timeindex", times));
  if (!aborted_.empty()) LEAT_RETURN_IF_ERROR(write_file_atomically(files_, path_ + ".txnindex", aborted));
  return {};
}

Status Segment::remove() {
  file_.reset();
  for (const char* extension : {".log", ".index", ".timeindex", ".txnindex", ".snapshot"})
    if (files_.exists(path_ + extension)) LEAT_RETURN_IF_ERROR(files_.remove(path_ + extension));
  return {};
}

}  // namespace leat::log
