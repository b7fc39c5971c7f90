// kafka-acls: adds, removes and lists access control lists.
#include <fmt/format.h>

#include <algorithm>

#include "base/did_you_mean.h"
#include "broker/tools/tools.h"
#include "broker/wire/messages/create_acls.h"
#include "broker/wire/messages/delete_acls.h"
#include "broker/wire/messages/describe_acls.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"add", Takes::kNothing, "", "add ACLs"},
    {"allow-host", Takes::kValue, "host", "where allowed principals come from (default *)"},
    {"allow-principal", Takes::kValue, "type:name", "a principal that is allowed, such as User:alice"},
    {"bootstrap-controller", Takes::kValue, "host:port,...", "the controllers to connect to"},
    {"cluster", Takes::kNothing, "", "the resource is the cluster"},
    {"consumer", Takes::kNothing, "", "what a consumer needs: READ and DESCRIBE on topics, READ on groups"},
    {"delegation-token", Takes::kValue, "id", "the resource is this delegation token"},
    {"deny-host", Takes::kValue, "host", "where denied principals come from (default *)"},
    {"deny-principal", Takes::kValue, "type:name", "a principal that is denied, which counts before what is allowed"},
    {"force", Takes::kNothing, "", "do not ask"},
    {"group", Takes::kValue, "id", "the resource is this group"},
    {"idempotent", Takes::kNothing, "", "with --producer: IDEMPOTENT_WRITE on the cluster"},
    {"list", Takes::kNothing, "", "list ACLs"},
    {"operation", Takes::kValue, "operation", "what is allowed or denied (default All)"},
    {"principal", Takes::kPerhapsValue, "type:name", "list: only ACLs of this principal"},
    {"producer", Takes::kNothing, "", "what a producer needs: WRITE, DESCRIBE and CREATE on topics"},
    {"remove", Takes::kNothing, "", "remove ACLs"},
    {"resource-pattern-type", Takes::kValue, "type", "literal (default), prefixed; list and remove: any, match too"},
    {"topic", Takes::kValue, "name", "the resource is this topic"},
    {"transactional-id", Takes::kValue, "id", "the resource is this transactional id"},
    {"user-principal", Takes::kValue, "type:name", "the resource is this user"},
};

/// Kafka's numbers and names.
struct Named {
  std::int8_t number;
  std::string_view name;
};

constexpr Named kResourceTypes[] = {
    {1, "ANY"}, {2, "TOPIC"}, {3, "GROUP"}, {4, "CLUSTER"}, {5, "TRANSACTIONAL_ID"}, {6, "DELEGATION_TOKEN"},
    {7, "USER"}};
constexpr Named kPatternTypes[] = {{1, "ANY"}, {2, "MATCH"}, {3, "LITERAL"}, {4, "PREFIXED"}};
constexpr Named kOperations[] = {{2, "ALL"},
                                 {3, "READ"},
                                 {4, "WRITE"},
                                 {5, "CREATE"},
                                 {6, "DELETE"},
                                 {7, "ALTER"},
                                 {8, "DESCRIBE"},
                                 {9, "CLUSTER_ACTION"},
                                 {10, "DESCRIBE_CONFIGS"},
                                 {11, "ALTER_CONFIGS"},
                                 {12, "IDEMPOTENT_WRITE"},
                                 {13, "CREATE_TOKENS"},
                                 {14, "DESCRIBE_TOKENS"},
                                 {15, "TWO_PHASE_COMMIT"}};
constexpr Named kPermissions[] = {{2, "DENY"}, {3, "ALLOW"}};
constexpr std::int8_t kAny = 1, kLiteral = 3, kDeny = 2, kAllow = 3;
constexpr std::int8_t kTopic = 2, kGroup = 3, kCluster = 4, kTransactionalId = 5, kDelegationToken = 6, kUser = 7;
constexpr std::int8_t kRead = 3, kWrite = 4, kCreate = 5, kDescribe = 8, kIdempotentWrite = 12;
constexpr std::string_view kClusterName = "kafka-cluster";

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

std::string_view name_of(std::span<const Named> table, std::int8_t number) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const Named& each) { return each.number == number; });
  return found == table.end() ? "UNKNOWN" : found->name;
}

