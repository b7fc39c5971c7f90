// DescribeClientQuotas (48) and AlterClientQuotas (49), versions 0 and 1: limits on users, client ids and addresses,
// kept in the metadata log. What holds clients back is in client_quotas.h.
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <memory>

#include "base/gathering.h"
#include "broker/server/admin_handlers.h"
#include "broker/wire/records/admin_records.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

constexpr std::string_view kUser = "user", kClientId = "client-id", kIp = "ip";
constexpr std::int8_t kExact = 0, kDefault = 1, kSpecified = 2;

struct Verdict {
  ErrorCode error = ErrorCode::kNone;
  std::string message;
};

/// What a request asks for: entities with these parts, where no value means any name.
struct Filter {
  std::map<std::string, std::optional<std::string>> exact;
  std::vector<std::string> specified;
  bool names(std::string_view type) const {
    return exact.contains(std::string(type)) || std::find(specified.begin(), specified.end(), type) != specified.end();
  }
  bool fits(const QuotaEntity& entity, bool strict) const {
    if (strict && entity.size() != exact.size() + specified.size()) return false;
    for (const auto& [type, name] : exact)
      if (const auto part = entity.find(type); part == entity.end() || part->second != name) return false;
    return std::all_of(specified.begin(), specified.end(), [&](const auto& type) { return entity.contains(type); });
  }
};

Verdict read_filter(const wire::DescribeClientQuotasRequest& request, Filter& filter) {
  const auto invalid = [](std::string message) { return Verdict{ErrorCode::kInvalidRequest, std::move(message)}; };
  for (const auto& component : request.components) {
    const std::string& type = component.entity_type;
    if (type.empty()) return invalid("Invalid empty entity type.");
    if (filter.names(type)) return invalid("Entity type " + type + " cannot appear more than once in the filter.");
    if (type != kUser && type != kClientId && type != kIp)
      return {ErrorCode::kUnsupportedVersion, "Unsupported entity type " + type};
    if (component.match_type < kExact || component.match_type > kSpecified)
      return invalid(fmt::format("Unknown match type {}", component.match_type));
    if (component.match_type == kExact && !component.match)
      return invalid("Request specified MATCH_TYPE_EXACT, but set match string to null.");
    if (component.match_type != kExact && component.match)
      return invalid(fmt::format("Request specified MATCH_TYPE_{}, but also specified a match string.",
                                 component.match_type == kDefault ? "DEFAULT" : "SPECIFIED"));
    component.match_type == kSpecified ? filter.specified.push_back(type)
                                       : (void)(filter.exact[type] = component.match);
  }
  if (filter.names(kIp) && (filter.names(kUser) || filter.names(kClientId)))
    return invalid(
        "Invalid entity filter component combination. IP filter component should not be used with user or clientId "
        "filter component.");
  return {};
}

using Entry = wire::AlterClientQuotasRequest::EntryData;

Verdict read_entity(const Entry& entry, QuotaEntity& entity) {
  const auto invalid = [](std::string message) { return Verdict{ErrorCode::kInvalidRequest, std::move(message)}; };
  for (const auto& part : entry.entity) {
    if (part.entity_type != kUser && part.entity_type != kClientId && part.entity_type != kIp)
      return invalid("Unhandled client quota entity type: " + part.entity_type);
    if (part.entity_name && part.entity_name->empty()) return invalid("Empty " + part.entity_type + " not supported");
    if (!entity.emplace(part.entity_type, part.entity_name).second)
      return invalid("Invalid client quota entity, duplicate entity entry " + part.entity_type);
  }
  if (entity.empty()) return invalid("Invalid empty client quota entity");
  if (entity.contains(std::string(kIp)) && entity.size() > 1)
    return invalid("Invalid quota entity combination, IP entity should not be combined with User or ClientId");
  return {};
}

