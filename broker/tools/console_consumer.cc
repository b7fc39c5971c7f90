// kafka-console-consumer: prints the records of topics.
#include <fmt/format.h>

#include <limits>

#include "broker/tools/record_format.h"
#include "broker/tools/tools.h"
#include "broker/tools/topic_choice.h"
#include "broker/tools/topic_reader.h"

namespace leat::tools {

namespace {

constexpr auto kTurn = std::chrono::milliseconds(200);
constexpr auto kLookForTopics = std::chrono::seconds(5);
constexpr std::size_t kInflatedBytesMax = 1 << 30;

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"command-property", Takes::kValue, "key=value", "a consumer setting; may be repeated"},
    {"consumer-property", Takes::kValue, "key=value", "older name of --command-property"},
    {"consumer.config", Takes::kValue, "file", "older name of --command-config"},
    {"enable-systest-events", Takes::kNothing, "", "say when the consumer has shut down"},
    {"formatter", Takes::kValue, "class", "how records are printed (default DefaultMessageFormatter)"},
    {"formatter-config", Takes::kValue, "file", "properties of the formatter as a file"},
    {"formatter-property", Takes::kValue, "key=value", "print.key=true, print.timestamp=true, key.separator=-, ..."},
    {"from-beginning", Takes::kNothing, "", "begin with the first record where no offset is committed"},
    {"group", Takes::kValue, "id", "read as a member of this consumer group"},
    {"include", Takes::kValue, "regex", "the topics to read, as a regular expression"},
    {"isolation-level", Takes::kValue, "level", "read_committed or read_uncommitted (default)"},
    {"key-deserializer", Takes::kValue, "class", "such as org.apache.kafka.common.serialization.LongDeserializer"},
    {"max-messages", Takes::kValue, "number", "end after so many records"},
    {"offset", Takes::kValue, "offset", "with --partition: a number, earliest or latest (default)"},
    {"partition", Takes::kValue, "number", "read this partition only"},
    {"property", Takes::kValue, "key=value", "older name of --formatter-property"},
    {"skip-message-on-error", Takes::kNothing, "", "go on behind a record that cannot be printed"},
    {"timeout-ms", Takes::kValue, "ms", "end when nothing comes for so long"},
    {"topic", Takes::kValue, "name", "the topic to read"},
    {"value-deserializer", Takes::kValue, "class", "such as org.apache.kafka.common.serialization.LongDeserializer"},
};

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

Status check(const Options& options) {
  if (options.has("topic") == options.has("include")) return invalid("Exactly one of --include/--topic is required.");
  if (options.has("partition")) {
    if (!options.has("topic")) return invalid("The topic is required when partition is specified.");
    if (options.has("from-beginning") && options.has("offset"))
      return invalid("Options from-beginning and offset cannot be specified together.");
    if (options.has("group")) return invalid("Options group and partition cannot be specified together.");
  } else if (options.has("offset")) {
    return invalid("The partition is required when offset is specified.");
  }
  return options.require({"bootstrap-server"});
}

Result<Settings> consumer_settings(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(Settings settings, settings_of(surroundings, options, {"consumer.config", "command-config"},
                                                       {"consumer-property", "command-property"}));
  if (options.has("from-beginning") && settings.get("auto.offset.reset", "earliest") != "earliest")
    return invalid(
        fmt::format("Can't simultaneously specify --from-beginning and 'auto.offset.reset={}', please remove "
                    "one option",
                    settings.get("auto.offset.reset")));
  if (!settings.has("auto.offset.reset"))
    settings.set("auto.offset.reset", options.has("from-beginning") ? "earliest" : "latest");
  if (const auto group = options.value("group")) {
    if (settings.get("group.id", *group) != *group)
      return invalid(
          fmt::format("The group ids provided in different places do not match. Detected group ids: '{}', '{}'", *group,
                      settings.get("group.id")));
    settings.set("group.id", *group);
  }
  if (const auto level = options.value("isolation-level")) settings.set("isolation.level", *level);
  if (!settings.has("client.id")) settings.set("client.id", "console-consumer");
  return settings;
}

Result<std::unique_ptr<RecordFormat>> record_format(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(auto properties,
                        properties_of(surroundings, options, {"formatter-config"}, {"property", "formatter-property"}));
  if (const auto key = options.value("key-deserializer")) properties["key.deserializer"] = *key;
  if (const auto value = options.value("value-deserializer")) properties["value.deserializer"] = *value;
  return make_record_format(options.value_or("formatter", "DefaultMessageFormatter"), properties);
}

Result<std::int64_t> first_offset(const Options& options) {
  const std::string text = options.value_or("offset", options.has("from-beginning") ? "earliest" : "latest");
  if (text == "earliest") return std::int64_t{-2};
  if (text == "latest") return std::int64_t{-1};
  const auto offset = parse_whole_number(text);
  if (offset && *offset >= 0) return *offset;
  return invalid(
      fmt::format("The provided offset value '{}' is incorrect. Valid values are 'earliest', 'latest', or a "
                  "non-negative long.",
                  text));
}

/// Waits for the topic to be there; a broker that makes topics on first use makes it now.
Status subscribe_when_there(Session& session, TopicReader& reader, const std::string& topic, Instant until) {
  for (bool warned = false;; warned = true) {
    const Status subscribed = reader.subscribe({topic});
    if (subscribed || subscribed.error().kafka_code != static_cast<int>(wire::ErrorCode::kUnknownTopicOrPartition)) {
      if (subscribed || !wire::retriable(static_cast<wire::ErrorCode>(subscribed.error().kafka_code)))
        return subscribed;
    }
    if (session.loop().now() >= until || session.terminal().interrupted()) return {};
    if (!warned) session.terminal().err(fmt::format("WARN Topic '{}' is not there yet; waiting for it.\n", topic));
    session.run_for(kTurn);
  }
}

