#include "broker/tools/tools.h"

#include <fmt/format.h>

#include <algorithm>

namespace leat::tools {

namespace {

constexpr const Tool* kTools[] = {
    &kAclsTool,         &kStreamsGroupsTool,   &kStreamsResetTool,      &kStorageTool,
    &kFeaturesTool,     &kMetadataQuorumTool,  &kBrokerApiVersionsTool, &kClusterTool,
    &kConfigsTool,      &kConsoleConsumerTool, &kConsoleProducerTool,   &kConsumerGroupsTool,
    &kConsumerPerfTool, &kDeleteRecordsTool,   &kDumpLogTool,           &kGetOffsetsTool,
    &kGroupsTool,       &kLogDirsTool,         &kProducerPerfTool,      &kTopicsTool,
    &kTransactionsTool,
};

constexpr OptionSpec kHelp{"help", Takes::kNothing, "", "print this"};
constexpr OptionSpec kVersion{"version", Takes::kNothing, "", "print the version of Kafka that the tools follow"};
constexpr std::string_view kVersionText = "4.3.1 (Leat 0.1.0)\n";

}  // namespace

std::span<const Tool* const> all() { return kTools; }

const Tool* find(std::string_view name) {
  if (const std::size_t slash = name.rfind('/'); slash != std::string_view::npos) name.remove_prefix(slash + 1);
  if (name.ends_with(".sh")) name.remove_suffix(3);
  const auto found =
      std::find_if(std::begin(kTools), std::end(kTools), [&](const Tool* each) { return each->name == name; });
  return found == std::end(kTools) ? nullptr : *found;
}

int run(const Tool& tool, const Surroundings& surroundings, std::span<const std::string> args) {
  Terminal& terminal = surroundings.terminal;
  std::vector<OptionSpec> specs(tool.options.begin(), tool.options.end());
  specs.push_back(kHelp);
  specs.push_back(kVersion);
  std::sort(specs.begin(), specs.end(), [](const OptionSpec& a, const OptionSpec& b) { return a.name < b.name; });
  const auto mistaken = [&](const Error& error) {
    terminal.err(fmt::format("{}\nRun '{} --help' for its options.\n", error.message, tool.name));
    terminal.flush();
    return 1;
  };
  const auto options = Options::parse(specs, args);
  if (!options) return mistaken(options.error());
  if (options->has("version")) {
    terminal.out(kVersionText);
  } else if (options->has("help") || args.empty()) {
    const std::string text = fmt::format("{}: {}\n\n{}", tool.name, tool.purpose, describe_options(specs));
    options->has("help") ? terminal.out(text) : terminal.err(text);
    terminal.flush();
    return options->has("help") ? 0 : 1;
  } else {
    const auto code = tool.work(surroundings, *options);
    if (!code && code.error().kind == ErrorKind::kInvalidArgument) return mistaken(code.error());
    if (!code) {
      const std::string text = fmt::format("{}{}\n", tool.error_prefix, code.error().message);
      tool.error_to_stdout ? terminal.out(text) : terminal.err(text);
    }
    terminal.flush();
    return code ? *code : 1;
  }
  terminal.flush();
  return 0;
}

namespace {

Result<Settings> collect(const Surroundings& surroundings, const Options& options,
                         std::initializer_list<std::string_view> config_files,
                         std::initializer_list<std::string_view> properties) {
  Settings settings;
  for (const std::string_view name : config_files)
    for (const std::string& path : options.values(name))
      LEAT_RETURN_IF_ERROR(settings.load(surroundings.world.files, path));
  for (const std::string_view name : properties)
    for (const std::string& property : options.values(name)) LEAT_RETURN_IF_ERROR(settings.add(property));
  return settings;
}

}  // namespace

Result<Settings> settings_of(const Surroundings& surroundings, const Options& options,
                             std::initializer_list<std::string_view> config_files,
                             std::initializer_list<std::string_view> properties, std::string_view default_server) {
  LEAT_ASSIGN_OR_RETURN(Settings settings, collect(surroundings, options, config_files, properties));
  if (const auto servers = options.value("bootstrap-server")) settings.set("bootstrap.servers", *servers);
  if (!settings.has("bootstrap.servers") && !default_server.empty())
    settings.set("bootstrap.servers", std::string(default_server));
  if (!settings.has("bootstrap.servers"))
    return Error{ErrorKind::kInvalidArgument,
                 "Missing required argument \"[bootstrap-server]\": give --bootstrap-server localhost:9092"};
  return settings;
}

Result<std::map<std::string, std::string>> properties_of(const Surroundings& surroundings, const Options& options,
                                                         std::initializer_list<std::string_view> config_files,
                                                         std::initializer_list<std::string_view> properties) {
  LEAT_ASSIGN_OR_RETURN(const Settings settings, collect(surroundings, options, config_files, properties));
  return settings.values();
}

}  // namespace leat::tools
