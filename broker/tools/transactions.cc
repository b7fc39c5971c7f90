// kafka-transactions: lists, describes and ends transactions, and finds hanging ones.
#include <fmt/format.h>

#include <algorithm>

#include "broker/tools/group_list.h"
#include "broker/tools/tools.h"
#include "broker/wire/messages/describe_producers.h"
#include "broker/wire/messages/describe_transactions.h"
#include "broker/wire/messages/init_producer_id.h"
#include "broker/wire/messages/list_transactions.h"
#include "broker/wire/messages/write_txn_markers.h"

namespace leat::tools {

namespace {

using client::CoordinatorType;
using wire::ErrorCode;
using Rows = std::vector<std::vector<std::string>>;
using ProducerState = wire::DescribeProducersResponse::TopicResponse::PartitionResponse::ProducerState;

constexpr std::int64_t kMsPerMinute = 60'000;
constexpr std::int64_t kMaxTimeoutMinutes = 15;

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"broker-id", Takes::kValue, "id", "describe-producers, find-hanging: the broker to ask"},
    {"coordinator-epoch", Takes::kValue, "epoch", "abort: as describe-producers tells it"},
    {"duration-filter", Takes::kValue, "ms", "list: only transactions that run longer"},
    {"max-transaction-timeout", Takes::kValue, "minutes", "find-hanging: what is younger does not hang (default 15)"},
    {"partition", Takes::kValue, "number", "abort, describe-producers, find-hanging: the partition"},
    {"producer-epoch", Takes::kValue, "epoch", "abort: as describe-producers tells it"},
    {"producer-id", Takes::kValue, "id", "abort: as describe-producers tells it"},
    {"start-offset", Takes::kValue, "offset", "abort: first offset of the transaction"},
    {"topic", Takes::kValue, "name", "abort, describe-producers, find-hanging: the topic"},
    {"transactional-id", Takes::kValue, "id", "describe, forceTerminateTransaction: the transactional id"},
    {"transactionalId", Takes::kValue, "id", "forceTerminateTransaction: the transactional id"},
    {"transactional-id-pattern", Takes::kValue, "regex", "list: only transactional ids that match"},
};

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

void print_table(Session& session, std::vector<std::string> headers, Rows rows) {
  rows.insert(rows.begin(), std::move(headers));
  print_tabbed(session, rows);
}

Result<std::vector<std::pair<std::int32_t, wire::ListTransactionsResponse::TransactionState>>> list_all(
    Session& session, const wire::ListTransactionsRequest& request) {
  std::vector<std::pair<std::int32_t, wire::ListTransactionsResponse::TransactionState>> listed;
  for (const auto& [id, broker] : session.brokers()) {
    const auto response = session.ask_node<wire::ListTransactionsRequest, wire::ListTransactionsResponse>(id, request);
    if (!response) return response.error();
    if (response->error_code != ErrorCode::kNone)
      return wire::kafka_error(response->error_code, fmt::format("listing the transactions of broker {}", id));
    for (const auto& each : response->transaction_states) listed.emplace_back(id, each);
  }
  return listed;
}

Result<int> list(Session& session, const Options& options) {
  wire::ListTransactionsRequest request;
  LEAT_ASSIGN_OR_RETURN(const auto duration, options.number("duration-filter"));
  request.duration_filter = duration.value_or(-1);
  request.transactional_id_pattern = options.value("transactional-id-pattern");
  LEAT_ASSIGN_OR_RETURN(const auto listed, list_all(session, request));
  Rows rows;
  for (const auto& [broker, each] : listed)
    rows.push_back(
        {each.transactional_id, std::to_string(broker), std::to_string(each.producer_id), each.transaction_state});
  print_table(session, {"TransactionalId", "Coordinator", "ProducerId", "TransactionState"}, rows);
  return 0;
}

Result<wire::DescribeTransactionsResponse::TransactionState> describe_one(Session& session, const std::string& id) {
  wire::DescribeTransactionsRequest request;
  request.transactional_ids = {id};
  const auto response = session.ask_coordinator<wire::DescribeTransactionsRequest, wire::DescribeTransactionsResponse>(
      CoordinatorType::kTransaction, id, request, [](const wire::DescribeTransactionsResponse& answer) {
        return answer.transaction_states.empty() ? ErrorCode::kNone : answer.transaction_states[0].error_code;
      });
  if (!response) return response.error();
  if (response->transaction_states.empty()) return Error{ErrorKind::kCorrupt, "a description without a transaction"};
  const auto& state = response->transaction_states[0];
  if (state.error_code == ErrorCode::kTransactionalIdNotFound)
    return Error{
        ErrorKind::kKafka,
        fmt::format("DescribeTransactions request for transactionalId `{}` failed because the ID could not be found",
                    id),
        static_cast<int>(state.error_code)};
  if (state.error_code != ErrorCode::kNone) return wire::kafka_error(state.error_code, "transactional id '" + id + "'");
  return state;
}

