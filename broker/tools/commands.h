// The commands of `leat` itself: topic, group, produce, consume, tail. Beside the tools under Kafka's names they are
// for people who type: subcommands, short options, tables, and JSON or tab-separated text for scripts.
//
//   leat topic create orders -p 4 -c cleanup.policy=compact
//   leat consume orders -o -10 -f '%k %v\n'
//
// Exit codes: 0 when all was done, 1 when anything failed, 2 when the command line is wrong.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/tools/options.h"
#include "broker/tools/session.h"

namespace leat::tools {

struct Command {
  /// "topic create"
  std::string_view name;
  /// What stands behind it: "NAME..."
  std::string_view operands;
  std::string_view purpose;
  std::span<const OptionSpec> options;
  Result<int> (*work)(const Surroundings& surroundings, const Options& options);
};

std::span<const Command* const> all_commands();
/// Whether `leat WORD ...` is one of these commands.
bool is_command(std::string_view word);
/// Runs a command line without the name of the program.
int run_command(const Surroundings& surroundings, std::span<const std::string> args);

/// -b, --config, -X and so on of a command line.
Result<Settings> command_settings(const Surroundings& surroundings, const Options& options);

enum class OutputFormat { kText, kJson, kAwk };
Result<OutputFormat> output_format(const Options& options);

/// Rows as a table with a heading in capitals, as a JSON array of objects (members named by the heading in small
/// letters; whole numbers stay numbers), or tab-separated with - for what is empty.
class Table {
 public:
  explicit Table(std::vector<std::string> heading) : heading_(std::move(heading)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void print(Terminal& terminal, OutputFormat format) const;

 private:
  std::vector<std::string> heading_;
  std::vector<std::vector<std::string>> rows_;
};

/// Text as a JSON string, quotes included.
std::string json_text(std::string_view text);

/// What is known of these topics; an error names the nearest topic where one is not there.
Result<wire::MetadataResponse> known_topics(Session& session, const std::vector<std::string>& names);

/// Options that every command takes.
inline constexpr OptionSpec kCommonOptions[] = {
    {"X", Takes::kValue, "key=value", "a client setting under Kafka's name; may be repeated"},
    {"b", Takes::kValue, "host:port,...", "the brokers (localhost:9092)"},
    {"bootstrap-server", Takes::kValue, "host:port,...", "the same as -b"},
    {"brokers", Takes::kValue, "host:port,...", "the same as -b"},
    {"config", Takes::kValue, "file", "client settings as a properties file"},
    {"format", Takes::kValue, "text|json|awk", "how results are printed"},
    {"help", Takes::kNothing, "", "print this"},
};

extern const Command kTopicCreate, kTopicList, kTopicDescribe, kTopicDelete, kTopicAlterConfig, kTopicAddPartitions,
    kTopicTrimPrefix, kGroupList, kGroupDescribe, kGroupDelete, kGroupSeek, kProduceCommand, kConsumeCommand,
    kTailCommand;

}  // namespace leat::tools
