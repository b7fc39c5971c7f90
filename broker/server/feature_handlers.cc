// UpdateFeatures (57), versions 0 to 2: levels of features, kept in the metadata log and told by ApiVersions.
#include <fmt/format.h>

#include <memory>

#include "broker/server/admin_handlers.h"
#include "broker/server/features.h"
#include "broker/wire/records/admin_records.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

enum class Upgrade : std::int8_t { kUpgrade = 1, kSafeDowngrade = 2, kUnsafeDowngrade = 3 };

using Update = wire::UpdateFeaturesRequest::FeatureUpdateKey;

/// Why an update cannot be; none where it can.
std::optional<std::string> problem_with(const Broker& broker, const Update& update, Upgrade upgrade) {
  const Feature* feature = find_feature(update.feature);
  const std::int32_t node = broker.config().node_id;
  const std::int16_t level = update.max_version_level;
  const auto invalid = [&](const std::string& why) {
    return fmt::format("Invalid update version {} for feature {}. {}", level, update.feature, why);
  };
  if (upgrade < Upgrade::kUpgrade || upgrade > Upgrade::kUnsafeDowngrade)
    return invalid("The controller does not support the given upgrade type.");
  if (level < 0) return invalid("A feature version cannot be less than 0.");
  if (feature == nullptr) return invalid(fmt::format("Local controller {} does not support this feature.", node));
  if (level < feature->level_min || level > feature->level_max)
    return invalid(
        fmt::format("Local controller {} only supports versions {}-{}", node, feature->level_min, feature->level_max));
  const std::int16_t now = feature_level(broker.settings(), *feature);
  if (level < now && upgrade == Upgrade::kUpgrade)
    return invalid(
        "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe "
        "downgrade.");
  if (level > now && upgrade != Upgrade::kUpgrade) return invalid("Can't downgrade to a newer version.");
  if (level != now && feature->name == "metadata.version")
    return fmt::format(
        "Invalid metadata.version {}. Refusing to perform the requested downgrade because it might delete metadata "
        "information.",
        level);
  return std::nullopt;
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::UpdateFeaturesRequest request,
            OneShot<wire::UpdateFeaturesResponse> reply) {
  wire::UpdateFeaturesResponse response;
  std::vector<coordinator::InternalRecord> records;
  for (const Update& update : request.feature_updates) {
    const Upgrade upgrade = context.version >= 1     ? static_cast<Upgrade>(update.upgrade_type)
                            : update.allow_downgrade ? Upgrade::kSafeDowngrade
                                                     : Upgrade::kUpgrade;
    if (auto problem = problem_with(broker, update, upgrade)) {
      response.error_code = ErrorCode::kInvalidUpdateVersion;
      response.error_message =
          "The update failed for all features since the following feature had an error: " + *problem;
      response.results.clear();
      return reply(std::move(response));
    }
    auto& result = response.results.emplace_back();
    result.feature = update.feature;
    result.error_message = "NONE";
    wire::FeatureLevelRecord record;
    record.name = update.feature;
    record.feature_level = update.max_version_level;
    if (feature_level(broker.settings(), *find_feature(update.feature)) != update.max_version_level)
      records.push_back(metadata_record(record));
  }
  if (request.validate_only || records.empty()) return reply(std::move(response));
  broker.topics().write(std::move(records), [response, reply = std::move(reply)](Status status) mutable {
    if (!status) response.error_code = ErrorCode::kKafkaStorageError;
    reply(std::move(response));
  });
}

}  // namespace leat::server
