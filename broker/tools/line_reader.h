// LineReader: a line of text as a record, in the grammar of Kafka's LineMessageReader:
//
//   headers <headers.delimiter> key <key.separator> value      headers: name <headers.key.separator> value, ...
//
// where headers and key are there only with parse.headers and parse.key. A part that equals null.marker is null.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "broker/wire/record_batch.h"

namespace leat::tools {

/// A record, borrowed from its line.
struct LineRecord {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::vector<wire::RecordHeader> headers;
};

class LineReader {
 public:
  /// kInvalidArgument for separators that cannot be told apart.
  static Result<LineReader> make(const std::map<std::string, std::string>& properties);
  /// An error names the line by its number, counted from 1.
  Result<LineRecord> read(std::string_view line);

 private:
  Result<std::optional<std::string_view>> take(bool enabled, std::string_view& rest, const std::string& separator,
                                               std::string_view separator_name, std::string_view line) const;
  Status read_headers(std::string_view text, LineRecord& record) const;
  bool is_null(std::string_view text) const { return null_marker_ && text == *null_marker_; }

  bool parse_key_ = false, parse_headers_ = false, ignore_error_ = false;
  std::string key_separator_ = "\t", headers_delimiter_ = "\t", headers_separator_ = ",", headers_key_separator_ = ":";
  std::optional<std::string> null_marker_;
  std::int64_t line_number_ = 0;
};

}  // namespace leat::tools
