#include "tests/conformance/serde_vectors.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <map>
#include <optional>
#include <string>

#include "base/files.h"
#include "base/list_serde.h"
#include "base/murmur2.h"
#include "base/serde.h"
#include "base/sim/sim_world.h"
#include "state/position_bytes.h"
#include "state/row_format.h"
#include "state/version_row.h"
#include "state/window_rows.h"
#include "state/windowed.h"
#include "streams/commit_metadata.h"
#include "streams/state_directory.h"
#include "tests/conformance/json_lines.h"
#include "tests/conformance/runtime_formats.h"
#include "tests/conformance/store_reader.h"
#include "topology/change_serde.h"
#include "topology/foreign_key_records.h"

namespace leat::conformance {

namespace {

using simdjson::dom::element;

/// What a line expects and what we have; nothing where the format is not known.
using Check = std::optional<std::pair<std::string, std::string>>;

std::string text(element line, const char* name) { return std::string(std::string_view(line[name])); }
std::string bytes(element line, const char* name) { return from_hex(std::string_view(line[name])); }

template <class T>
std::string serialized(const T& value) {
  Bytes out;
  Serde<T>::serialize(value, out);
  return to_hex(out);
}

template <class T>
Check number(element line) {
  const T value = static_cast<T>(whole_number(line["number"]));
  const auto back = Serde<T>::deserialize(bytes(line, "bytes"));
  if (!back.ok() || back.value() != value) return {{"the same number", "another one"}};
  return {{text(line, "bytes"), serialized(value)}};
}

template <class T, class Bits>
Check floating(element line) {
  const auto bits = static_cast<Bits>(std::stoull(text(line, "bits"), nullptr, 16));
  return {{text(line, "bytes"), serialized(std::bit_cast<T>(bits))}};
}

template <class T, class Read>
Check list(element line, Read read) {
  std::vector<std::optional<T>> items;
  for (element item : simdjson::dom::array(line["items"])) {
    items.push_back(item.is_null() ? std::nullopt : std::optional<T>(read(item)));
  }
  const auto back = Serde<std::vector<std::optional<T>>>::deserialize(bytes(line, "bytes"));
  if (!back.ok() || back.value() != items) return {{"the same list", "another one"}};
  return {{text(line, "bytes"), serialized(items)}};
}

Check basic(element line, std::string_view type) {
  if (type == "string") return {{text(line, "bytes"), serialized(text(line, "text"))}};
  if (type == "long") return number<std::int64_t>(line);
  if (type == "integer") return number<std::int32_t>(line);
  if (type == "short") return number<std::int16_t>(line);
  if (type == "double") return floating<double, std::uint64_t>(line);
  if (type == "float") return floating<float, std::uint32_t>(line);
  if (type == "boolean") return {{text(line, "bytes"), serialized(bool(line["value"]))}};
  if (type == "uuid") return {{text(line, "bytes"), serialized(Uuid::from_string(text(line, "text")).value())}};
  if (type == "list<string>") {
    return list<std::string>(line, [](element item) { return std::string(std::string_view(item)); });
  }
  if (type == "list<long>") return list<std::int64_t>(line, [](element item) { return whole_number(item); });
  return std::nullopt;
}

Check window_key(element line, std::string_view format) {
  element found;
  if (line["start"].get(found)) return std::nullopt;
  const std::int64_t start = whole_number(found);
  Bytes out;
  if (format == "topic") {
    TimeWindowedSerde<std::string>(10'000).serialize({bytes(line, "key"), {start, start + 10'000}}, out);
  } else if (format == "store") {
    detail::append_window_key(bytes(line, "key"), start, static_cast<std::int32_t>(whole_number(line["seq"])), out);
  } else if (format == "topic-read") {
    const auto read = TimeWindowedSerde<std::string>(whole_number(line["size"])).deserialize(bytes(line, "bytes"));
    const Windowed<std::string> expected{bytes(line, "key"), {start, whole_number(line["end"])}};
    return {{"the window", read.ok() && read.value() == expected ? "the window" : "another window"}};
  } else {
    return std::nullopt;
  }
  return {{text(line, "bytes"), to_hex(out)}};
}

Check session_key(element line) {
  const Windowed<std::string> key{bytes(line, "key"), {whole_number(line["start"]), whole_number(line["end"])}};
  Bytes out;
  SessionWindowedSerde<std::string>().serialize(key, out);
  const auto back = SessionWindowedSerde<std::string>().deserialize(out);
  if (!back.ok() || back.value() != key) return {{"the session", "another one"}};
  return {{text(line, "bytes"), to_hex(out)}};
}

