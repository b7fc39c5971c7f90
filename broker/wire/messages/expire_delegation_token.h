// ExpireDelegationToken (40), versions 1 to 2: ends a delegation token.
#pragma once

#include <cstdint>

#include "broker/wire/byte_string.h"
#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct ExpireDelegationTokenRequest {
  static constexpr MessageTraits kTraits{.name = "ExpireDelegationTokenRequest",
                                         .api = ApiKey::kExpireDelegationToken,
                                         .version_min = 1,
                                         .version_max = 2,
                                         .flexible_since = 2};

  ByteString hmac;
  std::int64_t expiry_time_period_ms = 0;

  bool operator==(const ExpireDelegationTokenRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.hmac, "hmac");
    visit(self.expiry_time_period_ms, "expiryTimePeriodMs");
  }
};

struct ExpireDelegationTokenResponse {
  static constexpr MessageTraits kTraits{.name = "ExpireDelegationTokenResponse",
                                         .api = ApiKey::kExpireDelegationToken,
                                         .version_min = 1,
                                         .version_max = 2,
                                         .flexible_since = 2};

  ErrorCode error_code = ErrorCode::kNone;
  std::int64_t expiry_timestamp_ms = 0;
  std::int32_t throttle_time_ms = 0;

  bool operator==(const ExpireDelegationTokenResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.error_code, "errorCode");
    visit(self.expiry_timestamp_ms, "expiryTimestampMs");
    visit(self.throttle_time_ms, "throttleTimeMs");
  }
};

}  // namespace leat::wire
