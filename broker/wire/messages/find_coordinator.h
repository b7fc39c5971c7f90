// FindCoordinator (10), versions 0 to 6: who coordinates a group (key type 0) or a transaction (1). Version 4 on
// takes several keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct FindCoordinatorRequest {
  static constexpr MessageTraits kTraits{.name = "FindCoordinatorRequest",
                                         .api = ApiKey::kFindCoordinator,
                                         .version_min = 0,
                                         .version_max = 6,
                                         .flexible_since = 3};

  std::string key;
  std::int8_t key_type = 0;
  std::vector<std::string> coordinator_keys;

  bool operator==(const FindCoordinatorRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.key, "key", between(0, 3));
    visit(self.key_type, "keyType", since(1));
    visit(self.coordinator_keys, "coordinatorKeys", since(4));
  }
};

struct FindCoordinatorResponse {
  static constexpr MessageTraits kTraits{.name = "FindCoordinatorResponse",
                                         .api = ApiKey::kFindCoordinator,
                                         .version_min = 0,
                                         .version_max = 6,
                                         .flexible_since = 3};

  struct Coordinator {
    std::string key;
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;

    bool operator==(const Coordinator&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.key, "key", since(4));
      visit(self.node_id, "nodeId", since(4));
      visit(self.host, "host", since(4));
      visit(self.port, "port", since(4));
      visit(self.error_code, "errorCode", since(4));
      visit(self.error_message, "errorMessage", since(4).nullable(4));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::int32_t node_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::vector<Coordinator> coordinators;

  bool operator==(const FindCoordinatorResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs", since(1));
    visit(self.error_code, "errorCode", between(0, 3));
    visit(self.error_message, "errorMessage", between(1, 3).nullable(1));
    visit(self.node_id, "nodeId", between(0, 3));
    visit(self.host, "host", between(0, 3));
    visit(self.port, "port", between(0, 3));
    visit(self.coordinators, "coordinators", since(4));
  }
};

}  // namespace leat::wire
