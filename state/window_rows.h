// WindowRows: rows of bytes by key and window start, which expire. Two kinds, each with Kafka's own idea of when:
//
//   segmented   tables of half a retention each; a whole segment expires at once. Order: segment, key, start; or
//               start, key, see RowOrder.
//   exact       one map per start, in memory; a start expires to the millisecond. Order: start, key.
//
// A row key in a segment, and of every row in a changelog: key, start (8 bytes), sequence (4 bytes; 0 unless the store
// keeps duplicates).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "state/row_table.h"
#include "state/store_builder.h"

namespace leat::detail {

inline constexpr std::size_t kWindowKeySuffixBytes = 12;

/// key, start, sequence.
void append_window_key(BytesView key, std::int64_t start, std::int32_t sequence, Bytes& out);
struct WindowKeyView {
  BytesView key;
  std::int64_t start = 0;
};
/// The parts of such a key. Requires 12 bytes at least.
WindowKeyView parse_window_key(BytesView bytes);

/// Which rows to read. Absent keys are open; times are window starts, both included.
struct WindowSpan {
  std::optional<Bytes> from_key;
  std::optional<Bytes> to_key;
  std::int64_t from = 0;
  std::int64_t to = 0;
  bool reverse = false;

  bool keys_reversed() const { return from_key && to_key && *from_key > *to_key; }
  bool one_key() const { return from_key && to_key && *from_key == *to_key; }
  bool holds(BytesView key, std::int64_t start) const {
    return start >= from && start <= to && (!from_key || key >= *from_key) && (!to_key || key <= *to_key);
  }
};

/// The span of row keys in which Kafka looks for the rows of a window span. For several keys its upper end is
/// WindowKeySchema's, which can lie below a row whose key is a prefix of `to_key`; such a row is not found there
/// either.
RowSpan row_bounds(const WindowSpan& span);
/// The same of one key, which is borrowed from the span.
KeySpan key_span(const WindowSpan& span);

class WindowCursor {
 public:
  virtual ~WindowCursor() = default;
  /// The next row, borrowed until the next call; false at the end.
  virtual bool next(BytesView& key, std::int64_t& start, BytesView& value) = 0;
};

struct WindowRowsOptions {
  std::string name;
  std::int64_t retention_ms = 0;
  std::int64_t segment_interval_ms = 0;
  bool retain_duplicates = false;
  /// Of segmented rows. By time: a second table per segment finds rows by start, and a start expires a millisecond
  /// later than else, as in Kafka's stores of this kind.
  RowOrder order = RowOrder::kByKey;

  bool by_time() const { return order != RowOrder::kByKey; }
};

class WindowRows {
 public:
  virtual ~WindowRows() = default;
  /// False where the start has expired: nothing is written. No value deletes; with duplicates it does nothing.
  virtual bool put(BytesView key, std::int64_t start, std::optional<BytesView> value) = 0;
  virtual bool get(BytesView key, std::int64_t start, Bytes& value) = 0;
  virtual std::unique_ptr<WindowCursor> fetch(const WindowSpan& span) = 0;
  /// What RowTable has of these names, for a row and for the rows of a key around a time.
  virtual void expect(BytesView /*row_key*/, std::int64_t /*start*/, Comes) {}
  virtual void expect_key(BytesView /*key*/, std::int64_t /*time*/, Comes) {}
  /// Whether row `a` comes before row `b` in a forward fetch of the span.
  virtual bool before(const WindowSpan& span, const WindowKeyView& a, const WindowKeyView& b) const = 0;

  static std::unique_ptr<WindowRows> segmented(WindowRowsOptions options, RowTables& backend);
  static std::unique_ptr<WindowRows> exact(WindowRowsOptions options);
};

}  // namespace leat::detail
