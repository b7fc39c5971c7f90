// DescribeConfigs (32), versions 1 to 4: reads configs of topics (2), brokers (4) and groups (32).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct DescribeConfigsRequest {
  static constexpr MessageTraits kTraits{.name = "DescribeConfigsRequest",
                                         .api = ApiKey::kDescribeConfigs,
                                         .version_min = 1,
                                         .version_max = 4,
                                         .flexible_since = 4};

  struct DescribeConfigsResource {
    std::int8_t resource_type = 0;
    std::string resource_name;
    std::optional<std::vector<std::string>> configuration_keys;

    bool operator==(const DescribeConfigsResource&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.resource_type, "resourceType");
      visit(self.resource_name, "resourceName");
      visit(self.configuration_keys, "configurationKeys", always().nullable(0));
    }
  };

  std::vector<DescribeConfigsResource> resources;
  bool include_synonyms = false;
  bool include_documentation = false;

  bool operator==(const DescribeConfigsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.resources, "resources");
    visit(self.include_synonyms, "includeSynonyms");
    visit(self.include_documentation, "includeDocumentation", since(3));
  }
};

struct DescribeConfigsResponse {
  static constexpr MessageTraits kTraits{.name = "DescribeConfigsResponse",
                                         .api = ApiKey::kDescribeConfigs,
                                         .version_min = 1,
                                         .version_max = 4,
                                         .flexible_since = 4};

  struct DescribeConfigsResult {
    struct DescribeConfigsResourceResult {
      struct DescribeConfigsSynonym {
        std::string name;
        std::optional<std::string> value;
        std::int8_t source = 0;

        bool operator==(const DescribeConfigsSynonym&) const = default;
        template <class Self, class Visitor>
        static void Fields(Self& self, Visitor& visit) {
          visit(self.name, "name");
          visit(self.value, "value", always().nullable(0));
          visit(self.source, "source");
        }
      };

      std::string name;
      std::optional<std::string> value;
      bool read_only = false;
      std::int8_t config_source = -1;
      bool is_sensitive = false;
      std::vector<DescribeConfigsSynonym> synonyms;
      std::int8_t config_type = 0;
      std::optional<std::string> documentation;

      bool operator==(const DescribeConfigsResourceResult&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.name, "name");
        visit(self.value, "value", always().nullable(0));
        visit(self.read_only, "readOnly");
        visit(self.config_source, "configSource");
        visit(self.is_sensitive, "isSensitive");
        visit(self.synonyms, "synonyms");
        visit(self.config_type, "configType", since(3));
        visit(self.documentation, "documentation", since(3).nullable(0));
      }
    };

    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;
    std::int8_t resource_type = 0;
    std::string resource_name;
    std::vector<DescribeConfigsResourceResult> configs;

    bool operator==(const DescribeConfigsResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.error_code, "errorCode");
      visit(self.error_message, "errorMessage", always().nullable(0));
      visit(self.resource_type, "resourceType");
      visit(self.resource_name, "resourceName");
      visit(self.configs, "configs");
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<DescribeConfigsResult> results;

  bool operator==(const DescribeConfigsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.results, "results");
  }
};

}  // namespace leat::wire
