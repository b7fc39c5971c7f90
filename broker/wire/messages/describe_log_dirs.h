// DescribeLogDirs (35), versions 1 to 5: log directories, and the partitions in them with their sizes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct DescribeLogDirsRequest {
  static constexpr MessageTraits kTraits{.name = "DescribeLogDirsRequest",
                                         .api = ApiKey::kDescribeLogDirs,
                                         .version_min = 1,
                                         .version_max = 5,
                                         .flexible_since = 2};

  struct DescribableLogDirTopic {
    std::string topic;
    std::vector<std::int32_t> partitions;

    bool operator==(const DescribableLogDirTopic&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic, "topic");
      visit(self.partitions, "partitions");
    }
  };

  std::optional<std::vector<DescribableLogDirTopic>> topics;

  bool operator==(const DescribeLogDirsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.topics, "topics", always().nullable(0));
  }
};

struct DescribeLogDirsResponse {
  static constexpr MessageTraits kTraits{.name = "DescribeLogDirsResponse",
                                         .api = ApiKey::kDescribeLogDirs,
                                         .version_min = 1,
                                         .version_max = 5,
                                         .flexible_since = 2};

  struct DescribeLogDirsResult {
    struct DescribeLogDirsTopic {
      struct DescribeLogDirsPartition {
        std::int32_t partition_index = 0;
        std::int64_t partition_size = 0;
        std::int64_t offset_lag = 0;
        bool is_future_key = false;

        bool operator==(const DescribeLogDirsPartition&) const = default;
        template <class Self, class Visitor>
        static void Fields(Self& self, Visitor& visit) {
          visit(self.partition_index, "partitionIndex");
          visit(self.partition_size, "partitionSize");
          visit(self.offset_lag, "offsetLag");
          visit(self.is_future_key, "isFutureKey");
        }
      };

      std::string name;
      std::vector<DescribeLogDirsPartition> partitions;

      bool operator==(const DescribeLogDirsTopic&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.name, "name");
        visit(self.partitions, "partitions");
      }
    };

    ErrorCode error_code = ErrorCode::kNone;
    std::string log_dir;
    std::vector<DescribeLogDirsTopic> topics;
    std::int64_t total_bytes = -1;
    std::int64_t usable_bytes = -1;
    bool is_cordoned = false;

    bool operator==(const DescribeLogDirsResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.error_code, "errorCode");
      visit(self.log_dir, "logDir");
      visit(self.topics, "topics");
      visit(self.total_bytes, "totalBytes", since(4));
      visit(self.usable_bytes, "usableBytes", since(4));
      visit(self.is_cordoned, "isCordoned", since(5));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<DescribeLogDirsResult> results;

  bool operator==(const DescribeLogDirsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode", since(3));
    visit(self.results, "results");
  }
};

}  // namespace leat::wire
