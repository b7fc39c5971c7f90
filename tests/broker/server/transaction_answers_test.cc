// Requests of transactions in versions that our own clients do not use.
#include "broker/wire/frame_reader.h"
#include "broker/wire/messages/end_txn.h"
#include "broker/wire/messages/find_coordinator.h"
#include "broker/wire/messages/init_producer_id.h"
#include "broker/wire/messages/produce.h"
#include "broker/wire/record_batch.h"
#include "tests/broker/server/server_fixture.h"

namespace leat::server {
namespace {

using wire::ErrorCode;

class TransactionAnswers : public BrokerTest {
 protected:
  TransactionAnswers() {
    raw = connect();
    make_topic("orders");
    wire::FindCoordinatorRequest find;
    find.key_type = 1;
    find.coordinator_keys = {"t"};
    ask<wire::FindCoordinatorResponse>(std::move(find));
    wire::InitProducerIdRequest request;
    request.transactional_id = "t";
    request.transaction_timeout_ms = 60'000;
    const auto made = ask<wire::InitProducerIdResponse>(std::move(request));
    producer_id = made.producer_id;
    epoch = made.producer_epoch;
  }

  template <class Response, class Request>
  Response ask_in(int version, const Request& request) {
    raw->answer.clear();
    raw->connection->write(wire::with_length(
        wire::request_frame(Request::kTraits.api, version, 1, "raw", wire::encode(request, version))));
    EXPECT_TRUE(sim.run_until([&] { return raw->answer.size() > 4; }, 10s)) << "no answer";
    sim.run_for(100ms);
    const auto body = wire::parse_response(Buf::copy_of(raw->answer.substr(4)), Request::kTraits.api, version, 1);
    auto response = wire::decode<Response>(*body, version);
    EXPECT_TRUE(response.ok());
    return std::move(*response);
  }
  /// A batch of the transaction, which is added to it by that (version 12).
  ErrorCode produce(std::int32_t sequence) {
    wire::BatchBuilder builder;
    builder.append(sim.process("client").loop.wall_clock_ms(), std::nullopt, "value");
    wire::ProduceRequest request;
    request.transactional_id = "t";
    request.acks = -1;
    request.timeout_ms = 1000;
    auto& topic = request.topic_data.emplace_back();
    topic.name = "orders";
    topic.partition_data.emplace_back().records = builder.seal(
        {.transactional = true, .producer_id = producer_id, .producer_epoch = epoch, .base_sequence = sequence});
    return ask_in<wire::ProduceResponse>(12, request).responses.at(0).partition_responses.at(0).error_code;
  }
  ErrorCode commit(int version) {
    wire::EndTxnRequest request;
    request.transactional_id = "t";
    request.producer_id = producer_id;
    request.producer_epoch = epoch;
    request.committed = true;
    const auto ended = ask_in<wire::EndTxnResponse>(version, request);
    if (version >= 5) epoch = ended.producer_epoch;
    return ended.error_code;
  }

  std::unique_ptr<RawClient> raw;
  std::int64_t producer_id = -1;
  std::int16_t epoch = -1;
};

TEST_F(TransactionAnswers, AProducerThatEndsItsTransactionsInTheOldWayGoesOnWithItsSequence) {
  EXPECT_EQ(produce(1), ErrorCode::kOutOfOrderSequenceNumber) << "nobody begins behind 0";
  EXPECT_EQ(produce(0), ErrorCode::kNone);
  EXPECT_EQ(commit(4), ErrorCode::kNone);
  EXPECT_EQ(produce(1), ErrorCode::kNone);
  EXPECT_EQ(commit(5), ErrorCode::kNone);
  EXPECT_EQ(produce(0), ErrorCode::kNone) << "the new way begins anew";
}

}  // namespace
}  // namespace leat::server
