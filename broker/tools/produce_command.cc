// leat produce: lines of the input, or JSON as `leat consume` prints it, become records.
#include <fmt/format.h>

#include "base/digest.h"
#include "base/json.h"
#include "broker/tools/commands.h"
#include "broker/tools/offset_range.h"
#include "broker/tools/producing.h"
#include "broker/tools/record_verbs.h"
#include "broker/wire/compression.h"

namespace leat::tools {

namespace {

constexpr auto kInputWait = std::chrono::milliseconds(50);

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

constexpr OptionSpec kOptions[] = {
    {"H", Takes::kValue, "key=value", "a header of every record; may be repeated"},
    {"Z", Takes::kNothing, "", "an empty value is a tombstone (null)"},
    {"acks", Takes::kValue, "acks", "all (default) or 1"},
    {"f", Takes::kValue, "format", "of a line: '%v\\n' (default), '%k %v\\n', '%k\\t%v\\n', '%p %k %v\\n' ..."},
    {"k", Takes::kValue, "key", "the key of every record"},
    {"p", Takes::kValue, "partition", "the partition of every record"},
    {"q", Takes::kNothing, "", "do not say where records went"},
    {"rate", Takes::kValue, "number", "records per second at most"},
    {"repeat", Takes::kValue, "number", "every record so often"},
    {"v", Takes::kValue, "value", "one record of this value, instead of the input"},
    {"z", Takes::kValue, "codec", "none, gzip, snappy, lz4 or zstd"},
};

struct Header {
  std::string key;
  std::optional<std::string> value;
};
struct InputRecord {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<Header> headers;
  std::optional<std::int64_t> timestamp;
  std::int32_t partition = -1;
};

/// How a line is read: verbs with text between them.
class LineFormat {
 public:
  static Result<LineFormat> parse(std::string_view given) {
    LEAT_ASSIGN_OR_RETURN(std::string format, unescaped(given));
    if (format.ends_with('\n')) format.pop_back();
    LineFormat line;
    for (std::size_t i = 0; i < format.size(); ++i) {
      if (format[i] != '%' || i + 1 == format.size() || format[i + 1] == '%') {
        if (format[i] == '%') ++i;
        if (line.fields_.empty()) return invalid("-f: a line begins with a verb: %k, %v, %p, %T or %h");
        line.fields_.back().behind += format[std::min(i, format.size() - 1)];
        continue;
      }
      const char verb = format[++i] == 's' ? 'v' : format[i] == 'd' ? 'T' : format[i];
      if (std::string_view("kvpTh").find(verb) == std::string_view::npos)
        return invalid(fmt::format("-f: %{} cannot be read; %k, %v, %p, %T and %h can", verb));
      if (!line.fields_.empty() && line.fields_.back().behind.empty())
        return invalid("-f: something must stand between two verbs, such as a blank or \\t");
      line.fields_.push_back({verb, ""});
    }
    if (line.fields_.empty()) return invalid("-f holds no verb: '%v\\n' is a value per line");
    return line;
  }

  Status read(std::string_view text, InputRecord& record) const {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const Field& field = fields_[i];
      const bool last = i + 1 == fields_.size();
      const std::size_t end = field.behind.empty() ? text.size() : text.find(field.behind);
      if (end == std::string_view::npos)
        return invalid(fmt::format("the line has no '{}' behind %{}: {}", field.behind, field.verb, text));
      LEAT_RETURN_IF_ERROR(take(field.verb, text.substr(0, end), record));
      text.remove_prefix(last ? text.size() : end + field.behind.size());
    }
    return {};
  }

 private:
  struct Field {
    char verb;
    std::string behind;
  };
  static Status take(char verb, std::string_view text, InputRecord& record) {
    if (verb == 'k') return record.key = std::string(text), Status();
    if (verb == 'v') return record.value = std::string(text), Status();
    if (verb == 'h') {
      for (const std::string& each : split(text, ',')) {
        const std::size_t equals = each.find('=');
        record.headers.push_back({each.substr(0, equals), equals == std::string::npos ? std::optional<std::string>()
                                                                                      : each.substr(equals + 1)});
      }
      return {};
    }
    const auto number = parse_whole_number(trimmed(text));
    if (!number) return invalid(fmt::format("%{}: '{}' is no number", verb, text));
    if (verb == 'p') return record.partition = static_cast<std::int32_t>(*number), Status();
    return record.timestamp = *number, Status();
  }

