// What the configs are for, in a sentence each, for those who ask DescribeConfigs for documentation.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace leat::server {

/// Of a config of a topic, group or broker. A broker's config that stands behind a topic's is told the topic's. Nothing
/// for configs that have no effect here.
std::optional<std::string> config_documentation(std::string_view name);

}  // namespace leat::server
