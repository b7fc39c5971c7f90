#include "broker/server/features.h"

#include <algorithm>

namespace leat::server {

namespace {

constexpr Feature kFeatures[] = {
    {"group.version", 0, 1, 1},
    {"metadata.version", 7, 30, 30},
    {"streams.version", 0, 1, 1},
    {"transaction.version", 0, 2, 2},
};

}  // namespace

std::span<const Feature> features() { return kFeatures; }

const Feature* find_feature(std::string_view name) {
  const auto* found = std::find_if(std::begin(kFeatures), std::end(kFeatures),
                                   [&](const Feature& feature) { return feature.name == name; });
  return found == std::end(kFeatures) ? nullptr : found;
}

std::int16_t feature_level(const Settings& settings, const Feature& feature) {
  return settings.feature_level(std::string(feature.name)).value_or(feature.level_of_new_cluster);
}

}  // namespace leat::server
