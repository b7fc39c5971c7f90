// GetTelemetrySubscriptions (71) and PushTelemetry (72), version 0, as Kafka answers them where no exporter is
// configured: served, but not listed by ApiVersions, and nothing is asked of clients.
#include "base/crc32c.h"
#include "broker/server/admin_handlers.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

constexpr std::int8_t kZstd = 4, kLz4 = 3, kGzip = 1, kSnappy = 2;
constexpr std::int32_t kPushIntervalMs = 300'000;
constexpr std::int32_t kTelemetryBytesMax = 1024 * 1024;

/// Which subscriptions there are, in one number: there are none, so it tells clients apart only.
std::int32_t subscription_id(const Uuid& client) { return static_cast<std::int32_t>(crc32c(client.to_base64())); }

}  // namespace

void handle(Broker& broker, const RequestContext& /*context*/, wire::GetTelemetrySubscriptionsRequest request,
            OneShot<wire::GetTelemetrySubscriptionsResponse> reply) {
  wire::GetTelemetrySubscriptionsResponse response;
  response.client_instance_id =
      request.client_instance_id.is_zero() ? Uuid::random(broker.world().random) : request.client_instance_id;
  response.subscription_id = subscription_id(response.client_instance_id);
  response.accepted_compression_types = {kZstd, kLz4, kGzip, kSnappy};
  response.push_interval_ms = kPushIntervalMs;
  response.telemetry_max_bytes = kTelemetryBytesMax;
  response.delta_temporality = true;
  reply(std::move(response));
}

void handle(Broker& /*broker*/, const RequestContext& /*context*/, wire::PushTelemetryRequest request,
            OneShot<wire::PushTelemetryResponse> reply) {
  wire::PushTelemetryResponse response;
  if (request.client_instance_id.is_zero()) {
    response.error_code = ErrorCode::kInvalidRequest;
  } else if (request.subscription_id != subscription_id(request.client_instance_id)) {
    response.error_code = ErrorCode::kUnknownSubscriptionId;
  } else if (request.compression_type < 0 || request.compression_type > kZstd) {
    response.error_code = ErrorCode::kUnsupportedCompressionType;
  } else if (request.metrics.size() > static_cast<std::size_t>(kTelemetryBytesMax)) {
    response.error_code = ErrorCode::kTelemetryTooLarge;
  }
  reply(std::move(response));
}

}  // namespace leat::server
