// The programs of docs/guide/processor_api.md.
#include <gmock/gmock.h>
#include <leat/testing.h>

#include "tests/docs/shop.h"

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

using S = std::string;

// [snippet: processor]
/// Passes an order on unless the same order number came within the last hour.
class Deduplicate : public leat::Processor<std::string, Order, std::string, Order> {
 public:
  void init(Context& context) override {
    seen_ = context.store<leat::KeyValueStore<std::string, std::int64_t>>("seen");
    context.schedule(1min, leat::PunctuationType::kStreamTime, [this](leat::Timestamp now) { forget(now - 1h); });
  }
  void process(const leat::Record<std::string, Order>& record) override {
    if (seen_->put_if_absent(record.key, record.timestamp)) return;
    forward(record);
  }

 private:
  void forget(leat::Timestamp until) {
    for (const auto& [number, at] : seen_->all())
      if (at < until) seen_->erase(number);
  }

  leat::KeyValueStore<std::string, std::int64_t>* seen_ = nullptr;
};
// [end]

void expect_deduplication(const leat::Topology& topology) {
  leat::TopologyTestDriver driver{topology};
  auto in = driver.input_topic<S, Order>("orders");
  auto out = driver.output_topic<S, Order>("orders-unique");
  const Order order{"ann", "tea", 250};
  in.pipe_input("1", order, 0s);
  in.pipe_input("1", order, 1s);
  in.pipe_input("2", order, 2h);
  EXPECT_THAT(out.read_values_to_list(), ElementsAre(order, order));
  in.pipe_input("1", order, 3h);
  EXPECT_EQ(out.queue_size(), 1u);
}

TEST(ProcessorApi, Topology) {
  // [snippet: topology]
  leat::Topology topology;
  topology.add_source<std::string, Order>("orders-in", "orders")
      .add_processor<Deduplicate>("deduplicate", {"orders-in"})
      .add_state_store(leat::Stores::persistent_key_value<std::string, std::int64_t>("seen"), {"deduplicate"})
      .add_sink("orders-out", "orders-unique", {"deduplicate"});
  // [end]
  expect_deduplication(topology);
}

TEST(ProcessorApi, WithinTheDsl) {
  // [snippet: process]
  leat::StreamsBuilder builder;
  builder.add_state_store(leat::Stores::persistent_key_value<std::string, std::int64_t>("seen"));
  builder.stream<std::string, Order>("orders").process<Deduplicate>("seen").to("orders-unique");
  // [end]
  expect_deduplication(builder.build());
}

// [snippet: process-values]
/// Numbers the orders of each customer. The key stays, so nothing has to be repartitioned behind it.
class Number : public leat::FixedKeyProcessor<std::string, Order, std::string> {
 public:
  void init(Context& context) override {
    next_ = context.store<leat::KeyValueStore<std::string, std::int64_t>>("next");
  }
  void process(const leat::FixedKeyRecord<std::string, Order>& record) override {
    const std::int64_t number = next_->get(record.key).value_or(1);
    next_->put(record.key, number + 1);
    forward(record.with_value(record.value.product + " #" + std::to_string(number)));
  }

 private:
  leat::KeyValueStore<std::string, std::int64_t>* next_ = nullptr;
};
// [end]

TEST(ProcessorApi, FixedKeyProcessor) {
  leat::StreamsBuilder builder;
  builder.add_state_store(leat::Stores::in_memory_key_value<std::string, std::int64_t>("next"));
  builder.stream<std::string, Order>("orders").process_values<Number>("next").to("numbered");
  leat::TopologyTestDriver driver{builder.build()};
  auto in = driver.input_topic<S, Order>("orders").with_time(0s);
  in.pipe_input("ann", Order{"ann", "tea", 250});
  in.pipe_input("ann", Order{"ann", "jam", 300});
  EXPECT_THAT((driver.output_topic<S, S>("numbered").read_values_to_list()), ElementsAre("tea #1", "jam #2"));
}

// [snippet: context]
class Router : public leat::Processor<std::string, std::optional<Order>, std::string, std::string> {
 public:
  explicit Router(std::int64_t limit) : limit_(limit) {}
  void process(const leat::Record<std::string, std::optional<Order>>& record) override {
    if (!record.value) return;  // a tombstone: the optional in the type says that this processor sees them
    const bool large = record.value->cents >= limit_;
    const leat::RecordMetadata* from = context().record_metadata();  // null before the first record
    record.headers.add("from", from ? from->topic + "@" + std::to_string(from->offset) : "");
    forward(record.with_value(record.value->product), large ? "large-out" : "small-out");  // to one child
    if (large) context().commit();                                                         // soon
  }

