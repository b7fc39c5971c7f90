// ListOffsets (2), versions 1 to 11; OffsetForLeaderEpoch (23), 2 to 4; DeleteRecords (21), 0 to 2.
//
// Special timestamps of ListOffsets by the version that brought them: -1 latest, -2 earliest, -3 max timestamp (7), -4
// earliest local (8), -5 latest tiered (9), -6 earliest pending upload (11). Nothing is tiered here.
#include <algorithm>
#include <set>

#include "broker/server/handlers.h"
#include "broker/server/routing.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

constexpr std::int64_t kLatest = -1, kEarliest = -2, kMaxTimestamp = -3, kEarliestLocal = -4, kLatestTiered = -5,
                       kEarliestPendingUpload = -6;

/// A request without a leader epoch to check.
constexpr std::int32_t kNoEpoch = -1;

bool knows(std::int64_t timestamp, int version) {
  switch (timestamp) {
    case kMaxTimestamp: return version >= 7;
    case kEarliestLocal: return version >= 8;
    case kLatestTiered: return version >= 9;
    case kEarliestPendingUpload: return version >= 11;
    default: return timestamp >= kEarliest;
  }
}

using ListedPartition = wire::ListOffsetsResponse::ListOffsetsTopicResponse::ListOffsetsPartitionResponse;

void look_up(log::PartitionLog& log, std::int64_t timestamp, log::Isolation isolation, ListedPartition& listed) {
  listed.leader_epoch = log.leader_epoch();
  switch (timestamp) {
    case kLatest:
      // Records of an open transaction may have been deleted: the stable offset then lies before the log's beginning.
      listed.offset = std::max(log.readable_end(isolation), log.log_start_offset());
      return;
    case kEarliest:
    case kEarliestLocal:
      listed.offset = log.log_start_offset();
      listed.leader_epoch = log.leader_epochs().at(listed.offset);
      return;
    case kLatestTiered:
    case kEarliestPendingUpload:
      listed.offset = -1;
      listed.leader_epoch = -1;
      return;
    case kMaxTimestamp: timestamp = log.max_timestamp().timestamp; break;
    default: break;
  }
  if (timestamp < 0) {
    listed.leader_epoch = -1;
    return;
  }
  const auto found = log.offset_of_timestamp(timestamp, isolation);
  if (!found) {
    listed.error_code = ErrorCode::kKafkaStorageError;
    return;
  }
  listed.offset = found->offset;
  listed.timestamp = found->timestamp;
  listed.leader_epoch = found->offset < 0 ? -1 : log.leader_epochs().at(found->offset);
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::ListOffsetsRequest request,
            OneShot<wire::ListOffsetsResponse> reply) {
  const auto isolation =
      request.isolation_level == 1 ? log::Isolation::kReadCommitted : log::Isolation::kReadUncommitted;
  std::map<TopicPartition, int> asked;
  for (const auto& topic : request.topics)
    for (const auto& partition : topic.partitions) ++asked[{topic.name, partition.partition_index}];
  wire::ListOffsetsResponse response;
  for (const auto& topic : request.topics) {
    auto& topic_response = response.topics.emplace_back();
    topic_response.name = topic.name;
    std::set<std::int32_t> told;
    for (const auto& partition : topic.partitions) {
      if (!told.insert(partition.partition_index).second) continue;
      auto& listed = topic_response.partitions.emplace_back();
      listed.partition_index = partition.partition_index;
      const auto [found, log, error] = led_partition(broker, context, topic.name, partition.partition_index);
      const std::int32_t epoch = partition.current_leader_epoch;
      if (asked[{topic.name, partition.partition_index}] > 1) {
        listed.error_code = ErrorCode::kInvalidRequest;
      } else if (!knows(partition.timestamp, context.version)) {
        listed.error_code = ErrorCode::kUnsupportedVersion;
      } else if (error != ErrorCode::kNone) {
        listed.error_code = error;
      } else if (epoch != kNoEpoch && epoch != log->leader_epoch()) {
        listed.error_code =
            epoch < log->leader_epoch() ? ErrorCode::kFencedLeaderEpoch : ErrorCode::kUnknownLeaderEpoch;
      } else {
        look_up(*log, partition.timestamp, isolation, listed);
      }
    }
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& context, wire::OffsetForLeaderEpochRequest request,
            OneShot<wire::OffsetForLeaderEpochResponse> reply) {
  wire::OffsetForLeaderEpochResponse response;
  for (const auto& topic : request.topics) {
    auto& topic_response = response.topics.emplace_back();
    topic_response.topic = topic.topic;
    for (const auto& wanted : topic.partitions) {
      auto& end = topic_response.partitions.emplace_back();
      end.partition = wanted.partition;
      const auto [found, log, error] = led_partition(broker, context, topic.topic, wanted.partition);
      const std::int32_t current = wanted.current_leader_epoch;
      if (error != ErrorCode::kNone) {
        end.error_code = error;
      } else if (current != kNoEpoch && current != log->leader_epoch()) {
        end.error_code = current < log->leader_epoch() ? ErrorCode::kFencedLeaderEpoch : ErrorCode::kUnknownLeaderEpoch;
      } else {
        const auto known = log->leader_epochs().end_of(wanted.leader_epoch, log->high_watermark());
        end.leader_epoch = known.epoch;
        end.end_offset = known.offset;
      }
    }
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& context, wire::DeleteRecordsRequest request,
            OneShot<wire::DeleteRecordsResponse> reply) {
  wire::DeleteRecordsResponse response;
  for (const auto& topic : request.topics) {
    auto& topic_response = response.topics.emplace_back();
    topic_response.name = topic.name;
    for (const auto& wanted : topic.partitions) {
      auto& result = topic_response.partitions.emplace_back();
      result.partition_index = wanted.partition_index;
      result.low_watermark = -1;
      const auto [found, log, error] = led_partition(broker, context, topic.name, wanted.partition_index);
      if (error != ErrorCode::kNone) {
        result.error_code = error;
        continue;
      }
      if (!log->config().cleanup_delete) {
        result.error_code = ErrorCode::kPolicyViolation;
        continue;
      }
      const std::int64_t offset = wanted.offset == -1 ? log->high_watermark() : wanted.offset;
      if (offset < 0 || offset > log->high_watermark()) {
        result.error_code = ErrorCode::kOffsetOutOfRange;
      } else if (auto deleted = log->delete_before(offset); !deleted) {
        result.error_code = ErrorCode::kKafkaStorageError;
      } else {
        result.low_watermark = log->log_start_offset();
      }
    }
  }
  // The new beginnings must survive a crash before anybody relies on them.
  [[maybe_unused]] const Status kept = broker.topics().checkpoint();
  reply(std::move(response));
}

}  // namespace leat::server
