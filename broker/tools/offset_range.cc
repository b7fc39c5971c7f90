#include "broker/tools/offset_range.h"

#include <fmt/format.h>

#include "broker/tools/options.h"
#include "broker/tools/times.h"

namespace leat::tools {

namespace {

using Kind = OffsetBound::Kind;

Error wrong(std::string_view text) {
  return {ErrorKind::kInvalidArgument,
          fmt::format("offset '{}': write start, end, 17, +10 (behind the start), -10 (before the end), 17:23, :end, "
                      "@2026-01-01T10:00:00Z, @-1h or @-1h:-30m",
                      text)};
}

std::optional<OffsetBound> parse_place(std::string_view text) {
  if (text == "start" || text == "beginning" || text == "oldest" || text == "earliest") return OffsetBound{};
  if (text == "end" || text == "latest" || text == "newest") return OffsetBound{Kind::kEnd};
  const bool after = text.starts_with('+');
  const auto number = parse_whole_number(after ? text.substr(1) : text);
  if (!number) return std::nullopt;
  if (after) return *number < 0 ? std::nullopt : std::optional(OffsetBound{Kind::kAfterStart, *number});
  return *number < 0 ? OffsetBound{Kind::kBeforeEnd, -*number} : OffsetBound{Kind::kOffset, *number};
}

/// A moment: relative to `base_ms` where it is a duration.
std::optional<std::int64_t> parse_moment(std::string_view text, std::int64_t base_ms, std::int64_t now_ms) {
  constexpr std::size_t kDigitsOfSeconds = 10;
  constexpr std::int64_t kMsPerSecond = 1000;
  if (text.starts_with('-')) {
    const auto ago = parse_short_duration_ms(text.substr(1));
    return ago ? std::optional(now_ms - *ago) : std::nullopt;
  }
  if (const auto number = parse_whole_number(text))
    return text.size() <= kDigitsOfSeconds ? *number * kMsPerSecond : *number;
  if (const auto later = parse_short_duration_ms(text)) return base_ms + *later;
  const auto date = parse_datetime(text);
  return date ? std::optional(*date) : std::nullopt;
}

/// Behind the @. A colon may part two moments, or stand inside of one.
std::optional<OffsetRange> parse_times(std::string_view text, std::int64_t now_ms) {
  if (const auto moment = parse_moment(text, now_ms, now_ms)) return OffsetRange{{Kind::kTime, *moment}, std::nullopt};
  for (std::size_t colon = text.find(':'); colon != std::string_view::npos; colon = text.find(':', colon + 1)) {
    const auto from = parse_moment(text.substr(0, colon), now_ms, now_ms);
    if (!from) continue;
    std::string_view rest = text.substr(colon + 1);
    if (rest == "end") return OffsetRange{{Kind::kTime, *from}, OffsetBound{Kind::kEnd}};
    if (rest.starts_with('@')) rest.remove_prefix(1);
    if (const auto to = parse_moment(rest, *from, now_ms))
      return OffsetRange{{Kind::kTime, *from}, OffsetBound{Kind::kTime, *to}};
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_short_duration_ms(std::string_view text) {
  constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}, {"w", 604'800'000}};
  std::int64_t total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const std::size_t digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
    const auto number = parse_whole_number(text.substr(0, digits));
    text.remove_prefix(digits);
    const std::size_t letters = std::min(text.find_first_of("0123456789"), text.size());
    std::int64_t unit = 0;
    for (const auto& [name, ms] : kUnits)
      if (text.substr(0, letters) == name) unit = ms;
    if (!number || unit == 0) return std::nullopt;
    total += *number * unit;
    text.remove_prefix(letters);
  }
  return total;
}

Result<OffsetRange> parse_offset_range(std::string_view text, std::int64_t now_ms) {
  if (text.starts_with("s@") || text.starts_with("e@")) {
    const auto moment = parse_moment(text.substr(2), now_ms, now_ms);
    if (!moment) return wrong(text);
    const OffsetBound bound{Kind::kTime, *moment};
    return text[0] == 's' ? OffsetRange{bound, std::nullopt} : OffsetRange{{}, bound};
  }
  if (text.starts_with('@')) {
    const auto times = parse_times(text.substr(1), now_ms);
    return times ? Result<OffsetRange>(*times) : wrong(text);
  }
  const std::size_t colon = text.find(':');
  const std::string_view first = text.substr(0, colon);
  const auto from = first.empty() && colon != std::string_view::npos ? OffsetBound{} : parse_place(first);
  if (!from) return wrong(text);
  if (colon == std::string_view::npos || colon + 1 == text.size()) return OffsetRange{*from, std::nullopt};
  const auto to = parse_place(text.substr(colon + 1));
  if (!to) return wrong(text);
  return OffsetRange{*from, *to};
}

}  // namespace leat::tools
