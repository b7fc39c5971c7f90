// AlterConfigs (33), versions 0 to 2; IncrementalAlterConfigs (44), 0 and 1: for topics, this broker, all brokers,
// groups and client metrics, kept in the metadata log, and for the level of the log on stderr. Of a broker's configs
// those that topics inherit and certificates take effect at once, and limits of groups where their coordinator asks for
// them; others are kept and told.
#include <algorithm>
#include <memory>
#include <set>

#include "base/gathering.h"
#include "base/log.h"
#include "broker/server/config_rules.h"
#include "broker/server/handlers.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

enum class Operation : std::int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

/// Values by name; none takes the resource's own value away.
using Changes = std::map<std::string, std::optional<std::string>>;

Refusal refuse(ErrorCode error, std::string message) { return ConfigRefusal{error, std::move(message)}; }

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    parts.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

/// A list with elements of `value` added or taken away.
std::string edited(const std::string& list, const std::string& value, bool append) {
  std::vector<std::string> parts = split(list);
  for (const std::string& each : split(value)) {
    const auto found = std::find(parts.begin(), parts.end(), each);
    if (append && found == parts.end()) parts.push_back(each);
    if (!append && found != parts.end()) parts.erase(found);
  }
  std::string joined;
  for (const std::string& part : parts) joined += (joined.empty() ? "" : ",") + part;
  return joined;
}

/// One change of a config, checked and noted in `changes`.
Refusal note_change(const Broker& broker, const ConfigTarget& target, const std::string& name, Operation operation,
                    const std::optional<std::string>& value, Changes& changes) {
  if (operation < Operation::kSet || operation > Operation::kSubtract)
    return refuse(ErrorCode::kUnknownServerError, "");
  if (changes.contains(name)) return refuse(ErrorCode::kInvalidRequest, "Error due to duplicate config keys");
  if (operation != Operation::kDelete && !value)
    return refuse(ErrorCode::kInvalidRequest, "Null value not supported for : " + name);
  std::optional<std::string> wanted = operation == Operation::kDelete ? std::nullopt : value;
  if (operation == Operation::kAppend || operation == Operation::kSubtract) {
    const bool append = operation == Operation::kAppend;
    const auto now = list_config(broker, target, name);
    if (now && !now->is_list)
      return refuse(ErrorCode::kInvalidConfig, std::string("Can't ") + (append ? "APPEND" : "SUBTRACT") + " to key " +
                                                   name + " because its type is not LIST.");
    if (now) wanted = edited(now->value, *value, append);
  }
  if (auto refused = judge_config(broker, target, name, wanted)) return refused;
  changes[name] = std::move(wanted);
  return {};
}

/// The one logger there is writes to stderr.
template <class Config>
Refusal set_logger_level(const Config& config, bool validate_only) {
  constexpr std::pair<std::string_view, LogLevel> kLevels[] = {
      {"TRACE", LogLevel::kDebug}, {"DEBUG", LogLevel::kDebug}, {"INFO", LogLevel::kInfo},
      {"WARN", LogLevel::kWarn},   {"ERROR", LogLevel::kError}, {"FATAL", LogLevel::kError}};
  const auto operation = static_cast<Operation>(config.config_operation);
  if (operation == Operation::kDelete)
    return refuse(ErrorCode::kInvalidRequest, "Removing the log level of the root logger is not allowed");
  if (operation != Operation::kSet)
    return refuse(ErrorCode::kInvalidRequest, "Only SET is allowed for the BROKER_LOGGER resource");
  if (config.name != "root") return refuse(ErrorCode::kInvalidConfig, "Logger " + config.name + " does not exist!");
  const auto* level = std::find_if(std::begin(kLevels), std::end(kLevels),
                                   [&](const auto& each) { return config.value && each.first == *config.value; });
  if (level == std::end(kLevels))
    return refuse(ErrorCode::kInvalidConfig, "Cannot set the log level of root to " + config.value.value_or("null") +
                                                 ": it is DEBUG, INFO, WARN or ERROR");
  if (!validate_only) set_log_level(level->second);
  return {};
}

