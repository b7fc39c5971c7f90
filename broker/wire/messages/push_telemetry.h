// PushTelemetry (72), version 0: metrics of a client.
#pragma once

#include <cstdint>

#include "base/uuid.h"
#include "broker/wire/byte_string.h"
#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct PushTelemetryRequest {
  static constexpr MessageTraits kTraits{.name = "PushTelemetryRequest",
                                         .api = ApiKey::kPushTelemetry,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  Uuid client_instance_id;
  std::int32_t subscription_id = 0;
  bool terminating = false;
  std::int8_t compression_type = 0;
  ByteString metrics;

  bool operator==(const PushTelemetryRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.client_instance_id, "clientInstanceId");
    visit(self.subscription_id, "subscriptionId");
    visit(self.terminating, "terminating");
    visit(self.compression_type, "compressionType");
    visit(self.metrics, "metrics");
  }
};

struct PushTelemetryResponse {
  static constexpr MessageTraits kTraits{.name = "PushTelemetryResponse",
                                         .api = ApiKey::kPushTelemetry,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;

  bool operator==(const PushTelemetryResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
  }
};

}  // namespace leat::wire
