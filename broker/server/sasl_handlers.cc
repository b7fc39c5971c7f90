// SaslHandshake (17), versions 0 and 1; SaslAuthenticate (36), 0 to 2, where no authentication is wanted: on a listener
// without SASL, or on a connection that has authenticated.
#include "broker/server/admin_handlers.h"

namespace leat::server {

using wire::ErrorCode;

void handle(Broker& /*broker*/, const RequestContext& /*context*/, wire::SaslHandshakeRequest /*request*/,
            OneShot<wire::SaslHandshakeResponse> reply) {
  wire::SaslHandshakeResponse response;
  response.error_code = ErrorCode::kIllegalSaslState;
  reply(std::move(response));
}

void handle(Broker& /*broker*/, const RequestContext& /*context*/, wire::SaslAuthenticateRequest /*request*/,
            OneShot<wire::SaslAuthenticateResponse> reply) {
  wire::SaslAuthenticateResponse response;
  response.error_code = ErrorCode::kIllegalSaslState;
  response.error_message = "SaslAuthenticate request received after successful authentication";
  reply(std::move(response));
}

}  // namespace leat::server
