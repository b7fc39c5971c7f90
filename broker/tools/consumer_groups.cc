// kafka-consumer-groups: lists, describes and deletes consumer groups, and resets or deletes their offsets.
#include "broker/tools/consumer_groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/regex.h"
#include "broker/tools/tools.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;

constexpr std::size_t kGroupColumnMin = 15;

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"all-groups", Takes::kNothing, "", "all consumer groups"},
    {"all-topics", Takes::kNothing, "", "reset-offsets: all topics that the group has offsets of"},
    {"by-duration", Takes::kValue, "PnDTnHnMnS", "reset-offsets: to so long ago"},
    {"delete", Takes::kNothing, "", "delete groups with their offsets"},
    {"delete-offsets", Takes::kNothing, "", "delete offsets of a group for topics"},
    {"describe", Takes::kNothing, "", "show offsets and lag, --members or --state"},
    {"dry-run", Takes::kNothing, "", "reset-offsets: only show what would be done (the default)"},
    {"execute", Takes::kNothing, "", "reset-offsets: do it"},
    {"export", Takes::kNothing, "", "reset-offsets: print the offsets as CSV"},
    {"from-file", Takes::kValue, "file", "reset-offsets: to the offsets of a CSV file"},
    {"group", Takes::kValue, "id", "the group; may be repeated"},
    {"list", Takes::kNothing, "", "list consumer groups"},
    {"members", Takes::kNothing, "", "describe: the members"},
    {"offsets", Takes::kNothing, "", "describe: offsets and lag (the default)"},
    {"reset-offsets", Takes::kNothing, "", "set offsets of groups without active members"},
    {"shift-by", Takes::kValue, "number", "reset-offsets: so many records forward, or back where negative"},
    {"state", Takes::kPerhapsValue, "states", "describe: the state; list: with states, or only groups in these"},
    {"timeout", Takes::kValue, "ms", "how long to try (default 30000)"},
    {"to-current", Takes::kNothing, "", "reset-offsets: to where they are"},
    {"to-datetime", Takes::kValue, "YYYY-MM-DDThh:mm:ss.sss", "reset-offsets: to this time"},
    {"to-earliest", Takes::kNothing, "", "reset-offsets: to the beginning"},
    {"to-latest", Takes::kNothing, "", "reset-offsets: to the end"},
    {"to-offset", Takes::kValue, "offset", "reset-offsets: to this offset"},
    {"topic", Takes::kValue, "topic[:0,1,2]", "reset-offsets, delete-offsets: a topic or some of its partitions"},
    {"type", Takes::kPerhapsValue, "types", "list: with types, or only groups of these (classic, consumer)"},
    {"validate-regex", Takes::kValue, "regex", "say whether this is a regular expression"},
    {"verbose", Takes::kNothing, "", "describe: more columns"},
};

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

/// The parts of a filter such as "stable,Empty" under their proper names.
Result<std::vector<std::string>> parse_filter(const std::optional<std::string>& text, std::string_view what,
                                              const std::vector<std::string>& names) {
  std::vector<std::string> chosen;
  for (const std::string& part : split(text.value_or(""), ',')) {
    auto name = proper_name(trimmed(part), names);
    if (!name)
      return invalid(fmt::format("Invalid {} list '{}'. Valid {} are: {}", what, *text, what, joined(names, ", ")));
    chosen.push_back(std::move(*name));
  }
  return chosen;
}

Result<int> list(Session& session, const Options& options) {
  const bool with_type = options.has("type");
  const bool with_state = options.has("state");
  LEAT_ASSIGN_OR_RETURN(const auto states, parse_filter(options.value("state"), "states",
                                                        {"PreparingRebalance", "CompletingRebalance", "Stable", "Dead",
                                                         "Empty", "Assigning", "Reconciling"}));
  LEAT_ASSIGN_OR_RETURN(const auto types, parse_filter(options.value("type"), "types", {"Classic", "Consumer"}));
  LEAT_ASSIGN_OR_RETURN(auto groups, list_groups(session, states, types));
  std::erase_if(groups, [](const GroupListing& each) { return !is_consumer_group(each); });
  std::size_t width = kGroupColumnMin;
  for (const GroupListing& each : groups) width = std::max(width, each.id.size());
  width += 10;
  const auto row = [&](const std::string& id, const std::string& type, const std::string& state) {
    std::string text = with_type || with_state ? fmt::format("{:<{}}", id, width) : id;
    if (with_type) text += fmt::format(" {:<20}", type);
    if (with_state) text += fmt::format(" {:<20}", state);
    session.terminal().out(text + "\n");
  };
  if (with_type || with_state) row("GROUP", "TYPE", "STATE");
  for (const GroupListing& each : groups) row(each.id, each.type, each.state);
  return 0;
}

Result<int> remove(Session& session, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto groups, chosen_groups(session, options));
  std::map<std::string, std::string> failed;
  std::vector<std::string> deleted;
  for (const std::string& id : groups) {
    LEAT_ASSIGN_OR_RETURN(const ErrorCode code, delete_group(session, id));
    code == ErrorCode::kNone ? deleted.push_back(id) : (void)(failed[id] = java_error(code));
  }
  const std::string names = fmt::format("'{}'", joined(deleted, "', '"));
  if (failed.empty()) {
    session.terminal().out(fmt::format("Deletion of requested consumer groups ({}) was successful.\n", names));
    return 0;
  }
  print_error(session, "Deletion of some consumer groups failed:");
  for (const auto& [id, why] : failed)
    session.terminal().out(fmt::format("* Group '{}' could not be deleted due to: {}\n", id, why));
  if (!deleted.empty())
    session.terminal().out(fmt::format("\nThese consumer groups were deleted successfully: {}\n", names));
  return 1;
}

