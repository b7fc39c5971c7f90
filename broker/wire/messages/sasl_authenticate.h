// SaslAuthenticate (36), versions 0 to 2: carries the mechanism's own messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/wire/byte_string.h"
#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct SaslAuthenticateRequest {
  static constexpr MessageTraits kTraits{.name = "SaslAuthenticateRequest",
                                         .api = ApiKey::kSaslAuthenticate,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 2};

  ByteString auth_bytes;

  bool operator==(const SaslAuthenticateRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.auth_bytes, "authBytes");
  }
};

struct SaslAuthenticateResponse {
  static constexpr MessageTraits kTraits{.name = "SaslAuthenticateResponse",
                                         .api = ApiKey::kSaslAuthenticate,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 2};

  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  ByteString auth_bytes;
  std::int64_t session_lifetime_ms = 0;

  bool operator==(const SaslAuthenticateResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.error_code, "errorCode");
    visit(self.error_message, "errorMessage", always().nullable(0));
    visit(self.auth_bytes, "authBytes");
    visit(self.session_lifetime_ms, "sessionLifetimeMs", since(1));
  }
};

}  // namespace leat::wire
