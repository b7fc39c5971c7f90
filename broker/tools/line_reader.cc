#include "broker/tools/line_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/did_you_mean.h"

namespace leat::tools {

namespace {

bool is_true(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char each) { return std::tolower(each); });
  return lower == "true";
}

}  // namespace

Result<LineReader> LineReader::make(const std::map<std::string, std::string>& properties) {
  LineReader reader;
  const std::pair<const char*, bool*> flags[] = {{"parse.key", &reader.parse_key_},
                                                 {"parse.headers", &reader.parse_headers_},
                                                 {"ignore.error", &reader.ignore_error_}};
  const std::pair<const char*, std::string*> texts[] = {{"key.separator", &reader.key_separator_},
                                                        {"headers.delimiter", &reader.headers_delimiter_},
                                                        {"headers.separator", &reader.headers_separator_},
                                                        {"headers.key.separator", &reader.headers_key_separator_}};
  for (const auto& [name, value] : properties) {
    bool known = name == "topic";
    for (const auto& [flag, to] : flags)
      if (name == flag) known = true, *to = is_true(value);
    for (const auto& [text, to] : texts)
      if (name == text) known = true, *to = value;
    if (name == "null.marker") known = true, reader.null_marker_ = value;
    if (known) continue;
    constexpr std::string_view kNames[] = {
        "parse.key",         "parse.headers",     "ignore.error",          "key.separator",
        "headers.delimiter", "headers.separator", "headers.key.separator", "null.marker"};
    return Error{ErrorKind::kInvalidArgument,
                 fmt::format("The line reader has no property '{}'.{}", name, did_you_mean(name, kNames))};
  }
  const auto same = [](std::string_view a, std::string_view b) {
    return Error{ErrorKind::kInvalidArgument, fmt::format("{} and {} may not be equal", a, b)};
  };
  if (reader.headers_delimiter_ == reader.headers_separator_) return same("headers.delimiter", "headers.separator");
  if (reader.headers_delimiter_ == reader.headers_key_separator_)
    return same("headers.delimiter", "headers.key.separator");
  if (reader.headers_separator_ == reader.headers_key_separator_)
    return same("headers.separator", "headers.key.separator");
  for (const auto& [text, to] : texts) {
    if (reader.null_marker_ == *to) return same("null.marker", text);
    if (to->empty()) return Error{ErrorKind::kInvalidArgument, fmt::format("{} is empty", text)};
  }
  return reader;
}

Result<std::optional<std::string_view>> LineReader::take(bool enabled, std::string_view& rest,
                                                         const std::string& separator, std::string_view separator_name,
                                                         std::string_view line) const {
  if (!enabled) return std::optional<std::string_view>();
  const std::size_t end = rest.find(separator);
  if (end == std::string_view::npos) {
    if (ignore_error_) return std::optional<std::string_view>();
    return Error{ErrorKind::kCorrupt,
                 fmt::format("No {} found on line number {}: '{}'", separator_name, line_number_, line)};
  }
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end + separator.size());
  return std::optional<std::string_view>(part);
}

Status LineReader::read_headers(std::string_view text, LineRecord& record) const {
  for (bool more = true; more;) {
    const std::size_t end = text.find(headers_separator_);
    const std::string_view pair = text.substr(0, end);
    more = end != std::string_view::npos;
    if (more) text.remove_prefix(end + headers_separator_.size());
    const std::size_t colon = pair.find(headers_key_separator_);
    if (colon == std::string_view::npos) {
      if (!ignore_error_)
        return Error{ErrorKind::kCorrupt,
                     fmt::format("No header key separator found in pair '{}' on line number {}", pair, line_number_)};
      record.headers.push_back({pair, std::nullopt});
      continue;
    }
    const std::string_view key = pair.substr(0, colon);
    const std::string_view value = pair.substr(colon + headers_key_separator_.size());
    if (is_null(key))
      return Error{ErrorKind::kCorrupt, fmt::format("Header keys should not be equal to the null marker '{}' as they "
                                                    "can't be null (line number {})",
                                                    key, line_number_)};
    record.headers.push_back({key, is_null(value) ? std::nullopt : std::optional<BytesView>(value)});
  }
  return {};
}

Result<LineRecord> LineReader::read(std::string_view line) {
  ++line_number_;
  LineRecord record;
  std::string_view rest = line;
  LEAT_ASSIGN_OR_RETURN(const auto headers, take(parse_headers_, rest, headers_delimiter_, "headers delimiter", line));
  LEAT_ASSIGN_OR_RETURN(record.key, take(parse_key_, rest, key_separator_, "key separator", line));
  if (record.key && is_null(*record.key)) record.key.reset();
  if (!is_null(rest)) record.value = rest;
  if (headers && !is_null(*headers)) LEAT_RETURN_IF_ERROR(read_headers(*headers, record));
  return record;
}

}  // namespace leat::tools
