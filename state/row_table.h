// RowTable: rows of bytes in the order of their keys, which is all that stores ask of memory or disk.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace leat {

/// A span of keys. An absent end is open; `from` is included, `to` where `to_included`.
struct RowSpan {
  std::optional<Bytes> from;
  std::optional<Bytes> to;
  bool to_included = true;
  bool reverse = false;

  bool empty() const { return from && to && (*from > *to || (*from == *to && !to_included)); }
};

/// How far a record is whose rows are about to be read. It is told of at each stage, so that memory can be fetched
/// which only what arrived in between tells the place of.
enum class Comes { kSoon, kNear, kNext };

/// What follows the key in a row key, as numbers that sort like its bytes: a time and a sequence number, or two times.
struct RowTimes {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  auto operator<=>(const RowTimes&) const = default;
};
/// Of the last bytes of a row key, 12 or 16.
RowTimes row_times(BytesView bytes);

/// Rows of one key between two times, both included.
struct KeySpan {
  BytesView key;
  RowTimes from;
  RowTimes to;
  std::size_t times_bytes = 0;  ///< 12 or 16, in all row keys of the table
  bool reverse = false;

  /// Where these rows are; others may lie between them.
  RowSpan bounds() const;
};

/// The smallest key above all keys that start with `prefix`; none where there is no such key.
std::optional<Bytes> prefix_end(BytesView prefix);

/// Rows of a span, one after the other. The table may be written meanwhile: what is deleted or added ahead of the
/// cursor may or may not be seen.
class RowCursor {
 public:
  virtual ~RowCursor() = default;
  /// The next row, borrowed until the next call or a write; false at the end.
  virtual bool next(BytesView& key, BytesView& value) = 0;
};

class RowTable {
 public:
  virtual ~RowTable() = default;
  virtual bool get(BytesView key, Bytes& value) = 0;
  /// No value deletes the row.
  virtual void put(BytesView key, std::optional<BytesView> value) = 0;
  virtual std::unique_ptr<RowCursor> scan(RowSpan span) = 0;
  /// The same for the rows of one key, though some of other keys may come as well: tables that find them faster than by
  /// the order of all rows do. The key is borrowed for the call.
  virtual std::unique_ptr<RowCursor> scan_key(const KeySpan& span) { return scan(span.bounds()); }
  virtual std::int64_t approximate_count() = 0;

  /// The row is about to be read or written: a hint, see Comes.
  virtual void expect(BytesView /*row_key*/, Comes) {}
  /// The latest rows of a key are about to be read by scan_key.
  virtual void expect_key(BytesView /*key*/, Comes) {}
};

/// Tables by their names: what a store keeps its rows in. A key-value store has one; window, session and versioned
/// stores have one, or two, for every segment of time.
class RowTables {
 public:
  virtual ~RowTables() = default;
  /// The table of that name, made where it does not exist. Lives until it is dropped.
  virtual RowTable& table(const std::string& name) = 0;
  virtual void drop_table(const std::string& name) = 0;
  /// The names of all tables, sorted.
  virtual std::vector<std::string> table_names() const = 0;
};

/// Rows in memory.
class MemoryTable : public RowTable {
 public:
  bool get(BytesView key, Bytes& value) override;
  void put(BytesView key, std::optional<BytesView> value) override;
  std::unique_ptr<RowCursor> scan(RowSpan span) override;
  std::int64_t approximate_count() override { return static_cast<std::int64_t>(rows_.size()); }

 private:
  std::map<Bytes, Bytes, std::less<>> rows_;
};

/// Rows in memory, of which the least recently used are forgotten above `rows_max` (Kafka's LRU map).
class LruTable : public RowTable {
 public:
  explicit LruTable(std::size_t rows_max) : rows_max_(rows_max) {}
  bool get(BytesView key, Bytes& value) override;
  void put(BytesView key, std::optional<BytesView> value) override;
  std::unique_ptr<RowCursor> scan(RowSpan span) override { return rows_.scan(std::move(span)); }
  std::int64_t approximate_count() override { return rows_.approximate_count(); }

 private:
  void touch(BytesView key);

  std::size_t rows_max_;
  MemoryTable rows_;
  std::uint64_t uses_ = 0;
  std::map<Bytes, std::uint64_t, std::less<>> used_at_;
  std::map<std::uint64_t, Bytes> by_use_;
};

/// Walks a sorted map by its last key, so that writes in between do no harm. `Map` is Bytes, or views of them, ->
/// anything.
template <class Map>
class MapWalk {
 public:
  MapWalk(const Map& map, const RowSpan& span) : map_(&map), span_(&span) {}

  /// The row behind the last one; end() where there is none in the span.
  typename Map::const_iterator next() {
    if constexpr (kTellsChanges) {
      if (started_ && map_->version() == version_) {
        if (at_ == map_->end()) return at_;
        if (!span_->reverse) {
          ++at_;
        } else {
          at_ = at_ == map_->begin() ? map_->end() : std::prev(at_);
        }
        return found(at_);
      }
      version_ = map_->version();
      started_ = true;
    }
    return found(span_->reverse ? step_back() : step_forward());
  }

 private:
  /// Where the map says whether it was written, the walk goes on from where it is.
  static constexpr bool kTellsChanges = requires(const Map& map) { map.version(); };

  typename Map::const_iterator found(typename Map::const_iterator at) {
    at_ = at == map_->end() || !inside(at->first) ? map_->end() : at;
    if (at_ != map_->end()) {
      last_.assign(at_->first);
      any_ = true;
    }
    return at_;
  }
  typename Map::const_iterator step_forward() const {
    if (any_) return map_->upper_bound(last_);
    return span_->from ? map_->lower_bound(*span_->from) : map_->begin();
  }
  typename Map::const_iterator step_back() const {
    auto above = map_->end();
    if (any_) {
      above = map_->lower_bound(last_);
    } else if (span_->to) {
      above = span_->to_included ? map_->upper_bound(*span_->to) : map_->lower_bound(*span_->to);
    }
    return above == map_->begin() ? map_->end() : std::prev(above);
  }
  bool inside(BytesView key) const {
    if (span_->from && key < *span_->from) return false;
    return !span_->to || key < *span_->to || (span_->to_included && key == *span_->to);
  }

  const Map* map_;
  const RowSpan* span_;
  Bytes last_;
  bool any_ = false;
  bool started_ = false;
  std::uint64_t version_ = 0;
  typename Map::const_iterator at_{};
};

}  // namespace leat
