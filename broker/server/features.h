// Features: what a cluster has agreed to use of what its nodes can do (KIP-584). ApiVersions tells both.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "broker/server/settings.h"

namespace leat::server {

struct Feature {
  std::string_view name;
  std::int16_t level_min;
  std::int16_t level_max;
  std::int16_t level_of_new_cluster;
};

std::span<const Feature> features();
/// Null for a feature that is not supported.
const Feature* find_feature(std::string_view name);
std::int16_t feature_level(const Settings& settings, const Feature& feature);

}  // namespace leat::server
