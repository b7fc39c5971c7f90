// kafka-console-producer: every line of the input becomes a record.
#include <fmt/format.h>

#include "broker/tools/line_reader.h"
#include "broker/tools/producing.h"
#include "broker/tools/tools.h"

namespace leat::tools {

namespace {

constexpr auto kInputWait = std::chrono::milliseconds(50);
constexpr std::string_view kPrompt = ">";

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"batch-size", Takes::kValue, "bytes", "batch.size of the producer"},
    {"command-property", Takes::kValue, "key=value", "a producer setting; may be repeated"},
    {"compression-codec", Takes::kPerhapsValue, "codec", "none, gzip (without a value), snappy, lz4 or zstd"},
    {"line-reader", Takes::kValue, "class", "only org.apache.kafka.tools.LineMessageReader, the default"},
    {"max-block-ms", Takes::kValue, "ms", "how long to look for the topic"},
    {"max-memory-bytes", Takes::kValue, "bytes", "buffer.memory of the producer"},
    {"max-partition-memory-bytes", Takes::kValue, "bytes", "older name of --batch-size"},
    {"message-send-max-retries", Takes::kValue, "number", "accepted; delivery.timeout.ms bounds retries"},
    {"metadata-expiry-ms", Takes::kValue, "ms", "accepted; metadata is refreshed when it proves wrong"},
    {"producer-property", Takes::kValue, "key=value", "older name of --command-property"},
    {"producer.config", Takes::kValue, "file", "older name of --command-config"},
    {"property", Takes::kValue, "key=value", "older name of --reader-property"},
    {"reader-config", Takes::kValue, "file", "properties of the line reader as a file"},
    {"reader-property", Takes::kValue, "key=value", "parse.key, key.separator, parse.headers, null.marker, ..."},
    {"request-required-acks", Takes::kValue, "acks", "acks of the producer: all, -1, 0 or 1"},
    {"request-timeout-ms", Takes::kValue, "ms", "request.timeout.ms of the producer"},
    {"retry-backoff-ms", Takes::kValue, "ms", "accepted; the client chooses its own"},
    {"socket-buffer-size", Takes::kValue, "bytes", "accepted; the system chooses its own"},
    {"sync", Takes::kNothing, "", "wait for the acknowledgement of every record"},
    {"timeout", Takes::kValue, "ms", "linger.ms of the producer; at a pause of the input all is sent at once"},
    {"topic", Takes::kValue, "name", "the topic to write to; required"},
};

Result<Settings> producer_settings(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(Settings settings, settings_of(surroundings, options, {"producer.config", "command-config"},
                                                       {"producer-property", "command-property"}));
  const std::pair<const char*, const char*> merged[] = {{"timeout", "linger.ms"},
                                                        {"max-block-ms", "max.block.ms"},
                                                        {"max-memory-bytes", "buffer.memory"},
                                                        {"request-timeout-ms", "request.timeout.ms"},
                                                        {"batch-size", "batch.size"},
                                                        {"max-partition-memory-bytes", "batch.size"},
                                                        {"request-required-acks", "acks"}};
  for (const auto& [option, setting] : merged)
    if (const auto value = options.value(option)) settings.set(setting, *value);
  if (!settings.has("linger.ms")) settings.set("linger.ms", "1000");
  if (!settings.has("client.id")) settings.set("client.id", "console-producer");
  if (options.has("compression-codec")) settings.set("compression.type", options.value_or("compression-codec", "gzip"));
  return settings;
}

Result<LineReader> line_reader(const Surroundings& surroundings, const Options& options) {
  const std::string reader_class = options.value_or("line-reader", "LineMessageReader");
  if (reader_class.substr(reader_class.rfind('.') + 1) != "LineMessageReader")
    return Error{ErrorKind::kInvalidArgument,
                 fmt::format("--line-reader {}: only org.apache.kafka.tools.LineMessageReader is there", reader_class)};
  LEAT_ASSIGN_OR_RETURN(const auto properties,
                        properties_of(surroundings, options, {"reader-config"}, {"property", "reader-property"}));
  return LineReader::make(properties);
}

/// One run of the tool: lines in, records out.
class Producing {
 public:
  Producing(Session& session, client::Producer& producer, LineReader reader, const std::string& topic, bool sync)
      : session_(session),
        producer_(producer),
        topic_(producer.topic(topic)),
        reader_(std::move(reader)),
        sync_(sync) {}

  Status run() {
    Terminal& terminal = session_.terminal();
    bool idle = true;
    prompt();
    while (!terminal.interrupted()) {
      Terminal::Input input = terminal.read(idle ? Duration(kInputWait) : Duration::zero());
      text_ += input.bytes;
      LEAT_RETURN_IF_ERROR(send_lines(input.ended));
      if (input.ended) break;
      idle = input.bytes.empty();
      if (!idle) {
        session_.loop().run_once(Duration::zero());
      } else {
        // Whoever types wants to see the record now, not after the linger time.
        LEAT_RETURN_IF_ERROR(flush(session_, producer_));
      }
    }
    return flush(session_, producer_);
  }

 private:
  void prompt() {
    if (!session_.terminal().interactive()) return;
    session_.terminal().out(kPrompt);
    session_.terminal().flush();
  }

  Status send_lines(bool ended) {
    std::size_t begin = 0;
    for (std::size_t end; (end = text_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      LEAT_RETURN_IF_ERROR(send(std::string_view(text_).substr(begin, end - begin)));
      prompt();
    }
    text_.erase(0, begin);
    if (ended && !text_.empty()) return send(text_);
    return {};
  }

  Status send(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    auto record = reader_.read(line);
    if (!record) {
      (void)flush(session_, producer_);
      return record.error();
    }
    producer_.send(topic_, -1, record->key, record->value, record->headers, session_.loop().wall_clock_ms());
    if (sync_) return flush(session_, producer_);
    make_room(session_, producer_);
    return producer_.error() ? Status(*producer_.error()) : Status();
  }

  Session& session_;
  client::Producer& producer_;
  client::Producer::Topic& topic_;
  LineReader reader_;
  const bool sync_;
  std::string text_;  ///< read and not yet sent: the beginning of a line
};

Result<int> work(const Surroundings& surroundings, const Options& options) {
  LEAT_RETURN_IF_ERROR(options.require({"bootstrap-server", "topic"}));
  for (const char* number :
       {"timeout", "max-block-ms", "max-memory-bytes", "request-timeout-ms", "batch-size", "max-partition-memory-bytes",
        "message-send-max-retries", "metadata-expiry-ms", "retry-backoff-ms", "socket-buffer-size"})
    if (const auto good = options.number(number); !good) return good.error();
  LEAT_ASSIGN_OR_RETURN(const Settings settings, producer_settings(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(LineReader reader, line_reader(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(client::ProducerConfig config, producer_config(settings));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  const std::string topic = *options.value("topic");
  LEAT_ASSIGN_OR_RETURN(const auto producer, make_producer(*session, std::move(config), topic));
  LEAT_RETURN_IF_ERROR(Producing(*session, *producer, std::move(reader), topic, options.has("sync")).run());
  return 0;
}

}  // namespace

const Tool kConsoleProducerTool{"kafka-console-producer", "writes the lines of its input to a topic", kOptions, work};

}  // namespace leat::tools