Status check(const Options& options, std::string_view action) {
  const bool scoped = options.has("group") || options.has("all-groups");
  if ((action == "describe" || action == "delete" || action == "reset-offsets") && !scoped)
    return invalid(fmt::format("Option [{}] takes one of these options: [group], [all-groups]", action));
  LEAT_RETURN_IF_ERROR(options.refuse_with("group", {"all-groups"}));
  if (action == "delete-offsets" && (!options.has("group") || !options.has("topic")))
    return invalid("Option [delete-offsets] takes the following options: [group], [topic]");
  if (action == "delete" && options.has("topic"))
    return invalid("The consumer does not support topic-specific offset deletion from a consumer group.");
  if (action == "describe") {
    if (options.has("members") + options.has("offsets") + options.has("state") > 1)
      return invalid("Option [describe] takes at most one of these options: [members], [offsets], [state]");
    if (options.value("state")) return invalid("Option [describe] does not take a value for [state]");
  }
  for (const char* part : {"members", "offsets", "verbose"})
    LEAT_RETURN_IF_ERROR(options.only_with(part, {"describe"}));
  LEAT_RETURN_IF_ERROR(options.only_with("type", {"list"}));
  LEAT_RETURN_IF_ERROR(options.only_with("state", {"list", "describe"}));
  LEAT_RETURN_IF_ERROR(options.only_with("topic", {"reset-offsets", "delete-offsets", "delete"}));
  for (const char* part : {"execute", "dry-run", "export", "all-topics", "to-offset", "to-datetime", "by-duration",
                           "to-earliest", "to-latest", "to-current", "shift-by", "from-file"})
    LEAT_RETURN_IF_ERROR(options.only_with(part, {"reset-offsets"}));
  return options.refuse_with("execute", {"dry-run"});
}

Result<int> act(Session& session, const Options& options, std::string_view action) {
  if (action == "list") return list(session, options);
  if (action == "describe") return describe_groups(session, options);
  if (action == "delete") return remove(session, options);
  if (action == "reset-offsets") return reset_offsets(session, options);
  return delete_offsets(session, options);
}

Result<int> work(const Surroundings& surroundings, const Options& options) {
  if (const auto regex = options.value("validate-regex")) {
    const auto pattern = Regex::compile(*regex);
    surroundings.terminal.out(fmt::format("The regular expression `{}` is {}.\n", *regex,
                                          pattern ? "valid" : "invalid: " + pattern.error().message));
    return pattern ? 0 : 1;
  }
  LEAT_ASSIGN_OR_RETURN(const auto action,
                        options.one_of({"list", "describe", "delete", "reset-offsets", "delete-offsets"}));
  LEAT_RETURN_IF_ERROR(check(options, action));
  LEAT_ASSIGN_OR_RETURN(const auto timeout_ms, options.number("timeout", 0, INT32_MAX));
  LEAT_ASSIGN_OR_RETURN(const Settings settings, settings_of(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  session->set_timeout(std::chrono::milliseconds(timeout_ms.value_or(30'000)));
  return act(*session, options, action);
}

}  // namespace

Result<std::vector<std::string>> chosen_groups(Session& session, const Options& options) {
  if (!options.has("all-groups")) return options.values("group");
  LEAT_ASSIGN_OR_RETURN(const auto groups, list_groups(session, {}, {}));
  std::vector<std::string> ids;
  for (const GroupListing& each : groups)
    if (is_consumer_group(each)) ids.push_back(each.id);
  return ids;
}

Result<std::set<TopicPartition>> chosen_partitions(Session& session, const Options& options,
                                                   std::vector<std::string>* missing, std::string_view option) {
  std::set<TopicPartition> partitions;
  std::set<std::string> whole;
  for (const std::string& arg : options.values(option)) {
    const std::size_t colon = arg.find(':');
    if (colon == std::string::npos) {
      whole.insert(arg);
      continue;
    }
    for (const std::string& each : split(std::string_view(arg).substr(colon + 1), ',')) {
      const auto number = parse_whole_number(each);
      if (!number || *number < 0)
        return invalid(fmt::format("Invalid partition '{}' specified in topic arg '{}'", each, arg));
      partitions.insert({arg.substr(0, colon), static_cast<std::int32_t>(*number)});
    }
  }
  if (whole.empty()) return partitions;
  LEAT_ASSIGN_OR_RETURN(const auto known, session.metadata(whole));
  for (const auto& topic : known.topics) {
    if (topic.error_code == ErrorCode::kNone) {
      for (const auto& each : topic.partitions) partitions.insert({topic.name.value_or(""), each.partition_index});
    } else if (missing != nullptr) {
      missing->push_back(topic.name.value_or(""));
    } else {
      return Error{ErrorKind::kKafka,
                   fmt::format("topic '{}': {}", topic.name.value_or(""), java_error(topic.error_code)),
                   static_cast<int>(topic.error_code)};
    }
  }
  return partitions;
}

void print_error(Session& session, std::string_view message) {
  session.terminal().out(fmt::format("\nError: {}\n", message));
}

const Tool kConsumerGroupsTool{"kafka-consumer-groups",
                               "lists, describes and deletes consumer groups, and resets their offsets",
                               kOptions,
                               work,
                               "\nError: Executing consumer group command failed due to ",
                               true};

}  // namespace leat::tools
