// CreateDelegationToken (38), versions 1 to 3: makes a delegation token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/byte_string.h"
#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct CreateDelegationTokenRequest {
  static constexpr MessageTraits kTraits{.name = "CreateDelegationTokenRequest",
                                         .api = ApiKey::kCreateDelegationToken,
                                         .version_min = 1,
                                         .version_max = 3,
                                         .flexible_since = 2};

  struct CreatableRenewers {
    std::string principal_type;
    std::string principal_name;

    bool operator==(const CreatableRenewers&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.principal_type, "principalType");
      visit(self.principal_name, "principalName");
    }
  };

  std::optional<std::string> owner_principal_type;
  std::optional<std::string> owner_principal_name;
  std::vector<CreatableRenewers> renewers;
  std::int64_t max_lifetime_ms = 0;

  bool operator==(const CreateDelegationTokenRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.owner_principal_type, "ownerPrincipalType", since(3).nullable(3));
    visit(self.owner_principal_name, "ownerPrincipalName", since(3).nullable(3));
    visit(self.renewers, "renewers");
    visit(self.max_lifetime_ms, "maxLifetimeMs");
  }
};

struct CreateDelegationTokenResponse {
  static constexpr MessageTraits kTraits{.name = "CreateDelegationTokenResponse",
                                         .api = ApiKey::kCreateDelegationToken,
                                         .version_min = 1,
                                         .version_max = 3,
                                         .flexible_since = 2};

  ErrorCode error_code = ErrorCode::kNone;
  std::string principal_type;
  std::string principal_name;
  std::string token_requester_principal_type;
  std::string token_requester_principal_name;
  std::int64_t issue_timestamp_ms = 0;
  std::int64_t expiry_timestamp_ms = 0;
  std::int64_t max_timestamp_ms = 0;
  std::string token_id;
  ByteString hmac;
  std::int32_t throttle_time_ms = 0;

  bool operator==(const CreateDelegationTokenResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.error_code, "errorCode");
    visit(self.principal_type, "principalType");
    visit(self.principal_name, "principalName");
    visit(self.token_requester_principal_type, "tokenRequesterPrincipalType", since(3));
    visit(self.token_requester_principal_name, "tokenRequesterPrincipalName", since(3));
    visit(self.issue_timestamp_ms, "issueTimestampMs");
    visit(self.expiry_timestamp_ms, "expiryTimestampMs");
    visit(self.max_timestamp_ms, "maxTimestampMs");
    visit(self.token_id, "tokenId");
    visit(self.hmac, "hmac");
    visit(self.throttle_time_ms, "throttleTimeMs");
  }
};

}  // namespace leat::wire
