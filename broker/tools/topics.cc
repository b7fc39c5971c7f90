// kafka-topics: creates, lists, describes, alters and deletes topics.
#include <fmt/format.h>

#include "broker/tools/tools.h"
#include "broker/tools/topic_choice.h"
#include "broker/wire/messages/create_partitions.h"
#include "broker/wire/messages/create_topics.h"
#include "broker/wire/messages/delete_topics.h"
#include "broker/wire/messages/describe_configs.h"
#include "broker/wire/messages/describe_topic_partitions.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;
using Described = wire::DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponseTopic;
using DescribedPartition = Described::DescribeTopicPartitionsResponsePartition;

constexpr std::int8_t kTopicResource = 2;
constexpr std::int8_t kDefaultConfigSource = 5;
constexpr std::int8_t kDynamicTopicConfigSource = 1;
constexpr std::int32_t kTimeoutMs = 60'000;
constexpr std::int32_t kPartitionsPerResponse = 2000;

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"alter", Takes::kNothing, "", "raise the number of partitions"},
    {"at-min-isr-partitions", Takes::kNothing, "",
     "describe: only partitions with just the wanted number of in-sync replicas"},
    {"config", Takes::kValue, "name=value", "create: a config of the topic; may be repeated"},
    {"create", Takes::kNothing, "", "create a topic"},
    {"delete", Takes::kNothing, "", "delete topics"},
    {"delete-config", Takes::kValue, "name", "has no effect since Kafka 4.0; use kafka-configs"},
    {"describe", Takes::kNothing, "", "show partitions and overridden configs"},
    {"exclude-internal", Takes::kNothing, "", "list, describe: leave internal topics out"},
    {"if-exists", Takes::kNothing, "", "alter, delete, describe: do nothing where the topic is missing"},
    {"if-not-exists", Takes::kNothing, "", "create: no error where the topic is there"},
    {"list", Takes::kNothing, "", "list topics"},
    {"partition-size-limit-per-response", Takes::kValue, "partitions", "describe: partitions per response"},
    {"partitions", Takes::kValue, "number", "create, alter: how many partitions"},
    {"replica-assignment", Takes::kValue, "1:2,2:1,...", "create, alter: brokers of each partition"},
    {"replication-factor", Takes::kValue, "number", "create: replicas of each partition"},
    {"topic", Takes::kValue, "name", "the topic; a regular expression except for --create"},
    {"topic-id", Takes::kValue, "id", "describe: the topic's id"},
    {"topics-with-overrides", Takes::kNothing, "", "describe: only topics with configs of their own"},
    {"unavailable-partitions", Takes::kNothing, "", "describe: only partitions without a leader"},
    {"under-min-isr-partitions", Takes::kNothing, "", "describe: only partitions with too few in-sync replicas"},
    {"under-replicated-partitions", Takes::kNothing, "", "describe: only partitions that lack an in-sync replica"},
};

std::vector<std::int32_t> assignment_of_partition(std::string_view text) {
  std::vector<std::int32_t> brokers;
  for (const std::string& each : split(text, ':'))
    brokers.push_back(static_cast<std::int32_t>(parse_whole_number(trimmed(each)).value_or(-1)));
  return brokers;
}

Result<std::vector<std::vector<std::int32_t>>> assignment_of(const Options& options) {
  std::vector<std::vector<std::int32_t>> assignment;
  const std::string text = options.value_or("replica-assignment", "");
  for (const std::string& each : split(text, ',')) {
    std::vector<std::int32_t> brokers = assignment_of_partition(each);
    std::set<std::int32_t> distinct(brokers.begin(), brokers.end());
    if (distinct.contains(-1))
      return Error{ErrorKind::kInvalidArgument,
                   fmt::format("--replica-assignment {}: '{}' is no list of broker ids", text, each)};
    if (distinct.size() != brokers.size())
      return Error{ErrorKind::kInvalidArgument,
                   fmt::format("--replica-assignment {}: '{}' names a broker twice", text, each)};
    if (!assignment.empty() && assignment[0].size() != brokers.size())
      return Error{ErrorKind::kInvalidArgument, fmt::format("Partition {} has different replication factor: [{}]",
                                                            assignment.size(), fmt::join(brokers, ", "))};
    assignment.push_back(std::move(brokers));
  }
  return assignment;
}

