// Times as people write them on command lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace leat::tools {

/// YYYY-MM-DDThh:mm:ss.sss with Z, +hh, +hhmm or +hh:mm behind it (UTC without), as milliseconds since 1970.
Result<std::int64_t> parse_datetime(std::string_view text);
/// ISO 8601: PnDTnHnMnS, with a sign in front of the whole or of parts, and a fraction of seconds; in milliseconds.
Result<std::int64_t> parse_duration_ms(std::string_view text);
/// A moment in the pattern of java.text.SimpleDateFormat (y M d H m s S and quoted text), in UTC.
std::string format_time(std::int64_t ms, std::string_view pattern);

}  // namespace leat::tools
