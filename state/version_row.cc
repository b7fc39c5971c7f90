#include "state/version_row.h"

#include <algorithm>

#include "base/check.h"
#include "base/serde.h"

namespace leat::detail {

namespace {
constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kEntryBytes = kTimeBytes + 4;
}  // namespace

VersionRow::Version VersionRow::version(std::int64_t from, std::optional<BytesView> value) {
  return {from, value ? std::optional<Bytes>(*value) : std::nullopt};
}

VersionRow::VersionRow(std::optional<BytesView> value, std::int64_t from, std::int64_t to) : next_(to) {
  versions_.push_back(version(from, value));
}

Result<VersionRow> VersionRow::parse(BytesView bytes) {
  const auto corrupt = [] { return Error{ErrorKind::kCorrupt, "a row of a versioned store is malformed"}; };
  const auto time = [&](std::size_t at) {
    return static_cast<std::int64_t>(read_big_endian<std::uint64_t>(bytes.data() + at));
  };
  if (bytes.size() < 2 * kTimeBytes) return corrupt();
  VersionRow row;
  row.next_ = time(0);
  const std::int64_t first = time(kTimeBytes);
  std::size_t values_left = bytes.size();
  for (std::size_t at = 2 * kTimeBytes;; at += kEntryBytes) {
    if (at + kEntryBytes > bytes.size()) return corrupt();
    const std::int64_t from = time(at);
    const auto size = static_cast<std::int32_t>(read_big_endian<std::uint32_t>(bytes.data() + at + kTimeBytes));
    if (size > static_cast<std::int64_t>(values_left)) return corrupt();
    if (size >= 0) {
      values_left -= static_cast<std::size_t>(size);
      row.versions_.push_back(version(from, bytes.substr(values_left, static_cast<std::size_t>(size))));
    } else {
      row.versions_.push_back(version(from, std::nullopt));
    }
    if (from != first) continue;
    if (values_left != at + kEntryBytes) return corrupt();
    return row;
  }
}

Bytes VersionRow::encode() const {
  Bytes bytes;
  append_big_endian(static_cast<std::uint64_t>(next_), bytes);
  append_big_endian(static_cast<std::uint64_t>(first()), bytes);
  for (const Version& each : versions_) {
    append_big_endian(static_cast<std::uint64_t>(each.from), bytes);
    append_big_endian(each.value ? static_cast<std::uint32_t>(each.value->size()) : ~std::uint32_t{0}, bytes);
  }
  for (auto each = versions_.rbegin(); each != versions_.rend(); ++each) {
    if (each->value) bytes.append(*each->value);
  }
  return bytes;
}

std::size_t VersionRow::find(std::int64_t time) const {
  const auto found =
      std::find_if(versions_.begin(), versions_.end(), [&](const Version& each) { return each.from <= time; });
  LEAT_CHECK(found != versions_.end(), "a time before the first version of a row");
  return static_cast<std::size_t>(found - versions_.begin());
}

void VersionRow::insert_as_latest(std::int64_t from, std::int64_t to, std::optional<BytesView> value) {
  if (from < next_) {
    // A version had been moved here when the write of its successor was lost.
    while (!versions_.empty() && versions_.front().from >= from) versions_.erase(versions_.begin());
    if (versions_.empty()) versions_.push_back(version(from, std::nullopt));
    next_ = from;
  }
  const bool mark = is_mark();
  if (next_ == from) {
    if (mark) versions_.clear();
  } else if (!mark) {
    versions_.insert(versions_.begin(), version(next_, std::nullopt));
  }
  versions_.insert(versions_.begin(), version(from, value));
  next_ = to;
}

void VersionRow::insert_as_earliest(std::int64_t from, std::optional<BytesView> value) {
  if (is_mark()) versions_.clear();
  versions_.push_back(version(from, value));
}

void VersionRow::insert(std::size_t index, std::int64_t from, std::optional<BytesView> value) {
  versions_.insert(versions_.begin() + static_cast<std::ptrdiff_t>(index), version(from, value));
}

void VersionRow::update(std::size_t index, std::int64_t from, std::optional<BytesView> value) {
  versions_[index] = version(from, value);
}

}  // namespace leat::detail
