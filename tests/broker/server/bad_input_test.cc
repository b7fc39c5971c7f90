// What people and programs do wrong to a broker, and what goes wrong under it: a clear message that names the thing
// and the way out, nothing lost, nobody else disturbed.
#include <gtest/gtest.h>

#include "base/big_endian.h"
#include "broker/wire/messages/create_topics.h"
#include "broker/wire/messages/metadata.h"
#include "broker/wire/messages/produce.h"
#include "broker/wire/record_batch.h"
#include "tests/broker/server/server_fixture.h"

namespace leat::server {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using wire::ErrorCode;

Bytes length(std::int32_t size) {
  Bytes bytes;
  append_big_endian<std::int32_t>(bytes, size);
  return bytes;
}

/// A frame with an ordinary header of version 1, and a body.
Bytes request(std::int16_t api, std::int16_t version, const Bytes& body) {
  Bytes frame;
  append_big_endian<std::int16_t>(frame, api);
  append_big_endian<std::int16_t>(frame, version);
  append_big_endian<std::int32_t>(frame, 7);
  append_big_endian<std::int16_t>(frame, 1);
  return length(static_cast<std::int32_t>(frame.size() + 1 + body.size())) + frame + "c" + body;
}

struct Malformed {
  const char* name;
  Bytes bytes;
  const char* why;  ///< what the broker's log says of it
};

void PrintTo(const Malformed& malformed, std::ostream* out) { *out << malformed.name; }

class MalformedFrame : public BrokerTest, public testing::WithParamInterface<Malformed> {};

TEST_P(MalformedFrame, EndsItsConnectionAndDisturbsNobody) {
  make_topic("orders");
  const auto bystander = connect();
  const auto raw = connect();
  testing::internal::CaptureStderr();
  raw->connection->write(Buf::copy_of(GetParam().bytes));
  EXPECT_TRUE(sim.run_until([&] { return raw->ended; }, 60s));
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("session: connection is closed"), HasSubstr(GetParam().why)));
  EXPECT_EQ(raw->answer, "");
  EXPECT_FALSE(bystander->ended);
  EXPECT_EQ(said(produce("orders", "still here")), "ok");
  EXPECT_THAT(read("orders", 1), ElementsAre("still here"));
}

