#include "broker/tools/user_configs.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/digest.h"
#include "broker/tools/options.h"
#include "broker/tools/record_format.h"
#include "broker/wire/messages/alter_client_quotas.h"
#include "broker/wire/messages/alter_user_scram_credentials.h"
#include "broker/wire/messages/describe_client_quotas.h"
#include "broker/wire/messages/describe_user_scram_credentials.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;

constexpr std::int32_t kIterations = 4096;
constexpr std::int8_t kExactly = 0, kDefault = 1, kAny = 2;
constexpr std::string_view kQuotas[] = {"producer_byte_rate", "consumer_byte_rate", "request_percentage",
                                        "controller_mutation_rate"};
constexpr std::string_view kAddressQuotas[] = {"connection_creation_rate"};
constexpr std::string_view kMechanisms[] = {"SCRAM-SHA-256", "SCRAM-SHA-512"};  // numbered from 1

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string wire_type(const std::string& type) {
  return type == "users" ? "user" : type == "clients" ? "client-id" : "ip";
}

std::string type_for_people(const std::string& type) { return type == "user" ? "user-principal" : type; }

Status check_names(const std::vector<QuotaEntity>& entities, const std::map<std::string, std::string>& to_add,
                   const std::vector<std::string>& to_delete) {
  const bool address = entities[0].type == "ips";
  const bool credentials_too = entities.size() == 1 && entities[0].type == "users";
  const auto known = [&](const std::string& name) {
    return address ? is_one_of(name, kAddressQuotas)
                   : is_one_of(name, kQuotas) || (credentials_too && is_one_of(name, kMechanisms));
  };
  const char* kinds = address ? "connection quota" : credentials_too ? "quota and SCRAM credential" : "quota";
  for (const auto& [name, value] : to_add)
    if (!known(name))
      return invalid(
          fmt::format("Only {} configs can be added for '{}' using --bootstrap-server. Unexpected config names: {}",
                      kinds, entities[0].type, name));
  for (const std::string& name : to_delete)
    if (!known(name))
      return invalid(
          fmt::format("Only {} configs can be deleted for '{}' using --bootstrap-server. Unexpected config names: {}",
                      kinds, entities[0].type, name));
  return {};
}

/// [iterations=8192,]password=secret
Result<wire::AlterUserScramCredentialsRequest::ScramCredentialUpsertion> credential(Session& session,
                                                                                    const std::string& user,
                                                                                    const std::string& mechanism,
                                                                                    std::string_view text) {
  wire::AlterUserScramCredentialsRequest::ScramCredentialUpsertion credential;
  const bool sha256 = mechanism == kMechanisms[0];
  credential.name = user;
  credential.mechanism = sha256 ? 1 : 2;
  credential.iterations = kIterations;
  constexpr std::string_view kIterationsName = "iterations=", kPasswordName = "password=";
  if (text.starts_with(kIterationsName)) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const auto number = parse_whole_number(text.substr(kIterationsName.size(), comma - kIterationsName.size()));
    if (number && *number != -1) credential.iterations = static_cast<std::int32_t>(*number);
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (!number) text = {};
  }
  if (!text.starts_with(kPasswordName))
    return invalid(
        fmt::format("Invalid credential property {}: write {}=[iterations=8192,password=...]", mechanism, mechanism));
  if (credential.iterations < kIterations)
    return invalid(fmt::format("Iterations {} is less than the minimum {} required for {}", credential.iterations,
                               kIterations, mechanism));
  constexpr int kSaltWords = 4;
  for (int i = 0; i < kSaltWords; ++i) {
    const std::uint64_t word = session.random().next();
    credential.salt.bytes.append(reinterpret_cast<const char*>(&word), sizeof(word));
  }
  credential.salted_password = stretched(sha256 ? Digest::kSha256 : Digest::kSha512, text.substr(kPasswordName.size()),
                                         credential.salt, credential.iterations);
  return credential;
}

