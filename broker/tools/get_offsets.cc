// kafka-get-offsets: offsets of partitions, as topic:partition:offset.
#include <fmt/format.h>

#include "broker/tools/tools.h"
#include "broker/tools/topic_choice.h"

namespace leat::tools {

namespace {

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"exclude-internal-topics", Takes::kNothing, "", "leave internal topics out"},
    {"partitions", Takes::kValue, "0,1,...", "only these partitions"},
    {"time", Takes::kValue, "time",
     "a timestamp in ms, or latest (-1, default), earliest (-2), max-timestamp (-3), earliest-local (-4), "
     "latest-tiered (-5), earliest-pending-upload (-6)"},
    {"topic", Takes::kValue, "regex", "only these topics"},
    {"topic-partitions", Takes::kValue, "topic1:1,topic2:0-3,topic3,topic4:5-,:-3", "topics with their partitions"},
};

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

/// A topic pattern with the partitions [from, before).
struct Rule {
  TopicPattern topics;
  std::int64_t from = 0;
  std::int64_t before = INT64_MAX;
};

Result<Rule> parse_rule(const std::string& text) {
  Rule rule;
  const std::size_t colon = text.rfind(':');
  const std::string topic = text.substr(0, colon);
  LEAT_ASSIGN_OR_RETURN(rule.topics, TopicPattern::parse(topic.empty() ? ".*" : topic));
  if (colon == std::string::npos || colon + 1 == text.size()) return rule;
  const std::string range = text.substr(colon + 1);
  const auto wrong = invalid(fmt::format("Invalid rule specification: {}", text));
  const auto bound = [&](const std::string& digits, std::int64_t otherwise) -> Result<std::int64_t> {
    if (digits.empty()) return otherwise;
    const auto number = parse_whole_number(digits);
    if (!number || *number < 0) return wrong;
    return *number;
  };
  const std::size_t dash = range.find('-');
  LEAT_ASSIGN_OR_RETURN(rule.from, bound(range.substr(0, dash), 0));
  if (dash == std::string::npos) {
    rule.before = rule.from + 1;
  } else {
    LEAT_ASSIGN_OR_RETURN(rule.before, bound(range.substr(dash + 1), INT64_MAX));
  }
  return rule;
}

/// Which partitions of which topics are asked for.
class Filter {
 public:
  static Result<Filter> make(const Options& options) {
    Filter filter;
    if (const auto text = options.value("topic-partitions")) {
      if (options.has("topic") || options.has("partitions"))
        return invalid("--topic-partitions cannot be used with --topic or --partitions");
      for (const std::string& each : split(*text, ',')) {
        LEAT_ASSIGN_OR_RETURN(Rule rule, parse_rule(each));
        filter.rules_.push_back(std::move(rule));
      }
      return filter;
    }
    LEAT_ASSIGN_OR_RETURN(filter.rules_.emplace_back().topics, TopicPattern::parse(options.value_or("topic", ".*")));
    for (const std::string& each : split(options.value_or("partitions", ""), ',')) {
      const auto id = parse_whole_number(trimmed(each));
      if (!id || *id < 0)
        return invalid(
            fmt::format("--partitions expects a comma separated list of numeric partition ids, but received: {}",
                        *options.value("partitions")));
      filter.partitions_.insert(*id);
    }
    return filter;
  }

  bool wants(const TopicPartition& partition) const {
    if (!partitions_.empty() && !partitions_.contains(partition.partition)) return false;
    return std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
      return partition.partition >= rule.from && partition.partition < rule.before &&
             rule.topics.matches(partition.topic);
    });
  }

 private:
  std::vector<Rule> rules_;
  std::set<std::int64_t> partitions_;
};

Result<std::int64_t> time_of(const std::string& text) {
  constexpr std::pair<std::string_view, std::int64_t> kNames[] = {
      {"latest", -1},         {"earliest", -2},      {"max-timestamp", -3},
      {"earliest-local", -4}, {"latest-tiered", -5}, {"earliest-pending-upload", -6}};
  for (const auto& [name, time] : kNames)
    if (text == name) return time;
  if (const auto time = parse_whole_number(text)) return *time;
  return Error{
      ErrorKind::kKafka,
      fmt::format("Malformed time argument {}. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / "
                  "-4 or earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload, or a specified "
                  "long format timestamp",
                  text)};
}

Result<int> work(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const std::int64_t time, time_of(options.value_or("time", "latest")));
  LEAT_ASSIGN_OR_RETURN(const Filter filter, Filter::make(options));
  LEAT_ASSIGN_OR_RETURN(Settings settings, settings_of(surroundings, options));
  settings.set("client.id", "GetOffsetShell");
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  LEAT_ASSIGN_OR_RETURN(const auto known, session->metadata(std::nullopt));
  std::map<TopicPartition, std::int64_t> times;
  for (const auto& topic : known.topics) {
    const std::string name = topic.name.value_or("");
    if (options.has("exclude-internal-topics") && (topic.is_internal || is_internal_topic(name))) continue;
    for (const auto& each : topic.partitions)
      if (const TopicPartition partition{name, each.partition_index}; filter.wants(partition)) times[partition] = time;
  }
  if (times.empty()) return Error{ErrorKind::kKafka, "Could not match any topic-partitions with the specified filters"};
  std::map<TopicPartition, wire::ErrorCode> errors;
  LEAT_ASSIGN_OR_RETURN(const auto offsets, session->list_offsets(times, false, &errors));
  for (const auto& [partition, code] : errors)
    surroundings.terminal.err(fmt::format("Skip getting offsets for topic-partition {} due to error: {}\n",
                                          partition.to_string(), explain(code)));
  // Kafka sorts by the text topic-partition, in which 10 comes before 2.
  std::map<std::string, std::string> rows;
  for (const auto& [partition, listed] : offsets)
    if (listed.offset >= 0)
      rows[partition.to_string()] = fmt::format("{}:{}:{}\n", partition.topic, partition.partition, listed.offset);
  for (const auto& [name, row] : rows) surroundings.terminal.out(row);
  return 0;
}

}  // namespace

const Tool kGetOffsetsTool{"kafka-get-offsets", "prints offsets of partitions", kOptions, work, "Error occurred: "};

}  // namespace leat::tools