/// The number of a name; case and underscores do not count.
Result<std::int8_t> number_of(std::span<const Named> table, std::string_view text, std::string_view what) {
  const auto plain = [](std::string_view name) {
    std::string letters;
    for (const char each : name)
      if (each != '_') letters.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(each))));
    return letters;
  };
  std::vector<std::string_view> names;
  for (const Named& each : table) {
    if (plain(each.name) == plain(trimmed(text))) return each.number;
    names.push_back(each.name);
  }
  return invalid(fmt::format("'{}' is no {}.{}", text, what, did_you_mean(text, names)));
}

/// A resource, or a filter of resources.
struct Resource {
  std::int8_t type = kAny;
  std::string name;
  std::int8_t pattern = kLiteral;

  auto operator<=>(const Resource&) const = default;
  std::string to_string(std::string_view kind) const {
    return fmt::format("{}(resourceType={}, name={}, patternType={})", kind, name_of(kResourceTypes, type), name,
                       name_of(kPatternTypes, pattern));
  }
};

struct Entry {
  std::string principal;
  std::string host;
  std::int8_t operation = 0;
  std::int8_t permission = 0;

  auto operator<=>(const Entry&) const = default;
  std::string to_string() const {
    return fmt::format("(principal={}, host={}, operation={}, permissionType={})", principal, host,
                       name_of(kOperations, operation), name_of(kPermissions, permission));
  }
};

using Acls = std::map<Resource, std::set<Entry>>;

std::string lines_of(const std::set<Entry>& entries) {
  std::string text;
  for (const Entry& each : entries) text += fmt::format("{}\t{}", text.empty() ? "" : "\n", each.to_string());
  return text;
}

Result<std::set<Resource>> resources_of(const Options& options, bool required) {
  LEAT_ASSIGN_OR_RETURN(const std::int8_t pattern,
                        number_of(kPatternTypes, options.value_or("resource-pattern-type", "LITERAL"), "pattern type"));
  constexpr std::pair<std::string_view, std::int8_t> kNamed[] = {{"topic", kTopic},
                                                                 {"group", kGroup},
                                                                 {"transactional-id", kTransactionalId},
                                                                 {"delegation-token", kDelegationToken},
                                                                 {"user-principal", kUser}};
  std::set<Resource> resources;
  for (const auto& [option, type] : kNamed)
    for (const std::string& name : options.values(option))
      resources.insert({type, std::string(trimmed(name)), pattern});
  if (pattern == kLiteral && (options.has("cluster") || options.has("idempotent")))
    resources.insert({kCluster, std::string(kClusterName), kLiteral});
  if (resources.empty() && required)
    return invalid(
        "You must provide at least one resource: --topic <topic> or --cluster or --group <group> or "
        "--delegation-token <Delegation Token ID>");
  return resources;
}

/// Entries of all given principals, from all given hosts.
Result<std::set<Entry>> entries_of(const Options& options, const std::set<std::int8_t>& operations) {
  std::set<Entry> entries;
  constexpr std::tuple<const char*, const char*, std::int8_t> kSides[] = {{"allow-principal", "allow-host", kAllow},
                                                                          {"deny-principal", "deny-host", kDeny}};
  for (const auto& [principal_option, host_option, permission] : kSides) {
    std::vector<std::string> hosts = options.values(host_option);
    if (hosts.empty()) hosts.emplace_back("*");
    for (const std::string& each : options.values(principal_option)) {
      const std::string principal(trimmed(each));
      if (principal.find(':') == std::string::npos)
        return invalid(fmt::format("expected a string in format principalType:principalName but got {}", principal));
      for (const std::string& host : hosts)
        for (const std::int8_t operation : operations)
          entries.insert({principal, std::string(trimmed(host)), operation, permission});
    }
  }
  return entries;
}

/// Operations that make sense on a resource type.
std::set<std::int8_t> operations_on(std::int8_t type) {
  switch (type) {
    case kTopic: return {2, 3, 4, 5, 6, 7, 8, 10, 11};
    case kGroup: return {2, 3, 6, 8, 10, 11};
    case kCluster: return {2, 5, 7, 8, 9, 10, 11, 12};
    case kTransactionalId: return {2, 4, 8, 15};
    case kDelegationToken: return {2, 8};
    default: return {2, 13, 14};
  }
}

