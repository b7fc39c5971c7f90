// The console tools of Kafka's tutorials, by name. Each lives in a file of its own and is run with Kafka's flags:
//
//   return tools::run(*tools::find("kafka-topics.sh"), surroundings, {"--list", "--bootstrap-server",
//   "localhost:9092"});
//
// A tool prints results to the terminal's `out`, and returns the exit code of the process.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "broker/tools/options.h"
#include "broker/tools/session.h"

namespace leat::tools {

struct Tool {
  std::string_view name;
  std::string_view purpose;
  std::span<const OptionSpec> options;
  /// Reads its options and does its work; an error has exit code 1.
  Result<int> (*work)(const Surroundings& surroundings, const Options& options);
  /// In front of an error of the cluster, such as "Error while executing topic command : ".
  std::string_view error_prefix = "";
  bool error_to_stdout = false;
};

/// All tools, by name.
std::span<const Tool* const> all();
/// `kafka-topics`, with or without `.sh` and a path in front; null where there is no such tool.
const Tool* find(std::string_view name);

/// Runs a tool to its end; `args` without its name.
int run(const Tool& tool, const Surroundings& surroundings, std::span<const std::string> args);

/// The settings of a tool: `--bootstrap-server`, `--command-config` (and its older names) and properties.
Result<Settings> settings_of(const Surroundings& surroundings, const Options& options,
                             std::initializer_list<std::string_view> config_files = {"command-config"},
                             std::initializer_list<std::string_view> properties = {},
                             std::string_view default_server = "");

/// Other properties (of formatters and readers) from files and options; options replace what files say.
Result<std::map<std::string, std::string>> properties_of(const Surroundings& surroundings, const Options& options,
                                                         std::initializer_list<std::string_view> config_files,
                                                         std::initializer_list<std::string_view> properties);

inline constexpr OptionSpec kBootstrapServer{"bootstrap-server", Takes::kValue, "host:port,...",
                                             "the brokers to connect to; required"};
inline constexpr OptionSpec kCommandConfig{"command-config", Takes::kValue, "file",
                                           "client settings as a properties file"};

extern const Tool kTopicsTool, kConsoleProducerTool, kConsoleConsumerTool, kConsumerGroupsTool, kGetOffsetsTool,
    kConfigsTool, kDeleteRecordsTool, kBrokerApiVersionsTool, kGroupsTool, kLogDirsTool, kClusterTool,
    kTransactionsTool, kProducerPerfTool, kConsumerPerfTool, kDumpLogTool, kAclsTool, kStreamsGroupsTool,
    kStreamsResetTool, kStorageTool, kFeaturesTool, kMetadataQuorumTool;

}  // namespace leat::tools