Status alter_credentials(Session& session, const std::string& user, const std::map<std::string, std::string>& to_add,
                         const std::vector<std::string>& to_delete) {
  if (user.empty())
    return invalid(
        "The use of --entity-default or --user-defaults is not allowed with User SCRAM Credentials using "
        "--bootstrap-server.");
  wire::AlterUserScramCredentialsRequest request;
  for (const auto& [mechanism, text] : to_add) {
    LEAT_ASSIGN_OR_RETURN(auto upsertion, credential(session, user, mechanism, text));
    request.upsertions.push_back(std::move(upsertion));
  }
  for (const std::string& mechanism : to_delete)
    request.deletions.push_back({user, static_cast<std::int8_t>(mechanism == kMechanisms[0] ? 1 : 2)});
  const auto response =
      session.ask<wire::AlterUserScramCredentialsRequest, wire::AlterUserScramCredentialsResponse>(request);
  if (!response) return response.error();
  for (const auto& each : response->results)
    if (each.error_code != ErrorCode::kNone)
      return Error{ErrorKind::kKafka, explain(each.error_code, each.error_message)};
  return {};
}

using Quotas = std::vector<wire::DescribeClientQuotasResponse::EntryData>;

Result<Quotas> quotas_of(Session& session, const std::vector<QuotaEntity>& entities) {
  wire::DescribeClientQuotasRequest request;
  request.strict = true;
  for (const QuotaEntity& each : entities) {
    auto& component = request.components.emplace_back();
    component.entity_type = wire_type(each.type);
    component.match_type = !each.name ? kAny : each.name->empty() ? kDefault : kExactly;
    if (component.match_type == kExactly) component.match = each.name;
  }
  const auto response = session.ask<wire::DescribeClientQuotasRequest, wire::DescribeClientQuotasResponse>(request);
  if (!response) return response.error();
  if (response->error_code != ErrorCode::kNone)
    return Error{ErrorKind::kKafka, explain(response->error_code, response->error_message)};
  return response->entries.value_or(Quotas{});
}

Status describe_quotas(Session& session, const std::vector<QuotaEntity>& entities) {
  LEAT_ASSIGN_OR_RETURN(const Quotas quotas, quotas_of(session, entities));
  for (const auto& entry : quotas) {
    std::string who, what;
    for (const char* type : {"user", "client-id", "ip"})
      for (const auto& each : entry.entity) {
        if (each.entity_type != type) continue;
        who += who.empty() ? "" : ", ";
        who += each.entity_name ? fmt::format("{} '{}'", type_for_people(type), *each.entity_name)
                                : fmt::format("the default {}", type_for_people(type));
      }
    for (const auto& each : entry.values)
      what += fmt::format("{}{}={}", what.empty() ? "" : ", ", each.key, java_text(each.value));
    session.terminal().out(fmt::format("Quota configs for {} are {}\n", who, what));
  }
  return {};
}

/// What is to be deleted must be there.
Status check_present(Session& session, const std::vector<QuotaEntity>& entities,
                     const std::vector<std::string>& names) {
  if (names.empty()) return {};
  LEAT_ASSIGN_OR_RETURN(const Quotas quotas, quotas_of(session, entities));
  std::set<std::string> present;
  for (const auto& entry : quotas)
    for (const auto& each : entry.values) present.insert(each.key);
  std::vector<std::string> missing;
  for (const std::string& name : names)
    if (!present.contains(name)) missing.push_back(name);
  if (missing.empty()) return {};
  return invalid(fmt::format("Invalid config(s): {}", joined(missing, ",")));
}