/// What the options ask for: the entries of each resource.
Result<Acls> acls_of(const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto resources, resources_of(options, true));
  Acls acls;
  const auto add = [&](std::int8_t type, const std::set<std::int8_t>& operations) -> Status {
    LEAT_ASSIGN_OR_RETURN(const auto entries, entries_of(options, operations));
    for (const Resource& each : resources)
      if (each.type == type) acls[each].insert(entries.begin(), entries.end());
    return {};
  };
  if (options.has("producer")) {
    LEAT_RETURN_IF_ERROR(add(kTopic, {kWrite, kDescribe, kCreate}));
    LEAT_RETURN_IF_ERROR(add(kTransactionalId, {kWrite, kDescribe}));
    if (options.has("idempotent")) LEAT_RETURN_IF_ERROR(add(kCluster, {kIdempotentWrite}));
  }
  if (options.has("consumer")) {
    LEAT_RETURN_IF_ERROR(add(kTopic, {kRead, kDescribe}));
    LEAT_RETURN_IF_ERROR(add(kGroup, {kRead}));
  }
  if (options.has("producer") || options.has("consumer")) return acls;
  std::set<std::int8_t> operations;
  for (const std::string& each : options.values("operation")) {
    LEAT_ASSIGN_OR_RETURN(const std::int8_t operation, number_of(kOperations, each, "operation"));
    operations.insert(operation);
  }
  if (operations.empty()) operations.insert(kOperations[0].number);
  LEAT_ASSIGN_OR_RETURN(const auto entries, entries_of(options, operations));
  for (const Resource& each : resources) {
    for (const std::int8_t operation : operations)
      if (!operations_on(each.type).contains(operation))
        return invalid(fmt::format("{} is no operation on a {}", name_of(kOperations, operation),
                                   name_of(kResourceTypes, each.type)));
    acls[each] = entries;
  }
  return acls;
}

Result<Acls> describe(Session& session, const std::optional<Resource>& filter) {
  wire::DescribeAclsRequest request;
  request.resource_type_filter = filter ? filter->type : kAny;
  if (filter) request.resource_name_filter = filter->name;
  request.pattern_type_filter = filter ? filter->pattern : kAny;
  request.operation = request.permission_type = kAny;
  const auto response = session.ask<wire::DescribeAclsRequest, wire::DescribeAclsResponse>(request);
  if (!response) return response.error();
  if (response->error_code != ErrorCode::kNone)
    return Error{ErrorKind::kKafka, explain(response->error_code, response->error_message)};
  Acls acls;
  for (const auto& resource : response->resources)
    for (const auto& each : resource.acls)
      acls[{resource.resource_type, resource.resource_name, resource.pattern_type}].insert(
          {each.principal, each.host, each.operation, each.permission_type});
  return acls;
}

void print(Session& session, const Acls& acls) {
  for (const auto& [resource, entries] : acls)
    session.terminal().out(fmt::format("Current ACLs for resource `{}`:\n{}\n\n", resource.to_string("ResourcePattern"),
                                       lines_of(entries)));
}

Result<int> list(Session& session, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto resources, resources_of(options, false));
  Acls acls;
  if (resources.empty()) {
    LEAT_ASSIGN_OR_RETURN(acls, describe(session, std::nullopt));
  }
  for (const Resource& each : resources) {
    LEAT_ASSIGN_OR_RETURN(const Acls some, describe(session, each));
    for (const auto& [resource, entries] : some) acls[resource].insert(entries.begin(), entries.end());
  }
  if (!options.has("principal")) {
    print(session, acls);
    return 0;
  }
  for (const std::string& principal : options.values("principal")) {
    session.terminal().out(fmt::format("ACLs for principal `{}`\n", principal));
    Acls of_principal;
    for (const auto& [resource, entries] : acls)
      for (const Entry& each : entries)
        if (each.principal == principal) of_principal[resource].insert(each);
    print(session, of_principal);
  }
  return 0;
}

