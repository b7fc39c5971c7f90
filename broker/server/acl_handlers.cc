// DescribeAcls (29), CreateAcls (30), DeleteAcls (31), versions 1 to 3. Left out: authorizers. The answers are those of
// a Kafka whose authorizer.class.name is not set.
#include <algorithm>

#include "broker/server/admin_handlers.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

template <class Filter>
bool has_unknown_elements(const Filter& filter) {
  return filter.resource_type_filter == 0 || filter.pattern_type_filter == 0 || filter.operation == 0 ||
         filter.permission_type == 0;
}

}  // namespace

// Kafka refuses requests with unknown elements while it reads them: the connection is closed, which a dropped reply
// does.

void handle(Broker& /*broker*/, const RequestContext& /*context*/, wire::DescribeAclsRequest request,
            OneShot<wire::DescribeAclsResponse> reply) {
  if (has_unknown_elements(request)) return;
  wire::DescribeAclsResponse response;
  response.error_code = ErrorCode::kSecurityDisabled;
  response.error_message = "No Authorizer is configured on the broker";
  reply(std::move(response));
}

void handle(Broker& /*broker*/, const RequestContext& /*context*/, wire::CreateAclsRequest request,
            OneShot<wire::CreateAclsResponse> reply) {
  wire::CreateAclsResponse response;
  for (const auto& creation : request.creations) {
    if (creation.resource_type == 0 || creation.resource_pattern_type == 0 || creation.operation == 0 ||
        creation.permission_type == 0)
      return;
    auto& result = response.results.emplace_back();
    result.error_code = ErrorCode::kSecurityDisabled;
    result.error_message = "No Authorizer is configured.";
  }
  reply(std::move(response));
}

void handle(Broker& /*broker*/, const RequestContext& /*context*/, wire::DeleteAclsRequest request,
            OneShot<wire::DeleteAclsResponse> reply) {
  wire::DeleteAclsResponse response;
  for (const auto& filter : request.filters) {
    if (has_unknown_elements(filter)) return;
    auto& result = response.filter_results.emplace_back();
    result.error_code = ErrorCode::kSecurityDisabled;
    result.error_message = "No Authorizer is configured.";
  }
  reply(std::move(response));
}

}  // namespace leat::server
