// DescribeDelegationToken (41), versions 1 to 3: lists delegation tokens.
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

struct DescribeDelegationTokenRequest {
  static constexpr MessageTraits kTraits{.name = "DescribeDelegationTokenRequest",
                                         .api = ApiKey::kDescribeDelegationToken,
                                         .version_min = 1,
                                         .version_max = 3,
                                         .flexible_since = 2};

  struct DescribeDelegationTokenOwner {
    std::string principal_type;
    std::string principal_name;

    bool operator==(const DescribeDelegationTokenOwner&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.principal_type, "principalType");
      visit(self.principal_name, "principalName");
    }
  };

  std::optional<std::vector<DescribeDelegationTokenOwner>> owners;

  bool operator==(const DescribeDelegationTokenRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.owners, "owners", always().nullable(0));
  }
};

struct DescribeDelegationTokenResponse {
  static constexpr MessageTraits kTraits{.name = "DescribeDelegationTokenResponse",
                                         .api = ApiKey::kDescribeDelegationToken,
                                         .version_min = 1,
                                         .version_max = 3,
                                         .flexible_since = 2};

  struct DescribedDelegationToken {
    struct DescribedDelegationTokenRenewer {
      std::string principal_type;
      std::string principal_name;

      bool operator==(const DescribedDelegationTokenRenewer&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.principal_type, "principalType");
        visit(self.principal_name, "principalName");
      }
    };

    std::string principal_type;
    std::string principal_name;
    std::string token_requester_principal_type;
    std::string token_requester_principal_name;
    std::int64_t issue_timestamp = 0;
    std::int64_t expiry_timestamp = 0;
    std::int64_t max_timestamp = 0;
    std::string token_id;
    ByteString hmac;
    std::vector<DescribedDelegationTokenRenewer> renewers;

    bool operator==(const DescribedDelegationToken&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.principal_type, "principalType");
      visit(self.principal_name, "principalName");
      visit(self.token_requester_principal_type, "tokenRequesterPrincipalType", since(3));
      visit(self.token_requester_principal_name, "tokenRequesterPrincipalName", since(3));
      visit(self.issue_timestamp, "issueTimestamp");
      visit(self.expiry_timestamp, "expiryTimestamp");
      visit(self.max_timestamp, "maxTimestamp");
      visit(self.token_id, "tokenId");
      visit(self.hmac, "hmac");
      visit(self.renewers, "renewers");
    }
  };

  ErrorCode error_code = ErrorCode::kNone;
  std::vector<DescribedDelegationToken> tokens;
  std::int32_t throttle_time_ms = 0;

  bool operator==(const DescribeDelegationTokenResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.error_code, "errorCode");
    visit(self.tokens, "tokens");
    visit(self.throttle_time_ms, "throttleTimeMs");
  }
};

}  // namespace leat::wire
