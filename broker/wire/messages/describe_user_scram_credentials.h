// DescribeUserScramCredentials (50), version 0: SCRAM credentials of users, without their secrets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct DescribeUserScramCredentialsRequest {
  static constexpr MessageTraits kTraits{.name = "DescribeUserScramCredentialsRequest",
                                         .api = ApiKey::kDescribeUserScramCredentials,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct UserName {
    std::string name;

    bool operator==(const UserName&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
    }
  };

  std::optional<std::vector<UserName>> users;

  bool operator==(const DescribeUserScramCredentialsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.users, "users", always().nullable(0));
  }
};

struct DescribeUserScramCredentialsResponse {
  static constexpr MessageTraits kTraits{.name = "DescribeUserScramCredentialsResponse",
                                         .api = ApiKey::kDescribeUserScramCredentials,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct DescribeUserScramCredentialsResult {
    struct CredentialInfo {
      std::int8_t mechanism = 0;
      std::int32_t iterations = 0;

      bool operator==(const CredentialInfo&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.mechanism, "mechanism");
        visit(self.iterations, "iterations");
      }
    };

    std::string user;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;
    std::vector<CredentialInfo> credential_infos;

    bool operator==(const DescribeUserScramCredentialsResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.user, "user");
      visit(self.error_code, "errorCode");
      visit(self.error_message, "errorMessage", always().nullable(0));
      visit(self.credential_infos, "credentialInfos");
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::vector<DescribeUserScramCredentialsResult> results;

  bool operator==(const DescribeUserScramCredentialsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
    visit(self.error_message, "errorMessage", always().nullable(0));
    visit(self.results, "results");
  }
};

}  // namespace leat::wire
