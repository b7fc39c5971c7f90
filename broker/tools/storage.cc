// kafka-storage: gives a log directory its cluster id before the broker starts for the first time. Our broker does so
// by itself where nobody has: the tool is there for tutorials, and for an id of one's own.
#include <fmt/format.h>

#include "base/properties.h"
#include "base/uuid.h"
#include "broker/tools/tools.h"

namespace leat::tools {

namespace {

constexpr std::string_view kMetadataVersion = "4.3-IV0";
constexpr std::string_view kDefaultDirectory = "/tmp/kafka-logs";

constexpr OptionSpec kOptions[] = {
    {"add-scram", Takes::kValue, "credential", "not served: kafka-configs adds credentials once the broker runs"},
    {"c", Takes::kValue, "file", "--config"},
    {"cluster-id", Takes::kValue, "id", "format: the id of the cluster; required"},
    {"config", Takes::kValue, "file", "format, info: the broker's server.properties; required"},
    {"feature", Takes::kValue, "feature=level", "accepted; features are finalized at the broker's levels"},
    {"g", Takes::kNothing, "", "--ignore-formatted"},
    {"ignore-formatted", Takes::kNothing, "", "format: leave directories alone that are formatted"},
    {"initial-controllers", Takes::kValue, "controllers", "accepted; a broker is its own controller"},
    {"no-initial-controllers", Takes::kNothing, "", "accepted; a broker is its own controller"},
    {"release-version", Takes::kValue, "version", "accepted; features are finalized at the broker's levels"},
    {"s", Takes::kNothing, "", "--standalone"},
    {"standalone", Takes::kNothing, "", "format: a single node, which ours always is"},
    {"t", Takes::kValue, "id", "--cluster-id"},
};

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

std::optional<std::string> either(const Options& options, std::string_view name, std::string_view letter) {
  const auto value = options.value(name);
  return value ? value : options.value(letter);
}

struct Node {
  std::vector<std::string> directories;
  std::string id = "1";
};

Result<Node> read_node(Files& files, const Options& options) {
  const auto path = either(options, "config", "c");
  if (!path) return invalid("argument --config/-c is required");
  LEAT_ASSIGN_OR_RETURN(const Bytes text, read_file(files, *path));
  LEAT_ASSIGN_OR_RETURN(const auto properties, parse_properties(text));
  Node node;
  std::string directories, directory;
  for (const Property& each : properties) {
    if (each.key == "log.dirs") directories = each.value;
    if (each.key == "log.dir") directory = each.value;
    if (each.key == "node.id" || each.key == "broker.id") node.id = each.value;
  }
  if (directories.empty()) directories = directory.empty() ? std::string(kDefaultDirectory) : directory;
  for (const std::string& each : split(directories, ',')) node.directories.emplace_back(trimmed(each));
  return node;
}

std::string metadata_file(const std::string& directory) { return directory + "/meta.properties"; }

Result<int> format(const Surroundings& surroundings, const Options& options) {
  Files& files = surroundings.world.files;
  const auto id_text = either(options, "cluster-id", "t");
  if (!id_text) return invalid("argument --cluster-id/-t is required: kafka-storage random-uuid makes one");
  if (options.has("add-scram"))
    return invalid(
        "--add-scram: start the broker and add the credential with kafka-configs --alter --entity-type users");
  if (const auto id = Uuid::from_base64(*id_text); !id)
    return invalid(
        fmt::format("Cluster ID string {} does not appear to be a valid UUID: {}", *id_text, id.error().message));
  LEAT_ASSIGN_OR_RETURN(const Node node, read_node(files, options));
  const bool ignore = options.has("ignore-formatted") || options.has("g");
  int formatted = 0;
  for (const std::string& directory : node.directories) {
    if (files.exists(metadata_file(directory))) {
      if (ignore) continue;
      return Error{
          ErrorKind::kAlreadyExists,
          fmt::format("Log directory {} is already formatted. Use --ignore-formatted to ignore this directory and "
                      "format the others.",
                      directory)};
    }
    const bool voter = options.has("standalone") || options.has("s") || options.has("initial-controllers");
    surroundings.terminal.out(fmt::format("Formatting {} {} with metadata.version {}.\n",
                                          voter ? "dynamic metadata voter directory" : "metadata directory", directory,
                                          kMetadataVersion));
    LEAT_RETURN_IF_ERROR(files.make_directories(directory));
    LEAT_RETURN_IF_ERROR(
        write_file_atomically(files, metadata_file(directory),
                              fmt::format("version=1\ncluster.id={}\nnode.id={}\ndirectory.id={}\n", *id_text, node.id,
                                          Uuid::random(surroundings.world.random).to_base64())));
    ++formatted;
  }
  if (formatted == 0) surroundings.terminal.out("All of the log directories are already formatted.\n");
  return 0;
}

Result<int> info(const Surroundings& surroundings, const Options& options) {
  Files& files = surroundings.world.files;
  LEAT_ASSIGN_OR_RETURN(const Node node, read_node(files, options));
  std::string found, problems, metadata;
  for (const std::string& directory : node.directories) {
    if (!files.exists(metadata_file(directory))) {
      problems += fmt::format("  {} is not formatted.\n", directory);
      continue;
    }
    found += fmt::format("  {}\n", directory);
    LEAT_ASSIGN_OR_RETURN(const Bytes text, read_file(files, metadata_file(directory)));
    LEAT_ASSIGN_OR_RETURN(const auto properties, parse_properties(text));
    std::map<std::string, std::string> sorted;
    for (const Property& each : properties) sorted[each.key] = each.value;
    metadata.clear();
    for (const auto& [key, value] : sorted)
      metadata += fmt::format("{}{}={}", metadata.empty() ? "" : ", ", key, value);
  }
  Terminal& terminal = surroundings.terminal;
  if (!found.empty())
    terminal.out(fmt::format("Found log director{}:\n{}\n", node.directories.size() > 1 ? "ies" : "y", found));
  if (!metadata.empty()) terminal.out(fmt::format("Found metadata: {{{}}}\n\n", metadata));
  if (!problems.empty()) terminal.out(fmt::format("Found problem:\n{}\n", problems));
  return problems.empty() ? 0 : 1;
}

Result<int> work(const Surroundings& surroundings, const Options& options) {
  const std::string command = options.words().empty() ? "" : options.words()[0];
  if (command == "format") return format(surroundings, options);
  if (command == "info") return info(surroundings, options);
  if (command != "random-uuid")
    return invalid(fmt::format("invalid choice: '{}' (choose from 'info', 'format', 'random-uuid')", command));
  surroundings.terminal.out(Uuid::random(surroundings.world.random).to_base64() + "\n");
  return 0;
}

}  // namespace

const Tool kStorageTool{"kafka-storage", "random-uuid, format, info: the cluster id of a log directory", kOptions,
                        work};

}  // namespace leat::tools
