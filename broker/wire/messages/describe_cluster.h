// DescribeCluster (60), versions 0 to 2: the nodes of the cluster.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct DescribeClusterRequest {
  static constexpr MessageTraits kTraits{.name = "DescribeClusterRequest",
                                         .api = ApiKey::kDescribeCluster,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 0};

  bool include_cluster_authorized_operations = false;
  std::int8_t endpoint_type = 1;
  bool include_fenced_brokers = false;

  bool operator==(const DescribeClusterRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.include_cluster_authorized_operations, "includeClusterAuthorizedOperations");
    visit(self.endpoint_type, "endpointType", since(1));
    visit(self.include_fenced_brokers, "includeFencedBrokers", since(2));
  }
};

struct DescribeClusterResponse {
  static constexpr MessageTraits kTraits{.name = "DescribeClusterResponse",
                                         .api = ApiKey::kDescribeCluster,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 0};

  struct DescribeClusterBroker {
    std::int32_t broker_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;
    bool is_fenced = false;

    bool operator==(const DescribeClusterBroker&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.broker_id, "brokerId");
      visit(self.host, "host");
      visit(self.port, "port");
      visit(self.rack, "rack", always().nullable(0));
      visit(self.is_fenced, "isFenced", since(2));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::int8_t endpoint_type = 1;
  std::string cluster_id;
  std::int32_t controller_id = -1;
  std::vector<DescribeClusterBroker> brokers;
  std::int32_t cluster_authorized_operations = std::numeric_limits<std::int32_t>::min();

  bool operator==(const DescribeClusterResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
    visit(self.error_message, "errorMessage", always().nullable(0));
    visit(self.endpoint_type, "endpointType", since(1));
    visit(self.cluster_id, "clusterId");
    visit(self.controller_id, "controllerId");
    visit(self.brokers, "brokers");
    visit(self.cluster_authorized_operations, "clusterAuthorizedOperations");
  }
};

}  // namespace leat::wire
