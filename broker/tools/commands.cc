#include "broker/tools/commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/did_you_mean.h"
#include "base/json.h"

namespace leat::tools {

namespace {

constexpr int kMistaken = 2;

constexpr const Command* kCommands[] = {
    &kTopicCreate,        &kTopicList,       &kTopicDescribe,  &kTopicDelete,   &kTopicAlterConfig,
    &kTopicAddPartitions, &kTopicTrimPrefix, &kGroupList,      &kGroupDescribe, &kGroupDelete,
    &kGroupSeek,          &kProduceCommand,  &kConsumeCommand, &kTailCommand,
};

std::string_view first_word(std::string_view name) { return name.substr(0, name.find(' ')); }
std::string_view second_word(std::string_view name) {
  const std::size_t space = name.find(' ');
  return space == std::string_view::npos ? std::string_view() : name.substr(space + 1);
}

/// Short names that people are used to.
std::string_view long_name(std::string_view word) {
  constexpr std::pair<std::string_view, std::string_view> kShort[] = {
      {"ls", "list"}, {"info", "describe"}, {"rm", "delete"}, {"new", "create"}};
  for (const auto& [given, meant] : kShort)
    if (word == given) return meant;
  return word;
}

/// The command of a line; moves `args` behind its words. An error says what was probably meant.
Result<const Command*> choose(std::span<const std::string>& args) {
  const std::string_view first = args[0];
  const std::string_view second = args.size() > 1 ? long_name(args[1]) : std::string_view();
  std::vector<std::string_view> seconds;
  for (const Command* each : kCommands) {
    if (first_word(each->name) != first) continue;
    if (second_word(each->name).empty()) return args = args.subspan(1), each;
    if (second_word(each->name) == second) return args = args.subspan(2), each;
    seconds.push_back(second_word(each->name));
  }
  const bool asks = second.empty() || second == "--help" || second == "-h" || second == "help";
  return Error{asks ? ErrorKind::kNotFound : ErrorKind::kInvalidArgument,
               asks ? std::string(first)
                    : fmt::format("leat {}: there is no '{}'.{}", first, args[1], did_you_mean(second, seconds))};
}

void list_commands(Terminal& terminal, std::string_view first) {
  for (const Command* each : kCommands)
    if (first.empty() || first_word(each->name) == first)
      terminal.out(fmt::format("  leat {:<40} {}\n", fmt::format("{} {}", each->name, each->operands), each->purpose));
}

bool is_number(std::string_view text) { return parse_whole_number(text).has_value(); }

}  // namespace

std::span<const Command* const> all_commands() { return kCommands; }

bool is_command(std::string_view word) {
  return std::any_of(std::begin(kCommands), std::end(kCommands),
                     [&](const Command* each) { return first_word(each->name) == word; });
}

int run_command(const Surroundings& surroundings, std::span<const std::string> args) {
  Terminal& terminal = surroundings.terminal;
  const auto end = [&](int code) {
    terminal.flush();
    return code;
  };
  const auto command = choose(args);
  if (!command) {
    if (command.error().kind != ErrorKind::kNotFound) terminal.err(command.error().message + "\n");
    list_commands(terminal, args[0]);
    return end(command.error().kind == ErrorKind::kNotFound ? 0 : kMistaken);
  }
  std::vector<OptionSpec> specs((*command)->options.begin(), (*command)->options.end());
  specs.insert(specs.end(), std::begin(kCommonOptions), std::end(kCommonOptions));
  std::sort(specs.begin(), specs.end(), [](const OptionSpec& a, const OptionSpec& b) { return a.name < b.name; });
  const auto mistaken = [&](const Error& error) {
    terminal.err(fmt::format("{}\nRun 'leat {} --help' for its options.\n", error.message, (*command)->name));
    return end(kMistaken);
  };
  const auto options = Options::parse(specs, args);
  if (!options) return mistaken(options.error());
  if (options->has("help")) {
    terminal.out(fmt::format("leat {} {}: {}\n\n{}", (*command)->name, (*command)->operands, (*command)->purpose,
                             describe_options(specs)));
    return end(0);
  }
  const auto code = (*command)->work(surroundings, *options);
  if (code) return end(*code);
  if (code.error().kind == ErrorKind::kInvalidArgument) return mistaken(code.error());
  terminal.err(fmt::format("leat {}: {}\n", (*command)->name, code.error().message));
  return end(1);
}

Result<Settings> command_settings(const Surroundings& surroundings, const Options& options) {
  Settings settings;
  for (const std::string& path : options.values("config"))
    LEAT_RETURN_IF_ERROR(settings.load(surroundings.world.files, path));
  for (const std::string& property : options.values("X")) LEAT_RETURN_IF_ERROR(settings.add(property));
  for (const char* name : {"b", "brokers", "bootstrap-server"})
    if (const auto servers = options.value(name)) settings.set("bootstrap.servers", *servers);
  if (!settings.has("bootstrap.servers")) settings.set("bootstrap.servers", "localhost:9092");
  // Who types wants to know soon that nobody is there.
  if (!settings.has("default.api.timeout.ms")) settings.set("default.api.timeout.ms", "10000");
  return settings;
}

Result<OutputFormat> output_format(const Options& options) {
  const std::string format = options.value_or("format", "text");
  if (format == "text") return OutputFormat::kText;
  if (format == "json") return OutputFormat::kJson;
  if (format == "awk") return OutputFormat::kAwk;
  return Error{ErrorKind::kInvalidArgument, fmt::format("--format {}: text, json or awk", format)};
}

std::string json_text(std::string_view text) {
  std::string json;
  leat::detail::append_json(text, json);
  return json;
}

void Table::print(Terminal& terminal, OutputFormat format) const {
  if (format == OutputFormat::kJson) {
    std::string text = "[";
    for (const auto& row : rows_) {
      text += text.size() > 1 ? ",\n {" : "\n {";
      for (std::size_t i = 0; i < row.size(); ++i) {
        std::string name = heading_[i];
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return c == '-' ? '_' : static_cast<char>(std::tolower(c)); });
        text += fmt::format("{}{}:{}", i == 0 ? "" : ",", json_text(name),
                            is_number(row[i]) ? row[i]
                            : row[i].empty()  ? "null"
                                              : json_text(row[i]));
      }
      text += "}";
    }
    return terminal.out(text + (rows_.empty() ? "]\n" : "\n]\n"));
  }
  if (format == OutputFormat::kAwk) {
    for (const auto& row : rows_) {
      std::string line;
      for (const std::string& cell : row) line += (line.empty() ? "" : "\t") + (cell.empty() ? "-" : cell);
      terminal.out(line + "\n");
    }
    return;
  }
  std::vector<std::size_t> widths;
  for (const std::string& each : heading_) widths.push_back(each.size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  const auto print_row = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += i + 1 == row.size() ? row[i] : fmt::format("{:<{}}  ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    terminal.out(line + "\n");
  };
  print_row(heading_);
  for (const auto& row : rows_) print_row(row);
}

Result<wire::MetadataResponse> known_topics(Session& session, const std::vector<std::string>& names) {
  LEAT_ASSIGN_OR_RETURN(auto found, session.metadata(std::set<std::string>(names.begin(), names.end())));
  for (const auto& topic : found.topics) {
    if (topic.error_code == wire::ErrorCode::kNone) continue;
    const std::string name = topic.name.value_or("");
    if (topic.error_code != wire::ErrorCode::kUnknownTopicOrPartition)
      return wire::kafka_error(topic.error_code, "topic '" + name + "'");
    LEAT_ASSIGN_OR_RETURN(const auto all, session.metadata(std::nullopt));
    std::vector<std::string_view> candidates;
    for (const auto& each : all.topics)
      if (each.name) candidates.push_back(*each.name);
    return Error{ErrorKind::kKafka, fmt::format("there is no topic '{}'.{}", name, did_you_mean(name, candidates))};
  }
  return found;
}

}  // namespace leat::tools
