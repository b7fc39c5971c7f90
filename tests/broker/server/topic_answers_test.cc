#include "broker/wire/messages/create_topics.h"
#include "broker/wire/messages/delete_topics.h"
#include "broker/wire/messages/describe_topic_partitions.h"
#include "broker/wire/messages/find_coordinator.h"
#include "broker/wire/messages/list_transactions.h"
#include "broker/wire/messages/metadata.h"
#include "broker/wire/messages/offset_commit.h"
#include "broker/wire/messages/offset_fetch.h"
#include "tests/broker/server/server_fixture.h"

namespace leat::server {
namespace {

using wire::ErrorCode;

class TopicAnswers : public BrokerTest {
 protected:
  template <class Response, class Request>
  Response ask_in(int version, Request request) {
    auto response = answer<Result<Response>>([&](OneShot<Result<Response>> done) {
      cluster->call_any<Request, Response>(std::move(request), std::move(done), version);
    });
    EXPECT_TRUE(response.ok()) << response.error().message;
    return response.ok() ? std::move(*response) : Response{};
  }

  wire::DeleteTopicsResponse remove(const std::vector<std::pair<std::optional<std::string>, Uuid>>& asked) {
    wire::DeleteTopicsRequest request;
    request.timeout_ms = 1000;
    for (const auto& [name, id] : asked) {
      auto& topic = request.topics.emplace_back();
      topic.name = name;
      topic.topic_id = id;
    }
    return ask<wire::DeleteTopicsResponse>(std::move(request));
  }

  void commit(const std::string& group, const std::string& topic, std::int64_t offset) {
    wire::FindCoordinatorRequest find;
    find.key = group;
    ask_in<wire::FindCoordinatorResponse>(3, std::move(find));
    wire::OffsetCommitRequest request;
    request.group_id = group;
    auto& asked = request.topics.emplace_back();
    asked.name = topic;
    asked.partitions.emplace_back().committed_offset = offset;
    const auto response = ask_in<wire::OffsetCommitResponse>(7, std::move(request));
    EXPECT_EQ(response.topics.at(0).partitions.at(0).error_code, ErrorCode::kNone);
  }

  std::int64_t committed(const std::string& group, const std::string& topic) {
    wire::OffsetFetchRequest request;
    request.group_id = group;
    auto& asked = request.topics.emplace().emplace_back();
    asked.name = topic;
    asked.partition_indexes = {0};
    return ask_in<wire::OffsetFetchResponse>(7, std::move(request)).topics.at(0).partitions.at(0).committed_offset;
  }
};

/// kafka-go waits for the number of partitions to change, and takes the number after its first request for the old one.
TEST_F(TopicAnswers, ATopicIsMadeALittleAfterItsFirstUse) {
  const auto ask_for_topic = [&] {
    wire::MetadataRequest request;
    request.topics.emplace().emplace_back().name = "orders";
    return ask<wire::MetadataResponse>(std::move(request)).topics.at(0).error_code;
  };
  EXPECT_EQ(ask_for_topic(), ErrorCode::kUnknownTopicOrPartition);
  sim.run_until([] { return false; }, 20ms);
  EXPECT_EQ(ask_for_topic(), ErrorCode::kUnknownTopicOrPartition);
  sim.run_until([] { return false; }, 100ms);
  EXPECT_EQ(ask_for_topic(), ErrorCode::kNone);
}

TEST_F(TopicAnswers, WhatGroupsCommittedOfADeletedTopicIsForgottenForGood) {
  make_topic("orders");
  make_topic("kept");
  commit("g", "orders", 5);
  commit("g", "kept", 7);
  EXPECT_EQ(remove({{"orders", Uuid{}}}).responses.at(0).error_code, ErrorCode::kNone);
  make_topic("orders");
  EXPECT_EQ(committed("g", "orders"), -1);
  EXPECT_EQ(committed("g", "kept"), 7);
  sim.run_for(1s);
  kill();
  ASSERT_EQ(said(start()), "ok");
  cluster = std::make_unique<client::Cluster>(here, connector, client::ClusterConfig{.bootstrap = {{"broker", 9092}}});
  EXPECT_EQ(committed("g", "orders"), -1);
  EXPECT_EQ(committed("g", "kept"), 7);
}

TEST_F(TopicAnswers, ATopicNamedTwiceIsNotDeleted) {
  make_topic("orders");
  const Uuid id = broker->topics().find("orders")->id;
  const auto response = remove({{std::nullopt, id}, {"orders", Uuid{}}});
  ASSERT_EQ(response.responses.size(), 1u);
  EXPECT_EQ(response.responses[0].error_code, ErrorCode::kInvalidRequest);
  EXPECT_NE(broker->topics().find("orders"), nullptr);
}

TEST_F(TopicAnswers, ACreationWithoutTimeMakesNothing) {
  wire::CreateTopicsRequest request;
  request.timeout_ms = 0;
  request.topics.emplace_back().name = "orders";
  request.topics[0].num_partitions = request.topics[0].replication_factor = 1;
  const auto response = ask<wire::CreateTopicsResponse>(std::move(request));
  EXPECT_EQ(response.topics.at(0).error_code, ErrorCode::kRequestTimedOut);
  EXPECT_EQ(broker->topics().find("orders"), nullptr);
}

TEST_F(TopicAnswers, ACursorOfAnotherTopicIsRefused) {
  make_topic("orders");
  wire::DescribeTopicPartitionsRequest request;
  request.topics.emplace_back().name = "orders";
  request.cursor = wire::DescribeTopicPartitionsRequest::Cursor{.topic_name = "nobody"};
  const auto response = ask<wire::DescribeTopicPartitionsResponse>(std::move(request));
  EXPECT_EQ(response.topics.at(0).error_code, ErrorCode::kInvalidRequest);
  EXPECT_TRUE(response.topics.at(0).partitions.empty());
}

TEST_F(TopicAnswers, APatternThatCouldOccupyTheBrokerIsRefused) {
  for (const std::string& pattern :
       {std::string("[open"), std::string("(a{255}){255}"), std::string("(a*)\\1"), std::string(5000, 'a')}) {
    wire::ListTransactionsRequest request;
    request.transactional_id_pattern = pattern;
    EXPECT_EQ(ask<wire::ListTransactionsResponse>(std::move(request)).error_code, ErrorCode::kInvalidRegularExpression)
        << pattern;
  }
}

}  // namespace
}  // namespace leat::server
