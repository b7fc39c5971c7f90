#include "base/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace leat {

namespace {

std::atomic<LogLevel> lowest_level{LogLevel::kInfo};
std::atomic<LogFormat> line_format{LogFormat::kText};

std::string_view label(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "DEBUG";
    case LogLevel::kInfo: return "INFO";
    case LogLevel::kWarn: return "WARN";
    case LogLevel::kError: return "ERROR";
  }
  return "?";
}

/// As the inside of a JSON string.
std::string escaped(std::string_view text) {
  constexpr unsigned char kBlank = ' ';
  std::string to;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      to += '\\';
      to += c;
    } else if (c == '\n') {
      to += "\\n";
    } else if (static_cast<unsigned char>(c) < kBlank) {
      to += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      to += c;
    }
  }
  return to;
}

/// A line is one event, whatever its details hold.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

}  // namespace

void set_log_level(LogLevel level) { lowest_level.store(level, std::memory_order_relaxed); }
bool log_enabled(LogLevel level) { return level >= lowest_level.load(std::memory_order_relaxed); }

void set_log_format(LogFormat format) { line_format.store(format, std::memory_order_relaxed); }

void log_line(LogLevel level, std::string_view component, std::string_view message,
              std::initializer_list<LogDetail> details) {
  if (!log_enabled(level)) return;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const std::string time = fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", now);
  std::string line;
  if (line_format.load(std::memory_order_relaxed) == LogFormat::kJson) {
    line = fmt::format(R"({{"time":"{}","level":"{}","component":"{}","message":"{}")", time, label(level),
                       escaped(component), escaped(message));
    for (const auto& [key, value] : details) line += fmt::format(R"(,"{}":"{}")", escaped(key), escaped(value));
    line += '}';
  } else {
    line = fmt::format("{} {:<5} {}: {}", time, label(level), component, message);
    for (const auto& [key, value] : details) line += fmt::format(" {}={}", key, one_line(value));
  }
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace leat
