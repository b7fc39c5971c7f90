// kafka-features describe: the features of the cluster and their levels.
#include <fmt/format.h>

#include "broker/tools/tools.h"
#include "broker/wire/messages/api_versions.h"

namespace leat::tools {

namespace {

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"bootstrap-controller", Takes::kValue, "host:port,...", "the controllers to connect to"},
};

constexpr std::string_view kMetadataFeature = "metadata.version";
constexpr std::int16_t kFirstMetadataLevel = 7;
/// Names of the levels of metadata.version, from 7 on.
constexpr std::string_view kMetadataLevels[] = {"3.3-IV3", "3.4-IV0", "3.5-IV0", "3.5-IV1", "3.5-IV2", "3.6-IV0",
                                                "3.6-IV1", "3.6-IV2", "3.7-IV0", "3.7-IV1", "3.7-IV2", "3.7-IV3",
                                                "3.7-IV4", "3.8-IV0", "3.9-IV0", "4.0-IV0", "4.0-IV1", "4.0-IV2",
                                                "4.0-IV3", "4.1-IV0", "4.1-IV1", "4.2-IV0", "4.2-IV1", "4.3-IV0"};

std::string level_name(const std::string& feature, std::int16_t level) {
  const auto index = static_cast<std::size_t>(level - kFirstMetadataLevel);
  if (feature != kMetadataFeature || level < kFirstMetadataLevel || index >= std::size(kMetadataLevels))
    return std::to_string(level);
  return std::string(kMetadataLevels[index]);
}

Result<int> work(const Surroundings& surroundings, const Options& options) {
  const std::string command = options.words().empty() ? "" : options.words()[0];
  if (command != "describe")
    return Error{
        ErrorKind::kInvalidArgument,
        fmt::format("invalid choice: '{}': only 'describe' is served; the levels of features are finalized by the "
                    "broker's settings",
                    command)};
  LEAT_ASSIGN_OR_RETURN(const Settings settings, settings_of(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  wire::ApiVersionsRequest request;
  request.client_software_name = "leat";
  request.client_software_version = "0.1.0";
  const auto response = session->ask<wire::ApiVersionsRequest, wire::ApiVersionsResponse>(request);
  if (!response) return response.error();
  std::map<std::string, std::string> rows;
  for (const auto& each : response->supported_features) {
    std::int16_t level = 0;
    for (const auto& finalized : response->finalized_features)
      if (finalized.name == each.name) level = finalized.max_version_level;
    rows[each.name] = fmt::format(
        "Feature: {:<42}SupportedMinVersion: {:<17}SupportedMaxVersion: {:<17}FinalizedVersionLevel: {:<17}Epoch: {}\n",
        each.name, level_name(each.name, each.min_version), level_name(each.name, each.max_version),
        level_name(each.name, level),
        response->finalized_features_epoch < 0 ? "-" : std::to_string(response->finalized_features_epoch));
  }
  for (const auto& [name, row] : rows) surroundings.terminal.out(row);
  return 0;
}

}  // namespace

const Tool kFeaturesTool{"kafka-features", "describe: the features of the cluster and their levels", kOptions, work};

}  // namespace leat::tools