INSTANTIATE_TEST_SUITE_P(
    All, MalformedFrame,
    testing::Values(Malformed{"NegativeLength", length(-1), "-1"},
                    Malformed{"LongerThanAllowed", length(0x7fffffff), "socket.request.max.bytes"},
                    Malformed{"NoHeader", length(0), "header"}, Malformed{"HalfAHeader", length(3) + "abc", "header"},
                    Malformed{"UnknownApi", request(999, 0, ""), "999"},
                    Malformed{"VersionThatIsNotServed", request(0, 99, Bytes(1, 0)), "Produce request of version 99"},
                    Malformed{"BodyThatEndsEarly", request(3, 1, length(5)), "Metadata"},
                    Malformed{"BodyOfNoise", request(1, 4, Bytes(40, '\xff')), "Fetch"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST_F(BrokerTest, AClientThatStopsHalfWayHoldsUpNobody) {
  make_topic("orders");
  const auto slow = connect();
  slow->connection->write(Buf::copy_of(length(1000) + "not the whole of it"));
  EXPECT_EQ(said(produce("orders", "1")), "ok");
  EXPECT_FALSE(slow->ended);
}

TEST_F(BrokerTest, ABatchWithAWrongChecksumIsRefusedAndNothingIsStored) {
  make_topic("orders");
  wire::BatchBuilder builder;
  builder.append(1, std::nullopt, BytesView("damaged on its way"), {});
  Buf batch = builder.seal({});
  batch.mutable_data()[batch.size() - 3] ^= 1;
  wire::ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 1000;
  auto& partition = request.topic_data.emplace_back();
  partition.name = "orders";
  partition.partition_data.emplace_back().records = batch;
  auto response = answer<Result<wire::ProduceResponse>>([&](OneShot<Result<wire::ProduceResponse>> done) {
    cluster->call_any<wire::ProduceRequest, wire::ProduceResponse>(request, std::move(done), 12);
  });
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response->responses[0].partition_responses[0].error_code, ErrorCode::kCorruptMessage);
  EXPECT_EQ(said(produce("orders", "whole")), "ok");
  EXPECT_THAT(read("orders", 1), ElementsAre("whole"));
}

class NewTopics : public BrokerTest {
 protected:
  wire::CreateTopicsResponse::CreatableTopicResult create(const std::string& name, const std::string& key = "",
                                                          const std::string& value = "") {
    wire::CreateTopicsRequest request;
    request.timeout_ms = 1000;
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = topic.replication_factor = 1;
    if (!key.empty()) {
      auto& config = topic.configs.emplace_back();
      config.name = key;
      config.value = value;
    }
    return ask<wire::CreateTopicsResponse>(std::move(request)).topics.at(0);
  }
};

TEST_F(NewTopics, WithIllegalNamesAreRefusedByName) {
  for (const std::string& name : {std::string("."), std::string(".."), std::string("a b"), std::string("a/../b"),
                                  std::string("\xc3\xbc"), std::string(250, 'x')}) {
    const auto result = create(name);
    EXPECT_EQ(result.error_code, ErrorCode::kInvalidTopicException) << name;
    EXPECT_THAT(result.error_message.value_or(""), HasSubstr("'" + name + "' is illegal")) << name;
  }
  EXPECT_EQ(create("").error_code, ErrorCode::kInvalidTopicException);
  EXPECT_EQ(create(std::string(249, 'x')).error_code, ErrorCode::kNone);
}

TEST_F(NewTopics, WithAConfigThatDoesNotExistAreTold) {
  const auto result = create("orders", "retention.mss", "1");
  EXPECT_EQ(result.error_code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(result.error_message.value_or(""), AllOf(HasSubstr("retention.mss"), HasSubstr("'retention.ms'")));
}

TEST_F(NewTopics, WithAConfigThatCannotBeReadAreTold) {
  const auto result = create("orders", "retention.ms", "a week");
  EXPECT_EQ(result.error_code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(result.error_message.value_or(""), AllOf(HasSubstr("retention.ms"), HasSubstr("a week")));
}

TEST(ServerProperties, SaysEveryValueThatCannotBeRead) {
  const auto config = BrokerConfig::parse("num.partitions=many\nlog.segment.bytes=-5\nlisteners=everywhere\n", {});
  ASSERT_FALSE(config.ok());
  EXPECT_THAT(config.error().message, AllOf(HasSubstr("num.partitions"), HasSubstr("many"),
                                            HasSubstr("log.segment.bytes"), HasSubstr("listeners")));
}

TEST(ServerProperties, WarnsOfAnUnknownKeyAndNamesItsNeighbour) {
  testing::internal::CaptureStderr();
  const auto config = BrokerConfig::parse("num.partition=3\n", {});
  EXPECT_TRUE(config.ok()) << config.error().message;
  EXPECT_THAT(testing::internal::GetCapturedStderr(), AllOf(HasSubstr("num.partition"), HasSubstr("'num.partitions'")));
}

TEST_F(BrokerTest, APortInUseIsNamedWithTheWayOut) {
  BrokerConfig second = config();
  second.log_dir = "/other";
  auto opened = Broker::open(sim.process("broker", "second"), second);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_THAT(said((*opened)->listen()), AllOf(HasSubstr("broker:9092"), HasSubstr("in use"), HasSubstr("choose")));
}

TEST_F(BrokerTest, ASecondBrokerOnTheSameDirectoryIsRefused) {
  const auto second = Broker::open(sim.process("broker", "second"), config());
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message, AllOf(HasSubstr("another broker works in log.dirs=/data"), HasSubstr("stop it")));
}

TEST_F(BrokerTest, AFullDiskRefusesWritesAndKeepsWhatWasAcknowledged) {
  make_topic("orders");
  ASSERT_EQ(said(produce("orders", "before")), "ok");
  sim.disk("broker").set_capacity_bytes(1);
  testing::internal::CaptureStderr();
  EXPECT_FALSE(produce("orders", "too much").ok());
  EXPECT_THAT(testing::internal::GetCapturedStderr(), AllOf(HasSubstr("orders-0"), HasSubstr("space")));
  EXPECT_THAT(read("orders", 1), ElementsAre("before")) << "reading needs no room";
  sim.disk("broker").clear_faults();
  kill();
  ASSERT_EQ(said(start()), "ok");
  EXPECT_EQ(said(produce("orders", "after")), "ok");
  const auto all = read("orders", 2);
  EXPECT_EQ(all.front(), "before");
  EXPECT_EQ(all.back(), "after");
}

TEST_F(BrokerTest, AReadOnlyDiskKeepsTheBrokerFromStartingAndSaysSo) {
  kill();
  sim.disk("broker").set_read_only(true);
  EXPECT_THAT(said(start()), AllOf(HasSubstr("/data"), HasSubstr("read-only")));
}

TEST_F(BrokerTest, ABrokerThatIsNotThereIsNamedByItsClients) {
  client::Cluster nobody(here, connector, {.bootstrap = {{"nowhere", 9092}}});
  const Status reached =
      answer<Status>([&](OneShot<Status> done) { nobody.refresh({"orders"}, false, std::move(done)); });
  ASSERT_FALSE(reached.ok());
  EXPECT_EQ(reached.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(reached.error().message, HasSubstr("nowhere:9092"));
}

}  // namespace
}  // namespace leat::server