Result<int> describe(Session& session, const Options& options) {
  LEAT_RETURN_IF_ERROR(options.require({"transactional-id"}));
  const std::string id = *options.value("transactional-id");
  const auto state = describe_one(session, id);
  if (!state)
    return Error{ErrorKind::kKafka, fmt::format("Failed to describe transaction state of transactional-id `{}`: {}.",
                                                id, state.error().message)};
  // The coordinator is the broker that lists the transaction.
  wire::ListTransactionsRequest mine;
  mine.producer_id_filters = {state->producer_id};
  LEAT_ASSIGN_OR_RETURN(const auto listed, list_all(session, mine));
  std::string coordinator = "-1";
  for (const auto& [broker, each] : listed)
    if (each.transactional_id == id) coordinator = std::to_string(broker);
  const std::int64_t start_ms = state->transaction_start_time_ms;
  std::vector<std::string> partitions;
  for (const auto& topic : state->topics)
    for (const std::int32_t each : topic.partitions) partitions.push_back(fmt::format("{}-{}", topic.topic, each));
  print_table(
      session,
      {"CoordinatorId", "TransactionalId", "ProducerId", "ProducerEpoch", "TransactionState", "TransactionTimeoutMs",
       "CurrentTransactionStartTimeMs", "TransactionDurationMs", "TopicPartitions"},
      {{coordinator, id, std::to_string(state->producer_id), std::to_string(state->producer_epoch),
        state->transaction_state, std::to_string(state->transaction_timeout_ms),
        start_ms < 0 ? "None" : std::to_string(start_ms),
        start_ms < 0 ? "None" : std::to_string(session.loop().wall_clock_ms() - start_ms), joined(partitions, ",")}});
  return 0;
}

/// Producers of partitions, asked of one broker.
Result<std::map<TopicPartition, std::vector<ProducerState>>> producers_of(Session& session, std::int32_t broker,
                                                                          const std::set<TopicPartition>& partitions) {
  wire::DescribeProducersRequest request;
  for (const TopicPartition& each : partitions) {
    if (request.topics.empty() || request.topics.back().name != each.topic)
      request.topics.emplace_back().name = each.topic;
    request.topics.back().partition_indexes.push_back(each.partition);
  }
  const auto response =
      session.ask_node<wire::DescribeProducersRequest, wire::DescribeProducersResponse>(broker, request);
  if (!response) return response.error();
  std::map<TopicPartition, std::vector<ProducerState>> producers;
  for (const auto& topic : response->topics)
    for (const auto& each : topic.partitions) {
      const TopicPartition name{topic.name, each.partition_index};
      if (each.error_code != ErrorCode::kNone)
        return Error{ErrorKind::kKafka,
                     fmt::format("Failed to describe producers for partition {} on broker {}: {}", name.to_string(),
                                 broker, explain(each.error_code, each.error_message))};
      producers[name] = each.active_producers;
    }
  return producers;
}

Result<TopicPartition> partition_of(const Options& options) {
  LEAT_RETURN_IF_ERROR(options.require({"topic", "partition"}));
  LEAT_ASSIGN_OR_RETURN(const auto partition, options.number("partition", 0, INT32_MAX));
  return TopicPartition{*options.value("topic"), static_cast<std::int32_t>(*partition)};
}

Result<std::int32_t> leader_of(Session& session, const TopicPartition& partition) {
  LEAT_ASSIGN_OR_RETURN(const auto known, session.metadata(std::set<std::string>{partition.topic}));
  const std::int32_t leader = session.cluster().leader_of(partition);
  if (leader >= 0) return leader;
  return Error{ErrorKind::kKafka,
               fmt::format("partition {}: {}", partition.to_string(), explain(ErrorCode::kUnknownTopicOrPartition))};
}

Result<int> describe_producers(Session& session, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const TopicPartition partition, partition_of(options));
  LEAT_ASSIGN_OR_RETURN(const auto broker_id, options.number("broker-id", 0, INT32_MAX));
  LEAT_ASSIGN_OR_RETURN(const std::int32_t leader, leader_of(session, partition));
  const std::int32_t broker = broker_id ? static_cast<std::int32_t>(*broker_id) : leader;
  LEAT_ASSIGN_OR_RETURN(const auto producers, producers_of(session, broker, {partition}));
  Rows rows;
  for (const auto& [name, states] : producers)
    for (const ProducerState& each : states)
      rows.push_back({std::to_string(each.producer_id), std::to_string(each.producer_epoch),
                      std::to_string(each.coordinator_epoch), std::to_string(each.last_sequence),
                      std::to_string(each.last_timestamp),
                      each.current_txn_start_offset < 0 ? "None" : std::to_string(each.current_txn_start_offset)});
  print_table(session,
              {"ProducerId", "ProducerEpoch", "LatestCoordinatorEpoch", "LastSequence", "LastTimestamp",
               "CurrentTransactionStartOffset"},
              rows);
  return 0;
}

