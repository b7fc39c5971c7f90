#include "broker/tools/times.h"

#include <fmt/format.h>

#include <chrono>

#include "broker/tools/options.h"

namespace leat::tools {

namespace {

/// Takes exactly `digits` digits off the front.
bool take_number(std::string_view& text, std::size_t digits, std::int64_t& number) {
  if (text.size() < digits) return false;
  for (std::size_t i = 0; i < digits; ++i)
    if (text[i] < '0' || text[i] > '9') return false;
  number = *parse_whole_number(text.substr(0, digits));
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

/// Minutes east of Greenwich; all of the text.
bool parse_zone(std::string_view text, std::int64_t& minutes) {
  minutes = 0;
  if (text.empty() || text == "Z") return true;
  const std::int64_t sign = text.front() == '-' ? -1 : 1;
  if (text.front() != '+' && text.front() != '-') return false;
  text.remove_prefix(1);
  std::int64_t hours = 0, rest = 0;
  if (!take_number(text, 2, hours)) return false;
  take(text, ':');
  if (!text.empty() && !take_number(text, 2, rest)) return false;
  minutes = sign * (hours * 60 + rest);
  return text.empty();
}

}  // namespace

Result<std::int64_t> parse_datetime(std::string_view text) {
  const Error wrong{
      ErrorKind::kInvalidArgument,
      fmt::format("'{}' is no date and time: write YYYY-MM-DDThh:mm:ss.sss, such as 2026-03-01T12:00:00.000, "
                  "in UTC or with +hh:mm behind it",
                  text)};
  std::string_view rest = text;
  std::int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0, zone = 0;
  if (!take_number(rest, 4, year) || !take(rest, '-') || !take_number(rest, 2, month) || !take(rest, '-') ||
      !take_number(rest, 2, day))
    return wrong;
  if (take(rest, 'T')) {
    if (!take_number(rest, 2, hour) || !take(rest, ':') || !take_number(rest, 2, minute)) return wrong;
    if (take(rest, ':') && !take_number(rest, 2, second)) return wrong;
    if (take(rest, '.')) {
      std::size_t digits = 0;
      for (std::int64_t digit = 0; take_number(rest, 1, digit); ++digits)
        if (digits < 3) ms = ms * 10 + digit;
      if (digits == 0) return wrong;
      for (; digits < 3; ++digits) ms *= 10;
    }
  }
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60 || !parse_zone(rest, zone)) return wrong;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute - zone) * 60'000 + second * 1000 + ms;
}

Result<std::int64_t> parse_duration_ms(std::string_view text) {
  const Error wrong{ErrorKind::kInvalidArgument,
                    fmt::format("'{}' is no duration: write PnDTnHnMnS, such as P7D, PT1H30M or PT0.5S", text)};
  std::string_view rest = text;
  const bool negative = take(rest, '-');
  if (!negative) take(rest, '+');
  if (!take(rest, 'P') && !take(rest, 'p')) return wrong;
  bool in_time = false;
  std::int64_t total_ms = 0;
  int parts = 0;
  while (!rest.empty()) {
    if (take(rest, 'T') || take(rest, 't')) {
      if (in_time) return wrong;
      in_time = true;
      continue;
    }
    std::size_t size = 0;
    while (size < rest.size() && std::string_view("+-.0123456789").find(rest[size]) != std::string_view::npos) ++size;
    std::string_view digits = rest.substr(0, size);
    if (digits.empty() || size == rest.size()) return wrong;
    const char unit = static_cast<char>(std::toupper(static_cast<unsigned char>(rest[size])));
    rest.remove_prefix(size + 1);
    const std::size_t point = digits.find('.');
    if (point != std::string_view::npos && unit != 'S') return wrong;
    if (digits.front() == '+') digits.remove_prefix(1);
    const bool minus = digits.starts_with('-');
    const auto whole = parse_whole_number(digits.substr(0, point));
    if (!whole) return wrong;
    std::int64_t fraction_ms = 0;
    if (point != std::string_view::npos) {
      std::string places(digits.substr(digits.find('.') + 1));
      places.resize(3, '0');
      fraction_ms = parse_whole_number(places).value_or(0) * (minus ? -1 : 1);
    }
    const std::int64_t scale = unit == 'D' && !in_time  ? 86'400'000
                               : unit == 'H' && in_time ? 3'600'000
                               : unit == 'M' && in_time ? 60'000
                               : unit == 'S' && in_time ? 1'000
                                                        : 0;
    if (scale == 0) return wrong;
    total_ms += *whole * scale + fraction_ms;
    ++parts;
  }
  if (parts == 0) return wrong;
  return negative ? -total_ms : total_ms;
}

std::string format_time(std::int64_t ms, std::string_view pattern) {
  const std::chrono::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds(ms)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  std::string text;
  for (std::size_t i = 0; i < pattern.size();) {
    const char letter = pattern[i];
    std::size_t run = i;
    while (run < pattern.size() && pattern[run] == letter) ++run;
    const std::size_t width = run - i;
    const auto put = [&](std::int64_t number) { text += fmt::format("{:0{}}", number, width); };
    switch (letter) {
      case 'y':
        width == 2 ? (void)(text += fmt::format("{:02}", static_cast<int>(date.year()) % 100))
                   : put(static_cast<int>(date.year()));
        break;
      case 'M': put(static_cast<unsigned>(date.month())); break;
      case 'd': put(static_cast<unsigned>(date.day())); break;
      case 'H': put(time.hours().count()); break;
      case 'm': put(time.minutes().count()); break;
      case 's': put(time.seconds().count()); break;
      case 'S': put(time.subseconds().count()); break;
      case '\'':
        for (run = i + 1; run < pattern.size() && pattern[run] != '\''; ++run) text.push_back(pattern[run]);
        ++run;
        break;
      default: text.append(width, letter);
    }
    i = run;
  }
  return text;
}

}  // namespace leat::tools
