// DescribeProducers (61), DescribeTransactions (65), version 0; ListTransactions (66), 0 to 2: who writes, and what is
// open.
#include <algorithm>

#include "base/regex.h"
#include "broker/server/handlers.h"
#include "broker/server/routing.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

constexpr std::string_view kStateNames[] = {"Empty",          "Ongoing",       "PrepareCommit", "PrepareAbort",
                                            "CompleteCommit", "CompleteAbort", "Dead",          "PrepareEpochFence"};

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::DescribeProducersRequest request,
            OneShot<wire::DescribeProducersResponse> reply) {
  wire::DescribeProducersResponse response;
  for (const auto& topic : request.topics) {
    auto& topic_response = response.topics.emplace_back();
    topic_response.name = topic.name;
    for (const std::int32_t index : topic.partition_indexes) {
      auto& described = topic_response.partitions.emplace_back();
      described.partition_index = index;
      const auto [found, log, error] = held_partition(broker, context, topic.name, index);
      if (error != ErrorCode::kNone) {
        described.error_code = error;
        if (found == nullptr && broker.topics().find(topic.name) == nullptr)
          described.error_message = "This server does not host this topic-partition.";
        continue;
      }
      for (const auto& [id, entry] : log->producers().producers()) {
        auto& producer = described.active_producers.emplace_back();
        producer.producer_id = id;
        producer.producer_epoch = entry.epoch;
        producer.last_sequence = entry.last_sequence();
        producer.last_timestamp = entry.last_timestamp;
        producer.coordinator_epoch = entry.coordinator_epoch;
        producer.current_txn_start_offset = entry.open_transaction_offset.value_or(-1);
      }
    }
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& context, wire::DescribeTransactionsRequest request,
            OneShot<wire::DescribeTransactionsResponse> reply) {
  wire::DescribeTransactionsResponse response;
  for (const std::string& id : request.transactional_ids) {
    auto& described = response.transaction_states.emplace_back();
    described.transactional_id = id;
    if (id.empty()) {
      described.error_code = ErrorCode::kInvalidRequest;
      continue;
    }
    auto* transactions = transactions_of(broker, context, id);
    if (transactions == nullptr) {
      described.error_code = ErrorCode::kNotCoordinator;
      continue;
    }
    const auto found = transactions->transactions().find(id);
    if (found == transactions->transactions().end()) {
      described.error_code = ErrorCode::kTransactionalIdNotFound;
      continue;
    }
    const coordinator::Transaction& transaction = found->second;
    described.transaction_state = name(transaction.state);
    described.transaction_timeout_ms = transaction.timeout_ms;
    described.transaction_start_time_ms = transaction.start_timestamp_ms;
    described.producer_id = transaction.producer_id;
    described.producer_epoch = transaction.producer_epoch;
    for (const TopicPartition& partition : transaction.partitions) {
      if (described.topics.empty() || described.topics.back().topic != partition.topic)
        described.topics.emplace_back().topic = partition.topic;
      described.topics.back().partitions.push_back(partition.partition);
    }
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& context, wire::ListTransactionsRequest request,
            OneShot<wire::ListTransactionsResponse> reply) {
  wire::ListTransactionsResponse response;
  const auto contains = [](const auto& filter, const auto& value) {
    return filter.empty() || std::find(filter.begin(), filter.end(), value) != filter.end();
  };
  for (const std::string& state : request.state_filters)
    if (std::find(std::begin(kStateNames), std::end(kStateNames), state) == std::end(kStateNames))
      response.unknown_state_filters.push_back(state);
  const std::string wanted = request.transactional_id_pattern.value_or("");
  const auto pattern = Regex::compile(wanted);
  if (!pattern) {
    response.error_code = ErrorCode::kInvalidRegularExpression;
    return reply(std::move(response));
  }
  const std::int64_t now_ms = broker.world().loop.wall_clock_ms();
  const auto is_old = [&](const coordinator::Transaction& transaction) {
    return request.duration_filter < 0 || now_ms - transaction.start_timestamp_ms > request.duration_filter;
  };
  for (const auto* transactions : transaction_coordinators(broker, context))
    for (const auto& [id, transaction] : transactions->transactions()) {
      if (!contains(request.state_filters, name(transaction.state)) ||
          !contains(request.producer_id_filters, transaction.producer_id) || !is_old(transaction) ||
          (!wanted.empty() && !pattern->matches(id)))
        continue;
      auto& listed = response.transaction_states.emplace_back();
      listed.transactional_id = id;
      listed.producer_id = transaction.producer_id;
      listed.transaction_state = name(transaction.state);
    }
  reply(std::move(response));
}

}  // namespace leat::server
