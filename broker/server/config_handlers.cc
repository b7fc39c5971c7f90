// DescribeConfigs (32), versions 1 to 4, for topics and this broker; IncrementalAlterConfigs (44), 0 and 1, for topics.
// Configs of a broker and of groups cannot be changed at run time and are refused.
#include <algorithm>
#include <memory>

#include "broker/server/gathering.h"
#include "broker/server/handlers.h"
#include "broker/server/topic_config.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

constexpr std::int8_t kTopicResource = 2;
constexpr std::int8_t kBrokerResource = 4;
constexpr std::int8_t kFromTopic = 1, kFromFile = 4, kByDefault = 5;

using DescribeResult = wire::DescribeConfigsResponse::DescribeConfigsResult;

bool wanted(const std::optional<std::vector<std::string>>& keys, std::string_view name) {
  return !keys || std::find(keys->begin(), keys->end(), name) != keys->end();
}

void describe_topic(Broker& broker, const Topic& topic, const std::optional<std::vector<std::string>>& keys,
                    DescribeResult& result) {
  const auto& given = broker.config().given;
  for (const TopicConfigKey& key : topic_config_keys()) {
    if (!wanted(keys, key.name)) continue;
    auto& config = result.configs.emplace_back();
    config.name = key.name;
    config.config_type = key.type;
    const auto own = topic.configs.find(config.name);
    const auto of_broker = given.find(std::string(key.broker_key));
    if (own != topic.configs.end()) {
      config.value = own->second;
      config.config_source = kFromTopic;
    } else if (of_broker != given.end()) {
      config.value = of_broker->second;
      config.config_source = kFromFile;
    } else {
      config.value = std::string(key.by_default);
      config.config_source = kByDefault;
    }
  }
}

void describe_broker(Broker& broker, const std::optional<std::vector<std::string>>& keys, DescribeResult& result) {
  const auto add = [&](const std::string& name, std::string value, std::int8_t source, std::int8_t type) {
    if (!wanted(keys, name)) return;
    auto& config = result.configs.emplace_back();
    config.name = name;
    config.value = std::move(value);
    config.config_source = source;
    config.config_type = type;
    config.read_only = true;
  };
  const auto& given = broker.config().given;
  for (const auto& [key, value] : given) add(key, value, kFromFile, 2);
  for (const TopicConfigKey& key : topic_config_keys())
    if (!key.broker_key.empty() && !given.contains(std::string(key.broker_key)))
      add(std::string(key.broker_key), std::string(key.by_default), kByDefault, key.type);
  const auto add_default = [&](const std::string& name, const std::string& value, std::int8_t type) {
    if (!given.contains(name)) add(name, value, kByDefault, type);
  };
  add_default("node.id", std::to_string(broker.config().node_id), 3);
  add_default("num.partitions", std::to_string(broker.config().num_partitions), 3);
  add_default("default.replication.factor", std::to_string(broker.config().default_replication_factor), 3);
  add_default("auto.create.topics.enable", broker.config().auto_create_topics ? "true" : "false", 1);
  std::string advertised;
  for (const auto& listening : broker.listening())
    advertised += (advertised.empty() ? "" : ",") + listening.name + "://" + listening.advertised.to_string();
  add_default("advertised.listeners", advertised, 2);
}

}  // namespace

void handle(Broker& broker, const RequestContext& /*context*/, wire::DescribeConfigsRequest request,
            OneShot<wire::DescribeConfigsResponse> reply) {
  wire::DescribeConfigsResponse response;
  for (const auto& resource : request.resources) {
    auto& result = response.results.emplace_back();
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
    result.error_message = "";
    const auto& keys = resource.configuration_keys;
    if (resource.resource_type == kTopicResource) {
      if (const Topic* topic = broker.topics().find(resource.resource_name)) {
        describe_topic(broker, *topic, keys, result);
      } else {
        result.error_code = ErrorCode::kUnknownTopicOrPartition;
        result.error_message = "There is no topic '" + resource.resource_name + "'.";
      }
    } else if (resource.resource_type == kBrokerResource &&
               (resource.resource_name.empty() || resource.resource_name == std::to_string(broker.config().node_id))) {
      // The empty name asks for the cluster-wide dynamic defaults, of which there are none.
      if (!resource.resource_name.empty()) describe_broker(broker, keys, result);
    } else {
      result.error_code = ErrorCode::kInvalidRequest;
      result.error_message =
          "Only topics and broker " + std::to_string(broker.config().node_id) + " have configs here.";
    }
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& /*context*/, wire::IncrementalAlterConfigsRequest request,
            OneShot<wire::IncrementalAlterConfigsResponse> reply) {
  constexpr std::int8_t kSet = 0, kDelete = 1;
  auto altering = std::make_shared<Gathering<wire::IncrementalAlterConfigsResponse>>(std::move(reply));
  altering->response.responses.resize(request.resources.size());
  for (std::size_t i = 0; i < request.resources.size(); ++i) {
    const auto& resource = request.resources[i];
    auto& result = altering->response.responses[i];
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
    const auto refuse = [&](ErrorCode error, std::string message) {
      result.error_code = error;
      result.error_message = std::move(message);
    };
    const Topic* topic =
        resource.resource_type == kTopicResource ? broker.topics().find(resource.resource_name) : nullptr;
    if (topic == nullptr) {
      refuse(
          resource.resource_type == kTopicResource ? ErrorCode::kUnknownTopicOrPartition : ErrorCode::kInvalidRequest,
          "Only configs of topics that are there can be changed.");
      continue;
    }
    std::map<std::string, std::optional<std::string>> changes;
    log::LogConfig checked;
    for (const auto& config : resource.configs) {
      if (config.config_operation == kDelete) {
        changes[config.name] = std::nullopt;
      } else if (config.config_operation != kSet || !config.value) {
        refuse(ErrorCode::kInvalidConfig, config.name + ": only SET with a value and DELETE are served.");
      } else if (auto applied = apply_topic_config(config.name, *config.value, checked); !applied) {
        refuse(ErrorCode::kInvalidConfig, applied.error().message);
      } else {
        changes[config.name] = *config.value;
      }
    }
    if (result.error_code != ErrorCode::kNone || request.validate_only) continue;
    ++altering->left;
    broker.topics().configure(topic->name, changes, [altering, &result](Status status) {
      if (!status) result.error_code = ErrorCode::kKafkaStorageError;
      altering->one_done();
    });
  }
  altering->one_done();
}

}  // namespace leat::server
