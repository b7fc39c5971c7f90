// DescribeConfigs (32), versions 1 to 4, for topics and this broker.
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
constexpr std::int8_t kFromTopic = 1, kFromCluster = 3, kFromFile = 4, kByDefault = 5;

using DescribeResult = wire::DescribeConfigsResponse::DescribeConfigsResult;

bool wanted(const std::optional<std::vector<std::string>>& keys, std::string_view name) {
  return !keys || keys->empty() || std::find(keys->begin(), keys->end(), name) != keys->end();
}

using DescribedConfig = DescribeResult::DescribeConfigsResourceResult;
using Synonyms = std::vector<DescribedConfig::DescribeConfigsSynonym>;

/// Where a topic's value comes from: what is set first in this order holds.
Synonyms synonyms_of(const Broker& broker, const Topic& topic, const TopicConfigKey& key) {
  Synonyms synonyms;
  const auto add = [&](std::string_view name, std::string_view value, std::int8_t source) {
    auto& synonym = synonyms.emplace_back();
    synonym.name = name;
    synonym.value = std::string(value);
    synonym.source = source;
  };
  if (const auto own = topic.configs.find(std::string(key.name)); own != topic.configs.end())
    add(key.name, own->second, kFromTopic);
  const auto& given = broker.config().given;
  for (const BrokerSynonym& synonym : broker_synonyms(key)) {
    if (const auto set = given.find(std::string(synonym.name)); set != given.end())
      add(synonym.name, set->second, kFromFile);
    // Kafka's controller keeps this one as a default of the whole cluster.
    else if (key.name == "min.insync.replicas")
      add(synonym.name, synonym.by_default, kFromCluster);
    if (!synonym.by_default.empty()) add(synonym.name, synonym.by_default, kByDefault);
  }
  return synonyms;
}

void describe_topic(Broker& broker, const Topic& topic, const std::optional<std::vector<std::string>>& keys,
                    bool include_synonyms, DescribeResult& result) {
  for (const TopicConfigKey& key : topic_config_keys()) {
    if (!wanted(keys, key.name)) continue;
    auto& config = result.configs.emplace_back();
    config.name = key.name;
    config.config_type = key.type;
    Synonyms synonyms = synonyms_of(broker, topic, key);
    config.config_source = synonyms.empty() ? kByDefault : synonyms.front().source;
    // A default in coarser units is told in the topic's own.
    config.value = config.config_source == kByDefault ? std::string(key.by_default) : synonyms.front().value;
    if (config.config_source == kFromFile && synonyms.front().name != key.broker_key)
      config.value = value_in_topic_units(synonyms.front().name, *synonyms.front().value);
    if (include_synonyms) config.synonyms = std::move(synonyms);
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
        describe_topic(broker, *topic, keys, request.include_synonyms, result);
      } else {
        const TopicVerdict verdict = broker.topics().judge({.name = resource.resource_name, .configs = {}});
        const bool illegal = verdict.error == ErrorCode::kInvalidTopicException;
        result.error_code = illegal ? verdict.error : ErrorCode::kUnknownTopicOrPartition;
        if (illegal) result.error_message = verdict.message;
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

}  // namespace leat::server
