// The programs of docs/guide/errors.md.
#include <gmock/gmock.h>
#include <leat/testing.h>

#include "tests/docs/shop.h"

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

using S = std::string;

TEST(Errors, HandlersBySetting) {
  // [snippet: handlers]
  leat::StreamsConfig config{.application_id = "shop",
                             .deserialization_exception_handler = leat::OnError::kContinue,
                             .processing_exception_handler = leat::OnError::kContinue,
                             .errors_dead_letter_queue_topic_name = "shop-dead-letters"};
  // [end]
  EXPECT_TRUE(config.problems().empty());
  // [snippet: own-handler]
  config.error_handlers.processing = [](const leat::FailedRecord& failed) {
    std::fprintf(stderr, "%s failed at %s@%lld: %s\n", failed.node.c_str(), failed.metadata.topic.c_str(),
                 static_cast<long long>(failed.metadata.offset), failed.message.c_str());
    return failed.error_type == "std::out_of_range" ? leat::OnError::kContinue : leat::OnError::kFail;
  };
  // [end]
  leat::StreamsBuilder builder;
  builder.stream<S, Order>("orders")
      .map_values([](const Order& order) {
        if (order.cents < 0) throw std::out_of_range("a negative price");
        if (order.cents == 0) throw std::logic_error("no price");
        return order.product;
      })
      .to("products");
  leat::TopologyTestDriver driver{builder.build(), {.handlers = config.handlers()}};
  auto in = driver.input_topic<S, Order>("orders").with_time(0s);
  testing::internal::CaptureStderr();
  driver.input_topic<S, S>("orders").pipe_input("0", "nonsense", 0s);
  in.pipe_input("1", Order{"ann", "tea", -1});
  in.pipe_input("2", Order{"ann", "tea", 250});
  EXPECT_THAT((driver.output_topic<S, S>("products").read_values_to_list()), ElementsAre("tea"));
  auto dead = driver.output_topic<S, S>("shop-dead-letters");
  EXPECT_EQ(dead.read_record()->value, "nonsense");
  EXPECT_EQ(dead.read_record()->headers.last("__streams.errors.message")->value, "a negative price");
  EXPECT_THAT(
      [&] {
        in.pipe_input("3", Order{"ann", "tea", 0});
      },
      testing::ThrowsMessage<leat::TestDriverError>(HasSubstr("no price")));
  EXPECT_EQ(dead.read_record()->value, "ann,tea,0");
  testing::internal::GetCapturedStderr();
}

TEST(Errors, ProblemsOfAConfigComeAllAtOnce) {
  // [snippet: problems]
  leat::StreamsConfig config{.application_id = "my shop", .num_stream_threads = 0};
  for (const std::string& problem : config.problems()) std::fprintf(stderr, "%s\n", problem.c_str());

  leat::Status set = config.set("comit.interval.ms", "100");
  std::string why = set.error().message;  // comit.interval.ms: no such setting. Did you mean 'commit.interval.ms'?
  // [end]
  EXPECT_EQ(config.problems().size(), 2u);
  EXPECT_THAT(why, HasSubstr("commit.interval.ms"));
}

TEST(Errors, MistakesInATopologyAreCollected) {
  // [snippet: topology-problems]
  leat::Topology topology;
  topology.add_source<std::string, std::string>("in", "lines")
      .add_source<std::string, std::string>("in", "more-lines")
      .add_sink("out", "words", {"splitter"});
  auto plan = topology.plan({.application_id = "shop"});
  if (!plan) std::fprintf(stderr, "%s\n", plan.error().message.c_str());
  // [end]
  ASSERT_FALSE(plan.ok());
  EXPECT_THAT(plan.error().message, testing::AllOf(HasSubstr("splitter"), HasSubstr("in")));
}

TEST(Errors, ThreadsAndTheApp) {
  leat::StreamsBuilder builder;
  builder.stream<S, S>("in").to("out");
  leat::StreamsConfig config{.application_id = "not legal!"};
  // [snippet: lifecycle]
  leat::KafkaStreams streams{builder.build(), config};
  streams.set_state_listener([](leat::KafkaStreams::State now, leat::KafkaStreams::State before) {
    std::printf("%s -> %s\n", leat::KafkaStreams::name(before).data(), leat::KafkaStreams::name(now).data());
  });
  streams.set_uncaught_exception_handler([](const leat::Error& why) {
    std::fprintf(stderr, "a stream thread died: %s\n", why.message.c_str());
    return leat::KafkaStreams::OnUncaught::kReplaceThread;
  });
  if (leat::Status started = streams.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().message.c_str());  // every problem of config and topology
  }
  // [end]
  EXPECT_EQ(streams.state(), leat::KafkaStreams::State::kCreated);
}

}  // namespace
