// The windows that streams are aggregated over.
//
//   leat::TimeWindows::of_size_and_grace(10s, 2s)                    // [0, 10), [10, 20), ...; late records up to 2 s
//   leat::TimeWindows::of_size_with_no_grace(1min).advance_by(10s)   // a new window every 10 s: six per record
//   leat::SlidingWindows::of_time_difference_with_no_grace(10s)      // all records that lie up to 10 s apart
//   leat::SessionWindows::of_inactivity_gap_and_grace(30min, 1min)   // as long as records follow within the gap
//   leat::UnlimitedWindows::of().start_on(0)                         // one window without an end
//
// Times are stream time in milliseconds. `kept_ms()` is how long a store must keep a window at least.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

#include "base/timestamp.h"
#include "state/windowed.h"

namespace leat {

/// Windows of fixed size on a grid from 1970, tumbling or hopping (org.apache.kafka.streams.kstream.TimeWindows). The
/// start belongs to a window, the end does not; none starts below 0.
class TimeWindows {
 public:
  using Milliseconds = std::chrono::milliseconds;

  /// Late records are taken until `grace` after the window's end, in stream time.
  static TimeWindows of_size_and_grace(Milliseconds size, Milliseconds grace) {
    return TimeWindows(size.count(), size.count(), grace.count());
  }
  static TimeWindows of_size_with_no_grace(Milliseconds size) { return of_size_and_grace(size, Milliseconds(0)); }
  /// Hopping: a new window begins every `advance`, which is above 0 and at most the size.
  TimeWindows advance_by(Milliseconds advance) const { return TimeWindows(size_ms_, advance.count(), grace_ms_); }

  std::int64_t size_ms() const { return size_ms_; }
  std::int64_t advance_ms() const { return advance_ms_; }
  std::int64_t grace_ms() const { return grace_ms_; }
  std::int64_t kept_ms() const { return size_ms_ + grace_ms_; }

  /// Empty, or what is wrong with these windows.
  std::string problem() const {
    if (size_ms_ <= 0) return "the size of a window must be larger than 0";
    if (advance_ms_ <= 0 || advance_ms_ > size_ms_) return "windows must advance by more than 0 and at most their size";
    if (grace_ms_ < 0) return "the grace period must not be negative";
    return {};
  }

  /// The start of the first window that holds `timestamp`; the others follow by advance_ms().
  std::int64_t first_start(std::int64_t timestamp) const {
    const std::int64_t start = timestamp - size_ms_ + advance_ms_;
    return (start > 0 ? start : 0) / advance_ms_ * advance_ms_;
  }
  /// Calls `visit` with every window that holds `timestamp`, in order of start.
  template <class F>
  void for_each_window(std::int64_t timestamp, F visit) const {
    for (std::int64_t start = first_start(timestamp); start <= timestamp; start += advance_ms_) {
      visit(Window{start, start + size_ms_});
    }
  }
  /// Whether two times lie in the same windows.
  bool in_same_windows(std::int64_t a, std::int64_t b) const {
    return first_start(a) == first_start(b) && a / advance_ms_ == b / advance_ms_;
  }

 private:
  TimeWindows(std::int64_t size, std::int64_t advance, std::int64_t grace)
      : size_ms_(size), advance_ms_(advance), grace_ms_(grace) {}

  std::int64_t size_ms_;
  std::int64_t advance_ms_;
  std::int64_t grace_ms_;
};

/// One window that begins at a time and never ends (org.apache.kafka.streams.kstream.UnlimitedWindows). Records before
/// its start belong to no window, and are not counted as dropped.
class UnlimitedWindows {
 public:
  static UnlimitedWindows of() { return {}; }
  UnlimitedWindows start_on(Timestamp start) const {
    UnlimitedWindows windows;
    windows.start_ms_ = start.ms();
    return windows;
  }

  std::int64_t size_ms() const { return std::numeric_limits<std::int64_t>::max(); }
  std::int64_t grace_ms() const { return 0; }
  std::int64_t kept_ms() const { return size_ms(); }
  std::string problem() const { return start_ms_ < 0 ? "the start of a window must not be negative" : std::string(); }

  template <class F>
  void for_each_window(std::int64_t timestamp, F visit) const {
    if (timestamp >= start_ms_) visit(Window{start_ms_, std::numeric_limits<std::int64_t>::max()});
  }
  bool in_same_windows(std::int64_t a, std::int64_t b) const { return (a >= start_ms_) == (b >= start_ms_); }