Status alter_quotas(Session& session, const std::vector<QuotaEntity>& entities,
                    const std::map<std::string, std::string>& to_add, const std::vector<std::string>& to_delete) {
  wire::AlterClientQuotasRequest request;
  auto& entry = request.entries.emplace_back();
  for (const QuotaEntity& each : entities)
    entry.entity.push_back({wire_type(each.type), each.name->empty() ? std::nullopt : each.name});
  for (const auto& [name, text] : to_add) {
    double value = 0;
    const auto [stopped, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || stopped != text.data() + text.size())
      return invalid(fmt::format("Cannot parse quota configuration value for {}: {}", name, text));
    entry.ops.push_back({name, value, false});
  }
  for (const std::string& name : to_delete) entry.ops.push_back({name, 0, true});
  LEAT_RETURN_IF_ERROR(check_present(session, entities, to_delete));
  const auto response = session.ask<wire::AlterClientQuotasRequest, wire::AlterClientQuotasResponse>(request);
  if (!response) return response.error();
  for (const auto& each : response->entries)
    if (each.error_code != ErrorCode::kNone)
      return Error{ErrorKind::kKafka, explain(each.error_code, each.error_message)};
  return {};
}

Status describe_credentials(Session& session, const std::optional<std::string>& user) {
  wire::DescribeUserScramCredentialsRequest request;
  if (user) request.users.emplace().push_back({*user});
  const auto response =
      session.ask<wire::DescribeUserScramCredentialsRequest, wire::DescribeUserScramCredentialsResponse>(request);
  if (!response) return response.error();
  if (response->error_code != ErrorCode::kNone)
    return Error{ErrorKind::kKafka, explain(response->error_code, response->error_message)};
  for (const auto& each : response->results) {
    if (each.error_code == ErrorCode::kResourceNotFound) continue;
    if (each.error_code != ErrorCode::kNone)
      return Error{ErrorKind::kKafka, explain(each.error_code, each.error_message)};
    std::string text;
    for (const auto& info : each.credential_infos)
      text += fmt::format("{}{}=iterations={}", text.empty() ? "" : ", ", kMechanisms[info.mechanism == 1 ? 0 : 1],
                          info.iterations);
    session.terminal().out(fmt::format("SCRAM credential configs for user-principal '{}' are {}\n", each.user, text));
  }
  return {};
}

}  // namespace

Result<int> describe_user_configs(Session& session, const std::vector<QuotaEntity>& entities) {
  LEAT_RETURN_IF_ERROR(describe_quotas(session, entities));
  const QuotaEntity& first = entities[0];
  if (entities.size() == 1 && first.type == "users" && first.name.value_or("all") != "")
    LEAT_RETURN_IF_ERROR(describe_credentials(session, first.name));
  return 0;
}

Result<int> alter_user_configs(Session& session, const std::vector<QuotaEntity>& entities,
                               const std::map<std::string, std::string>& to_add,
                               const std::vector<std::string>& to_delete) {
  LEAT_RETURN_IF_ERROR(check_names(entities, to_add, to_delete));
  for (const QuotaEntity& each : entities)
    if (!each.name) return invalid("An entity name must be specified for every entity type");
  const auto is_mechanism = [](const std::string& name) { return is_one_of(name, kMechanisms); };
  std::size_t credentials = std::count_if(to_delete.begin(), to_delete.end(), is_mechanism);
  for (const auto& [name, value] : to_add) credentials += is_mechanism(name);
  if (credentials > 0 && credentials < to_add.size() + to_delete.size())
    return invalid(
        "Cannot alter both quota and SCRAM credential configs simultaneously for 'users' using --bootstrap-server.");
  LEAT_RETURN_IF_ERROR(credentials > 0 ? alter_credentials(session, *entities[0].name, to_add, to_delete)
                                       : alter_quotas(session, entities, to_add, to_delete));
  const std::string& type = entities[0].type;
  session.terminal().out(
      entities[0].name->empty()
          ? fmt::format("Completed updating default config for {} in the cluster.\n", type)
          : fmt::format("Completed updating config for {} {}.\n", type.substr(0, type.size() - 1), *entities[0].name));
  return 0;
}

}  // namespace leat::tools
