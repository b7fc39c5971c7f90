// Which records to read, in the grammars of rpk and kcat (`-o`):
//
//   start, beginning, oldest    end, latest, newest     17            +10: behind the start     -10: before the end
//   17:23    :end    start:end    17:                   from : to, the latter exclusive; the start where it is empty
//   @1767225600000   @2026-01-01   @2026-01-01T10:00:00Z   @-1h            the first record at or after this moment
//   @-1h:-30m        @2026-01-01:1h (until an hour later)  @-1h:end
//   s@1767225600000  e@1767225700000                                       kcat's
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace leat::tools {

struct OffsetBound {
  enum class Kind { kStart, kEnd, kAfterStart, kBeforeEnd, kOffset, kTime };
  Kind kind = Kind::kStart;
  /// Offset, distance, or milliseconds since 1970.
  std::int64_t number = 0;
  bool operator==(const OffsetBound&) const = default;
};

struct OffsetRange {
  OffsetBound from;
  /// Nothing: without an end, what is yet to come included.
  std::optional<OffsetBound> to;
  bool operator==(const OffsetRange&) const = default;
};

/// kInvalidArgument with what could be written instead. Times relative to now are counted from `now_ms`.
Result<OffsetRange> parse_offset_range(std::string_view text, std::int64_t now_ms);

/// 90s, 1h30m, 2d, 500ms; in milliseconds.
std::optional<std::int64_t> parse_short_duration_ms(std::string_view text);

}  // namespace leat::tools