class Consuming {
 public:
  Consuming(Session& session, TopicReader& reader, RecordFormat& format, const Options& options)
      : session_(session), reader_(reader), format_(format), skip_errors_(options.has("skip-message-on-error")) {}

  std::int64_t messages_max = std::numeric_limits<std::int64_t>::max();
  Duration timeout = Duration::max();
  std::optional<TopicPattern> pattern;

  Status run() {
    Terminal& terminal = session_.terminal();
    Instant last = session_.loop().now();
    Instant look_at = session_.loop().now() + kLookForTopics;
    while (count_ < messages_max && !terminal.interrupted()) {
      const auto batches = reader_.take(std::min<Duration>(kTurn, timeout));
      for (const client::FetchedBatch& fetched : batches) {
        if (count_ >= messages_max) break;
        LEAT_RETURN_IF_ERROR(print(fetched));
      }
      terminal.flush();
      if (!terminal.listened_to()) {
        terminal.err("Unable to write to standard out, closing consumer.\n");
        return {};
      }
      if (auto error = reader_.error()) return *error;
      const Instant now = session_.loop().now();
      if (!batches.empty()) last = now;
      if (timeout != Duration::max() && now - last >= timeout) return {};
      if (pattern && now >= look_at) {
        look_at = now + kLookForTopics;
        LEAT_RETURN_IF_ERROR(look_for_topics());
      }
    }
    return {};
  }

  /// Topics that the pattern means and that are not read yet.
  Status look_for_topics() {
    LEAT_ASSIGN_OR_RETURN(const auto names, all_topics(session_, false));
    std::set<std::string> chosen;
    for (const std::string& name : names)
      if (pattern->matches(name)) chosen.insert(name);
    if (chosen.empty() || chosen == topics_) return {};
    topics_ = chosen;
    return reader_.subscribe(topics_);
  }

  std::int64_t count() const { return count_; }

 private:
  Status print(const client::FetchedBatch& fetched) {
    auto cursor = wire::RecordCursor::open(fetched.batch, fetched.block, kInflatedBytesMax);
    if (!cursor) return cursor.error();
    std::int64_t next = fetched.from;
    for (wire::RecordView record; count_ < messages_max && cursor->next(record);) {
      if (record.offset < fetched.from) continue;
      ++count_;
      next = record.offset + 1;
      text_.clear();
      const Status printed = format_.write(fetched.partition, fetched.batch, record, text_);
      if (!printed && !skip_errors_)
        return printed.error().in(fmt::format("record {} of {}", record.offset, fetched.partition.to_string()));
      if (!printed) session_.terminal().err(fmt::format("Skipped a record: {}\n", printed.error().message));
      session_.terminal().out(text_);
    }
    reader_.read_up_to(fetched.partition, cursor->left() > 0 ? next : fetched.batch.last_offset() + 1);
    return {};
  }

  Session& session_;
  TopicReader& reader_;
  RecordFormat& format_;
  const bool skip_errors_;
  std::set<std::string> topics_;
  std::string text_;
  std::int64_t count_ = 0;
};

Result<int> work(const Surroundings& surroundings, const Options& options) {
  LEAT_RETURN_IF_ERROR(check(options));
  LEAT_ASSIGN_OR_RETURN(const Settings settings, consumer_settings(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto format, record_format(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(ReaderConfig config, ReaderConfig::from(settings));
  LEAT_ASSIGN_OR_RETURN(const auto messages_max, options.number("max-messages"));
  LEAT_ASSIGN_OR_RETURN(const auto timeout_ms, options.number("timeout-ms"));
  LEAT_ASSIGN_OR_RETURN(const auto partition, options.number("partition", 0, INT32_MAX));
  LEAT_ASSIGN_OR_RETURN(const std::int64_t offset, first_offset(options));
  if (partition) config.group.group_id.clear();
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  TopicReader reader(*session, config);
  Consuming consuming(*session, reader, *format, options);
  if (messages_max && *messages_max >= 0) consuming.messages_max = *messages_max;
  if (timeout_ms && *timeout_ms >= 0) consuming.timeout = std::chrono::milliseconds(*timeout_ms);
  Status status;
  if (const auto regex = options.value("include")) {
    LEAT_ASSIGN_OR_RETURN(consuming.pattern, TopicPattern::parse(*regex));
    status = consuming.look_for_topics();
  } else if (partition) {
    status = reader.assign({*options.value("topic"), static_cast<std::int32_t>(*partition)}, offset);
  } else {
    const Instant until =
        consuming.timeout == Duration::max() ? Instant::max() : session->loop().now() + consuming.timeout;
    status = subscribe_when_there(*session, reader, *options.value("topic"), until);
  }
  if (status) status = consuming.run();
  surroundings.terminal.flush();
  const Status closed = reader.close();
  if (!status)
    surroundings.terminal.err(
        fmt::format("Error processing message, terminating consumer process: {}\n", status.error().message));
  surroundings.terminal.err(fmt::format("Processed a total of {} messages\n", consuming.count()));
  if (options.has("enable-systest-events")) surroundings.terminal.out("shutdown_complete\n");
  return status && closed ? 0 : 1;
}

}  // namespace

const Tool kConsoleConsumerTool{"kafka-console-consumer", "prints the records of topics", kOptions, work};

}  // namespace leat::tools
