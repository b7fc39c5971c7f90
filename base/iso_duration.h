// Durations as ISO 8601 and java.time.Duration write them: PT15M, P1DT12H, PT0.5S.
#pragma once

#include <chrono>
#include <string_view>

#include "base/result.h"

namespace leat {

/// Days, hours, minutes and seconds (these with up to three decimals); years, months and signs are errors, as is what
/// is longer than a std::chrono::milliseconds.
Result<std::chrono::milliseconds> parse_iso_duration(std::string_view text);

}  // namespace leat
