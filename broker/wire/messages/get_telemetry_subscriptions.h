// GetTelemetrySubscriptions (71), version 0: which metrics a client should push.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct GetTelemetrySubscriptionsRequest {
  static constexpr MessageTraits kTraits{.name = "GetTelemetrySubscriptionsRequest",
                                         .api = ApiKey::kGetTelemetrySubscriptions,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  Uuid client_instance_id;

  bool operator==(const GetTelemetrySubscriptionsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.client_instance_id, "clientInstanceId");
  }
};

struct GetTelemetrySubscriptionsResponse {
  static constexpr MessageTraits kTraits{.name = "GetTelemetrySubscriptionsResponse",
                                         .api = ApiKey::kGetTelemetrySubscriptions,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  Uuid client_instance_id;
  std::int32_t subscription_id = 0;
  std::vector<std::int8_t> accepted_compression_types;
  std::int32_t push_interval_ms = 0;
  std::int32_t telemetry_max_bytes = 0;
  bool delta_temporality = false;
  std::vector<std::string> requested_metrics;

  bool operator==(const GetTelemetrySubscriptionsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
    visit(self.client_instance_id, "clientInstanceId");
    visit(self.subscription_id, "subscriptionId");
    visit(self.accepted_compression_types, "acceptedCompressionTypes");
    visit(self.push_interval_ms, "pushIntervalMs");
    visit(self.telemetry_max_bytes, "telemetryMaxBytes");
    visit(self.delta_temporality, "deltaTemporality");
    visit(self.requested_metrics, "requestedMetrics");
  }
};

}  // namespace leat::wire
