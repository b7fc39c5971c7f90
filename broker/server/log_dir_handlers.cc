// DescribeLogDirs (35), versions 1 to 5; AlterReplicaLogDirs (34), 1 and 2. There is one log directory, so replicas can
// be moved only to where they are.
#include <set>

#include "broker/server/admin_handlers.h"
#include "broker/server/routing.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

using DescribedTopic = wire::DescribeLogDirsResponse::DescribeLogDirsResult::DescribeLogDirsTopic;

void describe_partition(const Topic& topic, std::size_t index, std::int32_t node, DescribedTopic& to) {
  const auto& log = topic.partitions[index];
  if (!log || log->offline() || !holds(topic, index, node)) return;
  auto& described = to.partitions.emplace_back();
  described.partition_index = static_cast<std::int32_t>(index);
  described.partition_size = static_cast<std::int64_t>(log->size_bytes());
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::DescribeLogDirsRequest request,
            OneShot<wire::DescribeLogDirsResponse> reply) {
  wire::DescribeLogDirsResponse response;
  auto& directory = response.results.emplace_back();
  directory.log_dir = broker.config().log_dir;
  if (const auto space = broker.world().files.space(directory.log_dir)) {
    directory.total_bytes = static_cast<std::int64_t>(space->bytes);
    directory.usable_bytes = static_cast<std::int64_t>(space->bytes_free);
  }
  const auto add = [&](const Topic& topic, auto describe) {
    DescribedTopic described;
    described.name = topic.name;
    describe(described);
    if (!described.partitions.empty()) directory.topics.push_back(std::move(described));
  };
  if (!request.topics) {
    for (const auto& [name, topic] : broker.topics().all())
      add(*topic, [&topic = *topic, node = context.node()](DescribedTopic& to) {
        for (std::size_t i = 0; i < topic.partitions.size(); ++i) describe_partition(topic, i, node, to);
      });
    return reply(std::move(response));
  }
  for (const auto& asked : *request.topics) {
    const Topic* topic = broker.topics().find(asked.topic);
    if (topic == nullptr) continue;
    add(*topic, [&](DescribedTopic& to) {
      for (const std::int32_t index : std::set(asked.partitions.begin(), asked.partitions.end()))
        if (index >= 0 && static_cast<std::size_t>(index) < topic->partitions.size())
          describe_partition(*topic, static_cast<std::size_t>(index), context.node(), to);
    });
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& /*context*/, wire::AlterReplicaLogDirsRequest request,
            OneShot<wire::AlterReplicaLogDirsResponse> reply) {
  wire::AlterReplicaLogDirsResponse response;
  for (const auto& directory : request.dirs)
    for (const auto& topic : directory.topics) {
      auto& result = response.results.emplace_back();
      result.topic_name = topic.name;
      for (const std::int32_t index : topic.partitions) {
        auto& moved = result.partitions.emplace_back();
        moved.partition_index = index;
        moved.error_code = directory.path != broker.config().log_dir              ? ErrorCode::kLogDirNotFound
                           : broker.topics().log_of(topic.name, index) == nullptr ? ErrorCode::kUnknownTopicOrPartition
                                                                                  : ErrorCode::kNone;
      }
    }
  reply(std::move(response));
}

}  // namespace leat::server
