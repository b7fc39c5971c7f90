// leat topic create | list | describe | delete | alter-config | add-partitions | trim-prefix
#include <fmt/format.h>

#include "broker/tools/commands.h"
#include "broker/tools/offset_range.h"
#include "broker/tools/topic_choice.h"
#include "broker/wire/messages/create_partitions.h"
#include "broker/wire/messages/create_topics.h"
#include "broker/wire/messages/delete_records.h"
#include "broker/wire/messages/delete_topics.h"
#include "broker/wire/messages/describe_configs.h"
#include "broker/wire/messages/incremental_alter_configs.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;

constexpr std::int8_t kTopicResource = 2;
constexpr std::int8_t kDefaultConfigSource = 5;
constexpr std::int8_t kSet = 0;
constexpr std::int8_t kDelete = 1;
constexpr std::int32_t kTimeoutMs = 60'000;
constexpr int kDeleteByName = 5;  // from 6 on topics may be named by id

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

constexpr OptionSpec kDryRun{"dry-run", Takes::kNothing, "", "check only, change nothing"};

Result<std::vector<std::string>> operands(const Options& options, std::string_view what) {
  if (options.words().empty()) return invalid(fmt::format("Name {}.", what));
  return options.words();
}

Result<std::pair<std::string, std::string>> key_and_value(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return invalid(fmt::format("'{}' is no setting: write key=value, such as cleanup.policy=compact", text));
  return std::pair(std::string(trimmed(std::string_view(text).substr(0, equals))), text.substr(equals + 1));
}

/// What became of each item, and the exit code that follows.
class Outcomes {
 public:
  explicit Outcomes(std::string heading) : table_({std::move(heading), "STATUS"}) {}
  void add(const std::string& item, ErrorCode code, const std::optional<std::string>& message,
           std::string_view good = "OK") {
    failed_ = failed_ || code != ErrorCode::kNone;
    table_.add({item, code == ErrorCode::kNone ? std::string(good) : explain(code, message)});
  }
  Result<int> end(Terminal& terminal, const Options& options) const {
    LEAT_ASSIGN_OR_RETURN(const OutputFormat format, output_format(options));
    table_.print(terminal, format);
    return failed_ ? 1 : 0;
  }

 private:
  Table table_;
  bool failed_ = false;
};

Result<std::unique_ptr<Session>> connect(const Surroundings& surroundings, const Options& options) {
  LEAT_RETURN_IF_ERROR([&]() -> Status {
    const auto format = output_format(options);
    return format ? Status() : Status(format.error());
  }());
  LEAT_ASSIGN_OR_RETURN(const Settings settings, command_settings(surroundings, options));
  return Session::connect(surroundings, settings);
}

Result<int> create(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto names, operands(options, "the topics to create"));
  LEAT_ASSIGN_OR_RETURN(const auto partitions, options.number("p", 1, INT32_MAX));
  LEAT_ASSIGN_OR_RETURN(const auto replicas, options.number("r", 1, INT16_MAX));
  wire::CreateTopicsRequest request;
  request.timeout_ms = kTimeoutMs;
  request.validate_only = options.has("dry-run");
  for (const std::string& name : names) {
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = static_cast<std::int32_t>(partitions.value_or(-1));
    topic.replication_factor = static_cast<std::int16_t>(replicas.value_or(-1));
    for (const std::string& each : options.values("c")) {
      LEAT_ASSIGN_OR_RETURN(const auto config, key_and_value(each));
      topic.configs.push_back({config.first, config.second});
    }
  }
  LEAT_ASSIGN_OR_RETURN(const auto session, connect(surroundings, options));
  const auto response = session->ask<wire::CreateTopicsRequest, wire::CreateTopicsResponse>(std::move(request));
  if (!response) return response.error();
  Outcomes outcomes("TOPIC");
  for (const auto& each : response->topics) {
    const bool there = each.error_code == ErrorCode::kTopicAlreadyExists && options.has("if-not-exists");
    outcomes.add(each.name, there ? ErrorCode::kNone : each.error_code, each.error_message, there ? "EXISTS" : "OK");
  }
  return outcomes.end(surroundings.terminal, options);
}

