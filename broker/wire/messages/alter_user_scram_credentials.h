// AlterUserScramCredentials (51), version 0: sets and removes SCRAM credentials of users.
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

struct AlterUserScramCredentialsRequest {
  static constexpr MessageTraits kTraits{.name = "AlterUserScramCredentialsRequest",
                                         .api = ApiKey::kAlterUserScramCredentials,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct ScramCredentialDeletion {
    std::string name;
    std::int8_t mechanism = 0;

    bool operator==(const ScramCredentialDeletion&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.mechanism, "mechanism");
    }
  };

  struct ScramCredentialUpsertion {
    std::string name;
    std::int8_t mechanism = 0;
    std::int32_t iterations = 0;
    ByteString salt;
    ByteString salted_password;

    bool operator==(const ScramCredentialUpsertion&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.mechanism, "mechanism");
      visit(self.iterations, "iterations");
      visit(self.salt, "salt");
      visit(self.salted_password, "saltedPassword");
    }
  };

  std::vector<ScramCredentialDeletion> deletions;
  std::vector<ScramCredentialUpsertion> upsertions;

  bool operator==(const AlterUserScramCredentialsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.deletions, "deletions");
    visit(self.upsertions, "upsertions");
  }
};

struct AlterUserScramCredentialsResponse {
  static constexpr MessageTraits kTraits{.name = "AlterUserScramCredentialsResponse",
                                         .api = ApiKey::kAlterUserScramCredentials,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct AlterUserScramCredentialsResult {
    std::string user;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;

    bool operator==(const AlterUserScramCredentialsResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.user, "user");
      visit(self.error_code, "errorCode");
      visit(self.error_message, "errorMessage", always().nullable(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<AlterUserScramCredentialsResult> results;

  bool operator==(const AlterUserScramCredentialsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.results, "results");
  }
};

}  // namespace leat::wire
