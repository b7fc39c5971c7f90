#include "state/row_table.h"

#include "base/big_endian.h"
#include "base/check.h"

namespace leat {

namespace {
constexpr std::size_t kTimeBytes = 8;
}  // namespace

RowTimes row_times(BytesView bytes) {
  LEAT_CHECK(bytes.size() == kTimeBytes + 4 || bytes.size() == 2 * kTimeBytes, "these are no times of a row");
  const char* second = bytes.data() + kTimeBytes;
  return {load_big_endian<std::uint64_t>(bytes.data()), bytes.size() == 2 * kTimeBytes
                                                            ? load_big_endian<std::uint64_t>(second)
                                                            : load_big_endian<std::uint32_t>(second)};
}

RowSpan KeySpan::bounds() const {
  const auto row_key = [&](RowTimes times) {
    Bytes bytes(key);
    append_big_endian<std::uint64_t>(bytes, times.first);
    if (times_bytes == 2 * kTimeBytes) {
      append_big_endian<std::uint64_t>(bytes, times.second);
    } else {
      append_big_endian<std::uint32_t>(bytes, static_cast<std::uint32_t>(times.second));
    }
    return bytes;
  };
  return {.from = row_key(from), .to = row_key(to), .reverse = reverse};
}

std::optional<Bytes> prefix_end(BytesView prefix) {
  Bytes end(prefix);
  while (!end.empty()) {
    const auto last = static_cast<unsigned char>(end.back());
    if (last != 0xff) {
      end.back() = static_cast<char>(last + 1);
      return end;
    }
    end.pop_back();
  }
  return std::nullopt;
}

namespace {

class MemoryCursor final : public RowCursor {
 public:
  using Map = std::map<Bytes, Bytes, std::less<>>;
  MemoryCursor(const Map& rows, RowSpan span) : rows_(rows), span_(std::move(span)), walk_(rows_, span_) {}

  bool next(BytesView& key, BytesView& value) override {
    if (span_.empty()) return false;
    const auto at = walk_.next();
    if (at == rows_.end()) return false;
    key_ = at->first;
    value_ = at->second;
    key = key_;
    value = value_;
    return true;
  }

 private:
  const Map& rows_;
  RowSpan span_;
  MapWalk<Map> walk_;
  Bytes key_;
  Bytes value_;
};

}  // namespace

bool MemoryTable::get(BytesView key, Bytes& value) {
  const auto found = rows_.find(key);
  if (found == rows_.end()) return false;
  value = found->second;
  return true;
}

void MemoryTable::put(BytesView key, std::optional<BytesView> value) {
  const auto at = rows_.lower_bound(key);
  const bool exists = at != rows_.end() && at->first == key;
  if (!value) {
    if (exists) rows_.erase(at);
  } else if (exists) {
    at->second.assign(*value);
  } else {
    rows_.emplace_hint(at, Bytes(key), Bytes(*value));
  }
}

std::unique_ptr<RowCursor> MemoryTable::scan(RowSpan span) {
  return std::make_unique<MemoryCursor>(rows_, std::move(span));
}

void LruTable::touch(BytesView key) {
  const auto found = used_at_.find(key);
  if (found != used_at_.end()) {
    by_use_.erase(found->second);
    found->second = ++uses_;
  } else {
    used_at_.emplace(Bytes(key), ++uses_);
  }
  by_use_.emplace(uses_, Bytes(key));
}

bool LruTable::get(BytesView key, Bytes& value) {
  if (!rows_.get(key, value)) return false;
  touch(key);
  return true;
}

void LruTable::put(BytesView key, std::optional<BytesView> value) {
  rows_.put(key, value);
  if (value) {
    touch(key);
  } else if (const auto found = used_at_.find(key); found != used_at_.end()) {
    by_use_.erase(found->second);
    used_at_.erase(found);
  }
  while (used_at_.size() > rows_max_) {
    const auto eldest = by_use_.begin();
    rows_.put(eldest->second, std::nullopt);
    used_at_.erase(eldest->second);
    by_use_.erase(eldest);
  }
}

}  // namespace leat