Verdict judge_limit(const QuotaEntity& entity, const std::string& key, double value) {
  const auto invalid = [](std::string message) { return Verdict{ErrorCode::kInvalidRequest, std::move(message)}; };
  const bool of_ip = entity.contains(std::string(kIp));
  const bool whole =
      of_ip ? key == "connection_creation_rate" : key == "producer_byte_rate" || key == "consumer_byte_rate";
  const bool fraction = !of_ip && (key == "request_percentage" || key == "controller_mutation_rate");
  if (!whole && !fraction) return invalid("Invalid configuration key " + key);
  if (!(value > 0)) return invalid("Quota " + key + " must be greater than 0");
  if (fraction) return {};
  if (of_ip && value > std::numeric_limits<std::int32_t>::max())
    return invalid("Proposed value for " + key + " is too large for an INT.");
  if (value > static_cast<double>(std::numeric_limits<std::int64_t>::max()))
    return invalid("Proposed value for " + key + " is too large for a LONG.");
  constexpr double kFractionMax = 1e-6;
  if (std::fmod(value, 1.0) > kFractionMax) return invalid(key + " cannot be a fractional value.");
  return {};
}

/// What an entry changes, as records; nothing for what is so already.
Verdict records_of(const Settings& settings, const Entry& entry, std::vector<coordinator::InternalRecord>& records) {
  QuotaEntity entity;
  if (auto verdict = read_entity(entry, entity); verdict.error != ErrorCode::kNone) return verdict;
  const auto found = settings.quotas().find(entity);
  static const std::map<std::string, double> kNone;
  const auto& limits = found == settings.quotas().end() ? kNone : found->second;
  std::map<std::string, bool> seen;
  for (const auto& op : entry.ops) {
    if (!seen.emplace(op.key, true).second) return {ErrorCode::kInvalidRequest, "Duplicate quota key " + op.key};
    const auto limit = limits.find(op.key);
    if (op.remove ? limit == limits.end() : limit != limits.end() && limit->second == op.value) continue;
    if (!op.remove)
      if (auto verdict = judge_limit(entity, op.key, op.value); verdict.error != ErrorCode::kNone) return verdict;
    wire::ClientQuotaRecord record;
    for (const auto& [type, name] : entity) record.entity.push_back({type, name});
    record.key = op.key;
    record.value = op.remove ? 0 : op.value;
    record.remove = op.remove;
    records.push_back(metadata_record(record));
  }
  return {};
}

}  // namespace

void handle(Broker& broker, const RequestContext& /*context*/, wire::DescribeClientQuotasRequest request,
            OneShot<wire::DescribeClientQuotasResponse> reply) {
  wire::DescribeClientQuotasResponse response;
  response.error_message = "";
  Filter filter;
  if (auto verdict = read_filter(request, filter); verdict.error != ErrorCode::kNone) {
    response.error_code = verdict.error;
    response.error_message = std::move(verdict.message);
    return reply(std::move(response));
  }
  auto& entries = response.entries.emplace();
  for (const auto& [entity, limits] : broker.settings().quotas()) {
    if (!filter.fits(entity, request.strict)) continue;
    auto& entry = entries.emplace_back();
    for (const auto& [type, name] : entity) entry.entity.push_back({type, name});
    for (const auto& [key, value] : limits) entry.values.push_back({key, value});
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& /*context*/, wire::AlterClientQuotasRequest request,
            OneShot<wire::AlterClientQuotasResponse> reply) {
  auto altering = std::make_shared<Gathering<wire::AlterClientQuotasResponse>>(std::move(reply));
  altering->response.entries.resize(request.entries.size());
  std::vector<coordinator::InternalRecord> records;
  for (std::size_t i = 0; i < request.entries.size(); ++i) {
    auto& result = altering->response.entries[i];
    for (const auto& part : request.entries[i].entity) result.entity.push_back({part.entity_type, part.entity_name});
    std::vector<coordinator::InternalRecord> changes;
    auto verdict = records_of(broker.settings(), request.entries[i], changes);
    for (std::size_t j = 0; j < request.entries.size(); ++j)
      if (i != j && request.entries[i].entity == request.entries[j].entity)
        verdict = {ErrorCode::kInvalidRequest, "Ignoring duplicate entity"};
    result.error_code = verdict.error;
    if (verdict.error == ErrorCode::kNone) {
      std::move(changes.begin(), changes.end(), std::back_inserter(records));
    } else {
      result.error_message = std::move(verdict.message);
    }
  }
  if (!request.validate_only && !records.empty()) {
    ++altering->left;
    broker.topics().write(std::move(records), [altering](Status status) {
      for (auto& result : altering->response.entries)
        if (!status && result.error_code == ErrorCode::kNone) result.error_code = ErrorCode::kKafkaStorageError;
      altering->one_done();
    });
  }
  altering->one_done();
}

}  // namespace leat::server