/// Certificates that cannot be read are refused rather than kept until the next start.
Refusal judge_certificates(Broker& broker, const ConfigTarget& target, const Changes& changes) {
  Certificates* certificates = broker.listeners().certificates();
  if (target.type != ResourceType::kBroker || certificates == nullptr) return {};
  const Status good = certificates->judge(changes);
  if (good) return {};
  return refuse(ErrorCode::kInvalidRequest, "Validation of dynamic config update failed: " + good.error().message);
}

/// Carries out what `changes_of` makes of each resource, and answers when all of it is durable. Both requests have the
/// same shape, and so have their responses.
template <class Request, class Response, class ChangesOf>
void alter(Broker& broker, const Request& request, OneShot<Response> reply, ChangesOf changes_of) {
  auto altering = std::make_shared<Gathering<Response>>(std::move(reply));
  altering->response.responses.resize(request.resources.size());
  std::multiset<std::pair<std::int8_t, std::string>> named;
  for (const auto& resource : request.resources) named.insert({resource.resource_type, resource.resource_name});
  for (std::size_t i = 0; i < request.resources.size(); ++i) {
    const auto& resource = request.resources[i];
    auto& result = altering->response.responses[i];
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
    ConfigTarget target;
    Changes changes;
    Refusal refused;
    if (named.count({resource.resource_type, resource.resource_name}) > 1) {
      refused = refuse(ErrorCode::kInvalidRequest, "Each resource must appear at most once.");
    } else {
      refused = changes_of(resource, target, changes);
      if (!refused) refused = judge_certificates(broker, target, changes);
    }
    if (refused) {
      result.error_code = refused->error;
      if (!refused->message.empty()) result.error_message = std::move(refused->message);
    }
    if (refused || request.validate_only || changes.empty()) continue;
    ++altering->left;
    broker.topics().configure(target.type, target.name, changes, [&broker, altering, &result](Status status) {
      if (!status) result.error_code = ErrorCode::kKafkaStorageError;
      if (status && result.resource_type == static_cast<std::int8_t>(ResourceType::kBroker))
        if (Certificates* certificates = broker.listeners().certificates()) certificates->renew();
      altering->one_done();
    });
  }
  altering->one_done();
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::AlterConfigsRequest request,
            OneShot<wire::AlterConfigsResponse> reply) {
  alter(
      broker, request, std::move(reply), [&](const auto& resource, ConfigTarget& target, Changes& changes) -> Refusal {
        if (auto refused = find_config_target(broker, context, resource.resource_type, resource.resource_name, target))
          return refused;
        for (const auto& config : resource.configs)
          if (auto refused = note_change(broker, target, config.name, Operation::kSet, config.value, changes))
            return refused;
        // What is not named goes back to its default.
        for (const auto& [name, value] : *target.own) changes.emplace(name, std::nullopt);
        return {};
      });
}

void handle(Broker& broker, const RequestContext& context, wire::IncrementalAlterConfigsRequest request,
            OneShot<wire::IncrementalAlterConfigsResponse> reply) {
  alter(
      broker, request, std::move(reply), [&](const auto& resource, ConfigTarget& target, Changes& changes) -> Refusal {
        if (static_cast<ResourceType>(resource.resource_type) == ResourceType::kBrokerLogger) {
          for (const auto& config : resource.configs)
            if (auto refused = set_logger_level(config, request.validate_only)) return refused;
          return {};
        }
        if (auto refused = find_config_target(broker, context, resource.resource_type, resource.resource_name, target))
          return refused;
        for (const auto& config : resource.configs)
          if (auto refused = note_change(broker, target, config.name, static_cast<Operation>(config.config_operation),
                                         config.value, changes))
            return refused;
        return {};
      });
}

}  // namespace leat::server
