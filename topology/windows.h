// TimeWindows: windows of fixed size on a grid, tumbling or hopping.
//
//   leat::TimeWindows::of_size_and_grace(10s, 2s)                    // [0, 10), [10, 20), ...; late records up to 2 s
//   leat::TimeWindows::of_size_with_no_grace(1min).advance_by(10s)   // a new window every 10 s: six per record
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "state/windowed.h"

namespace leat {

class TimeWindows {
 public:
  using Milliseconds = std::chrono::milliseconds;

  /// Late records are taken until `grace` after the window's end, in stream time.
  static TimeWindows of_size_and_grace(Milliseconds size, Milliseconds grace) {
    return TimeWindows(size.count(), size.count(), grace.count());
  }
  static TimeWindows of_size_with_no_grace(Milliseconds size) { return of_size_and_grace(size, Milliseconds(0)); }
  TimeWindows advance_by(Milliseconds advance) const { return TimeWindows(size_ms_, advance.count(), grace_ms_); }

  std::int64_t size_ms() const { return size_ms_; }
  std::int64_t advance_ms() const { return advance_ms_; }
  std::int64_t grace_ms() const { return grace_ms_; }

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

 private:
  TimeWindows(std::int64_t size, std::int64_t advance, std::int64_t grace)
      : size_ms_(size), advance_ms_(advance), grace_ms_(grace) {}

  std::int64_t size_ms_;
  std::int64_t advance_ms_;
  std::int64_t grace_ms_;
};

}  // namespace leat