Status check(const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto action, options.one_of({"list", "describe", "create", "alter", "delete"}));
  if (action != "list" && action != "describe") LEAT_RETURN_IF_ERROR(options.require({"topic"}));
  if (action == "describe" && options.has("if-exists") && !options.has("topic") && !options.has("topic-id"))
    return Error{ErrorKind::kInvalidArgument, "--topic or --topic-id is required to describe a topic"};
  if (action == "alter") {
    if (options.has("config"))
      return Error{
          ErrorKind::kInvalidArgument,
          "Option \"[config]\" can't be used with option \"[alter]\": kafka-configs alters configs of topics."};
    LEAT_RETURN_IF_ERROR(options.require({"partitions"}));
  }
  LEAT_RETURN_IF_ERROR(options.only_with("config", {"create"}));
  LEAT_RETURN_IF_ERROR(options.only_with("partitions", {"create", "alter"}));
  LEAT_RETURN_IF_ERROR(options.only_with("replication-factor", {"create"}));
  LEAT_RETURN_IF_ERROR(options.only_with("replica-assignment", {"create", "alter"}));
  if (action == "create")
    LEAT_RETURN_IF_ERROR(options.refuse_with("replica-assignment", {"partitions", "replication-factor"}));
  for (const char* report : {"under-replicated-partitions", "under-min-isr-partitions", "at-min-isr-partitions",
                             "unavailable-partitions", "topics-with-overrides"})
    LEAT_RETURN_IF_ERROR(options.only_with(report, {"describe"}));
  LEAT_RETURN_IF_ERROR(options.refuse_with(
      "topics-with-overrides",
      {"under-replicated-partitions", "under-min-isr-partitions", "at-min-isr-partitions", "unavailable-partitions"}));
  LEAT_RETURN_IF_ERROR(options.only_with("if-exists", {"alter", "delete", "describe"}));
  LEAT_RETURN_IF_ERROR(options.only_with("if-not-exists", {"create"}));
  return options.only_with("exclude-internal", {"list", "describe"});
}

Result<int> create(Session& session, const Options& options) {
  wire::CreateTopicsRequest request;
  request.timeout_ms = kTimeoutMs;
  auto& topic = request.topics.emplace_back();
  topic.name = *options.value("topic");
  LEAT_ASSIGN_OR_RETURN(const auto partitions, options.number("partitions", INT32_MIN, INT32_MAX));
  LEAT_ASSIGN_OR_RETURN(const auto replicas, options.number("replication-factor"));
  if (replicas && (*replicas < 1 || *replicas > INT16_MAX))
    return Error{ErrorKind::kKafka,
                 fmt::format("The replication factor must be between 1 and {} inclusive", INT16_MAX)};
  if (partitions && *partitions < 1) return Error{ErrorKind::kKafka, "The partitions must be greater than 0"};
  topic.num_partitions = static_cast<std::int32_t>(partitions.value_or(-1));
  topic.replication_factor = static_cast<std::int16_t>(replicas.value_or(-1));
  LEAT_ASSIGN_OR_RETURN(const auto assignment, assignment_of(options));
  for (std::size_t i = 0; i < assignment.size(); ++i)
    topic.assignments.push_back({static_cast<std::int32_t>(i), assignment[i]});
  for (const std::string& each : options.values("config")) {
    const std::size_t equals = each.find('=');
    if (equals == std::string::npos)
      return Error{ErrorKind::kKafka,
                   fmt::format("requirement failed: Invalid topic config '{}': all configs to be added "
                               "must be in the format \"key=val\".",
                               each)};
    const std::string_view text = each;
    topic.configs.push_back(
        {std::string(trimmed(text.substr(0, equals))), std::string(trimmed(text.substr(equals + 1)))});
  }
  if (topic.name.find_first_of("._") != std::string::npos)
    session.terminal().out(
        "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To "
        "avoid issues it is best to use either, but not both.\n");
  const auto response = session.ask<wire::CreateTopicsRequest, wire::CreateTopicsResponse>(request);
  if (!response) return response.error();
  for (const auto& each : response->topics) {
    if (each.error_code == ErrorCode::kNone) {
      session.terminal().out(fmt::format("Created topic {}.\n", each.name));
    } else if (each.error_code != ErrorCode::kTopicAlreadyExists || !options.has("if-not-exists")) {
      return Error{ErrorKind::kKafka, explain(each.error_code, each.error_message)};
    }
  }
  return 0;
}

