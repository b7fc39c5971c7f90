// AlterReplicaLogDirs (34), versions 1 to 2: moves replicas to other log directories.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct AlterReplicaLogDirsRequest {
  static constexpr MessageTraits kTraits{.name = "AlterReplicaLogDirsRequest",
                                         .api = ApiKey::kAlterReplicaLogDirs,
                                         .version_min = 1,
                                         .version_max = 2,
                                         .flexible_since = 2};

  struct AlterReplicaLogDir {
    struct AlterReplicaLogDirTopic {
      std::string name;
      std::vector<std::int32_t> partitions;

      bool operator==(const AlterReplicaLogDirTopic&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.name, "name");
        visit(self.partitions, "partitions");
      }
    };

    std::string path;
    std::vector<AlterReplicaLogDirTopic> topics;

    bool operator==(const AlterReplicaLogDir&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.path, "path");
      visit(self.topics, "topics");
    }
  };

  std::vector<AlterReplicaLogDir> dirs;

  bool operator==(const AlterReplicaLogDirsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.dirs, "dirs");
  }
};

struct AlterReplicaLogDirsResponse {
  static constexpr MessageTraits kTraits{.name = "AlterReplicaLogDirsResponse",
                                         .api = ApiKey::kAlterReplicaLogDirs,
                                         .version_min = 1,
                                         .version_max = 2,
                                         .flexible_since = 2};

  struct AlterReplicaLogDirTopicResult {
    struct AlterReplicaLogDirPartitionResult {
      std::int32_t partition_index = 0;
      ErrorCode error_code = ErrorCode::kNone;

      bool operator==(const AlterReplicaLogDirPartitionResult&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition_index, "partitionIndex");
        visit(self.error_code, "errorCode");
      }
    };

    std::string topic_name;
    std::vector<AlterReplicaLogDirPartitionResult> partitions;

    bool operator==(const AlterReplicaLogDirTopicResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic_name, "topicName");
      visit(self.partitions, "partitions");
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<AlterReplicaLogDirTopicResult> results;

  bool operator==(const AlterReplicaLogDirsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.results, "results");
  }
};

}  // namespace leat::wire
