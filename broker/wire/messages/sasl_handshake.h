// SaslHandshake (17), versions 0 to 1: names the mechanism to authenticate with.
#pragma once

#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct SaslHandshakeRequest {
  static constexpr MessageTraits kTraits{
      .name = "SaslHandshakeRequest", .api = ApiKey::kSaslHandshake, .version_min = 0, .version_max = 1};

  std::string mechanism;

  bool operator==(const SaslHandshakeRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.mechanism, "mechanism");
  }
};

struct SaslHandshakeResponse {
  static constexpr MessageTraits kTraits{
      .name = "SaslHandshakeResponse", .api = ApiKey::kSaslHandshake, .version_min = 0, .version_max = 1};

  ErrorCode error_code = ErrorCode::kNone;
  std::vector<std::string> mechanisms;

  bool operator==(const SaslHandshakeResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.error_code, "errorCode");
    visit(self.mechanisms, "mechanisms");
  }
};

}  // namespace leat::wire
