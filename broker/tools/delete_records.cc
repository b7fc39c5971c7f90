// kafka-delete-records: deletes records before given offsets.
#include <fmt/format.h>

#include "broker/tools/group_list.h"
#include "broker/tools/json.h"
#include "broker/tools/tools.h"
#include "broker/wire/messages/delete_records.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;

constexpr std::int32_t kTimeoutMs = 60'000;

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"offset-json-file", Takes::kValue, "file",
     R"({"partitions": [{"topic": "foo", "partition": 1, "offset": 1}], "version": 1}; required)"},
};

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

Result<std::map<TopicPartition, std::int64_t>> read_offsets(std::string_view text) {
  LEAT_ASSIGN_OR_RETURN(const Json document, Json::parse(text));
  if (const Json* version = document.find("version")) {
    LEAT_ASSIGN_OR_RETURN(const std::int64_t number, version->whole_number("version"));
    if (number != 1) return invalid(fmt::format("Not supported version field value {}", number));
  }
  const Json* partitions = document.find("partitions");
  if (partitions == nullptr || partitions->array() == nullptr) return invalid("Missing partitions field");
  std::map<TopicPartition, std::int64_t> offsets;
  for (const Json& each : *partitions->array()) {
    const Json* topic = each.find("topic");
    const Json* partition = each.find("partition");
    const Json* offset = each.find("offset");
    if (topic == nullptr || topic->text() == nullptr || partition == nullptr || offset == nullptr)
      return invalid("Every one of \"partitions\" needs a \"topic\", a \"partition\" and an \"offset\"");
    LEAT_ASSIGN_OR_RETURN(const std::int64_t index, partition->whole_number("partition"));
    LEAT_ASSIGN_OR_RETURN(const std::int64_t before, offset->whole_number("offset"));
    const TopicPartition name{*topic->text(), static_cast<std::int32_t>(index)};
    if (!offsets.emplace(name, before).second)
      return invalid(fmt::format("Offset json file contains duplicate topic partitions: {}", name.to_string()));
  }
  return offsets;
}

Result<std::map<TopicPartition, std::string>> delete_before(Session& session,
                                                            const std::map<TopicPartition, std::int64_t>& offsets) {
  std::set<std::string> topics;
  for (const auto& [partition, offset] : offsets) topics.insert(partition.topic);
  if (topics.empty()) return std::map<TopicPartition, std::string>();
  LEAT_ASSIGN_OR_RETURN(const auto known, session.metadata(topics));
  std::map<TopicPartition, std::string> outcomes;
  std::map<std::int32_t, wire::DeleteRecordsRequest> by_leader;
  for (const auto& [partition, offset] : offsets) {
    const std::int32_t leader = session.cluster().leader_of(partition);
    if (leader < 0) {
      outcomes[partition] = "error: " + java_error(ErrorCode::kUnknownTopicOrPartition);
      continue;
    }
    auto& request = by_leader[leader];
    request.timeout_ms = kTimeoutMs;
    if (request.topics.empty() || request.topics.back().name != partition.topic)
      request.topics.emplace_back().name = partition.topic;
    request.topics.back().partitions.push_back({partition.partition, offset});
  }
  for (auto& [leader, request] : by_leader) {
    const auto response =
        session.ask_node<wire::DeleteRecordsRequest, wire::DeleteRecordsResponse>(leader, std::move(request));
    if (!response) return response.error();
    for (const auto& topic : response->topics)
      for (const auto& each : topic.partitions)
        outcomes[{topic.name, each.partition_index}] = each.error_code == ErrorCode::kNone
                                                           ? fmt::format("low_watermark: {}", each.low_watermark)
                                                           : "error: " + java_error(each.error_code);
  }
  return outcomes;
}

Result<int> work(const Surroundings& surroundings, const Options& options) {
  LEAT_RETURN_IF_ERROR(options.require({"bootstrap-server", "offset-json-file"}));
  LEAT_ASSIGN_OR_RETURN(const Settings settings, settings_of(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const Bytes text, read_file(surroundings.world.files, *options.value("offset-json-file")));
  LEAT_ASSIGN_OR_RETURN(const auto offsets, read_offsets(text));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  surroundings.terminal.out("Executing records delete operation\n");
  LEAT_ASSIGN_OR_RETURN(const auto outcomes, delete_before(*session, offsets));
  surroundings.terminal.out("Records delete operation completed:\n");
  for (const auto& [partition, outcome] : outcomes)
    surroundings.terminal.out(fmt::format("partition: {}\t{}\n", partition.to_string(), outcome));
  return 0;
}

}  // namespace

const Tool kDeleteRecordsTool{"kafka-delete-records", "deletes records before given offsets", kOptions, work};

}  // namespace leat::tools
