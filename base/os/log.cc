#include "base/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace leat {

namespace {

std::atomic<LogLevel> lowest_level{LogLevel::kInfo};

std::string_view label(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "DEBUG";
    case LogLevel::kInfo: return "INFO";
    case LogLevel::kWarn: return "WARN";
    case LogLevel::kError: return "ERROR";
  }
  return "?";
}

}  // namespace

void set_log_level(LogLevel level) { lowest_level.store(level, std::memory_order_relaxed); }
bool log_enabled(LogLevel level) { return level >= lowest_level.load(std::memory_order_relaxed); }

void log_line(LogLevel level, std::string_view component, std::string_view message,
              std::initializer_list<LogDetail> details) {
  if (!log_enabled(level)) return;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  std::string line = fmt::format("{:%Y-%m-%dT%H:%M:%S}Z {:<5} {}: {}", now, label(level), component, message);
  for (const auto& [key, value] : details) line += fmt::format(" {}={}", key, value);
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace leat
