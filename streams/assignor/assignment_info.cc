#include "streams/assignor/assignment_info.h"

#include <string>

#include "base/big_endian.h"

namespace leat {

namespace {

constexpr std::int32_t kVersionWithHosts = 2;
constexpr std::int32_t kVersionWithLatest = 3;
constexpr std::int32_t kVersionWithErrorCode = 4;
constexpr std::int32_t kVersionWithTopicIndex = 5;
constexpr std::int32_t kVersionWithStandbyHosts = 6;
constexpr std::int32_t kVersionWithNextRebalance = 7;
constexpr std::int32_t kVersionWithTopologyNames = 10;

using PartitionsByHost = std::map<HostInfo, std::set<TopicPartition>>;

/// Topic names by index, in the order of their first appearance. In versions before the index, empty.
class TopicIndex {
 public:
  explicit TopicIndex(const AssignmentInfo& info) {
    for (const auto* hosts : {&info.partitions_by_host, &info.standby_partitions_by_host})
      for (const auto& [host, partitions] : *hosts)
        for (const auto& partition : partitions)
          if (index_.emplace(partition.topic, static_cast<std::int32_t>(names_.size())).second)
            names_.push_back(partition.topic);
  }
  const std::vector<std::string>& names() const { return names_; }
  std::int32_t of(const std::string& topic) const { return index_.at(topic); }

 private:
  std::map<std::string, std::int32_t> index_;
  std::vector<std::string> names_;
};

class Encoder {
 public:
  explicit Encoder(std::int32_t version) : version_(version) {}

  void number(std::int32_t value) { append_big_endian<std::int32_t>(bytes_, value); }
  void number64(std::int64_t value) { append_big_endian<std::int64_t>(bytes_, value); }
  void count(std::size_t value) { number(static_cast<std::int32_t>(value)); }
  void text(const std::string& value) {  // as DataOutput.writeUTF; topic and host names are ASCII
    append_big_endian<std::int16_t>(bytes_, static_cast<std::int16_t>(value.size()));
    bytes_ += value;
  }
  void task(const TaskId& id) {
    number(id.subtopology);
    number(id.partition);
    if (version_ >= kVersionWithTopologyNames) number(0);
  }
  void standby(const std::map<TaskId, std::set<TopicPartition>>& tasks) {
    count(tasks.size());
    for (const auto& [id, partitions] : tasks) {
      task(id);
      count(partitions.size());
      for (const auto& partition : partitions) {
        text(partition.topic);
        number(partition.partition);
      }
    }
  }
  void topics(const TopicIndex& index) {
    count(index.names().size());
    for (std::size_t i = 0; i < index.names().size(); ++i) {
      count(i);
      text(index.names()[i]);
    }
  }
  void hosts(const PartitionsByHost& hosts, const TopicIndex& index) {
    count(hosts.size());
    for (const auto& [host, partitions] : hosts) {
      text(host.host);
      number(host.port);
      count(partitions.size());
      for (const auto& partition : partitions) {
        if (version_ >= kVersionWithTopicIndex) {
          number(index.of(partition.topic));
        } else {
          text(partition.topic);
        }
        number(partition.partition);
      }
    }
  }
  Bytes take() { return std::move(bytes_); }

 private:
  std::int32_t version_;
  Bytes bytes_;
};

class Decoder {
 public:
  explicit Decoder(BytesView bytes) : reader_(bytes) {}

  AssignmentInfo info() {
    AssignmentInfo info;
    version_ = info.version = reader_.read<std::int32_t>();
    info.version_commonly_supported = version_ >= kVersionWithLatest ? reader_.read<std::int32_t>() : version_;
    for (auto left = reader_.read_count(8); left > 0; --left) info.active_tasks.push_back(task());
    for (auto left = reader_.read_count(12); left > 0; --left) {
      auto& partitions = info.standby_tasks[task()];
      for (auto more = reader_.read_count(6); more > 0; --more) partitions.insert(named_partition());
    }
    if (version_ >= kVersionWithTopicIndex) topics();
    if (version_ >= kVersionWithHosts) hosts(info.partitions_by_host);
    if (version_ >= kVersionWithStandbyHosts) hosts(info.standby_partitions_by_host);
    if (version_ >= kVersionWithErrorCode) info.error_code = reader_.read<std::int32_t>();
    if (version_ >= kVersionWithNextRebalance) info.next_rebalance_ms = reader_.read<std::int64_t>();
    return info;
  }
  bool ok() const { return reader_.ok() && version_ >= 1; }

 private:
  std::string text() {
    const auto size = reader_.read<std::int16_t>();
    return std::string(reader_.read_bytes(size < 0 ? 0 : static_cast<std::size_t>(size)));
  }
  TaskId task() {
    TaskId id;
    id.subtopology = reader_.read<std::int32_t>();
    id.partition = reader_.read<std::int32_t>();
    if (version_ >= kVersionWithTopologyNames && reader_.read<std::int32_t>() != 0) reader_.fail();
    return id;
  }
  TopicPartition named_partition() {
    std::string topic = text();
    return {std::move(topic), reader_.read<std::int32_t>()};
  }
  TopicPartition indexed_partition() {
    const auto name = topics_.find(reader_.read<std::int32_t>());
    if (name == topics_.end()) return reader_.fail(), TopicPartition{};
    return {name->second, reader_.read<std::int32_t>()};
  }
  void topics() {
    for (auto left = reader_.read_count(6); left > 0; --left) {
      const auto index = reader_.read<std::int32_t>();
      topics_[index] = text();
    }
  }
  void hosts(PartitionsByHost& hosts) {
    for (auto left = reader_.read_count(10); left > 0; --left) {
      HostInfo host{text(), 0};
      host.port = reader_.read<std::int32_t>();
      auto& partitions = hosts[std::move(host)];
      for (auto more = reader_.read_count(6); more > 0; --more)
        partitions.insert(version_ >= kVersionWithTopicIndex ? indexed_partition() : named_partition());
    }
  }

  BigEndianReader reader_;
  std::int32_t version_ = 0;
  std::map<std::int32_t, std::string> topics_;
};

}  // namespace

Bytes AssignmentInfo::encode() const {
  Encoder to(version);
  to.number(version);
  if (version >= kVersionWithLatest) to.number(version_commonly_supported);
  to.count(active_tasks.size());
  for (const TaskId& id : active_tasks) to.task(id);
  to.standby(standby_tasks);
  const TopicIndex index(*this);
  if (version >= kVersionWithTopicIndex) to.topics(index);
  if (version >= kVersionWithHosts) to.hosts(partitions_by_host, index);
  if (version >= kVersionWithStandbyHosts) to.hosts(standby_partitions_by_host, index);
  if (version >= kVersionWithErrorCode) to.number(error_code);
  if (version >= kVersionWithNextRebalance) to.number64(next_rebalance_ms);
  return to.take();
}

Result<AssignmentInfo> AssignmentInfo::decode(BytesView bytes) {
  Decoder from(bytes);
  AssignmentInfo info = from.info();
  if (!from.ok())
    return Error{ErrorKind::kCorrupt,
                 "the leader of the group sent a streams assignment that cannot be read (version " +
                     std::to_string(info.version) + ", " + std::to_string(bytes.size()) + " bytes)"};
  return info;
}

}  // namespace leat
