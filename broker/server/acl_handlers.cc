// DescribeAcls (29), CreateAcls (30), DeleteAcls (31), versions 1 to 3: access control entries, kept in the metadata
// log. Without an authorizer all three are answered with SECURITY_DISABLED.
#include <algorithm>
#include <memory>
#include <set>

#include "base/gathering.h"
#include "broker/server/admin_handlers.h"
#include "broker/server/authorizer.h"
#include "broker/wire/records/admin_records.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

constexpr std::int8_t kAny = 1;
constexpr std::int8_t kLastOperation = 15;

/// Kafka refuses requests with unknown elements while it reads them: the connection is closed, which a dropped reply
/// does.
template <class Filter>
bool has_unknown_elements(const Filter& filter) {
  return filter.resource_type_filter == 0 || filter.pattern_type_filter == 0 || filter.operation == 0 ||
         filter.permission_type == 0;
}

template <class Filter>
bool fits_resource(const Filter& filter, const AccessControlEntry& entry) {
  if (filter.resource_type_filter != kAny && filter.resource_type_filter != entry.resource_type) return false;
  const auto pattern = static_cast<AclPattern>(filter.pattern_type_filter);
  const bool is_prefixed = entry.pattern_type == static_cast<std::int8_t>(AclPattern::kPrefixed);
  if (pattern != AclPattern::kAny && pattern != AclPattern::kMatch && filter.pattern_type_filter != entry.pattern_type)
    return false;
  if (!filter.resource_name_filter) return true;
  const std::string& name = *filter.resource_name_filter;
  if (pattern != AclPattern::kMatch) return name == entry.resource_name;
  // All entries that say something of this resource.
  return is_prefixed ? name.starts_with(entry.resource_name)
                     : entry.resource_name == name || entry.resource_name == "*";
}

template <class Filter>
bool fits(const Filter& filter, const AccessControlEntry& entry) {
  return fits_resource(filter, entry) && (!filter.principal_filter || *filter.principal_filter == entry.principal) &&
         (!filter.host_filter || *filter.host_filter == entry.host) &&
         (filter.operation == kAny || filter.operation == entry.operation) &&
         (filter.permission_type == kAny || filter.permission_type == entry.permission_type);
}

/// Why an entry cannot be made; none where it can.
std::optional<std::string> problem_with(const AccessControlEntry& entry) {
  if (entry.resource_type <= kAny || entry.resource_type > static_cast<std::int8_t>(AclResource::kUser))
    return "Invalid resourceType " + std::to_string(entry.resource_type);
  if (entry.pattern_type != static_cast<std::int8_t>(AclPattern::kLiteral) &&
      entry.pattern_type != static_cast<std::int8_t>(AclPattern::kPrefixed))
    return "Invalid patternType " + std::to_string(entry.pattern_type);
  if (entry.operation <= kAny || entry.operation > kLastOperation)
    return "Invalid operation " + std::to_string(entry.operation);
  if (entry.permission_type <= kAny || entry.permission_type > static_cast<std::int8_t>(AclPermission::kAllow))
    return "Invalid permissionType " + std::to_string(entry.permission_type);
  if (entry.resource_type == static_cast<std::int8_t>(AclResource::kCluster) && entry.resource_name != kClusterName)
    return "The only valid name for the CLUSTER resource is " + kClusterName;
  if (entry.resource_name.empty()) return "Invalid empty resource name";
  const std::size_t colon = entry.principal.find(':');
  if (colon == std::string::npos || colon == 0)
    return "Could not parse principal from `" + entry.principal +
           "` (no colon is present separating the principal type "
           "from the principal name)";
  return std::nullopt;
}

bool is_there(const Settings& settings, const AccessControlEntry& entry) {
  return std::any_of(settings.acls().begin(), settings.acls().end(),
                     [&](const auto& each) { return each.second == entry; });
}

coordinator::InternalRecord record_of(const Uuid& id, const AccessControlEntry& entry) {
  wire::AccessControlEntryRecord record;
  record.id = id;
  record.resource_type = entry.resource_type;
  record.resource_name = entry.resource_name;
  record.pattern_type = entry.pattern_type;
  record.principal = entry.principal;
  record.host = entry.host;
  record.operation = entry.operation;
  record.permission_type = entry.permission_type;
  return metadata_record(record);
}

