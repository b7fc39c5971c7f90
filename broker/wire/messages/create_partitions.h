// CreatePartitions (37), versions 0 to 3: raises the number of partitions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct CreatePartitionsRequest {
  static constexpr MessageTraits kTraits{.name = "CreatePartitionsRequest",
                                         .api = ApiKey::kCreatePartitions,
                                         .version_min = 0,
                                         .version_max = 3,
                                         .flexible_since = 2};

  struct CreatePartitionsTopic {
    struct CreatePartitionsAssignment {
      std::vector<std::int32_t> broker_ids;

      bool operator==(const CreatePartitionsAssignment&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.broker_ids, "brokerIds");
      }
    };

    std::string name;
    std::int32_t count = 0;
    std::optional<std::vector<CreatePartitionsAssignment>> assignments;

    bool operator==(const CreatePartitionsTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.count, "count");
      visit(self.assignments, "assignments", always().nullable(0));
    }
  };

  std::vector<CreatePartitionsTopic> topics;
  std::int32_t timeout_ms = 0;
  bool validate_only = false;

  bool operator==(const CreatePartitionsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.topics, "topics");
    visit(self.timeout_ms, "timeoutMs");
    visit(self.validate_only, "validateOnly");
  }
};

struct CreatePartitionsResponse {
  static constexpr MessageTraits kTraits{.name = "CreatePartitionsResponse",
                                         .api = ApiKey::kCreatePartitions,
                                         .version_min = 0,
                                         .version_max = 3,
                                         .flexible_since = 2};

  struct CreatePartitionsTopicResult {
    std::string name;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;

    bool operator==(const CreatePartitionsTopicResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.error_code, "errorCode");
      visit(self.error_message, "errorMessage", always().nullable(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<CreatePartitionsTopicResult> results;

  bool operator==(const CreatePartitionsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.results, "results");
  }
};

}  // namespace leat::wire
