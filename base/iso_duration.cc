#include "base/iso_duration.h"

#include <charconv>
#include <limits>
#include <string>

namespace leat {

namespace {

struct Unit {
  char name;
  bool of_time;
  std::int64_t ms;
};
constexpr Unit kUnits[] = {{'D', false, 86'400'000}, {'H', true, 3'600'000}, {'M', true, 60'000}, {'S', true, 1000}};

/// Takes a number with a decimal fraction of up to three digits from the front, in thousandths.
bool take_thousandths(std::string_view& text, std::int64_t& thousandths) {
  std::int64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error != std::errc{} || text.front() == '-' || whole > std::numeric_limits<std::int64_t>::max() / 1000)
    return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  thousandths = whole * 1000;
  if (text.empty() || text.front() != '.') return true;
  text.remove_prefix(1);
  std::int64_t worth = 100;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), worth /= 10) {
    if (worth == 0) return false;
    thousandths += (text.front() - '0') * worth;
  }
  return worth < 100;
}

}  // namespace

Result<std::chrono::milliseconds> parse_iso_duration(std::string_view text) {
  const Error wrong{ErrorKind::kInvalidArgument,
                    "'" + std::string(text) + "' is no duration such as PT15M, PT1H30M or P1D"};
  if (!text.starts_with('P')) return wrong;
  text.remove_prefix(1);
  std::int64_t sum = 0;
  bool of_time = false, any = false;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    if (text.front() == 'T' && !of_time) {
      of_time = true;
      any = false;
      text.remove_prefix(1);
      continue;
    }
    std::int64_t thousandths = 0;
    if (!take_thousandths(text, thousandths) || text.empty()) return wrong;
    while (next_unit < std::size(kUnits) &&
           (kUnits[next_unit].name != text.front() || kUnits[next_unit].of_time != of_time))
      ++next_unit;
    if (next_unit == std::size(kUnits)) return wrong;
    const Unit& unit = kUnits[next_unit++];
    if (unit.name != 'S' && thousandths % 1000 != 0) return wrong;
    std::int64_t ms = 0;
    if (__builtin_mul_overflow(thousandths, unit.ms / 1000, &ms) || __builtin_add_overflow(sum, ms, &sum)) return wrong;
    any = true;
    text.remove_prefix(1);
  }
  if (!any) return wrong;
  return std::chrono::milliseconds(sum);
}

}  // namespace leat