/// The topics that --topic chooses; it must choose one unless --if-exists is given.
Result<std::vector<std::string>> chosen_topics(Session& session, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto names, all_topics(session, !options.has("exclude-internal")));
  const auto wanted = options.value("topic");
  if (!wanted || wanted->empty()) return names;
  LEAT_ASSIGN_OR_RETURN(const TopicPattern pattern, TopicPattern::parse(*wanted));
  std::vector<std::string> chosen;
  for (const std::string& name : names)
    if (pattern.matches(name)) chosen.push_back(name);
  if (chosen.empty() && !options.has("if-exists") && !options.has("list"))
    return Error{ErrorKind::kKafka, fmt::format("Topic '{}' does not exist as expected", *wanted)};
  return chosen;
}

Result<int> list(Session& session, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto names, chosen_topics(session, options));
  session.terminal().out(joined(names, "\n") + "\n");
  return 0;
}

Result<int> alter(Session& session, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto names, chosen_topics(session, options));
  LEAT_ASSIGN_OR_RETURN(const auto count, options.number("partitions", INT32_MIN, INT32_MAX));
  LEAT_ASSIGN_OR_RETURN(const auto assignment, assignment_of(options));
  if (names.empty()) return 0;
  LEAT_ASSIGN_OR_RETURN(const auto known, session.metadata(std::set<std::string>(names.begin(), names.end())));
  wire::CreatePartitionsRequest request;
  request.timeout_ms = kTimeoutMs;
  for (const auto& each : known.topics) {
    auto& topic = request.topics.emplace_back();
    topic.name = each.name.value_or("");
    topic.count = static_cast<std::int32_t>(count.value_or(-1));
    if (assignment.empty()) continue;
    topic.assignments.emplace();
    for (std::size_t i = each.partitions.size(); i < assignment.size(); ++i)
      topic.assignments->emplace_back().broker_ids = assignment[i];
  }
  const auto response = session.ask<wire::CreatePartitionsRequest, wire::CreatePartitionsResponse>(request);
  if (!response) return response.error();
  for (const auto& each : response->results)
    if (each.error_code != ErrorCode::kNone)
      return Error{ErrorKind::kKafka, explain(each.error_code, each.error_message)};
  return 0;
}

Result<int> remove(Session& session, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto names, chosen_topics(session, options));
  if (names.empty()) return 0;
  constexpr int kByName = 5;  // from 6 on topics may be named by id
  wire::DeleteTopicsRequest request;
  request.timeout_ms = kTimeoutMs;
  request.topic_names = names;
  const auto response = session.ask<wire::DeleteTopicsRequest, wire::DeleteTopicsResponse>(request, kByName);
  if (!response) return response.error();
  for (const auto& each : response->responses)
    if (each.error_code != ErrorCode::kNone)
      return Error{ErrorKind::kKafka, explain(each.error_code, each.error_message)};
  return 0;
}