 private:
  std::int64_t limit_;
};
// [end]

TEST(ProcessorApi, Context) {
  // [snippet: supplier]
  leat::Topology topology;
  topology.add_source<std::string, Order>("orders-in", "orders")
      .add_processor("router", [] { return std::make_unique<Router>(10'00); }, {"orders-in"})  // one for each task
      .add_sink("large-out", "large-orders", {"router"})
      .add_sink("small-out", "small-orders", {"router"});
  // [end]
  leat::TopologyTestDriver driver{topology};
  auto in = driver.input_topic<S, Order>("orders").with_time(0s);
  in.pipe_input("1", Order{"ann", "tea", 2'50});
  in.pipe_input("2", Order{"ann", "rye", 25'00});
  in.pipe_input("3", std::nullopt);
  const auto large = driver.output_topic<S, S>("large-orders").read_record();
  EXPECT_EQ(large->value, "rye");
  EXPECT_EQ(large->headers.last("from")->value, "orders@1");
  EXPECT_THAT((driver.output_topic<S, S>("small-orders").read_values_to_list()), ElementsAre("tea"));
}

// [snippet: punctuation]
class Heartbeat : public leat::Processor<std::string, std::string, std::string, std::int64_t> {
 public:
  void init(Context& context) override {
    timer_ = context.schedule(10s, leat::PunctuationType::kWallClockTime, [this](leat::Timestamp now) {
      forward(leat::Record<std::string, std::int64_t>{"records", records_, now});
      if (++beats_ == 3) timer_.cancel();
    });
  }
  void process(const leat::Record<std::string, std::string>&) override { ++records_; }

 private:
  leat::Cancellable timer_;
  std::int64_t records_ = 0;
  int beats_ = 0;
};
// [end]

TEST(ProcessorApi, Punctuation) {
  leat::Topology topology;
  topology.add_source<S, S>("in", "in").add_processor<Heartbeat>("heart", {"in"}).add_sink("out", "out", {"heart"});
  leat::TopologyTestDriver driver{topology};
  driver.input_topic<S, S>("in").pipe_input("k", "v", 0s);
  for (int i = 0; i < 5; ++i) driver.advance_wall_clock_time(10s);
  EXPECT_THAT((driver.output_topic<S, std::int64_t>("out").read_values_to_list()), ElementsAre(1, 1, 1));
}

// [snippet: global-store]
/// Keeps the global store: it alone may write to it.
class KeepRates : public leat::Processor<std::string, std::optional<double>> {
 public:
  void init(Context& context) override { rates_ = context.store<leat::KeyValueStore<std::string, double>>("rates"); }
  void process(const leat::Record<std::string, std::optional<double>>& record) override {
    rates_->put(record.key, record.value);
  }

 private:
  leat::KeyValueStore<std::string, double>* rates_ = nullptr;
};

/// Every other processor may read it and need not be connected.
class InEuro : public leat::FixedKeyProcessor<std::string, double> {
 public:
  void init(Context& context) override { rates_ = context.store<leat::KeyValueStore<std::string, double>>("rates"); }
  void process(const leat::FixedKeyRecord<std::string, double>& record) override {
    if (auto rate = rates_->get(record.key)) forward(record.with_value(record.value / *rate));
  }

 private:
  leat::KeyValueStore<std::string, double>* rates_ = nullptr;
};
// [end]

TEST(ProcessorApi, GlobalStore) {
  // [snippet: add-global-store]
  leat::StreamsBuilder builder;
  builder.add_global_store<std::string, double>(leat::Stores::in_memory_key_value<std::string, double>("rates"),
                                                "exchange-rates", leat::Consumed{},
                                                [] { return std::make_unique<KeepRates>(); });
  builder.stream<std::string, double>("amounts").process_values<InEuro>().to("amounts-in-euro");
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  driver.input_topic<S, double>("exchange-rates").pipe_input("USD", 1.25, 0s);
  driver.input_topic<S, double>("amounts").pipe_input("USD", 10.0, 1s);
  driver.input_topic<S, double>("amounts").pipe_input("XXX", 10.0, 2s);
  EXPECT_THAT((driver.output_topic<S, double>("amounts-in-euro").read_values_to_list()), ElementsAre(8.0));
}

}  // namespace
