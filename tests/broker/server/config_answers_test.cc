#include "broker/wire/messages/describe_configs.h"
#include "broker/wire/messages/incremental_alter_configs.h"
#include "broker/wire/messages/list_config_resources.h"
#include "tests/broker/server/server_fixture.h"

namespace leat::server {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using wire::ErrorCode;

class ConfigAnswers : public BrokerTest {
 protected:
  void restart() {
    kill();
    ASSERT_EQ(said(start()), "ok");
    cluster =
        std::make_unique<client::Cluster>(here, connector, client::ClusterConfig{.bootstrap = {{"broker", 9092}}});
  }

  enum Operation : std::int8_t { kSet, kDelete, kAppend };
  ErrorCode alter(ResourceType type, const std::string& name, const std::string& key,
                  const std::optional<std::string>& value, Operation operation = kSet) {
    wire::IncrementalAlterConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = static_cast<std::int8_t>(type);
    resource.resource_name = name;
    auto& config = resource.configs.emplace_back();
    config.name = key;
    config.config_operation = operation;
    config.value = value;
    return ask<wire::IncrementalAlterConfigsResponse>(std::move(request)).responses.at(0).error_code;
  }
  /// "value from source", or "none".
  std::string described(ResourceType type, const std::string& name, const std::string& key) {
    wire::DescribeConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = static_cast<std::int8_t>(type);
    resource.resource_name = name;
    resource.configuration_keys = {{key}};
    const auto response = ask<wire::DescribeConfigsResponse>(std::move(request));
    const auto& configs = response.results.at(0).configs;
    if (configs.empty()) return "none";
    return configs[0].value.value_or("hidden") + " from " + std::to_string(configs[0].config_source);
  }
};

TEST_F(ConfigAnswers, WhatIsSetForAllBrokersHoldsForTopicsAtOnceAndAfterACrash) {
  make_topic("orders");
  EXPECT_EQ(alter(ResourceType::kBroker, "", "message.max.bytes", "100"), ErrorCode::kNone);
  EXPECT_EQ(described(ResourceType::kTopic, "orders", "max.message.bytes"), "100 from 3");
  EXPECT_NE(said(produce("orders", std::string(200, 'x'))), "ok");
  restart();
  EXPECT_NE(said(produce("orders", std::string(200, 'x'))), "ok");
  EXPECT_EQ(alter(ResourceType::kBroker, "", "message.max.bytes", std::nullopt, kDelete), ErrorCode::kNone);
  EXPECT_EQ(said(produce("orders", std::string(200, 'x'))), "ok");
}

TEST_F(ConfigAnswers, OneBrokersConfigStandsAboveThatOfAll) {
  EXPECT_EQ(alter(ResourceType::kBroker, "", "log.retention.ms", "1000"), ErrorCode::kNone);
  EXPECT_EQ(alter(ResourceType::kBroker, "1", "log.retention.ms", "2000"), ErrorCode::kNone);
  EXPECT_EQ(described(ResourceType::kBroker, "1", "log.retention.ms"), "2000 from 2");
  EXPECT_EQ(alter(ResourceType::kBroker, "1", "log.retention.ms", std::nullopt, kDelete), ErrorCode::kNone);
  EXPECT_EQ(described(ResourceType::kBroker, "1", "log.retention.ms"), "1000 from 3");
}

TEST_F(ConfigAnswers, WhatABrokerCannotChangeWhileItRunsIsRefused) {
  EXPECT_EQ(alter(ResourceType::kBroker, "1", "log.dirs", "/elsewhere"), ErrorCode::kInvalidRequest);
  EXPECT_EQ(alter(ResourceType::kBroker, "", "listeners", "PLAINTEXT://:1"), ErrorCode::kInvalidRequest);
  EXPECT_EQ(alter(ResourceType::kBroker, "1", "message.max.bytes", "many"), ErrorCode::kInvalidRequest);
  EXPECT_EQ(alter(ResourceType::kBroker, "2", "message.max.bytes", "1"), ErrorCode::kInvalidRequest);
}

TEST_F(ConfigAnswers, ValuesOfUnknownConfigsAreNotTold) {
  EXPECT_EQ(alter(ResourceType::kBroker, "1", "my.plugin.password", "secret"), ErrorCode::kNone);
  EXPECT_EQ(described(ResourceType::kBroker, "1", "my.plugin.password"), "hidden from 2");
}

TEST_F(ConfigAnswers, ConfigsOfGroupsAreBoundedByTheBroker) {
  EXPECT_EQ(described(ResourceType::kGroup, "readers", "consumer.session.timeout.ms"), "45000 from 5");
  EXPECT_EQ(alter(ResourceType::kGroup, "readers", "consumer.session.timeout.ms", "1"), ErrorCode::kInvalidConfig);
  EXPECT_EQ(alter(ResourceType::kGroup, "readers", "consumer.session.timeout.ms", "50000"), ErrorCode::kNone);
  EXPECT_EQ(described(ResourceType::kGroup, "readers", "consumer.session.timeout.ms"), "50000 from 8");
}

TEST_F(ConfigAnswers, AResourceWithoutConfigsIsListedNoMore) {
  const auto listed = [&] {
    wire::ListConfigResourcesRequest request;
    request.resource_types = {static_cast<std::int8_t>(ResourceType::kClientMetrics)};
    std::vector<std::string> names;
    for (auto& resource : ask<wire::ListConfigResourcesResponse>(std::move(request)).config_resources)
      names.push_back(resource.resource_name);
    return names;
  };
  EXPECT_EQ(alter(ResourceType::kClientMetrics, "slow", "interval.ms", "5000"), ErrorCode::kNone);
  EXPECT_THAT(listed(), ElementsAre("slow"));
  EXPECT_EQ(alter(ResourceType::kClientMetrics, "slow", "interval.ms", std::nullopt, kDelete), ErrorCode::kNone);
  EXPECT_THAT(listed(), IsEmpty());
}

TEST_F(ConfigAnswers, DocumentationIsToldToThoseWhoAsk) {
  make_topic("orders");
  const auto documentation = [&](ResourceType type, const std::string& name, const std::string& key, bool wanted) {
    wire::DescribeConfigsRequest request;
    request.include_documentation = wanted;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = static_cast<std::int8_t>(type);
    resource.resource_name = name;
    resource.configuration_keys = {{key}};
    return ask<wire::DescribeConfigsResponse>(std::move(request)).results.at(0).configs.at(0).documentation;
  };
  const auto of_topic = documentation(ResourceType::kTopic, "orders", "retention.ms", true);
  EXPECT_THAT(of_topic, Optional(HasSubstr("segments are deleted")));
  EXPECT_EQ(documentation(ResourceType::kTopic, "orders", "retention.ms", false), std::nullopt);
  EXPECT_EQ(documentation(ResourceType::kBroker, "1", "log.retention.hours", true), of_topic);
  EXPECT_THAT(documentation(ResourceType::kGroup, "g", "consumer.session.timeout.ms", true),
              Optional(HasSubstr("taken for gone")));
}

TEST_F(ConfigAnswers, SegmentsOfTestsMayBeSmallerThanSegmentBytesAllows) {
  make_topic("orders");
  EXPECT_EQ(described(ResourceType::kTopic, "orders", "internal.segment.bytes"), "none");
  EXPECT_EQ(alter(ResourceType::kTopic, "orders", "segment.bytes", "100"), ErrorCode::kInvalidConfig);
  EXPECT_EQ(alter(ResourceType::kTopic, "orders", "internal.segment.bytes", "100"), ErrorCode::kNone);
  EXPECT_EQ(alter(ResourceType::kTopic, "orders", "segment.bytes", "2000000"), ErrorCode::kNone);
  EXPECT_EQ(described(ResourceType::kTopic, "orders", "internal.segment.bytes"), "100 from 1");
  for (int i = 0; i < 3; ++i) ASSERT_EQ(said(produce("orders", std::string(90, 'x'))), "ok");
  EXPECT_EQ(broker->topics().find("orders")->partitions.at(0)->segments().size(), 3u);
}

TEST_F(ConfigAnswers, AppendingToAListBeginsWithTheDefault) {
  make_topic("orders");
  EXPECT_EQ(alter(ResourceType::kTopic, "orders", "cleanup.policy", "compact", kAppend), ErrorCode::kNone);
  EXPECT_EQ(described(ResourceType::kTopic, "orders", "cleanup.policy"), "delete,compact from 1");
}

}  // namespace
}  // namespace leat::server
