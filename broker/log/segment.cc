#include "broker/log/segment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/big_endian.h"

namespace leat::log {

using wire::BatchView;

namespace {

constexpr std::int16_t kAbortedEntryVersion = 0;

}  // namespace

Status replace_file(Files& files, const std::string& path, BytesView content) {
  const std::string temporary = path + ".tmp";
  {
    LEAT_ASSIGN_OR_RETURN(auto file, files.open(temporary, OpenMode::kCreate));
    LEAT_RETURN_IF_ERROR(file->truncate(0));
    LEAT_RETURN_IF_ERROR(file->write_at(0, Buf::copy_of(content)));
    LEAT_RETURN_IF_ERROR(file->sync_now());
  }
  return files.rename(temporary, path);
}

std::string segment_name(std::int64_t base_offset) { return fmt::format("{:020}", base_offset); }

std::vector<std::int64_t> offsets_in_names(const std::vector<std::string>& names, std::string_view extension) {
  std::vector<std::int64_t> offsets;
  const std::size_t digits = segment_name(0).size();
  for (const std::string& name : names) {
    if (!name.ends_with(extension) || name.size() != digits + extension.size()) continue;
    if (name.find_first_not_of("0123456789") != digits) continue;
    offsets.push_back(static_cast<std::int64_t>(std::strtoull(name.c_str(), nullptr, 10)));
  }
  std::sort(offsets.begin(), offsets.end());
  return offsets;
}

std::string Segment::log_path(Stage stage) const {
  return path_ + std::string(stage == Stage::kLive   ? kLogExtension
                             : stage == Stage::kSwap ? ".log.swap"
                                                     : ".log.cleaned");
}

Result<std::unique_ptr<Segment>> Segment::open(Files& files, const std::string& directory, std::int64_t base_offset,
                                               Stage stage) {
  std::unique_ptr<Segment> segment(new Segment(files, directory + "/" + segment_name(base_offset), base_offset));
  segment->stage_ = stage;
  LEAT_ASSIGN_OR_RETURN(segment->file_, files.open(segment->log_path(stage), OpenMode::kCreate));
  if (stage == Stage::kCleaned) LEAT_RETURN_IF_ERROR(segment->file_->truncate(0));
  LEAT_ASSIGN_OR_RETURN(segment->size_, segment->file_->size());
  return segment;
}

Status Segment::append(const Buf& batches, std::int64_t index_interval_bytes) {
  if (auto written = file_->write_at(size_, batches); !written) {
    // Half a batch must not stay: the next append would bury it. Where even the cut fails, recovery finds it.
    [[maybe_unused]] const Status cut = file_->truncate(size_);
    return written.error();
  }
  for (BytesView rest = batches.view(); !rest.empty();) {
    const BatchView batch = *BatchView::parse(rest);
    note(batch, size_, index_interval_bytes);
    size_ += batch.size();
    rest.remove_prefix(batch.size());
  }
  return {};
}

Status Segment::write_again(std::uint64_t position) {
  constexpr std::size_t kChunkBytes = 1024 * 1024;
  while (position < size_) {
    Buf chunk = Buf::allocate(std::min<std::uint64_t>(kChunkBytes, size_ - position));
    LEAT_ASSIGN_OR_RETURN(const std::size_t got, file_->read_at(position, chunk.mutable_data(), chunk.size()));
    if (got == 0) break;
    LEAT_RETURN_IF_ERROR(file_->write_at(position, chunk.slice(0, got)));
    position += got;
  }
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

Segment::Place Segment::place_before(std::int64_t offset) const {
  // An entry names the last offset of its batch, so the one before the first that lies behind `offset` is safe.
  auto behind = std::upper_bound(offsets_.begin(), offsets_.end(), offset,
                                 [](std::int64_t wanted, const OffsetEntry& each) { return wanted < each.offset; });
  if (behind == offsets_.begin()) return {};
  return {std::prev(behind)->position, std::prev(behind)->offset};
}

Segment::Place Segment::place_before_timestamp(std::int64_t timestamp) const {
  auto entry = std::lower_bound(times_.begin(), times_.end(), timestamp,
                                [](const TimeEntry& each, std::int64_t wanted) { return each.timestamp < wanted; });
  return entry == times_.begin() ? Place{} : place_before(std::prev(entry)->offset);
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
    append_big_endian<std::int16_t>(aborted, kAbortedEntryVersion);
    append_big_endian<std::int64_t>(aborted, transaction.producer_id);
    append_big_endian<std::int64_t>(aborted, transaction.first_offset);
    append_big_endian<std::int64_t>(aborted, transaction.last_offset);
    append_big_endian<std::int64_t>(aborted, transaction.last_stable_offset);
  }
  LEAT_RETURN_IF_ERROR(replace_file(files_, path_ + ".index", offsets));
  LEAT_RETURN_IF_ERROR(replace_file(files_, path_ + ".timeindex", times));
  if (!aborted_.empty()) return replace_file(files_, path_ + ".txnindex", aborted);
  return files_.exists(path_ + ".txnindex") ? files_.remove(path_ + ".txnindex") : Status{};
}

Status Segment::enter(Stage stage) {
  LEAT_RETURN_IF_ERROR(files_.rename(log_path(stage_), log_path(stage)));
  stage_ = stage;
  return {};
}

Status Segment::remove_indexes() {
  for (const char* extension : {".index", ".timeindex", ".txnindex"})
    if (files_.exists(path_ + extension)) LEAT_RETURN_IF_ERROR(files_.remove(path_ + extension));
  return {};
}

Status Segment::remove() {
  file_.reset();
  if (files_.exists(log_path(stage_))) LEAT_RETURN_IF_ERROR(files_.remove(log_path(stage_)));
  if (stage_ != Stage::kLive) return {};  // the rest belongs to the segment that it was to replace
  LEAT_RETURN_IF_ERROR(remove_indexes());
  return files_.exists(path_ + ".snapshot") ? files_.remove(path_ + ".snapshot") : Status{};
}

}  // namespace leat::log