 private:
  std::int64_t start_ms_ = 0;
};

/// Windows that end, or begin, at records: two records are in one window where they lie no further apart than the time
/// difference. Start and end belong to the window both (org.apache.kafka.streams.kstream.SlidingWindows, KIP-450).
class SlidingWindows {
 public:
  using Milliseconds = std::chrono::milliseconds;

  static SlidingWindows of_time_difference_and_grace(Milliseconds difference, Milliseconds grace) {
    return SlidingWindows(difference.count(), grace.count());
  }
  static SlidingWindows of_time_difference_with_no_grace(Milliseconds difference) {
    return of_time_difference_and_grace(difference, Milliseconds(0));
  }

  std::int64_t size_ms() const { return difference_ms_; }
  std::int64_t grace_ms() const { return grace_ms_; }
  std::int64_t kept_ms() const { return 2 * difference_ms_ + grace_ms_; }

  std::string problem() const {
    if (difference_ms_ < 0) return "the time difference of sliding windows must not be negative";
    if (grace_ms_ < 0) return "the grace period must not be negative";
    return {};
  }

 private:
  SlidingWindows(std::int64_t difference, std::int64_t grace) : difference_ms_(difference), grace_ms_(grace) {}

  std::int64_t difference_ms_;
  std::int64_t grace_ms_;
};

/// Sessions: a record belongs to the session of its key that it follows, or is followed by, within the inactivity gap;
/// where there are two, they become one. A session begins at its first record and ends at its last, both included
/// (org.apache.kafka.streams.kstream.SessionWindows). It closes when stream time has passed its end by gap and grace.
class SessionWindows {
 public:
  using Milliseconds = std::chrono::milliseconds;

  static SessionWindows of_inactivity_gap_and_grace(Milliseconds gap, Milliseconds grace) {
    return SessionWindows(gap.count(), grace.count());
  }
  static SessionWindows of_inactivity_gap_with_no_grace(Milliseconds gap) {
    return of_inactivity_gap_and_grace(gap, Milliseconds(0));
  }

  std::int64_t gap_ms() const { return gap_ms_; }
  std::int64_t grace_ms() const { return grace_ms_; }
  /// How long after its end a session closes; also how long a store must keep it at least.
  std::int64_t kept_ms() const { return gap_ms_ + grace_ms_; }

  std::string problem() const {
    if (gap_ms_ <= 0) return "the inactivity gap of sessions must be larger than 0";
    if (grace_ms_ < 0) return "the grace period must not be negative";
    return {};
  }

 private:
  SessionWindows(std::int64_t gap, std::int64_t grace) : gap_ms_(gap), grace_ms_(grace) {}

  std::int64_t gap_ms_;
  std::int64_t grace_ms_;
};

/// How far apart in time records of two streams may be to be joined: the other's timestamp lies within
/// [timestamp - before, timestamp + after] (org.apache.kafka.streams.kstream.JoinWindows).
class JoinWindows {
 public:
  using Milliseconds = std::chrono::milliseconds;

  static JoinWindows of_time_difference_and_grace(Milliseconds difference, Milliseconds grace) {
    return JoinWindows(difference.count(), difference.count(), grace.count());
  }
  static JoinWindows of_time_difference_with_no_grace(Milliseconds difference) {
    return of_time_difference_and_grace(difference, Milliseconds(0));
  }
  /// The other's record may be older by this. Negative: it must be younger.
  JoinWindows before(Milliseconds before) const { return JoinWindows(before.count(), after_ms_, grace_ms_); }
  /// The other's record may be younger by this. Negative: it must be older.
  JoinWindows after(Milliseconds after) const { return JoinWindows(before_ms_, after.count(), grace_ms_); }

  std::int64_t before_ms() const { return before_ms_; }
  std::int64_t after_ms() const { return after_ms_; }
  std::int64_t grace_ms() const { return grace_ms_; }
  std::int64_t size_ms() const { return before_ms_ + after_ms_; }

  /// Empty, or what is wrong with these windows.
  std::string problem() const {
    if (size_ms() < 0) return "a join window must not end before it begins (before + after < 0)";
    if (grace_ms_ < 0) return "the grace period must not be negative";
    return {};
  }

 private:
  JoinWindows(std::int64_t before, std::int64_t after, std::int64_t grace)
      : before_ms_(before), after_ms_(after), grace_ms_(grace) {}

  std::int64_t before_ms_;
  std::int64_t after_ms_;
  std::int64_t grace_ms_;
};

}  // namespace leat
