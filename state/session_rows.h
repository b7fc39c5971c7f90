// SessionRows: rows of bytes by key and session, which expire by the end of their session. Two kinds, as window rows:
//
//   segmented   tables of half a retention each; a whole segment expires at once. Order: segment, key, end, start.
//   Where
//               it is `by_time`, a second table per segment finds sessions of all keys by their end.
//   exact       one map per end, in memory; an end expires to the millisecond. Order: end, key, start.
//
// A row key, in a segment and in every changelog: key, end (8 bytes), start (8 bytes).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "state/row_table.h"
#include "state/windowed.h"

namespace leat::detail {

inline constexpr std::size_t kSessionKeySuffixBytes = 16;

void append_session_key(BytesView key, Window session, Bytes& out);
struct SessionKeyView {
  BytesView key;
  Window session;
};
/// The parts of such a key. Requires 16 bytes at least.
SessionKeyView parse_session_key(BytesView bytes);

/// Which sessions to read: those that end at `earliest_end` or later and start at `latest_start` or earlier. Absent
/// keys are open.
struct SessionSpan {
  std::optional<Bytes> from_key;
  std::optional<Bytes> to_key;
  std::int64_t earliest_end = 0;
  std::int64_t latest_start = 0;
  bool reverse = false;

  bool keys_reversed() const { return from_key && to_key && *from_key > *to_key; }
  bool one_key() const { return from_key && to_key && *from_key == *to_key; }
  bool holds(const SessionKeyView& row) const {
    return row.session.end >= earliest_end && row.session.start <= latest_start &&
           (!from_key || row.key >= *from_key) && (!to_key || row.key <= *to_key);
  }
};

/// The span of row keys in which Kafka looks for the rows of a session span; see row_bounds of window rows.
RowSpan session_bounds(const SessionSpan& span);
/// The same of one key, which is borrowed from the span.
KeySpan key_span(const SessionSpan& span);

struct SessionRow {
  Bytes key;  ///< the row key
  Bytes value;
};

class SessionRows {
 public:
  virtual ~SessionRows() = default;
  /// False where the session has expired: nothing is written. No value deletes.
  virtual bool put(BytesView row_key, std::optional<BytesView> value) = 0;
  /// Deletes the row; an expired session is no mistake.
  virtual void remove(BytesView row_key) = 0;
  virtual bool get(BytesView row_key, Bytes& value) = 0;
  /// Shows the rows of a span, one after the other; what it is shown to must not write.
  using Visit = std::function<void(const SessionKeyView& session, BytesView row_key, BytesView value)>;
  virtual void find(const SessionSpan& span, const Visit& visit) = 0;
  /// Appends the sessions of all keys that end within [earliest_end, latest_end], oldest end first. Requires `by_time`
  /// or rows in memory.
  virtual void find_ended(std::int64_t earliest_end, std::int64_t latest_end, std::vector<SessionRow>& rows) = 0;
  /// What RowTable has of these names, for a row and for the rows of a key around a time.
  virtual void expect(BytesView /*row_key*/, Comes) {}
  virtual void expect_key(BytesView /*key*/, std::int64_t /*time*/, Comes) {}
  /// Whether row key `a` comes before row key `b` in this store's order.
  virtual bool before(BytesView a, BytesView b) const = 0;

  static std::unique_ptr<SessionRows> segmented(std::string name, std::int64_t retention_ms,
                                                std::int64_t segment_interval_ms, bool by_time, RowTables& backend);
  static std::unique_ptr<SessionRows> exact(std::int64_t retention_ms);
};

}  // namespace leat::detail
