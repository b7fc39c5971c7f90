// OffsetDelete (47), versions 0: deletes committed offsets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct OffsetDeleteRequest {
  static constexpr MessageTraits kTraits{
      .name = "OffsetDeleteRequest", .api = ApiKey::kOffsetDelete, .version_min = 0, .version_max = 0};

  struct OffsetDeleteRequestTopic {
    struct OffsetDeleteRequestPartition {
      std::int32_t partition_index = 0;

      bool operator==(const OffsetDeleteRequestPartition&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
      }
    };

    std::string name;
    std::vector<OffsetDeleteRequestPartition> partitions;

    bool operator==(const OffsetDeleteRequestTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.partitions, "partitions");
    }
  };

  std::string group_id;
  std::vector<OffsetDeleteRequestTopic> topics;

  bool operator==(const OffsetDeleteRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
    visit(self.topics, "topics");
  }
};

struct OffsetDeleteResponse {
  static constexpr MessageTraits kTraits{
      .name = "OffsetDeleteResponse", .api = ApiKey::kOffsetDelete, .version_min = 0, .version_max = 0};

  struct OffsetDeleteResponseTopic {
    struct OffsetDeleteResponsePartition {
      std::int32_t partition_index = 0;
      ErrorCode error_code = ErrorCode::kNone;

      bool operator==(const OffsetDeleteResponsePartition&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.error_code, "errorCode");
      }
    };

    std::string name;
    std::vector<OffsetDeleteResponsePartition> partitions;

    bool operator==(const OffsetDeleteResponseTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.partitions, "partitions");
    }
  };

  ErrorCode error_code = ErrorCode::kNone;
  std::int32_t throttle_time_ms = 0;
  std::vector<OffsetDeleteResponseTopic> topics;

  bool operator==(const OffsetDeleteResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.error_code, "errorCode");
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.topics, "topics");
  }
};

}  // namespace leat::wire
