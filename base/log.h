// Logging for people who run brokers and apps: one line per event on stderr, `key=value` details at its end, or one
// JSON object per line for machines.
//
//   log_line(LogLevel::kWarn, "broker", "torn tail cut", {{"partition", "orders-0"}, {"bytes", "117"}});
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace leat {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// The lowest level that is written; kInfo until set. With the format the one process-wide setting there is.
void set_log_level(LogLevel level);
bool log_enabled(LogLevel level);

enum class LogFormat { kText, kJson };
/// kText until set.
void set_log_format(LogFormat format);

using LogDetail = std::pair<std::string_view, std::string>;

/// Writes one line. May be called from any thread.
void log_line(LogLevel level, std::string_view component, std::string_view message,
              std::initializer_list<LogDetail> details = {});

}  // namespace leat
