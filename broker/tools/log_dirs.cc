// kafka-log-dirs: how much of which disk the partitions take.
#include <fmt/format.h>

#include "broker/tools/tools.h"
#include "broker/wire/messages/describe_log_dirs.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"broker-list", Takes::kValue, "0,1,2", "only these brokers"},
    {"describe", Takes::kNothing, "", "describe log directories; required"},
    {"topic-list", Takes::kValue, "topic1,topic2", "only these topics"},
};

std::string json_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char each : text) {
    if (each == '"' || each == '\\') quoted.push_back('\\');
    quoted.push_back(each);
  }
  return quoted + "\"";
}

Result<std::string> directories_of(Session& session, std::int32_t broker, const std::set<std::string>& topics) {
  const auto response = session.ask_node<wire::DescribeLogDirsRequest, wire::DescribeLogDirsResponse>(broker, {});
  if (!response) return response.error();
  if (response->error_code != ErrorCode::kNone)
    return wire::kafka_error(response->error_code, fmt::format("log directories of broker {}", broker));
  std::string text;
  for (const auto& directory : response->results) {
    std::string partitions;
    for (const auto& topic : directory.topics) {
      if (!topics.empty() && !topics.contains(topic.name)) continue;
      for (const auto& each : topic.partitions)
        partitions +=
            fmt::format(R"({}{{"partition":{},"size":{},"offsetLag":{},"isFuture":{}}})", partitions.empty() ? "" : ",",
                        json_text(fmt::format("{}-{}", topic.name, each.partition_index)), each.partition_size,
                        each.offset_lag, each.is_future_key);
    }
    const std::string error =
        directory.error_code == ErrorCode::kNone ? "null" : json_text(wire::name(directory.error_code));
    text += fmt::format(R"({}{{"partitions":[{}],"error":{},"logDir":{}}})", text.empty() ? "" : ",", partitions, error,
                        json_text(directory.log_dir));
  }
  return fmt::format(R"({{"broker":{},"logDirs":[{}]}})", broker, text);
}

Result<int> work(const Surroundings& surroundings, const Options& options) {
  LEAT_RETURN_IF_ERROR(options.require({"bootstrap-server", "describe"}));
  std::set<std::string> topics;
  for (const std::string& each : split(options.value_or("topic-list", ""), ',')) topics.emplace(trimmed(each));
  std::set<std::int32_t> brokers;
  for (const std::string& each : split(options.value_or("broker-list", ""), ',')) {
    const auto id = parse_whole_number(trimmed(each));
    if (!id) return Error{ErrorKind::kInvalidArgument, fmt::format("--broker-list: '{}' is no broker id", each)};
    brokers.insert(static_cast<std::int32_t>(*id));
  }
  LEAT_ASSIGN_OR_RETURN(const Settings settings, settings_of(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  std::vector<std::string> missing, ids;
  for (const std::int32_t id : brokers)
    if (!session->brokers().contains(id)) missing.push_back(std::to_string(id));
  if (!missing.empty())
    return Error{ErrorKind::kKafka,
                 fmt::format("ERROR: The given brokers do not exist from --broker-list: {}", joined(missing, ","))};
  if (brokers.empty())
    for (const auto& [id, broker] : session->brokers()) brokers.insert(id);
  std::string text;
  for (const std::int32_t id : brokers) {
    LEAT_ASSIGN_OR_RETURN(const std::string directories, directories_of(*session, id, topics));
    text += (text.empty() ? "" : ",") + directories;
    ids.push_back(std::to_string(id));
  }
  surroundings.terminal.out("Querying brokers for log directories information\n");
  surroundings.terminal.out(fmt::format("Received log directory information from brokers {}\n", joined(ids, ",")));
  surroundings.terminal.out(fmt::format(R"({{"brokers":[{}],"version":1}})", text) + "\n");
  return 0;
}

}  // namespace

const Tool kLogDirsTool{"kafka-log-dirs", "prints the sizes of partitions by log directory", kOptions, work};

}  // namespace leat::tools
