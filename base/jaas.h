// JAAS configurations, as Kafka's settings hold them: CLASS required name="value" ... ;
//
//   auto options = parse_jaas("PlainLoginModule required username=\"ann\" password=\"with blank\";");
#pragma once

#include <map>
#include <string>

#include "base/result.h"

namespace leat {

/// The options of the one entry. What stands in quotes is taken as it is; kInvalidArgument where a quote is not closed.
Result<std::map<std::string, std::string>> parse_jaas(const std::string& text);

}  // namespace leat
