#include "tests/conformance/runtime_formats.h"

#include "streams/assignor/assignment_info.h"
#include "streams/assignor/subscription_info.h"
#include "tests/conformance/json_lines.h"
#include "tests/conformance/store_reader.h"
#include "topology/outer_join_store.h"
#include "topology/suppress_buffer.h"

namespace leat::conformance {

namespace {

using simdjson::dom::element;
using Check = std::optional<std::pair<std::string, std::string>>;

std::string text(element line, const char* name) { return std::string(std::string_view(line[name])); }
std::string bytes(element line, const char* name) { return from_hex(std::string_view(line[name])); }
std::optional<Bytes> bytes_or_null(element hex) {
  if (hex.is_null()) return std::nullopt;
  return from_hex(std::string_view(hex));
}

Check suppressed(element line) {
  detail::SuppressBuffer::Row row;
  // The context of all these lines, as those of the format "context" have it.
  row.timestamp = 1'700'000'000'123;
  row.metadata = {text(line, "topic"), 3, 42};
  for (element header : simdjson::dom::array(line["headers"])) {
    row.headers.add(std::string(std::string_view(header.at(0))), bytes_or_null(header.at(1)));
  }
  row.prior = bytes_or_null(line["prior"]);
  row.old_value = bytes_or_null(line["old"]);
  row.new_value = bytes_or_null(line["new"]);
  const std::int64_t time = whole_number(line["time"]);
  const auto back = detail::read_suppressed(bytes(line, "bytes"));
  if (!back.ok() || back->first != time || detail::serialize_suppressed(back->second, time) != bytes(line, "bytes")) {
    return {{"the row", "another one when read back"}};
  }
  return {{text(line, "bytes"), to_hex(detail::serialize_suppressed(row, time))}};
}

/// The parts of a suppressed row by themselves: what stands in front of its values, and all but the time at its end.
Check suppressed_part(element line, bool with_values) {
  // A context without a topic is a NullPointerException there, and cannot be here.
  if (line["bytes"].error() != simdjson::SUCCESS) return std::nullopt;
  constexpr std::size_t kTimeBytes = 8;
  detail::SuppressBuffer::Row row;
  row.timestamp = 1'700'000'000'123;
  row.metadata = {text(line, "topic"), 3, 42};
  for (element header : simdjson::dom::array(line["headers"]))
    row.headers.add(std::string(std::string_view(header.at(0))), bytes_or_null(header.at(1)));
  if (with_values) {
    row.prior = bytes_or_null(line["prior"]);
    row.old_value = bytes_or_null(line["old"]);
    row.new_value = bytes_or_null(line["new"]);
  } else {
    row.timestamp = whole_number(line["ts"]);
    row.metadata.partition = static_cast<std::int32_t>(whole_number(line["partition"]));
    row.metadata.offset = whole_number(line["offset"]);
  }
  Bytes out = detail::serialize_suppressed(row, 0);
  const std::size_t no_values = with_values ? 0 : 3 * sizeof(std::uint32_t);
  out.resize(out.size() - kTimeBytes - no_values);
  return {{text(line, "bytes"), to_hex(out)}};
}

Check unjoined_key(element line) {
  const detail::JoinSideKeySerde<std::string> serde(default_serde<std::string>());
  const detail::JoinSideKey<std::string> key{whole_number(line["ts"]), text(line, "side") == "left",
                                             bytes(line, "key")};
  Bytes out;
  serde.serialize(key, out);
  const auto back = serde.deserialize(out);
  if (!back.ok() || !(back.value() == key)) return {{"the key", "another one when read back"}};
  return {{text(line, "bytes"), to_hex(out)}};
}

TopicPartition partition_of(std::string_view name) {
  const std::size_t dash = name.rfind('-');
  return {std::string(name.substr(0, dash)), std::stoi(std::string(name.substr(dash + 1)))};
}

Check subscription(element line) {
  SubscriptionInfo info;
  info.version = static_cast<std::int32_t>(whole_number(line["version"]));
  info.version_latest_supported = static_cast<std::int32_t>(whole_number(line["latest"]));
  info.process_id = Uuid::from_string(text(line, "process_id")).value();
  if (!line["endpoint"].is_null()) info.user_endpoint = text(line, "endpoint");
  for (auto [task, offset] : simdjson::dom::object(line["task_offset_sums"])) {
    info.task_offset_sums[TaskId::parse(task).value()] = whole_number(offset);
  }
  info.unique_field = static_cast<std::int8_t>(whole_number(line["unique_field"]));
  info.error_code = static_cast<std::int32_t>(whole_number(line["error_code"]));
  for (auto [key, value] : simdjson::dom::object(line["tags"])) {
    info.client_tags[std::string(key)] = std::string(std::string_view(value));
  }
  const auto back = SubscriptionInfo::decode(bytes(line, "bytes"));
  if (!back.ok() || to_hex(back->encode()) != text(line, "bytes")) return {{"the subscription", "another one"}};
  return {{text(line, "bytes"), to_hex(info.encode())}};
}

std::map<HostInfo, std::set<TopicPartition>> partitions_by_host(element hosts) {
  std::map<HostInfo, std::set<TopicPartition>> all;
  for (auto [host, partitions] : simdjson::dom::object(hosts)) {
    auto& of_host = all[HostInfo::parse(host).value()];
    for (element name : simdjson::dom::array(partitions)) of_host.insert(partition_of(std::string_view(name)));
  }
  return all;
}

/// A row of what waits for a partner, and each value of it by itself.
Check unjoined_values(element line) {
  const detail::UnjoinedValuesSerde<std::string, std::string> serde(default_serde<std::string>(),
                                                                    default_serde<std::string>());
  Bytes row;
  if (simdjson::dom::array values; line["values"].get(values) == simdjson::SUCCESS) {
    const auto back = serde.deserialize(bytes(line, "bytes"));
    if (!back.ok() || back->size() != values.size()) return {{"a row", "none"}};
    serde.serialize(*back, row);
    return {{text(line, "bytes"), to_hex(row)}};
  }
  detail::LeftOrRight<std::string, std::string> value;
  (text(line, "side") == "left" ? value.left : value.right) = bytes(line, "value");
  serde.serialize({value}, row);
  // Behind the head of the row and the length of its one value.
  return {{text(line, "bytes"), to_hex(BytesView(row).substr(9))}};
}

Check assignment(element line) {
  AssignmentInfo info;
  info.version = static_cast<std::int32_t>(whole_number(line["version"]));
  info.version_commonly_supported = static_cast<std::int32_t>(whole_number(line["latest"]));
  for (element task : simdjson::dom::array(line["active"])) {
    info.active_tasks.push_back(TaskId::parse(std::string_view(task)).value());
  }
  for (auto [task, partitions] : simdjson::dom::object(line["standby"])) {
    auto& of_task = info.standby_tasks[TaskId::parse(task).value()];
    for (element name : simdjson::dom::array(partitions)) of_task.insert(partition_of(std::string_view(name)));
  }
  info.partitions_by_host = partitions_by_host(line["hosts"]);
  info.standby_partitions_by_host = partitions_by_host(line["standby_hosts"]);
  info.error_code = static_cast<std::int32_t>(whole_number(line["error_code"]));
  if (!line["next_rebalance_ms"].is_null()) info.next_rebalance_ms = whole_number(line["next_rebalance_ms"]);
  const auto back = AssignmentInfo::decode(bytes(line, "bytes"));
  if (!back.ok() || to_hex(back->encode()) != text(line, "bytes")) return {{"the assignment", "another one"}};
  return {{text(line, "bytes"), to_hex(info.encode())}};
}

}  // namespace

Check check_runtime_format(element line, std::string_view format) {
  if (format.starts_with("suppress changelog")) return suppressed(line);
  if (format == "buffer value") return suppressed_part(line, true);
  if (format == "context") return suppressed_part(line, false);
  if (format == "subscription") return subscription(line);
  if (format == "assignment") return assignment(line);
  if (format == "row (list of values)" || (format == "value" && line["side"].error() == simdjson::SUCCESS))
    return unjoined_values(line);
  if (format == "key" && line["side"].error() == simdjson::SUCCESS) return unjoined_key(line);
  return std::nullopt;
}

}  // namespace leat::conformance