Result<int> list(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const OutputFormat format, output_format(options));
  LEAT_ASSIGN_OR_RETURN(const auto session, connect(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto known, session->metadata(std::nullopt));
  std::map<std::string, std::vector<std::string>> rows;
  for (const auto& topic : known.topics) {
    const std::string name = topic.name.value_or("");
    if (topic.is_internal && !options.has("internal")) continue;
    if (!options.words().empty()) {
      bool wanted = false;
      for (const std::string& word : options.words()) {
        LEAT_ASSIGN_OR_RETURN(const TopicPattern pattern, TopicPattern::parse(word));
        wanted = wanted || pattern.matches(name);
      }
      if (!wanted) continue;
    }
    rows[name] = {name, std::to_string(topic.partitions.size()),
                  std::to_string(topic.partitions.empty() ? 0 : topic.partitions[0].replica_nodes.size())};
  }
  Table table({"NAME", "PARTITIONS", "REPLICAS"});
  for (auto& [name, row] : rows) table.add(std::move(row));
  table.print(surroundings.terminal, format);
  return 0;
}

Status describe_configs(Session& session, const std::string& name, Table& table) {
  wire::DescribeConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = kTopicResource;
  resource.resource_name = name;
  const auto response = session.ask<wire::DescribeConfigsRequest, wire::DescribeConfigsResponse>(request);
  if (!response) return response.error();
  for (const auto& result : response->results) {
    if (result.error_code != ErrorCode::kNone)
      return Error{ErrorKind::kKafka, explain(result.error_code, result.error_message)};
    for (const auto& each : result.configs)
      table.add(
          {name, each.name, each.value.value_or(""), each.config_source == kDefaultConfigSource ? "DEFAULT" : "SET"});
  }
  return {};
}

Result<int> describe(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto names, operands(options, "the topics to describe"));
  LEAT_ASSIGN_OR_RETURN(const OutputFormat format, output_format(options));
  LEAT_ASSIGN_OR_RETURN(const auto session, connect(surroundings, options));
  if (options.has("configs")) {
    LEAT_ASSIGN_OR_RETURN(const auto known, known_topics(*session, names));
    Table table({"TOPIC", "KEY", "VALUE", "SOURCE"});
    for (const std::string& name : names) LEAT_RETURN_IF_ERROR(describe_configs(*session, name, table));
    table.print(surroundings.terminal, format);
    return 0;
  }
  LEAT_ASSIGN_OR_RETURN(const auto known, known_topics(*session, names));
  std::map<TopicPartition, std::int64_t> latest, earliest;
  for (const auto& topic : known.topics)
    for (const auto& partition : topic.partitions) {
      latest[{topic.name.value_or(""), partition.partition_index}] = -1;
      earliest[{topic.name.value_or(""), partition.partition_index}] = -2;
    }
  LEAT_ASSIGN_OR_RETURN(const auto ends, session->list_offsets(latest));
  LEAT_ASSIGN_OR_RETURN(const auto starts, session->list_offsets(earliest));
  Table table({"TOPIC", "PARTITION", "LEADER", "EPOCH", "REPLICAS", "START-OFFSET", "HIGH-WATERMARK"});
  for (const auto& topic : known.topics) {
    std::map<std::int32_t, std::vector<std::string>> rows;
    for (const auto& partition : topic.partitions) {
      const TopicPartition place{topic.name.value_or(""), partition.partition_index};
      rows[place.partition] = {place.topic,
                               std::to_string(place.partition),
                               std::to_string(partition.leader_id),
                               std::to_string(partition.leader_epoch),
                               fmt::format("[{}]", fmt::join(partition.replica_nodes, " ")),
                               std::to_string(starts.at(place).offset),
                               std::to_string(ends.at(place).offset)};
    }
    for (auto& [index, row] : rows) table.add(std::move(row));
  }
  table.print(surroundings.terminal, format);
  return 0;
}