/// Topics with all their partitions, page by page.
Result<std::map<std::string, Described>> describe_topics(Session& session, const std::vector<std::string>& names,
                                                         std::int32_t partitions_per_response) {
  using Request = wire::DescribeTopicPartitionsRequest;
  std::map<std::string, Described> topics;
  Request request;
  request.response_partition_limit = partitions_per_response;
  for (const std::string& name : names) request.topics.emplace_back().name = name;
  while (!names.empty()) {
    const auto page = session.ask<Request, wire::DescribeTopicPartitionsResponse>(request);
    if (!page) return page.error();
    for (const Described& each : page->topics) {
      if (each.error_code != ErrorCode::kNone) return wire::kafka_error(each.error_code, each.name.value_or("a topic"));
      auto [known, added] = topics.try_emplace(each.name.value_or(""), each);
      if (!added)
        known->second.partitions.insert(known->second.partitions.end(), each.partitions.begin(), each.partitions.end());
    }
    if (!page->next_cursor) break;
    request.cursor = wire::DescribeTopicPartitionsRequest::Cursor{};
    request.cursor->topic_name = page->next_cursor->topic_name;
    request.cursor->partition_index = page->next_cursor->partition_index;
  }
  return topics;
}

struct TopicConfigs {
  std::vector<std::string> overridden;  ///< name=value, of anything but Kafka's own defaults
  std::size_t min_insync_replicas = 1;
};

/// The place of a name in a Java HashMap with as many buckets: Kafka's tool prints configs in this order.
std::uint32_t java_bucket(std::string_view name, std::uint32_t buckets) {
  std::uint32_t hash = 0;
  for (const char each : name) hash = 31 * hash + static_cast<unsigned char>(each);
  return (hash ^ (hash >> 16)) & (buckets - 1);
}

/// A HashMap of so many entries has grown to this.
std::uint32_t java_buckets(std::size_t entries) {
  std::uint32_t buckets = 16;
  while (entries * 4 > buckets * std::size_t{3}) buckets *= 2;
  return buckets;
}

Result<std::map<std::string, TopicConfigs>> describe_configs(Session& session,
                                                             const std::map<std::string, Described>& topics) {
  std::map<std::string, TopicConfigs> configs;
  wire::DescribeConfigsRequest request;
  for (const auto& [name, topic] : topics) {
    auto& resource = request.resources.emplace_back();
    resource.resource_type = kTopicResource;
    resource.resource_name = name;
  }
  const auto response = session.ask<wire::DescribeConfigsRequest, wire::DescribeConfigsResponse>(request);
  if (!response) return response.error();
  for (const auto& result : response->results) {
    if (result.error_code != ErrorCode::kNone)
      return Error{ErrorKind::kKafka, explain(result.error_code, result.error_message)};
    TopicConfigs& topic = configs[result.resource_name];
    auto entries = result.configs;
    const std::uint32_t buckets = java_buckets(entries.size());
    std::stable_sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) {
      return java_bucket(a.name, buckets) < java_bucket(b.name, buckets);
    });
    for (const auto& each : entries) {
      if (each.config_source != kDefaultConfigSource)
        topic.overridden.push_back(each.name + "=" + each.value.value_or("null"));
      if (each.name == "min.insync.replicas")
        topic.min_insync_replicas = static_cast<std::size_t>(parse_whole_number(each.value.value_or("")).value_or(1));
    }
  }
  return configs;
}

std::string ids(const std::vector<std::int32_t>& brokers) { return fmt::format("{}", fmt::join(brokers, ",")); }

std::string row_of(const std::string& topic, const DescribedPartition& partition) {
  const auto eligible = [](const std::optional<std::vector<std::int32_t>>& brokers) {
    return brokers ? ids(*brokers) : std::string("N/A");
  };
  return fmt::format("\tTopic: {}\tPartition: {}\tLeader: {}\tReplicas: {}\tIsr: {}\tElr: {}\tLastKnownElr: {}\n",
                     topic, partition.partition_index,
                     partition.leader_id < 0 ? "none" : std::to_string(partition.leader_id),
                     ids(partition.replica_nodes), ids(partition.isr_nodes),
                     eligible(partition.eligible_leader_replicas), eligible(partition.last_known_elr));
}

