// SaslHandshake (17), versions 0 and 1; SaslAuthenticate (36), 0 to 2: PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. On a
// listener without SASL both are out of place, and so are tokens without a handshake before them.
#include "base/log.h"
#include "broker/server/admin_handlers.h"
#include "broker/server/authentication.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

/// connection.failed.authentication.delay.ms of Kafka: whoever guesses waits.
constexpr std::chrono::milliseconds kDelayAfterFailure{100};

template <class Response>
void reply_later(Broker& broker, Response response, OneShot<Response> reply) {
  broker.world().loop.call_at(
      broker.world().loop.now() + kDelayAfterFailure,
      [response = std::move(response), reply = std::move(reply)]() mutable { reply(std::move(response)); });
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::SaslHandshakeRequest request,
            OneShot<wire::SaslHandshakeResponse> reply) {
  wire::SaslHandshakeResponse response;
  Authentication* authentication = context.authentication;
  if (authentication == nullptr || !authentication->may_shake_hands()) {
    response.error_code = ErrorCode::kIllegalSaslState;
    return reply(std::move(response));
  }
  response.error_code = authentication->shake_hands(request.mechanism, context.version);
  response.mechanisms = authentication->mechanisms();
  if (authentication->failed()) return reply_later(broker, std::move(response), std::move(reply));
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& context, wire::SaslAuthenticateRequest request,
            OneShot<wire::SaslAuthenticateResponse> reply) {
  wire::SaslAuthenticateResponse response;
  Authentication* authentication = context.authentication;
  if (authentication == nullptr || authentication->done()) {
    response.error_code = ErrorCode::kIllegalSaslState;
    response.error_message = "SaslAuthenticate request received after successful authentication";
    return reply(std::move(response));
  }
  auto answer = authentication->authenticate(request.auth_bytes);
  if (!answer) {
    log_line(LogLevel::kInfo, "session", "authentication failed",
             {{"peer", context.client.host}, {"why", answer.error().message}});
    response.error_code = ErrorCode::kSaslAuthenticationFailed;
    response.error_message = answer.error().message;
    return reply_later(broker, std::move(response), std::move(reply));
  }
  response.auth_bytes = std::move(*answer);
  response.session_lifetime_ms = authentication->lifetime_ms();
  reply(std::move(response));
}

}  // namespace leat::server