Result<int> remove(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto names, operands(options, "the topics to delete"));
  LEAT_ASSIGN_OR_RETURN(const auto session, connect(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto known, known_topics(*session, names));
  Outcomes outcomes("TOPIC");
  if (options.has("dry-run")) {
    for (const std::string& name : names) outcomes.add(name, ErrorCode::kNone, std::nullopt, "WOULD BE DELETED");
    return outcomes.end(surroundings.terminal, options);
  }
  wire::DeleteTopicsRequest request;
  request.timeout_ms = kTimeoutMs;
  request.topic_names = names;
  const auto response =
      session->ask<wire::DeleteTopicsRequest, wire::DeleteTopicsResponse>(std::move(request), kDeleteByName);
  if (!response) return response.error();
  for (const auto& each : response->responses)
    outcomes.add(each.name.value_or(""), each.error_code, each.error_message);
  return outcomes.end(surroundings.terminal, options);
}

Result<int> alter_config(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto names, operands(options, "the topics to alter"));
  wire::IncrementalAlterConfigsRequest request;
  request.validate_only = options.has("dry-run");
  for (const std::string& name : names) {
    auto& resource = request.resources.emplace_back();
    resource.resource_type = kTopicResource;
    resource.resource_name = name;
    for (const std::string& each : options.values("set")) {
      LEAT_ASSIGN_OR_RETURN(const auto config, key_and_value(each));
      resource.configs.push_back({config.first, kSet, config.second});
    }
    for (const std::string& each : options.values("delete")) resource.configs.push_back({each, kDelete, std::nullopt});
    if (resource.configs.empty()) return invalid("Say what to change: --set key=value or --delete key.");
  }
  LEAT_ASSIGN_OR_RETURN(const auto session, connect(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto known, known_topics(*session, names));
  const auto response =
      session->ask<wire::IncrementalAlterConfigsRequest, wire::IncrementalAlterConfigsResponse>(std::move(request));
  if (!response) return response.error();
  Outcomes outcomes("TOPIC");
  for (const auto& each : response->responses) outcomes.add(each.resource_name, each.error_code, each.error_message);
  return outcomes.end(surroundings.terminal, options);
}

Result<int> add_partitions(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto names, operands(options, "the topics to enlarge"));
  LEAT_RETURN_IF_ERROR(options.require({"n"}));
  LEAT_ASSIGN_OR_RETURN(const auto more, options.number("n", 1, INT32_MAX));
  LEAT_ASSIGN_OR_RETURN(const auto session, connect(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto known, known_topics(*session, names));
  wire::CreatePartitionsRequest request;
  request.timeout_ms = kTimeoutMs;
  request.validate_only = options.has("dry-run");
  for (const auto& each : known.topics) {
    auto& topic = request.topics.emplace_back();
    topic.name = each.name.value_or("");
    topic.count = static_cast<std::int32_t>(static_cast<std::int64_t>(each.partitions.size()) + *more);
  }
  const auto response = session->ask<wire::CreatePartitionsRequest, wire::CreatePartitionsResponse>(std::move(request));
  if (!response) return response.error();
  Outcomes outcomes("TOPIC");
  for (const auto& each : response->results) outcomes.add(each.name, each.error_code, each.error_message);
  return outcomes.end(surroundings.terminal, options);
}

