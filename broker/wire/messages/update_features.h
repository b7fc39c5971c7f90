// UpdateFeatures (57), versions 0 to 2: raises and lowers finalized features.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct UpdateFeaturesRequest {
  static constexpr MessageTraits kTraits{.name = "UpdateFeaturesRequest",
                                         .api = ApiKey::kUpdateFeatures,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 0};

  struct FeatureUpdateKey {
    std::string feature;
    std::int16_t max_version_level = 0;
    bool allow_downgrade = false;
    std::int8_t upgrade_type = 1;

    bool operator==(const FeatureUpdateKey&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.feature, "feature");
      visit(self.max_version_level, "maxVersionLevel");
      visit(self.allow_downgrade, "allowDowngrade", between(0, 0));
      visit(self.upgrade_type, "upgradeType", since(1));
    }
  };

  std::int32_t timeout_ms = 60000;
  std::vector<FeatureUpdateKey> feature_updates;
  bool validate_only = false;

  bool operator==(const UpdateFeaturesRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.timeout_ms, "timeoutMs");
    visit(self.feature_updates, "featureUpdates");
    visit(self.validate_only, "validateOnly", since(1));
  }
};

struct UpdateFeaturesResponse {
  static constexpr MessageTraits kTraits{.name = "UpdateFeaturesResponse",
                                         .api = ApiKey::kUpdateFeatures,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 0};

  struct UpdatableFeatureResult {
    std::string feature;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;

    bool operator==(const UpdatableFeatureResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.feature, "feature");
      visit(self.error_code, "errorCode");
      visit(self.error_message, "errorMessage", always().nullable(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::vector<UpdatableFeatureResult> results;

  bool operator==(const UpdateFeaturesResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
    visit(self.error_message, "errorMessage", always().nullable(0));
    visit(self.results, "results", between(0, 1));
  }
};

}  // namespace leat::wire