/// Whether a partition is in one of the reports that are asked for.
bool reported(const Session& session, const Options& options, const DescribedPartition& partition,
              std::size_t min_isr) {
  const std::size_t isr = partition.isr_nodes.size();
  const bool leader = partition.leader_id >= 0;
  return (options.has("under-replicated-partitions") && isr < partition.replica_nodes.size()) ||
         (options.has("unavailable-partitions") && (!leader || !session.brokers().contains(partition.leader_id))) ||
         (options.has("under-min-isr-partitions") && (!leader || isr < min_isr)) ||
         (options.has("at-min-isr-partitions") && isr == min_isr);
}

Result<std::vector<std::string>> topics_to_describe(Session& session, const Options& options) {
  const auto id_text = options.value("topic-id");
  if (!id_text) return chosen_topics(session, options);
  if (options.has("topic"))
    session.terminal().out(
        "Only topic id will be used when both --topic and --topic-id are specified and topicId is not "
        "Uuid.ZERO_UUID\n");
  LEAT_ASSIGN_OR_RETURN(const Uuid id, Uuid::from_base64(*id_text));
  LEAT_ASSIGN_OR_RETURN(const auto known, session.metadata(std::nullopt));
  for (const auto& each : known.topics)
    if (each.topic_id == id) return std::vector<std::string>{each.name.value_or("")};
  if (options.has("if-exists")) return std::vector<std::string>{};
  return Error{ErrorKind::kKafka, fmt::format("TopicId '{}' does not exist as expected", *id_text)};
}

Result<int> describe(Session& session, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto names, topics_to_describe(session, options));
  LEAT_ASSIGN_OR_RETURN(const auto limit, options.number("partition-size-limit-per-response", 1, INT32_MAX));
  LEAT_ASSIGN_OR_RETURN(
      auto topics, describe_topics(session, names, static_cast<std::int32_t>(limit.value_or(kPartitionsPerResponse))));
  if (topics.empty()) return 0;
  LEAT_ASSIGN_OR_RETURN(auto configs, describe_configs(session, topics));
  const bool report = options.has("under-replicated-partitions") || options.has("unavailable-partitions") ||
                      options.has("under-min-isr-partitions") || options.has("at-min-isr-partitions");
  const bool overridden_only = options.has("topics-with-overrides");
  for (auto& [name, topic] : topics) {
    const TopicConfigs& config = configs[name];
    std::sort(topic.partitions.begin(), topic.partitions.end(),
              [](const auto& a, const auto& b) { return a.partition_index < b.partition_index; });
    if (!report && (!overridden_only || !config.overridden.empty()) && !topic.partitions.empty())
      session.terminal().out(
          fmt::format("Topic: {}\tTopicId: {}\tPartitionCount: {}\tReplicationFactor: {}\tConfigs: {}\n", name,
                      topic.topic_id.to_base64(), topic.partitions.size(), topic.partitions[0].replica_nodes.size(),
                      joined(config.overridden, ",")));
    if (overridden_only) continue;
    for (const DescribedPartition& partition : topic.partitions)
      if (!report || reported(session, options, partition, config.min_insync_replicas))
        session.terminal().out(row_of(name, partition));
  }
  return 0;
}

Result<int> work(const Surroundings& surroundings, const Options& options) {
  LEAT_RETURN_IF_ERROR(check(options));
  if (options.has("delete-config"))
    surroundings.terminal.err(
        "delete-config has no effect since Kafka 4.0; kafka-configs deletes configs of topics.\n");
  LEAT_ASSIGN_OR_RETURN(const Settings settings, settings_of(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  if (options.has("create")) return create(*session, options);
  if (options.has("alter")) return alter(*session, options);
  if (options.has("list")) return list(*session, options);
  if (options.has("describe")) return describe(*session, options);
  return remove(*session, options);
}

}  // namespace

const Tool kTopicsTool{"kafka-topics",
                       "creates, lists, describes, changes and deletes topics",
                       kOptions,
                       work,
                       "Error while executing topic command : ",
                       true};

}  // namespace leat::tools