Result<int> trim_prefix(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto names, operands(options, "the topic to trim"));
  LEAT_RETURN_IF_ERROR(options.require({"o"}));
  LEAT_ASSIGN_OR_RETURN(const auto range,
                        parse_offset_range(*options.value("o"), surroundings.world.loop.wall_clock_ms()));
  const auto& from = range.from;
  if (range.to || (from.kind != OffsetBound::Kind::kOffset && from.kind != OffsetBound::Kind::kEnd &&
                   from.kind != OffsetBound::Kind::kTime))
    return invalid("-o: an offset, end or @time: everything before it is deleted");
  LEAT_ASSIGN_OR_RETURN(const auto only, options.number("p", 0, INT32_MAX));
  LEAT_ASSIGN_OR_RETURN(const auto session, connect(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto known, known_topics(*session, names));
  std::map<TopicPartition, std::int64_t> times;
  std::map<std::int32_t, std::set<TopicPartition>> by_leader;
  for (const auto& topic : known.topics)
    for (const auto& partition : topic.partitions) {
      if (only && *only != partition.partition_index) continue;
      const TopicPartition place{topic.name.value_or(""), partition.partition_index};
      times[place] = from.kind == OffsetBound::Kind::kTime ? from.number : -1;
      by_leader[partition.leader_id].insert(place);
    }
  std::map<TopicPartition, Session::ListedOffset> listed;
  if (from.kind != OffsetBound::Kind::kOffset) {
    LEAT_ASSIGN_OR_RETURN(listed, session->list_offsets(times));
  }
  Outcomes outcomes("PARTITION");
  for (const auto& [leader, places] : by_leader) {
    wire::DeleteRecordsRequest request;
    request.timeout_ms = kTimeoutMs;
    for (const TopicPartition& place : places) {
      const std::int64_t offset = from.kind == OffsetBound::Kind::kOffset ? from.number : listed.at(place).offset;
      if (offset < 0) continue;  // nothing is that new
      if (request.topics.empty() || request.topics.back().name != place.topic)
        request.topics.emplace_back().name = place.topic;
      request.topics.back().partitions.push_back({place.partition, offset});
    }
    const auto response =
        session->ask_node<wire::DeleteRecordsRequest, wire::DeleteRecordsResponse>(leader, std::move(request));
    if (!response) return response.error();
    for (const auto& topic : response->topics)
      for (const auto& each : topic.partitions)
        outcomes.add(TopicPartition{topic.name, each.partition_index}.to_string(), each.error_code, std::nullopt,
                     fmt::format("starts at {}", each.low_watermark));
  }
  return outcomes.end(surroundings.terminal, options);
}

constexpr OptionSpec kCreateOptions[] = {
    {"c", Takes::kValue, "key=value", "a config of the topics; may be repeated"},
    kDryRun,
    {"if-not-exists", Takes::kNothing, "", "no error where a topic is there"},
    {"p", Takes::kValue, "number", "partitions (the broker's default)"},
    {"r", Takes::kValue, "number", "replicas (the broker's default)"},
};
constexpr OptionSpec kListOptions[] = {{"internal", Takes::kNothing, "", "internal topics too"}};
constexpr OptionSpec kDescribeOptions[] = {{"configs", Takes::kNothing, "", "configs instead of partitions"}};
constexpr OptionSpec kDeleteOptions[] = {kDryRun};
constexpr OptionSpec kAlterOptions[] = {
    {"delete", Takes::kValue, "key", "take a config away; may be repeated"},
    kDryRun,
    {"set", Takes::kValue, "key=value", "set a config; may be repeated"},
};
constexpr OptionSpec kAddOptions[] = {kDryRun, {"n", Takes::kValue, "number", "how many more; required"}};
constexpr OptionSpec kTrimOptions[] = {
    {"o", Takes::kValue, "offset", "everything before it is deleted: a number, end or @time; required"},
    {"p", Takes::kValue, "partition", "this partition only"},
};

}  // namespace

const Command kTopicCreate{"topic create", "NAME...", "makes topics", kCreateOptions, create};
const Command kTopicList{"topic list", "[REGEX...]", "lists topics", kListOptions, list};
const Command kTopicDescribe{"topic describe", "NAME...", "shows partitions and offsets", kDescribeOptions, describe};
const Command kTopicDelete{"topic delete", "NAME...", "deletes topics", kDeleteOptions, remove};
const Command kTopicAlterConfig{"topic alter-config", "NAME...", "changes configs of topics", kAlterOptions,
                                alter_config};
const Command kTopicAddPartitions{"topic add-partitions", "NAME...", "adds partitions", kAddOptions, add_partitions};
const Command kTopicTrimPrefix{"topic trim-prefix", "NAME", "deletes the oldest records", kTrimOptions, trim_prefix};

}  // namespace leat::tools
