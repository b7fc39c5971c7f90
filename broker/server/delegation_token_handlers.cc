// CreateDelegationToken (38), versions 1 to 3; RenewDelegationToken (39), ExpireDelegationToken (40), 1 and 2;
// DescribeDelegationToken (41), 1 to 3. Left out: tokens. The answers are those of a Kafka whose
// delegation.token.secret.key is not set.
#include "broker/server/admin_handlers.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

/// What is said of requests on connections that have not authenticated.
ErrorCode why_not(const RequestContext& context) {
  return context.authenticated() ? ErrorCode::kDelegationTokenAuthDisabled
                                 : ErrorCode::kDelegationTokenRequestNotAllowed;
}

}  // namespace

void handle(Broker& /*broker*/, const RequestContext& context, wire::CreateDelegationTokenRequest request,
            OneShot<wire::CreateDelegationTokenResponse> reply) {
  wire::CreateDelegationTokenResponse response;
  response.error_code = why_not(context);
  response.token_requester_principal_type = "User";
  response.token_requester_principal_name = context.user;
  response.principal_type = request.owner_principal_type.value_or("User");
  response.principal_name = request.owner_principal_name.value_or(context.user);
  if (response.principal_name.empty()) response.principal_type = "User", response.principal_name = context.user;
  response.issue_timestamp_ms = response.expiry_timestamp_ms = response.max_timestamp_ms = -1;
  reply(std::move(response));
}

void handle(Broker& /*broker*/, const RequestContext& context, wire::RenewDelegationTokenRequest /*request*/,
            OneShot<wire::RenewDelegationTokenResponse> reply) {
  wire::RenewDelegationTokenResponse response;
  response.error_code = why_not(context);
  response.expiry_timestamp_ms = -1;
  reply(std::move(response));
}

void handle(Broker& /*broker*/, const RequestContext& context, wire::ExpireDelegationTokenRequest /*request*/,
            OneShot<wire::ExpireDelegationTokenResponse> reply) {
  wire::ExpireDelegationTokenResponse response;
  response.error_code = why_not(context);
  response.expiry_timestamp_ms = -1;
  reply(std::move(response));
}

void handle(Broker& /*broker*/, const RequestContext& context, wire::DescribeDelegationTokenRequest /*request*/,
            OneShot<wire::DescribeDelegationTokenResponse> reply) {
  wire::DescribeDelegationTokenResponse response;
  response.error_code = why_not(context);
  reply(std::move(response));
}

}  // namespace leat::server
