#include "streams/assignor/subscription_info.h"

#include "base/big_endian.h"

namespace leat {

namespace {

constexpr std::int32_t kVersionWithLatest = 3;
constexpr std::int32_t kVersionWithOffsetSums = 7;
constexpr std::int32_t kVersionWithUniqueField = 8;
constexpr std::int32_t kVersionWithErrorCode = 9;
constexpr std::int32_t kVersionWithTopologyNames = 10;
constexpr std::int32_t kVersionWithTags = 11;

void append_text(Bytes& bytes, BytesView text) {
  append_big_endian<std::int32_t>(bytes, static_cast<std::int32_t>(text.size()));
  bytes += text;
}

void append_uuid(Bytes& bytes, const Uuid& uuid) {
  append_big_endian<std::uint64_t>(bytes, uuid.high);
  append_big_endian<std::uint64_t>(bytes, uuid.low);
}

void append_task(Bytes& bytes, const TaskId& task) {
  append_big_endian<std::int32_t>(bytes, task.subtopology);
  append_big_endian<std::int32_t>(bytes, task.partition);
}

/// Before offset sums there were two lists: tasks that run, and tasks whose state is here.
void append_task_lists(Bytes& bytes, const SubscriptionInfo& info) {
  for (const bool active : {true, false}) {
    const std::size_t count_at = bytes.size();
    append_big_endian<std::int32_t>(bytes, 0);
    std::int32_t count = 0;
    for (const auto& [task, sum] : info.task_offset_sums) {
      if ((sum == SubscriptionInfo::kLatestOffset) != active) continue;
      append_task(bytes, task);
      ++count;
    }
    store_big_endian(bytes.data() + count_at, count);
  }
}

void append_grouped_sums(Bytes& bytes, const SubscriptionInfo& info) {
  std::map<std::int32_t, std::map<std::int32_t, std::int64_t>> by_subtopology;
  for (const auto& [task, sum] : info.task_offset_sums) by_subtopology[task.subtopology][task.partition] = sum;
  append_big_endian<std::int32_t>(bytes, static_cast<std::int32_t>(by_subtopology.size()));
  for (const auto& [subtopology, sums] : by_subtopology) {
    append_big_endian<std::int32_t>(bytes, subtopology);
    append_big_endian<std::int32_t>(bytes, static_cast<std::int32_t>(sums.size()));
    for (const auto& [partition, sum] : sums) {
      append_big_endian<std::int32_t>(bytes, partition);
      append_big_endian<std::int64_t>(bytes, sum);
    }
  }
}

void append_flat_sums(Bytes& bytes, const SubscriptionInfo& info) {
  append_big_endian<std::int32_t>(bytes, static_cast<std::int32_t>(info.task_offset_sums.size()));
  for (const auto& [task, sum] : info.task_offset_sums) {
    append_task(bytes, task);
    append_big_endian<std::int64_t>(bytes, sum);
    append_big_endian<std::int16_t>(bytes, -1);  // no named topology
  }
}

TaskId read_task(BigEndianReader& reader) {
  TaskId task;
  task.subtopology = reader.read<std::int32_t>();
  task.partition = reader.read<std::int32_t>();
  return task;
}

std::string read_text(BigEndianReader& reader) { return std::string(reader.read_bytes(reader.read_count(1))); }

void read_task_lists(BigEndianReader& reader, SubscriptionInfo& info) {
  for (const auto sum : {SubscriptionInfo::kLatestOffset, SubscriptionInfo::kUnknownOffsetSum})
    for (auto left = reader.read_count(8); left > 0; --left) info.task_offset_sums.emplace(read_task(reader), sum);
}

void read_grouped_sums(BigEndianReader& reader, SubscriptionInfo& info) {
  for (auto groups = reader.read_count(8); groups > 0; --groups) {
    TaskId task;
    task.subtopology = reader.read<std::int32_t>();
    for (auto left = reader.read_count(12); left > 0; --left) {
      task.partition = reader.read<std::int32_t>();
      info.task_offset_sums[task] = reader.read<std::int64_t>();
    }
  }
}

void read_flat_sums(BigEndianReader& reader, SubscriptionInfo& info) {
  for (auto left = reader.read_count(18); left > 0; --left) {
    const TaskId task = read_task(reader);
    info.task_offset_sums[task] = reader.read<std::int64_t>();
    const auto name_size = reader.read<std::int16_t>();
    if (name_size > 0) reader.fail();  // named topologies are gone since Kafka 4.0
  }
}

}  // namespace

Bytes SubscriptionInfo::encode() const {
  Bytes bytes;
  append_big_endian<std::int32_t>(bytes, version);
  if (version >= kVersionWithLatest) append_big_endian<std::int32_t>(bytes, version_latest_supported);
  append_uuid(bytes, process_id);
  if (version < kVersionWithOffsetSums) {
    append_task_lists(bytes, *this);
    if (version >= 2) append_text(bytes, user_endpoint);
    return bytes;
  }
  append_text(bytes, user_endpoint);
  if (version < kVersionWithTopologyNames) {
    append_grouped_sums(bytes, *this);
  } else {
    append_flat_sums(bytes, *this);
  }
  if (version >= kVersionWithUniqueField) bytes.push_back(static_cast<char>(unique_field));
  if (version >= kVersionWithErrorCode) append_big_endian<std::int32_t>(bytes, error_code);
  if (version >= kVersionWithTags) {
    append_big_endian<std::int32_t>(bytes, static_cast<std::int32_t>(client_tags.size()));
    for (const auto& [key, value] : client_tags) {
      append_text(bytes, key);
      append_text(bytes, value);
    }
  }
  return bytes;
}

Result<SubscriptionInfo> SubscriptionInfo::decode(BytesView bytes) {
  BigEndianReader reader(bytes);
  SubscriptionInfo info;
  info.version = reader.read<std::int32_t>();
  info.version_latest_supported = info.version >= kVersionWithLatest ? reader.read<std::int32_t>() : -1;
  info.process_id.high = reader.read<std::uint64_t>();
  info.process_id.low = reader.read<std::uint64_t>();
  if (info.version < kVersionWithOffsetSums) {
    read_task_lists(reader, info);
    if (info.version >= 2) info.user_endpoint = read_text(reader);
  } else {
    info.user_endpoint = read_text(reader);
    if (info.version < kVersionWithTopologyNames) {
      read_grouped_sums(reader, info);
    } else {
      read_flat_sums(reader, info);
    }
    if (info.version >= kVersionWithUniqueField) info.unique_field = reader.read<std::int8_t>();
    if (info.version >= kVersionWithErrorCode) info.error_code = reader.read<std::int32_t>();
    if (info.version >= kVersionWithTags) {
      for (auto left = reader.read_count(8); left > 0; --left) {
        std::string key = read_text(reader);
        info.client_tags[std::move(key)] = read_text(reader);
      }
    }
  }
  if (!reader.ok() || info.version < 1)
    return Error{ErrorKind::kCorrupt, "a group member sent a streams subscription that cannot be read (version " +
                                          std::to_string(info.version) + ", " + std::to_string(bytes.size()) +
                                          " bytes); does another application use this application.id?"};
  return info;
}

}  // namespace leat