Result<int> abort(Session& session, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const TopicPartition partition, partition_of(options));
  LEAT_ASSIGN_OR_RETURN(const auto start_offset, options.number("start-offset", 0));
  LEAT_ASSIGN_OR_RETURN(const auto producer_id, options.number("producer-id"));
  LEAT_ASSIGN_OR_RETURN(const auto producer_epoch, options.number("producer-epoch", 0, INT16_MAX));
  LEAT_ASSIGN_OR_RETURN(const auto coordinator_epoch, options.number("coordinator-epoch", -1, INT32_MAX));
  if (!start_offset && !producer_id)
    return invalid(
        "The transaction to abort must be identified either with --start-offset or with --producer-id, "
        "--producer-epoch, and --coordinator-epoch");
  LEAT_ASSIGN_OR_RETURN(const std::int32_t leader, leader_of(session, partition));
  wire::WriteTxnMarkersRequest request;
  auto& marker = request.markers.emplace_back();
  if (start_offset) {
    LEAT_ASSIGN_OR_RETURN(const auto producers, producers_of(session, leader, {partition}));
    const auto& states = producers.at(partition);
    const auto found = std::find_if(states.begin(), states.end(), [&](const ProducerState& each) {
      return each.current_txn_start_offset == *start_offset;
    });
    if (found == states.end())
      return Error{ErrorKind::kKafka,
                   fmt::format("Could not find any open transactions starting at offset {} on partition {}",
                               *start_offset, partition.to_string())};
    marker.producer_id = found->producer_id;
    marker.producer_epoch = static_cast<std::int16_t>(found->producer_epoch);
    marker.coordinator_epoch = std::max(found->coordinator_epoch, 0);
  } else {
    LEAT_RETURN_IF_ERROR(options.require({"producer-epoch", "coordinator-epoch"}));
    marker.producer_id = *producer_id;
    marker.producer_epoch = static_cast<std::int16_t>(*producer_epoch);
    marker.coordinator_epoch = static_cast<std::int32_t>(std::max<std::int64_t>(*coordinator_epoch, 0));
  }
  marker.topics.emplace_back().name = partition.topic;
  marker.topics[0].partition_indexes = {partition.partition};
  const auto response = session.ask_node<wire::WriteTxnMarkersRequest, wire::WriteTxnMarkersResponse>(leader, request);
  if (!response) return response.error();
  for (const auto& each : response->markers)
    for (const auto& topic : each.topics)
      for (const auto& result : topic.partitions)
        if (result.error_code != ErrorCode::kNone)
          return Error{ErrorKind::kKafka,
                       fmt::format("Failed to abort transaction of producer {} on {}: {}", each.producer_id,
                                   partition.to_string(), explain(result.error_code))};
  return 0;
}

struct OpenTransaction {
  TopicPartition partition;
  ProducerState producer;
};

/// Transactions that are open for longer than any may be, on the partitions that are asked for.
Result<std::vector<OpenTransaction>> long_open(Session& session, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto minutes, options.number("max-transaction-timeout", 0, INT32_MAX));
  LEAT_ASSIGN_OR_RETURN(const auto broker_id, options.number("broker-id", 0, INT32_MAX));
  LEAT_ASSIGN_OR_RETURN(const auto only, options.number("partition", 0, INT32_MAX));
  const auto topic_name = options.value("topic");
  LEAT_ASSIGN_OR_RETURN(
      const auto known,
      session.metadata(topic_name ? std::optional(std::set<std::string>{*topic_name}) : std::nullopt));
  std::map<std::int32_t, std::set<TopicPartition>> by_broker;
  for (const auto& topic : known.topics)
    for (const auto& each : topic.partitions) {
      if (only && each.partition_index != *only) continue;
      const auto& replicas = each.replica_nodes;
      const bool there = !broker_id || std::find(replicas.begin(), replicas.end(), *broker_id) != replicas.end();
      const std::int32_t broker = broker_id ? static_cast<std::int32_t>(*broker_id) : each.leader_id;
      if (there) by_broker[broker].insert({topic.name.value_or(""), each.partition_index});
    }
  const std::int64_t now_ms = session.loop().wall_clock_ms();
  std::vector<OpenTransaction> open;
  for (const auto& [broker, partitions] : by_broker) {
    LEAT_ASSIGN_OR_RETURN(const auto producers, producers_of(session, broker, partitions));
    for (const auto& [partition, states] : producers)
      for (const ProducerState& each : states)
        if (each.current_txn_start_offset >= 0 &&
            now_ms - each.last_timestamp > minutes.value_or(kMaxTimeoutMinutes) * kMsPerMinute)
          open.push_back({partition, each});
  }
  return open;
}