Check partitions(element line, std::string_view format) {
  Bytes key = bytes(line, "key");
  if (format == "murmur2" && whole_number(line["hash"]) != murmur2(key)) return {{"the hash", "another hash"}};
  if (format != "murmur2") {
    Bytes windowed;
    const TimeWindowedSerde<std::string> serde(10'000);
    serde.serialize({key, {whole_number(line["start"]), 0}}, windowed);
    key = windowed.substr(0, windowed.size() - TimeWindowedSerde<std::string>::kWindowBytes);
  }
  for (auto [count, partition] : simdjson::dom::object(line["partition_of"])) {
    element expected = partition;
    if (partition.is_array()) expected = partition.at(0);
    const std::int64_t ours = partition_for_key(key, std::stoi(std::string(count)));
    if (ours != whole_number(expected)) return {{simdjson::minify(expected), std::to_string(ours)}};
  }
  return {{"", ""}};
}

Check commit_metadata(element line, std::string_view format) {
  if (format.ends_with("read")) {
    const std::int64_t time = CommitMetadata::decode(text(line, "text")).partition_time;
    return {{std::to_string(whole_number(line["partition_time"])), std::to_string(time)}};
  }
  CommitMetadata metadata;
  metadata.partition_time = whole_number(line["partition_time"]);
  for (auto [name, value] : simdjson::dom::object(line["processor_metadata"])) {
    metadata.processors[std::string(name)] = whole_number(value);
  }
  return {{text(line, "text"), metadata.encode()}};
}

Check change(element line) {
  // While old members are there, both halves of a change never meet in one record: RegroupNode sends them apart.
  if (line["bytes"].error() != simdjson::SUCCESS) return std::nullopt;
  const auto part = [&](const char* name) {
    return line[name].is_null() ? std::nullopt : std::optional<Bytes>(bytes(line, name));
  };
  const auto view = [](const std::optional<Bytes>& owned) {
    return owned ? std::optional<BytesView>(*owned) : std::nullopt;
  };
  const std::optional<Bytes> new_value = part("new"), old_value = part("old");
  Bytes out;
  detail::append_change(view(new_value), view(old_value), out);
  const auto back = detail::read_change(out);
  if (!back.ok() || back.value().new_value != view(part("read_new"))) return {{"the new value", "another one"}};
  return {{text(line, "bytes"), to_hex(out)}};
}

std::optional<Bytes> bytes_or_null(element hex) {
  if (hex.is_null()) return std::nullopt;
  return from_hex(std::string_view(hex));
}

Check with_headers(element line, std::string_view format) {
  Headers headers;
  for (element header : simdjson::dom::array(line["headers"])) {
    headers.add(std::string(std::string_view(header.at(0))), bytes_or_null(header.at(1)));
  }
  Bytes out, again;
  Headers back;
  if (format == "headers") {
    detail::append_row_headers(headers, out);
    if (!detail::read_row_headers(out, back).ok()) return {{"headers", "none that can be read"}};
    while (static_cast<unsigned char>(out.front()) >= 0x80) out.erase(0, 1);
    out.erase(0, 1);  // the length
  } else if (format == "value+ts+headers") {
    using Format = detail::RowFormat<ValueTimestampHeaders<std::string>>;
    ValueTimestampHeaders<std::string> row{bytes(line, "value"), whole_number(line["ts"]), headers}, read;
    Format::encode(*default_serde<std::string>(), row, out);
    if (!Format::decode(*default_serde<std::string>(), out, read).ok()) return {{"a row", "none that can be read"}};
    back = read.headers;
  } else {
    using Format = detail::RowFormat<AggregationWithHeaders<std::string>>;
    AggregationWithHeaders<std::string> row{bytes(line, "value"), headers}, read;
    Format::encode(*default_serde<std::string>(), row, out);
    if (!Format::decode(*default_serde<std::string>(), out, read).ok()) return {{"a row", "none that can be read"}};
    back = read.headers;
  }
  if (back != headers) return {{"the headers", "others when read back"}};
  return {{text(line, "bytes"), to_hex(out)}};
}

std::optional<detail::RowHash> hash_of(element line) {
  if (line["hash"].is_null()) return std::nullopt;
  const auto half = [&](std::size_t i) {
    return static_cast<std::uint64_t>(whole_number(simdjson::dom::array(line["hash"]).at(i)));
  };
  return detail::RowHash{half(0), half(1)};
}

Check foreign_key(element line, std::string_view format) {
  const auto strings = default_serde<std::string>();
  Bytes out;
  if (format == "murmur3-128") {
    const auto hash = murmur3_128(bytes(line, "input"));
    return {{text(line, "h1") + "," + text(line, "h2"), std::to_string(static_cast<std::int64_t>(hash[0])) + "," +
                                                            std::to_string(static_cast<std::int64_t>(hash[1]))}};
  }
  if (format.starts_with("subscription v")) {
    static const std::map<std::string, detail::SubscriptionInstruction> kInstructions{
        {"DELETE_KEY_NO_PROPAGATE", detail::SubscriptionInstruction::kDeleteKeyNoPropagate},
        {"DELETE_KEY_AND_PROPAGATE", detail::SubscriptionInstruction::kDeleteKeyAndPropagate},
        {"PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE", detail::SubscriptionInstruction::kPropagateNullIfNoForeignValue},
        {"PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE", detail::SubscriptionInstruction::kPropagateOnlyIfForeignValue}};
    detail::Subscription<std::string> sent{hash_of(line), kInstructions.at(text(line, "instruction")),
                                           bytes(line, "pk"), std::nullopt};
    if (format.ends_with("v1")) sent.primary_partition = static_cast<std::int32_t>(whole_number(line["partition"]));
    const detail::SubscriptionSerde<std::string> serde(strings);
    serde.serialize(sent, out);
    detail::Subscription<std::string> read;
    const bool same = serde.deserialize(out, read).ok() && read.hash == sent.hash &&
                      read.primary_key == sent.primary_key && read.primary_partition == sent.primary_partition;
    if (!same) return {{"the subscription", "another one when read back"}};
  } else if (format == "response") {
    detail::SubscriptionResponse<std::string> sent{hash_of(line), std::nullopt, std::nullopt};
    if (!line["value"].is_null()) sent.foreign_value = bytes(line, "value");
    const detail::SubscriptionResponseSerde<std::string> serde(strings);
    serde.serialize(sent, out);
    detail::SubscriptionResponse<std::string> read;
    if (!serde.deserialize(out, read).ok() || read.hash != sent.hash) return {{"the response", "another one"}};
  } else {
    const detail::SubscriptionKeys<std::string, std::string> keys(strings, strings);
    if (format.ends_with("prefix")) {
      keys.prefix(bytes(line, "fk"), out);
    } else {
      keys.key(bytes(line, "fk"), bytes(line, "pk"), out);
    }
  }
  return {{text(line, "bytes"), to_hex(out)}};
}

/// A row of a versioned store after each call; the lines of one group go on from each other.
class VersionRowChecks {
 public:
  Check next(element line) {
    const std::string op = text(line, "op");
    const auto value = bytes_or_null(line["value"]);
    const std::optional<BytesView> view = value ? std::optional<BytesView>(*value) : std::nullopt;
    const auto time = [&](const char* name) { return whole_number(line[name]); };
    const auto index = [&] { return static_cast<std::size_t>(time("index")); };
    if (op.starts_with("new")) {
      row_.emplace(view, time("from"), time("to"));
    } else if (op == "insertAsLatest") {
      row_->insert_as_latest(time("from"), time("to"), view);
    } else if (op == "insertAsEarliest") {
      row_->insert_as_earliest(time("from"), view);
    } else if (op == "insert") {
      row_->insert(index(), time("from"), view);
    } else if (op == "updateRecord") {
      row_->update(index(), time("from"), view);
    } else {
      return std::nullopt;
    }
    const Bytes out = row_->encode();
    const auto back = detail::VersionRow::parse(out);
    if (!back.ok() || back->encode() != out) return {{"the row", "another one when read back"}};
    return {{text(line, "bytes"), to_hex(out)}};
  }

 private:
  std::optional<detail::VersionRow> row_;
};

Check position(element line) {
  Position position;
  for (const auto topic : simdjson::dom::object(line["position"]))
    for (const auto at : simdjson::dom::object(topic.value))
      position.with_component(std::string(topic.key), std::stoi(std::string(at.key)), whole_number(at.value));
  const auto back = read_position(bytes(line, "bytes"));
  if (!back || *back != position) return {{"the same position", "another one"}};
  return {{text(line, "bytes"), to_hex(position_bytes(position))}};
}

/// The file that says whose state it is, and the places of tasks; what lies in those is RocksDB's and ours.
Check state_directory(element line) {
  sim::SimWorld sim(1);
  const World world = sim.process("app");
  std::string_view id;
  const std::string file = "/state/app/kafka-streams-process-metadata";
  if (line["process_id"].get(id) == simdjson::SUCCESS) {
    LEAT_CHECK(world.files.make_directories("/state/app").ok() &&
                   write_file_atomically(world.files, file, text(line, "text")).ok(),
               "the process file is written");
    const auto read = StateDirectory::open(world.files, world.random, "/state", "app");
    if (!read || (*read)->process_id().to_string() != id) return {{std::string(id), "another process id"}};
    // And one that we write.
    const auto drawn = StateDirectory::open(world.files, world.random, "/other", "app");
    Bytes written = *read_file(world.files, "/other/app/kafka-streams-process-metadata");
    written.replace(written.find((*drawn)->process_id().to_string()), id.size(), id);
    return {{text(line, "text"), written}};
  }
  simdjson::dom::array paths;
  if (line["paths"].get(paths)) return std::nullopt;
  const auto directory = StateDirectory::open(world.files, world.random, "/state", "app");
  const std::string task = (*directory)->of_task({0, 0}).substr(std::string("/state/").size()) + "/";
  for (element path : paths)
    if (std::string_view(path) == task) return {{task, task}};
  return {{"a directory of task 0_0", task}};
}

Check check(element line) {
  std::string_view type, format;
  if (!line["type"].get(type)) return basic(line, type);
  if (line["file"].error() == simdjson::SUCCESS) return state_directory(line);
  if (line["format"].get(format)) return std::nullopt;
  if (format.starts_with("position")) return position(line);
  if (const Check found = check_runtime_format(line, format)) return found;
  if (format == "timestamped") {
    Bytes out;
    detail::RowFormat<ValueAndTimestamp<std::string>>::encode(*default_serde<std::string>(),
                                                              {bytes(line, "value"), whole_number(line["ts"])}, out);
    return {{text(line, "bytes"), to_hex(out)}};
  }
  if (element end; line["end"].get(end) == simdjson::SUCCESS && !format.starts_with("topic-read")) {
    return format == "topic" || format == "store" ? session_key(line) : std::nullopt;
  }
  if (format == "murmur2" || format.starts_with("windowed partitioner")) return partitions(line, format);
  if (format.starts_with("offset commit metadata")) return commit_metadata(line, format);
  if (format == "change") return change(line);
  if (format == "murmur3-128" || format == "response" || format.starts_with("subscription")) {
    return foreign_key(line, format);
  }
  if (format == "headers" || format == "value+ts+headers" || format == "session value+headers") {
    return with_headers(line, format);
  }
  return window_key(line, format);
}

/// Why lines of a format are not compared.
std::string_view reason_of(std::string_view format) {
  if (format.ends_with("store-time-first") || format.ends_with("store-key-first-index")) {
    return "rows of stores in the order of time lie in tables of our own (features STO-042, STO-043); their changelogs "
           "have the form 'store', which is compared";
  }
  if (format == "change change") {
    return "refusals: Kafka's serialiser refuses both halves in one record for old members; ours never gets them so";
  }
  if (format == "commit-metadata processor metadata") {
    return "a part of the commit metadata by itself; the whole is compared";
  }
  if (format == "suppress-buffer context") return "refusals of a record without a topic, which there cannot be";
  if (format.ends_with(".checkpoint")) return "offsets lie in the store, there is no such file (feature STO-071)";
  return "no reason is known: a format that is missing";
}

}  // namespace

