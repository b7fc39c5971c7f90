// RenewDelegationToken (39), versions 1 to 2: prolongs a delegation token.
#pragma once

#include <cstdint>

#include "broker/wire/byte_string.h"
#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct RenewDelegationTokenRequest {
  static constexpr MessageTraits kTraits{.name = "RenewDelegationTokenRequest",
                                         .api = ApiKey::kRenewDelegationToken,
                                         .version_min = 1,
                                         .version_max = 2,
                                         .flexible_since = 2};

  ByteString hmac;
  std::int64_t renew_period_ms = 0;

  bool operator==(const RenewDelegationTokenRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.hmac, "hmac");
    visit(self.renew_period_ms, "renewPeriodMs");
  }
};

struct RenewDelegationTokenResponse {
  static constexpr MessageTraits kTraits{.name = "RenewDelegationTokenResponse",
                                         .api = ApiKey::kRenewDelegationToken,
                                         .version_min = 1,
                                         .version_max = 2,
                                         .flexible_since = 2};

  ErrorCode error_code = ErrorCode::kNone;
  std::int64_t expiry_timestamp_ms = 0;
  std::int32_t throttle_time_ms = 0;

  bool operator==(const RenewDelegationTokenResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.error_code, "errorCode");
    visit(self.expiry_timestamp_ms, "expiryTimestampMs");
    visit(self.throttle_time_ms, "throttleTimeMs");
  }
};

}  // namespace leat::wire
