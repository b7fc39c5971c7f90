// AlterConfigs (33), versions 0 to 2; IncrementalAlterConfigs (44), 0 and 1: both for topics. Configs of a broker, of
// groups and of client metrics cannot be changed at run time and are refused.
#include <algorithm>
#include <memory>
#include <set>

#include "broker/server/gathering.h"
#include "broker/server/handlers.h"
#include "broker/server/topic_config.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

constexpr std::int8_t kTopicResource = 2;
constexpr std::int8_t kListType = 7;
enum class Operation : std::int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

/// Values by name; none takes the topic's own value away.
using Changes = std::map<std::string, std::optional<std::string>>;
using Refusal = std::optional<TopicVerdict>;

Refusal refuse(ErrorCode error, std::string message) { return TopicVerdict{error, std::move(message)}; }

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

/// One change of a topic's config, checked and noted in `changes`.
Refusal note_change(const Broker& broker, const Topic& topic, const std::string& name, Operation operation,
                    const std::optional<std::string>& value, Changes& changes) {
  if (operation < Operation::kSet || operation > Operation::kSubtract)
    return refuse(ErrorCode::kUnknownServerError, "");
  if (changes.contains(name)) return refuse(ErrorCode::kInvalidRequest, "Error due to duplicate config keys");
  if (operation == Operation::kDelete) {
    changes[name] = std::nullopt;
    return {};
  }
  if (!value) return refuse(ErrorCode::kInvalidRequest, "Null value not supported for : " + name);
  std::string wanted = *value;
  if (operation != Operation::kSet) {
    const auto keys = topic_config_keys();
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const auto& each) { return each.name == name; });
    const bool append = operation == Operation::kAppend;
    if (key != keys.end() && key->type != kListType)
      return refuse(ErrorCode::kInvalidConfig, std::string("Can't ") + (append ? "APPEND" : "SUBTRACT") + " to key " +
                                                   name + " because its type is not LIST.");
    if (key != keys.end()) {
      const auto own = topic.configs.find(name);
      const auto given = broker.config().given.find(std::string(key->broker_key));
      wanted = edited(own != topic.configs.end()             ? own->second
                      : given != broker.config().given.end() ? given->second
                                                             : std::string(key->by_default),
                      *value, append);
    }
  }
  log::LogConfig checked;
  if (auto applied = apply_topic_config(name, wanted, checked); !applied)
    return refuse(ErrorCode::kInvalidConfig, applied.error().message);
  changes[name] = std::move(wanted);
  return {};
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
    Topic* topic = resource.resource_type == kTopicResource ? broker.topics().find(resource.resource_name) : nullptr;
    Changes changes;
    Refusal refused;
    if (named.count({resource.resource_type, resource.resource_name}) > 1) {
      refused = refuse(ErrorCode::kInvalidRequest, "Each resource must appear at most once.");
    } else if (topic == nullptr && resource.resource_type == kTopicResource) {
      refused =
          refuse(ErrorCode::kUnknownTopicOrPartition, "The topic '" + resource.resource_name + "' does not exist.");
    } else if (topic == nullptr) {
      refused = refuse(ErrorCode::kInvalidRequest, "Only configs of topics can be changed while the broker runs.");
    } else {
      refused = changes_of(*topic, resource, changes);
    }
    if (refused) {
      result.error_code = refused->error;
      if (!refused->message.empty()) result.error_message = std::move(refused->message);
    }
    if (refused || request.validate_only || changes.empty()) continue;
    ++altering->left;
    broker.topics().configure(ResourceType::kTopic, topic->name, changes, [altering, &result](Status status) {
      if (!status) result.error_code = ErrorCode::kKafkaStorageError;
      altering->one_done();
    });
  }
  altering->one_done();
}

}  // namespace

void handle(Broker& broker, const RequestContext& /*context*/, wire::AlterConfigsRequest request,
            OneShot<wire::AlterConfigsResponse> reply) {
  alter(broker, request, std::move(reply), [&](const Topic& topic, const auto& resource, Changes& changes) -> Refusal {
    for (const auto& config : resource.configs)
      if (auto refused = note_change(broker, topic, config.name, Operation::kSet, config.value, changes))
        return refused;
    // What is not named goes back to its default.
    for (const auto& [name, value] : topic.configs) changes.emplace(name, std::nullopt);
    return {};
  });
}

void handle(Broker& broker, const RequestContext& /*context*/, wire::IncrementalAlterConfigsRequest request,
            OneShot<wire::IncrementalAlterConfigsResponse> reply) {
  alter(broker, request, std::move(reply), [&](const Topic& topic, const auto& resource, Changes& changes) -> Refusal {
    for (const auto& config : resource.configs)
      if (auto refused = note_change(broker, topic, config.name, static_cast<Operation>(config.config_operation),
                                     config.value, changes))
        return refused;
    return {};
  });
}

}  // namespace leat::server