/// Whether the coordinator of the producer still means to end the transaction on this partition.
Result<bool> is_expected_to_end(Session& session, const OpenTransaction& transaction) {
  wire::ListTransactionsRequest request;
  request.producer_id_filters = {transaction.producer.producer_id};
  LEAT_ASSIGN_OR_RETURN(const auto listed, list_all(session, request));
  for (const auto& [broker, each] : listed) {
    const auto state = describe_one(session, each.transactional_id);
    if (!state && state.error().kafka_code == static_cast<int>(ErrorCode::kTransactionalIdNotFound)) continue;
    if (!state) return state.error();
    for (const auto& topic : state->topics)
      for (const std::int32_t partition : topic.partitions)
        if (TopicPartition{topic.topic, partition} == transaction.partition) return true;
  }
  return false;
}

Result<int> find_hanging(Session& session, const Options& options) {
  if (!options.has("topic") && !options.has("broker-id"))
    return invalid(
        "The `find-hanging` command requires either --topic or --broker-id to limit the scope of the search");
  if (options.has("partition") && !options.has("topic"))
    return invalid("The --partition argument requires --topic to be provided");
  LEAT_ASSIGN_OR_RETURN(const auto open, long_open(session, options));
  Rows rows;
  for (const OpenTransaction& each : open) {
    LEAT_ASSIGN_OR_RETURN(const bool expected, is_expected_to_end(session, each));
    if (expected) continue;
    rows.push_back(
        {each.partition.topic, std::to_string(each.partition.partition), std::to_string(each.producer.producer_id),
         std::to_string(each.producer.producer_epoch), std::to_string(each.producer.coordinator_epoch),
         std::to_string(each.producer.current_txn_start_offset), std::to_string(each.producer.last_timestamp),
         std::to_string((session.loop().wall_clock_ms() - each.producer.last_timestamp) / kMsPerMinute)});
  }
  print_table(session,
              {"Topic", "Partition", "ProducerId", "ProducerEpoch", "CoordinatorEpoch", "StartOffset", "LastTimestamp",
               "Duration(min)"},
              rows);
  return 0;
}

/// A new epoch of the transactional id ends what its producer has open.
Result<int> force_terminate(Session& session, const Options& options) {
  if (!options.has("transactional-id")) LEAT_RETURN_IF_ERROR(options.require({"transactionalId"}));
  const std::string id = *options.value(options.has("transactionalId") ? "transactionalId" : "transactional-id");
  wire::InitProducerIdRequest request;
  request.transactional_id = id;
  request.transaction_timeout_ms = 1;
  const Instant until = session.deadline();
  for (;;) {
    const auto response = session.ask_coordinator<wire::InitProducerIdRequest, wire::InitProducerIdResponse>(
        CoordinatorType::kTransaction, id, request, [](const auto& answer) { return answer.error_code; });
    if (!response) return response.error();
    if (response->error_code == ErrorCode::kNone) return 0;
    if (response->error_code != ErrorCode::kConcurrentTransactions || session.loop().now() >= until)
      return wire::kafka_error(response->error_code, "Failed to force terminate transactionalId `" + id + "`");
    session.run_for(std::chrono::milliseconds(50));
  }
}

Result<int> work(const Surroundings& surroundings, const Options& options) {
  using Action = Result<int> (*)(Session&, const Options&);
  constexpr std::pair<std::string_view, Action> kActions[] = {
      {"list", list},   {"describe", describe},         {"describe-producers", describe_producers},
      {"abort", abort}, {"find-hanging", find_hanging}, {"forceTerminateTransaction", force_terminate}};
  const std::string command = options.words().empty() ? "" : options.words()[0];
  for (const auto& [name, action] : kActions) {
    if (command != name) continue;
    LEAT_ASSIGN_OR_RETURN(const Settings settings, settings_of(surroundings, options));
    LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
    return action(*session, options);
  }
  return invalid(
      fmt::format("invalid choice: '{}' (choose from 'list', 'describe', 'describe-producers', 'abort', "
                  "'find-hanging', 'forceTerminateTransaction')",
                  command));
}

}  // namespace

const Tool kTransactionsTool{"kafka-transactions",
                             "list, describe, describe-producers, abort, find-hanging, forceTerminateTransaction",
                             kOptions, work};

}  // namespace leat::tools
