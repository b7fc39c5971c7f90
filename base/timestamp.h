// Timestamp: a point in time as Kafka writes it.
#pragma once

#include <chrono>
#include <cstdint>

namespace leat {

/// Milliseconds since 1970, Kafka's form of time. Reads as a number; durations may be added and taken away.
class Timestamp {
 public:
  constexpr Timestamp() = default;
  constexpr Timestamp(std::int64_t ms) : ms_(ms) {}
  template <class Rep, class Period>
  constexpr Timestamp(std::chrono::duration<Rep, Period> since_epoch)
      : ms_(std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()) {}

  constexpr operator std::int64_t() const { return ms_; }
  constexpr std::int64_t ms() const { return ms_; }

  template <class Rep, class Period>
  friend constexpr Timestamp operator+(Timestamp at, std::chrono::duration<Rep, Period> by) {
    return at.ms_ + std::chrono::duration_cast<std::chrono::milliseconds>(by).count();
  }
  template <class Rep, class Period>
  friend constexpr Timestamp operator-(Timestamp at, std::chrono::duration<Rep, Period> by) {
    return at.ms_ - std::chrono::duration_cast<std::chrono::milliseconds>(by).count();
  }

 private:
  std::int64_t ms_ = 0;
};

}  // namespace leat
