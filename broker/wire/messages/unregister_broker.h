// UnregisterBroker (64), version 0: forgets a broker that is gone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct UnregisterBrokerRequest {
  static constexpr MessageTraits kTraits{.name = "UnregisterBrokerRequest",
                                         .api = ApiKey::kUnregisterBroker,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  std::int32_t broker_id = 0;

  bool operator==(const UnregisterBrokerRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.broker_id, "brokerId");
  }
};

struct UnregisterBrokerResponse {
  static constexpr MessageTraits kTraits{.name = "UnregisterBrokerResponse",
                                         .api = ApiKey::kUnregisterBroker,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;

  bool operator==(const UnregisterBrokerResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
    visit(self.error_message, "errorMessage", always().nullable(0));
  }
};

}  // namespace leat::wire