  std::vector<Field> fields_;
};

Status read_text(JsonReader& json, std::optional<std::string>& to, bool base64) {
  if (json.take_null()) return to.reset(), Status();
  std::string text;
  if (!json.read(text)) return {};
  if (!base64) return to = std::move(text), Status();
  LEAT_ASSIGN_OR_RETURN(to, from_base64(text));
  return {};
}

Status read_header(JsonReader& json, Header& header) {
  std::string_view name;
  if (!json.begin_object()) return {};
  while (json.next_member(name)) {
    if (name == "key") {
      json.read(header.key);
    } else if (name == "value" || name == "value_base64") {
      LEAT_RETURN_IF_ERROR(read_text(json, header.value, name != "value"));
    } else {
      json.skip();
    }
  }
  return {};
}

/// An object as `leat consume` prints it; what it was of (topic, offset) does not count, its partition with -p only.
Status read_json(std::string_view line, InputRecord& record) {
  JsonReader json(line);
  std::string_view name;
  json.begin_object();
  while (json.ok() && json.next_member(name)) {
    if (name == "key" || name == "key_base64") {
      LEAT_RETURN_IF_ERROR(read_text(json, record.key, name != "key"));
    } else if (name == "value" || name == "payload" || name == "value_base64") {
      LEAT_RETURN_IF_ERROR(read_text(json, record.value, name == "value_base64"));
    } else if (name == "timestamp" || name == "ts") {
      std::int64_t timestamp = 0;
      if (json.read(timestamp, 0, INT64_MAX)) record.timestamp = timestamp;
    } else if (name == "headers") {
      json.begin_array();
      while (json.ok() && json.next_item()) LEAT_RETURN_IF_ERROR(read_header(json, record.headers.emplace_back()));
    } else {
      json.skip();
    }
  }
  return json.finish();
}

class Producing {
 public:
  Producing(Session& session, client::Producer& producer, const std::string& topic, const Options& options)
      : session_(session), producer_(producer), topic_(producer.topic(topic)), options_(options) {}

  std::optional<LineFormat> format;  ///< none: JSON
  std::int64_t repeat = 1;
  std::optional<std::int64_t> rate;
  std::int32_t partition = -1;

  Status run() {
    begun_ = session_.loop().now();
    if (const auto value = options_.value("v")) {
      InputRecord record;
      record.value = *value;
      LEAT_RETURN_IF_ERROR(send(std::move(record)));
      return end();
    }
    Terminal& terminal = session_.terminal();
    while (!terminal.interrupted()) {
      Terminal::Input input = terminal.read(kInputWait);
      text_ += input.bytes;
      LEAT_RETURN_IF_ERROR(send_lines(input.ended));
      if (input.ended) break;
      // Whoever types wants to see the record now.
      if (input.bytes.empty()) LEAT_RETURN_IF_ERROR(flush(session_, producer_));
      session_.loop().run_once(Duration::zero());
    }
    return end();
  }

