// OffsetCommit (8), versions 2 to 10; OffsetFetch (9), 1 to 10; OffsetDelete (47), 0.
#include <memory>

#include "base/gathering.h"
#include "broker/server/handlers.h"
#include "broker/server/routing.h"

namespace leat::server {

using coordinator::CommittedOffset;
using coordinator::OffsetsByPartition;
using wire::ErrorCode;

namespace {

constexpr int kVersionWithTopicIds = 10;

/// The error of every partition when the commit as a whole failed.
ErrorCode error_of(const Status& status) {
  if (status) return ErrorCode::kNone;
  return status.error().kafka_code == static_cast<int>(ErrorCode::kMessageTooLarge)
             ? ErrorCode::kInvalidCommitOffsetSize
             : ErrorCode::kCoordinatorNotAvailable;
}

std::vector<coordinator::ConsumerGroups::NamedPartition> named_partitions(Broker& broker, int version,
                                                                          const wire::OffsetCommitRequest& request) {
  std::vector<coordinator::ConsumerGroups::NamedPartition> named;
  for (const auto& topic : request.topics) {
    const Topic* found = version >= kVersionWithTopicIds ? nullptr : broker.topics().find(topic.name);
    for (const auto& partition : topic.partitions)
      named.push_back({found ? found->id : topic.topic_id, partition.partition_index});
  }
  return named;
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::OffsetCommitRequest request,
            OneShot<wire::OffsetCommitResponse> reply) {
  wire::OffsetCommitResponse response;
  auto* groups = groups_of(broker, context, request.group_id);
  const ErrorCode verdict =
      groups == nullptr
          ? ErrorCode::kNotCoordinator
          : groups->judge_commit(request.group_id,
                                 {request.member_id, request.group_instance_id, request.generation_id_or_member_epoch},
                                 false, context.version, named_partitions(broker, context.version, request));
  OffsetsByPartition offsets;
  const std::int64_t now_ms = broker.world().loop.wall_clock_ms();
  for (const auto& topic : request.topics) {
    auto& topic_response = response.topics.emplace_back();
    topic_response.name = topic.name;
    topic_response.topic_id = topic.topic_id;
    const Topic* found = context.version >= kVersionWithTopicIds ? broker.topics().find(topic.topic_id)
                                                                 : broker.topics().find(topic.name);
    for (const auto& partition : topic.partitions) {
      auto& result = topic_response.partitions.emplace_back();
      result.partition_index = partition.partition_index;
      const std::string metadata = partition.committed_metadata.value_or("");
      if (verdict != ErrorCode::kNone) {
        result.error_code = verdict;
      } else if (found == nullptr) {
        result.error_code =
            context.version >= kVersionWithTopicIds ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition;
      } else if (broker.topics().log_of(found->name, partition.partition_index) == nullptr) {
        result.error_code = ErrorCode::kUnknownTopicOrPartition;
      } else if (metadata.size() > groups->config().offset_metadata_bytes_max) {
        result.error_code = ErrorCode::kOffsetMetadataTooLarge;
      } else {
        offsets[{found->name, partition.partition_index}] = CommittedOffset{
            .offset = partition.committed_offset,
            .leader_epoch = partition.committed_leader_epoch,
            .metadata = metadata,
            .commit_timestamp_ms = now_ms,
            .expire_timestamp_ms = request.retention_time_ms < 0 ? -1 : now_ms + request.retention_time_ms};
      }
    }
  }
  if (offsets.empty()) return reply(std::move(response));
  groups->commit_offsets(request.group_id, offsets, {},
                         [response = std::move(response), reply = std::move(reply)](Status status) mutable {
                           for (auto& topic : response.topics)
                             for (auto& partition : topic.partitions)
                               if (partition.error_code == ErrorCode::kNone) partition.error_code = error_of(status);
                           reply(std::move(response));
                         });
}

namespace {

/// One group's part of an OffsetFetch, in the shape of version 8 and later.
wire::OffsetFetchResponse::OffsetFetchResponseGroup fetch_group(
    Broker& broker, const RequestContext& context, bool require_stable,
    const wire::OffsetFetchRequest::OffsetFetchRequestGroup& asked) {
  wire::OffsetFetchResponse::OffsetFetchResponseGroup response;
  response.group_id = asked.group_id;
  auto* groups = groups_of(broker, context, asked.group_id);
  if (groups == nullptr) {
    response.error_code = ErrorCode::kNotCoordinator;
    return response;
  }
  response.error_code = groups->judge_fetch(asked.group_id, asked.member_id, asked.member_epoch);
  if (response.error_code != ErrorCode::kNone) return response;
  const auto fill = [&](auto& result, const TopicPartition& partition, const CommittedOffset* offset) {
    result.partition_index = partition.partition;
    result.committed_offset = offset ? offset->offset : -1;
    result.committed_leader_epoch = offset ? offset->leader_epoch : -1;
    result.metadata = offset ? offset->metadata : "";
    if (require_stable && groups->offsets().has_pending(asked.group_id, partition)) {
      result.error_code = ErrorCode::kUnstableOffsetCommit;
      result.committed_offset = -1;
      result.committed_leader_epoch = -1;
      result.metadata = "";
    }
  };
  if (!asked.topics) {
    const auto* all = groups->offsets().of_group(asked.group_id);
    if (all == nullptr) return response;
    for (const auto& [partition, offset] : *all) {
      const Topic* topic = broker.topics().find(partition.topic);
      if (context.version >= kVersionWithTopicIds && topic == nullptr) continue;
      if (response.topics.empty() || response.topics.back().name != partition.topic) {
        auto& added = response.topics.emplace_back();
        added.name = partition.topic;
        if (topic) added.topic_id = topic->id;
      }
      fill(response.topics.back().partitions.emplace_back(), partition, &offset);
    }
    return response;
  }
  for (const auto& topic : *asked.topics) {
    auto& topic_response = response.topics.emplace_back();
    topic_response.name = topic.name;
    topic_response.topic_id = topic.topic_id;
    const Topic* by_id = context.version >= kVersionWithTopicIds ? broker.topics().find(topic.topic_id) : nullptr;
    for (const std::int32_t index : topic.partition_indexes) {
      auto& result = topic_response.partitions.emplace_back();
      const TopicPartition partition{by_id ? by_id->name : topic.name, index};
      fill(result, partition, groups->offsets().find(asked.group_id, partition));
      if (context.version >= kVersionWithTopicIds && !by_id) result.error_code = ErrorCode::kUnknownTopicId;
    }
  }
  return response;
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::OffsetFetchRequest request,
            OneShot<wire::OffsetFetchResponse> reply) {
  auto fetching = std::make_shared<Gathering<wire::OffsetFetchResponse>>(std::move(reply));
  wire::OffsetFetchResponse& response = fetching->response;
  const auto when_durable = [&](const std::string& group_id, auto refuse) {
    auto* groups = groups_of(broker, context, group_id);
    if (groups == nullptr) return;
    ++fetching->left;
    groups->when_durable([fetching, refuse](Status durable) {
      if (!durable) refuse(fetching->response);
      fetching->one_done();
    });
  };
  if (context.version >= 8) {
    for (const auto& group : request.groups)
      response.groups.push_back(fetch_group(broker, context, request.require_stable, group));
    for (std::size_t i = 0; i < request.groups.size(); ++i)
      when_durable(request.groups[i].group_id, [i](wire::OffsetFetchResponse& of) {
        of.groups[i].topics.clear();
        of.groups[i].error_code = ErrorCode::kCoordinatorNotAvailable;
      });
    return fetching->one_done();
  }
  wire::OffsetFetchRequest::OffsetFetchRequestGroup asked;
  asked.group_id = request.group_id;
  if (request.topics) {
    asked.topics.emplace();
    for (const auto& topic : *request.topics) {
      auto& each = asked.topics->emplace_back();
      each.name = topic.name;
      each.partition_indexes = topic.partition_indexes;
    }
  }
  auto group = fetch_group(broker, context, request.require_stable, asked);
  response.error_code = group.error_code;
  for (auto& topic : group.topics) {
    auto& flat = response.topics.emplace_back();
    flat.name = topic.name;
    for (auto& partition : topic.partitions) {
      auto& result = flat.partitions.emplace_back();
      result.partition_index = partition.partition_index;
      result.committed_offset = partition.committed_offset;
      result.committed_leader_epoch = partition.committed_leader_epoch;
      result.metadata = partition.metadata;
      result.error_code = partition.error_code;
    }
  }
  when_durable(request.group_id, [](wire::OffsetFetchResponse& of) {
    of.topics.clear();
    of.error_code = ErrorCode::kCoordinatorNotAvailable;
  });
  fetching->one_done();
}

void handle(Broker& broker, const RequestContext& context, wire::OffsetDeleteRequest request,
            OneShot<wire::OffsetDeleteResponse> reply) {
  wire::OffsetDeleteResponse response;
  auto* groups = groups_of(broker, context, request.group_id);
  const coordinator::Group* group = groups ? groups->find(request.group_id) : nullptr;
  const coordinator::ConsumerGroup* consumers = groups ? groups->consumers().find(request.group_id) : nullptr;
  const coordinator::StreamsGroup* streams = groups ? groups->streams().find(request.group_id) : nullptr;
  if (request.group_id.empty()) {
    response.error_code = ErrorCode::kInvalidGroupId;
  } else if (groups == nullptr) {
    response.error_code = ErrorCode::kNotCoordinator;
  } else if (group == nullptr && consumers == nullptr && streams == nullptr &&
             groups->offsets().of_group(request.group_id) == nullptr) {
    response.error_code = ErrorCode::kGroupIdNotFound;
  } else if (group != nullptr && group->state != coordinator::GroupState::kEmpty &&
             group->protocol_type != "consumer") {
    response.error_code = ErrorCode::kNonEmptyGroup;
  }
  if (response.error_code != ErrorCode::kNone) return reply(std::move(response));
  std::vector<TopicPartition> partitions;
  for (const auto& topic : request.topics) {
    auto& topic_response = response.topics.emplace_back();
    topic_response.name = topic.name;
    const bool in_use = (group != nullptr && group->subscribes_to(topic.name)) ||
                        (consumers != nullptr && consumers->subscribes_to(topic.name)) ||
                        (streams != nullptr && streams->reads(topic.name));
    for (const auto& partition : topic.partitions) {
      auto& result = topic_response.partitions.emplace_back();
      result.partition_index = partition.partition_index;
      if (broker.topics().log_of(topic.name, partition.partition_index) == nullptr) {
        result.error_code = ErrorCode::kUnknownTopicOrPartition;
      } else if (in_use) {
        result.error_code = ErrorCode::kGroupSubscribedToTopic;
      } else {
        partitions.push_back({topic.name, partition.partition_index});
      }
    }
    // As Kafka does: what the topics refuse comes before what the group says.
    std::stable_partition(topic_response.partitions.begin(), topic_response.partitions.end(),
                          [](const auto& result) { return result.error_code == ErrorCode::kUnknownTopicOrPartition; });
  }
  groups->remove_offsets(request.group_id, partitions,
                         [response = std::move(response), reply = std::move(reply)](Status status) mutable {
                           if (!status) response.error_code = ErrorCode::kCoordinatorNotAvailable;
                           reply(std::move(response));
                         });
}

}  // namespace leat::server
