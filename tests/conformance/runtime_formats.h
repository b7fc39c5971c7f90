// The byte formats of conformance/streams/serde that belong to the runtime: changelogs of suppression buffers and of
// unjoined records, and what the members of a streams group tell each other.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace leat::conformance {

/// What a line expects and what we have; nothing where the format is none of these.
std::optional<std::pair<std::string, std::string>> check_runtime_format(simdjson::dom::element line,
                                                                        std::string_view format);

}  // namespace leat::conformance