 private:
  Status end() {
    LEAT_RETURN_IF_ERROR(flush(session_, producer_));
    if (options_.has("q")) return {};
    for (std::int32_t i = 0; i < topic_.partition_count(); ++i)
      if (const std::int64_t count = producer_.acknowledged(topic_, i); count > 0)
        session_.terminal().out(fmt::format("Produced {} record{} to {}-{}, the last at offset {}\n", count,
                                            count == 1 ? "" : "s", topic_.name(), i, producer_.last_offset(topic_, i)));
    return {};
  }
  Status send_lines(bool ended) {
    std::size_t begin = 0;
    for (std::size_t end; (end = text_.find('\n', begin)) != std::string::npos; begin = end + 1)
      LEAT_RETURN_IF_ERROR(send_line(std::string_view(text_).substr(begin, end - begin)));
    text_.erase(0, begin);
    if (ended && !text_.empty()) return send_line(text_);
    return {};
  }
  Status send_line(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    InputRecord record;
    const Status read = format ? format->read(line, record) : read_json(line, record);
    if (!read) return Error{ErrorKind::kCorrupt, fmt::format("line {}: {}", lines_ + 1, read.error().message)};
    ++lines_;
    return send(std::move(record));
  }
  Status send(InputRecord record) {
    if (const auto key = options_.value("k")) record.key = *key;
    if (options_.has("Z") && record.value && record.value->empty()) record.value.reset();
    if (partition >= 0) record.partition = partition;
    if (record.partition >= topic_.partition_count())
      return Error{ErrorKind::kKafka, fmt::format("topic '{}' has no partition {}: it has {}", topic_.name(),
                                                  record.partition, topic_.partition_count())};
    for (const std::string& each : options_.values("H")) {
      const std::size_t equals = each.find('=');
      record.headers.push_back({each.substr(0, equals),
                                equals == std::string::npos ? std::optional<std::string>() : each.substr(equals + 1)});
    }
    std::vector<wire::RecordHeader> headers;
    for (const Header& each : record.headers)
      headers.push_back({each.key, each.value ? std::optional<BytesView>(*each.value) : std::nullopt});
    const auto view = [](const std::optional<std::string>& text) {
      return text ? std::optional<BytesView>(*text) : std::nullopt;
    };
    for (std::int64_t i = 0; i < repeat && !session_.terminal().interrupted(); ++i) {
      wait_for_turn();
      producer_.send(topic_, record.partition, view(record.key), view(record.value), headers,
                     record.timestamp.value_or(session_.loop().wall_clock_ms()));
      make_room(session_, producer_);
      if (producer_.error()) return *producer_.error();
    }
    return {};
  }
  void wait_for_turn() {
    ++sent_;
    if (!rate) return;
    const Instant at = begun_ + std::chrono::nanoseconds(std::chrono::seconds(1)) * (sent_ - 1) / *rate;
    if (at > session_.loop().now()) session_.run_for(at - session_.loop().now());
  }

  Session& session_;
  client::Producer& producer_;
  client::Producer::Topic& topic_;
  const Options& options_;
  std::string text_;
  std::int64_t lines_ = 0;
  std::int64_t sent_ = 0;
  Instant begun_;
};

Result<int> work(const Surroundings& surroundings, const Options& options) {
  if (options.words().size() != 1) return invalid("Name one topic.");
  LEAT_ASSIGN_OR_RETURN(const OutputFormat input, output_format(options));
  if (input == OutputFormat::kJson && options.has("f")) return invalid("--format json and -f exclude each other");
  std::optional<LineFormat> format;
  if (input != OutputFormat::kJson) {
    LEAT_ASSIGN_OR_RETURN(format, LineFormat::parse(options.value_or("f", "%v\\n")));
  }
  LEAT_ASSIGN_OR_RETURN(const auto partition, options.number("p", 0, INT32_MAX));
  LEAT_ASSIGN_OR_RETURN(const auto repeat, options.number("repeat", 1));
  LEAT_ASSIGN_OR_RETURN(const auto rate, options.number("rate", 1));
  LEAT_ASSIGN_OR_RETURN(Settings settings, command_settings(surroundings, options));
  if (const auto codec = options.value("z")) settings.set("compression.type", *codec);
  if (const auto acks = options.value("acks")) settings.set("acks", *acks);
  if (!settings.has("client.id")) settings.set("client.id", "leat");
  LEAT_ASSIGN_OR_RETURN(client::ProducerConfig config, producer_config(settings));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  const std::string& topic = options.words()[0];
  LEAT_ASSIGN_OR_RETURN(const auto producer, make_producer(*session, std::move(config), topic));
  Producing producing(*session, *producer, topic, options);
  producing.format = std::move(format);
  producing.partition = static_cast<std::int32_t>(partition.value_or(-1));
  producing.repeat = repeat.value_or(1);
  producing.rate = rate;
  LEAT_RETURN_IF_ERROR(producing.run());
  return 0;
}

}  // namespace

const Command kProduceCommand{"produce", "TOPIC", "writes lines, or JSON with --format json, to a topic", kOptions,
                              work};

}  // namespace leat::tools