Result<int> add(Session& session, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(Acls acls, acls_of(options));
  for (const auto& [resource, entries] : acls) {
    if (resource.pattern < kLiteral)
      return invalid(fmt::format("A '--resource-pattern-type' value of '{}' is not valid when adding acls.",
                                 name_of(kPatternTypes, resource.pattern)));
    if (entries.empty())
      return invalid("You must specify one of: --allow-principal, --deny-principal when trying to add ACLs.");
  }
  for (auto& [resource, entries] : acls) {
    LEAT_ASSIGN_OR_RETURN(auto existing, describe(session, resource));
    for (const Entry& each : existing[resource])
      if (entries.erase(each) > 0)
        session.terminal().out(fmt::format("Acl (pattern={}, entry={}) already exists.\n",
                                           resource.to_string("ResourcePattern"), each.to_string()));
    if (entries.empty()) continue;
    session.terminal().out(fmt::format("Adding ACLs for resource `{}`: \n {}\n\n",
                                       resource.to_string("ResourcePattern"), lines_of(entries)));
    wire::CreateAclsRequest request;
    for (const Entry& each : entries)
      request.creations.push_back(
          {resource.type, resource.name, resource.pattern, each.principal, each.host, each.operation, each.permission});
    const auto response = session.ask<wire::CreateAclsRequest, wire::CreateAclsResponse>(request);
    if (!response) return response.error();
    for (const auto& each : response->results)
      if (each.error_code != ErrorCode::kNone)
        return Error{ErrorKind::kKafka, explain(each.error_code, each.error_message)};
  }
  return 0;
}

/// Whether the user says yes, or --force has said so for all.
bool confirmed(Session& session, const Options& options, const std::string& question) {
  if (options.has("force")) return true;
  session.terminal().out(question + "\n");
  session.terminal().flush();
  std::string answer;
  for (Terminal::Input input;
       !input.ended && answer.find('\n') == std::string::npos && !session.terminal().interrupted();) {
    input = session.terminal().read(std::chrono::milliseconds(100));
    answer += input.bytes;
  }
  return !answer.empty() && (answer[0] == 'y' || answer[0] == 'Y');
}

Result<int> remove(Session& session, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const Acls acls, acls_of(options));
  for (const auto& [resource, entries] : acls) {
    const std::string filter = resource.to_string("ResourcePattern");
    if (!confirmed(session, options,
                   entries.empty()
                       ? fmt::format("Are you sure you want to delete all ACLs for resource filter `{}`? (y/n)", filter)
                       : fmt::format("Are you sure you want to remove ACLs: \n {}\n from resource filter `{}`? (y/n)",
                                     lines_of(entries), filter)))
      continue;
    wire::DeleteAclsRequest request;
    const auto add_filter = [&request, &of = resource](std::optional<std::string> principal,
                                                       std::optional<std::string> host, std::int8_t operation,
                                                       std::int8_t permission) {
      request.filters.push_back(
          {of.type, of.name, of.pattern, std::move(principal), std::move(host), operation, permission});
    };
    for (const Entry& each : entries) add_filter(each.principal, each.host, each.operation, each.permission);
    if (entries.empty()) add_filter(std::nullopt, std::nullopt, kAny, kAny);
    const auto response = session.ask<wire::DeleteAclsRequest, wire::DeleteAclsResponse>(request);
    if (!response) return response.error();
    for (const auto& each : response->filter_results)
      if (each.error_code != ErrorCode::kNone)
        return Error{ErrorKind::kKafka, explain(each.error_code, each.error_message)};
  }
  return 0;
}

Result<int> work(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto action, options.one_of({"add", "remove", "list"}));
  LEAT_RETURN_IF_ERROR(options.only_with("idempotent", {"producer"}));
  LEAT_RETURN_IF_ERROR(options.refuse_with("producer", {"operation", "deny-principal", "deny-host"}));
  LEAT_RETURN_IF_ERROR(options.refuse_with("consumer", {"operation", "deny-principal", "deny-host"}));
  if (options.has("producer") && !options.has("topic")) return invalid("With --producer you must specify a --topic");
  if (options.has("consumer") &&
      (!options.has("topic") || !options.has("group") ||
       (!options.has("producer") && (options.has("cluster") || options.has("transactional-id")))))
    return invalid(
        "With --consumer you must specify a --topic and a --group and no --cluster or --transactional-id option "
        "should be specified.");
  LEAT_ASSIGN_OR_RETURN(const Settings settings, settings_of(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  if (action == "add") return add(*session, options);
  if (action == "remove") return remove(*session, options);
  return list(*session, options);
}

}  // namespace

const Tool kAclsTool{"kafka-acls", "adds, removes and lists access control lists", kOptions,
                     work,         "Error while executing ACL command: ",          true};

}  // namespace leat::tools