/// Writes the records of one request; `results` of its response are answered with an error where that fails.
template <class Response, class Results>
void write(Broker& broker, std::vector<coordinator::InternalRecord> records,
           std::shared_ptr<Gathering<Response>> gathering, Results results) {
  if (!records.empty()) {
    ++gathering->left;
    broker.topics().write(std::move(records), [gathering, results](Status status) {
      for (auto& result : results(gathering->response))
        if (!status && result.error_code == ErrorCode::kNone) result.error_code = ErrorCode::kKafkaStorageError;
      gathering->one_done();
    });
  }
  gathering->one_done();
}

}  // namespace

void handle(Broker& broker, const RequestContext& /*context*/, wire::DescribeAclsRequest request,
            OneShot<wire::DescribeAclsResponse> reply) {
  if (has_unknown_elements(request)) return;
  wire::DescribeAclsResponse response;
  if (!broker.authorizer().enabled()) {
    response.error_code = ErrorCode::kSecurityDisabled;
    response.error_message = "No Authorizer is configured on the broker";
    return reply(std::move(response));
  }
  std::vector<AccessControlEntry> found;
  for (const auto& [id, entry] : broker.settings().acls())
    if (fits(request, entry)) found.push_back(entry);
  std::sort(found.begin(), found.end());
  for (const AccessControlEntry& entry : found) {
    const bool same = !response.resources.empty() && response.resources.back().resource_type == entry.resource_type &&
                      response.resources.back().resource_name == entry.resource_name &&
                      response.resources.back().pattern_type == entry.pattern_type;
    if (!same) response.resources.push_back({entry.resource_type, entry.resource_name, entry.pattern_type, {}});
    response.resources.back().acls.push_back({entry.principal, entry.host, entry.operation, entry.permission_type});
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& /*context*/, wire::CreateAclsRequest request,
            OneShot<wire::CreateAclsResponse> reply) {
  auto creating = std::make_shared<Gathering<wire::CreateAclsResponse>>(std::move(reply));
  std::vector<coordinator::InternalRecord> records;
  std::set<AccessControlEntry> made;
  for (const auto& creation : request.creations) {
    if (creation.resource_type == 0 || creation.resource_pattern_type == 0 || creation.operation == 0 ||
        creation.permission_type == 0)
      return;
    auto& result = creating->response.results.emplace_back();
    const AccessControlEntry entry{creation.resource_type,  creation.resource_name, creation.resource_pattern_type,
                                   creation.principal,      creation.host,          creation.operation,
                                   creation.permission_type};
    if (!broker.authorizer().enabled()) {
      result.error_code = ErrorCode::kSecurityDisabled;
      result.error_message = "No Authorizer is configured.";
    } else if (auto problem = problem_with(entry)) {
      result.error_code = ErrorCode::kInvalidRequest;
      result.error_message = std::move(problem);
    } else if (!is_there(broker.settings(), entry) && made.insert(entry).second) {
      records.push_back(record_of(Uuid::random(broker.world().random), entry));
    }
  }
  write(
      broker, std::move(records), creating, [](auto& response) -> auto& { return response.results; });
}

void handle(Broker& broker, const RequestContext& /*context*/, wire::DeleteAclsRequest request,
            OneShot<wire::DeleteAclsResponse> reply) {
  auto deleting = std::make_shared<Gathering<wire::DeleteAclsResponse>>(std::move(reply));
  std::vector<coordinator::InternalRecord> records;
  std::set<Uuid> gone;
  for (const auto& filter : request.filters) {
    if (has_unknown_elements(filter)) return;
    auto& result = deleting->response.filter_results.emplace_back();
    if (!broker.authorizer().enabled()) {
      result.error_code = ErrorCode::kSecurityDisabled;
      result.error_message = "No Authorizer is configured.";
      continue;
    }
    for (const auto& [id, entry] : broker.settings().acls()) {
      if (!fits(filter, entry)) continue;
      result.matching_acls.push_back({ErrorCode::kNone, std::nullopt, entry.resource_type, entry.resource_name,
                                      entry.pattern_type, entry.principal, entry.host, entry.operation,
                                      entry.permission_type});
      if (!gone.insert(id).second) continue;
      wire::RemoveAccessControlEntryRecord record;
      record.id = id;
      records.push_back(metadata_record(record));
    }
  }
  write(
      broker, std::move(records), deleting, [](auto& response) -> auto& { return response.filter_results; });
}

}  // namespace leat::server
