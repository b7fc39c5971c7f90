#include "broker/server/config_effects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/server/broker_config.h"
#include "broker/server/config_environment.h"
#include "broker/server/config_keys.h"
#include "broker/server/topic_config.h"

namespace leat::server {
namespace {

using testing::HasSubstr;

TEST(ConfigEffects, EveryKeyOfKafkaIsHonouredOrHasAReasonWhyItIsNot) {
  for (const BrokerConfigKey& key : broker_config_keys()) {
    const auto effect = effect_of(key.name);
    if (BrokerConfig::has_member(key.name) || topic_key_of_broker_key(key.name)) continue;
    ASSERT_TRUE(effect.has_value()) << key.name << " is of no kind";
    EXPECT_EQ(effect->note.empty(), effect->effect == ConfigEffect::kHonoured) << key.name;
    // Its default is no news to anybody.
    EXPECT_EQ(refusal_of(key.name, std::string(key.by_default.value_or(""))), std::nullopt) << key.name;
  }
}

TEST(ConfigEffects, ValuesThatWouldBreakAPromiseAreRefusedWithTheReason) {
  const auto problems = [](const std::string& text) {
    const auto config = BrokerConfig::parse(text, {});
    return config ? "none" : config.error().message;
  };
  EXPECT_THAT(problems("create.topic.policy.class.name=com.example.Policy"), HasSubstr("classes of Java"));
  EXPECT_THAT(problems("remote.log.storage.system.enable=true"), HasSubstr("tiered storage"));
  EXPECT_EQ(problems("connections.max.reauth.ms=1000\nremote.log.storage.system.enable=false"), "none");
  EXPECT_EQ(problems("num.io.threads=8\nprocess.roles=broker,controller\nssl.protocol=TLSv1.3"), "none");
}

TEST(ConfigEffects, AKeyThatNobodyKnowsIsOfNoKind) {
  EXPECT_EQ(effect_of("remote.log.misspelt"), std::nullopt);
  EXPECT_EQ(effect_of("my.own.key"), std::nullopt);
}

TEST(ConfigEnvironment, VariablesBecomeKeysAsInKafkasImages) {
  const std::vector<std::string> environment = {
      "KAFKA_LOG_DIRS=/data",   "KAFKA_A__B___C=1", "KAFKA_LISTENERS=PLAINTEXT://:9092,SSL://:9093",
      "KAFKA_HEAP_OPTS=-Xmx1G", "PATH=/bin",        "KAFKA_="};
  EXPECT_THAT(settings_of_environment(environment),
              testing::ElementsAre("a_b-c=1", "listeners=PLAINTEXT://:9092,SSL://:9093", "log.dirs=/data"));
  const auto config = BrokerConfig::parse("log.dirs=/file\nnum.partitions=3", settings_of_environment(environment));
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->log_dir, "/data");
  EXPECT_EQ(config->num_partitions, 3);
}

}  // namespace
}  // namespace leat::server
