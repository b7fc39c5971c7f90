// ApiVersions (18), versions 0 to 4: which versions a broker speaks. The response header is always version 0, and the
// answer to an unknown version is version 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct ApiVersionsRequest {
  static constexpr MessageTraits kTraits{.name = "ApiVersionsRequest",
                                         .api = ApiKey::kApiVersions,
                                         .version_min = 0,
                                         .version_max = 4,
                                         .flexible_since = 3};

  std::string client_software_name;
  std::string client_software_version;

  bool operator==(const ApiVersionsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.client_software_name, "clientSoftwareName", since(3));
    visit(self.client_software_version, "clientSoftwareVersion", since(3));
  }
};

struct ApiVersionsResponse {
  static constexpr MessageTraits kTraits{.name = "ApiVersionsResponse",
                                         .api = ApiKey::kApiVersions,
                                         .version_min = 0,
                                         .version_max = 4,
                                         .flexible_since = 3};

  struct ApiVersion {
    std::int16_t api_key = 0;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;

    bool operator==(const ApiVersion&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.api_key, "apiKey");
      visit(self.min_version, "minVersion");
      visit(self.max_version, "maxVersion");
    }
  };

  struct SupportedFeatureKey {
    std::string name;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;

    bool operator==(const SupportedFeatureKey&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name", since(3));
      visit(self.min_version, "minVersion", since(3));
      visit(self.max_version, "maxVersion", since(3));
    }
  };

  struct FinalizedFeatureKey {
    std::string name;
    std::int16_t max_version_level = 0;
    std::int16_t min_version_level = 0;

    bool operator==(const FinalizedFeatureKey&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name", since(3));
      visit(self.max_version_level, "maxVersionLevel", since(3));
      visit(self.min_version_level, "minVersionLevel", since(3));
    }
  };

  ErrorCode error_code = ErrorCode::kNone;
  std::vector<ApiVersion> api_keys;
  std::int32_t throttle_time_ms = 0;
  std::vector<SupportedFeatureKey> supported_features;
  std::int64_t finalized_features_epoch = -1;
  std::vector<FinalizedFeatureKey> finalized_features;
  bool zk_migration_ready = false;

  bool operator==(const ApiVersionsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.error_code, "errorCode");
    visit(self.api_keys, "apiKeys");
    visit(self.throttle_time_ms, "throttleTimeMs", since(1));
    visit(self.supported_features, "supportedFeatures", since(3).tag(0));
    visit(self.finalized_features_epoch, "finalizedFeaturesEpoch", since(3).tag(1), -1);
    visit(self.finalized_features, "finalizedFeatures", since(3).tag(2));
    visit(self.zk_migration_ready, "zkMigrationReady", since(3).tag(3));
  }
};

}  // namespace leat::wire