SerdeTally check_serde_vectors(const std::string& directory) {
  SerdeTally tally;
  VersionRowChecks version_rows;
  std::map<std::string, int> skipped;
  for (const char* file : {"versioned-segments", "basic", "window-keys", "timestamped-values", "headers-values",
                           "foreign-key", "partitioning", "commit-metadata", "change", "session-keys",
                           "suppress-buffer", "outer-join-store", "rebalance-protocol", "position", "state-dir"}) {
    for_each_line(fmt::format("{}/{}.jsonl", directory, file), [&](element line) {
      const bool versions = line["op"].error() == simdjson::SUCCESS && std::string_view(file) == "versioned-segments";
      const Check found = versions ? version_rows.next(line) : check(line);
      if (!found) {
        ++tally.skipped;
        std::string_view format;
        if (line["format"].get(format) && line["file"].get(format)) format = "?";
        ++skipped[fmt::format("{} {}", file, format)];
      } else if (found->first == found->second) {
        ++tally.passed;
      } else {
        ++tally.failed;
        fmt::print("FAIL {} {}: {}, not {}\n", file, simdjson::minify(line), found->second, found->first);
      }
    });
  }
  for (const auto& [format, lines] : skipped)
    fmt::print("not covered: {} lines of {}: {}\n", lines, format, reason_of(format));
  return tally;
}

}  // namespace leat::conformance
