#include "state/row_buffer.h"

#include <algorithm>
#include <numeric>

#include "base/big_endian.h"
#include "base/check.h"

namespace leat::detail {

std::uint32_t RowBuffer::index_for(BytesView key) {
  const std::uint32_t hash = table_hash(key);
  const std::uint32_t known = lookup(key, hash);
  if (known != HashIndex::kNone) return known;
  const auto index = static_cast<std::uint32_t>(rows_.size());
  Row& row = rows_.emplace_back();
  row.key.assign(key);
  row.hash = hash;
  far_bytes_ += row.key.far_bytes();
  places_.insert(hash, index);
  return index;
}

void RowBuffer::put(BytesView key, std::optional<BytesView> value) {
  const std::uint32_t index = index_for(key);
  Row& row = rows_[index];
  row.there = true;
  if (!row.pending) {
    row.pending = true;
    if (!row.unsaved) unsaved_bytes_ += key.size() + kBytesPerRow;
    if (row.has_committed) {
      before_.push_back({index, row.has_value, before_values_.size(), row.value.size()});
      before_values_.append(row.value);
    }
    pending_.push_back(index);
    pending_bytes_ += key.size() + kBytesPerRow;
  }
  row.has_value = value.has_value();
  if (!value) return;
  set_value(row, *value);
  pending_bytes_ += value->size();
}

void RowBuffer::set_value(Row& row, BytesView value) {
  far_bytes_ -= row.value.far_bytes();
  row.value.assign(value);
  far_bytes_ += row.value.far_bytes();
}

void RowBuffer::commit() {
  for (const std::uint32_t index : pending_) {
    Row& row = rows_[index];
    row.pending = false;
    row.has_committed = true;
    if (std::exchange(row.unsaved, true)) continue;
    unsaved_.push_back(index);
    if (row.has_value) unsaved_bytes_ += row.value.size();
  }
  pending_.clear();
  before_.clear();
  before_values_.clear();
  pending_bytes_ = 0;
}

void RowBuffer::discard() {
  for (const std::uint32_t index : pending_) {
    Row& row = rows_[index];
    row.pending = false;
    if (!row.has_committed) row.there = false;
  }
  for (const Before& before : before_) {
    Row& row = rows_[before.index];
    row.has_value = before.has_value;
    if (row.has_value) set_value(row, BytesView(before_values_).substr(before.at, before.size));
  }
  pending_.clear();
  before_.clear();
  before_values_.clear();
  pending_bytes_ = 0;
}

void RowBuffer::saved() {
  LEAT_CHECK(pending_.empty(), "rows that are not committed were taken for saved");
  for (const std::uint32_t index : unsaved_) {
    Row& row = rows_[index];
    row.unsaved = false;
    if (row.has_value) continue;
    row.there = row.has_committed = false;
    ++dead_;
  }
  unsaved_.clear();
  unsaved_bytes_ = 0;
  if (dead_ > rows_.size() / 2) drop_dead_rows();
}

void RowBuffer::drop_dead_rows() {
  StableVector<Row> all;
  swap(all, rows_);
  drop_orders();
  dead_ = far_bytes_ = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Row& row = all[i];
    if (!row.there) continue;
    Row& kept = rows_[index_for(row.key)];
    kept.there = kept.has_value = kept.has_committed = true;
    swap(kept.value, row.value);
    far_bytes_ += kept.value.far_bytes();
  }
}

void RowBuffer::forget() {
  LEAT_CHECK(pending_.empty() && unsaved_.empty(), "rows that are not on the disk were forgotten");
  rows_.clear();
  drop_orders();
  dead_ = far_bytes_ = 0;
}

void RowBuffer::drop_orders() {
  places_.clear();
  ordered_.clear();
  by_key_.clear();
  ordered_size_ = by_key_size_ = 0;
}

const RowBuffer::Ordered& RowBuffer::ordered() {
  if (ordered_size_ < rows_.size()) {
    std::vector<std::uint32_t> added(rows_.size() - ordered_size_);
    std::iota(added.begin(), added.end(), static_cast<std::uint32_t>(ordered_size_));
    ordered_size_ = rows_.size();
    for (const Row* row : sorted(added)) ordered_.emplace(row->key, row);
  }
  return ordered_;
}

const RowBuffer::ByKey& RowBuffer::by_key(std::size_t times_bytes) {
  for (; by_key_size_ < rows_.size(); ++by_key_size_) {
    const Row& row = rows_[by_key_size_];
    const BytesView bytes = row.key;
    const std::size_t key_bytes = bytes.size() - times_bytes;
    by_key_.insert(bytes.substr(0, key_bytes), row_times(bytes.substr(key_bytes)), &row);
  }
  return by_key_;
}

std::vector<const RowBuffer::Row*> RowBuffer::unsaved() const { return sorted(unsaved_); }

template <class Indexes>
std::vector<const RowBuffer::Row*> RowBuffer::sorted(const Indexes& indexes) const {
  std::vector<const Row*> rows;
  rows.reserve(indexes.size());
  if (indexes.empty()) return rows;
  // By the first bytes as a number, which most often decide without a look at the rows; what all keys begin with is
  // left out of it.
  const BytesView first_key = rows_[indexes[0]].key;
  std::size_t common = first_key.size();
  for (const std::uint32_t index : indexes) {
    const BytesView key = rows_[index].key;
    std::size_t same = 0;
    while (same < std::min(common, key.size()) && key[same] == first_key[same]) ++same;
    common = same;
  }
  struct Entry {
    std::uint64_t first;
    const Row* row;
  };
  std::vector<Entry> entries;
  entries.reserve(indexes.size());
  for (const std::uint32_t index : indexes) {
    const BytesView rest = rows_[index].key.view().substr(common);
    char first[8] = {};
    std::memcpy(first, rest.data(), std::min<std::size_t>(rest.size(), sizeof first));
    entries.push_back({load_big_endian<std::uint64_t>(first), &rows_[index]});
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.first != b.first ? a.first < b.first : a.row->key.view() < b.row->key.view();
  });
  for (const Entry& entry : entries) rows.push_back(entry.row);
  return rows;
}

}  // namespace leat::detail
