#include "broker/client/offsets.h"

#include "broker/wire/messages/create_topics.h"
#include "broker/wire/messages/delete_records.h"
#include "broker/wire/messages/list_offsets.h"
#include "broker/wire/messages/offset_commit.h"
#include "broker/wire/messages/offset_fetch.h"

namespace leat::client {

using wire::ErrorCode;

namespace {

constexpr int kOffsetVersionMax = 9;  // from 10 on topics are named by id
constexpr int kListOffsetsVersionMax = 8;

/// Runs `task` with `done` after the backoff, unless the cluster is gone by then.
template <class Reply, class Task>
void later(Cluster& cluster, Reply done, Task task) {
  cluster.world().loop.call_at(cluster.world().loop.now() + cluster.config().retry_backoff,
                               [alive = cluster.alive(), done = std::move(done), task = std::move(task)]() mutable {
                                 if (alive.expired()) return done(Error{ErrorKind::kClosed, "the client was closed"});
                                 task(std::move(done));
                               });
}

bool over(Cluster& cluster, Instant deadline) { return cluster.world().loop.now() >= deadline; }

}  // namespace

void commit_offsets(Cluster& cluster, const GroupMembership& group, std::map<TopicPartition, OffsetToCommit> offsets,
                    Instant deadline, OneShot<Status> done) {
  wire::OffsetCommitRequest request;
  request.group_id = group.group_id;
  request.generation_id_or_member_epoch = group.generation;
  request.member_id = group.member_id;
  request.group_instance_id = group.instance_id;
  for (const auto& [partition, offset] : offsets) {
    if (request.topics.empty() || request.topics.back().name != partition.topic)
      request.topics.emplace_back().name = partition.topic;
    auto& each = request.topics.back().partitions.emplace_back();
    each.partition_index = partition.partition;
    each.committed_offset = offset.offset;
    each.committed_metadata = offset.metadata;
  }
  cluster.call_coordinator<wire::OffsetCommitRequest, wire::OffsetCommitResponse>(
      CoordinatorType::kGroup, group.group_id, std::move(request),
      [&cluster, group, offsets = std::move(offsets), deadline,
       done = std::move(done)](Result<wire::OffsetCommitResponse> response) mutable {
        if (!response && response.error().kind == ErrorKind::kClosed) return done(response.error());
        ErrorCode error = response ? ErrorCode::kNone : ErrorCode::kCoordinatorNotAvailable;
        if (response)
          for (const auto& topic : response->topics)
            for (const auto& partition : topic.partitions)
              if (partition.error_code != ErrorCode::kNone) error = partition.error_code;
        if (error == ErrorCode::kNone) return done({});
        if (!wire::retriable(error) || error == ErrorCode::kRebalanceInProgress || over(cluster, deadline))
          return done(wire::kafka_error(error, "committing offsets of group '" + group.group_id + "'"));
        cluster.forget_coordinator(CoordinatorType::kGroup, group.group_id);
        later(cluster, std::move(done),
              [&cluster, group, offsets = std::move(offsets), deadline](OneShot<Status> reply) mutable {
                commit_offsets(cluster, group, std::move(offsets), deadline, std::move(reply));
              });
      },
      kOffsetVersionMax);
}

void committed_offsets(Cluster& cluster, const std::string& group_id, std::set<TopicPartition> partitions,
                       Instant deadline, OneShot<Result<std::map<TopicPartition, CommittedOffset>>> done) {
  wire::OffsetFetchRequest request;
  request.require_stable = true;
  auto& group = request.groups.emplace_back();
  group.group_id = group_id;
  group.topics.emplace();
  for (const TopicPartition& partition : partitions) {
    if (group.topics->empty() || group.topics->back().name != partition.topic)
      group.topics->emplace_back().name = partition.topic;
    group.topics->back().partition_indexes.push_back(partition.partition);
  }
  cluster.call_coordinator<wire::OffsetFetchRequest, wire::OffsetFetchResponse>(
      CoordinatorType::kGroup, group_id, std::move(request),
      [&cluster, group_id, partitions = std::move(partitions), deadline,
       done = std::move(done)](Result<wire::OffsetFetchResponse> response) mutable {
        if (!response && response.error().kind == ErrorKind::kClosed) return done(response.error());
        ErrorCode error = response && !response->groups.empty() ? response->groups[0].error_code
                                                                : ErrorCode::kCoordinatorNotAvailable;
        std::map<TopicPartition, CommittedOffset> offsets;
        if (error == ErrorCode::kNone)
          for (const auto& topic : response->groups[0].topics)
            for (const auto& partition : topic.partitions) {
              if (partition.error_code != ErrorCode::kNone) error = partition.error_code;
              offsets[{topic.name, partition.partition_index}] = {partition.committed_offset,
                                                                  partition.metadata.value_or("")};
            }
        if (error == ErrorCode::kNone) return done(std::move(offsets));
        if (!wire::retriable(error) || over(cluster, deadline))
          return done(wire::kafka_error(error, "reading committed offsets of group '" + group_id + "'"));
        if (error != ErrorCode::kUnstableOffsetCommit) cluster.forget_coordinator(CoordinatorType::kGroup, group_id);
        later(cluster, std::move(done),
              [&cluster, group_id, partitions = std::move(partitions),
               deadline](OneShot<Result<std::map<TopicPartition, CommittedOffset>>> reply) mutable {
                committed_offsets(cluster, group_id, std::move(partitions), deadline, std::move(reply));
              });
      },
      kOffsetVersionMax);
}

void list_offsets(Cluster& cluster, std::set<TopicPartition> partitions, std::int64_t timestamp, bool read_committed,
                  Instant deadline, OneShot<Result<std::map<TopicPartition, std::int64_t>>> done) {
  using Reply = OneShot<Result<std::map<TopicPartition, std::int64_t>>>;
  struct Listing {
    std::map<TopicPartition, std::int64_t> offsets;
    std::set<TopicPartition> missing;
    std::size_t left = 1;
    bool closed = false;
    Reply done;
  };
  auto listing = std::make_shared<Listing>();
  listing->missing = partitions;
  listing->done = std::move(done);
  const auto one_done = [&cluster, listing, partitions, timestamp, read_committed, deadline] {
    if (--listing->left > 0) return;
    if (listing->missing.empty()) return listing->done(std::move(listing->offsets));
    if (listing->closed) return listing->done(Error{ErrorKind::kClosed, "the client was closed"});
    if (over(cluster, deadline))
      return listing->done(
          Error{ErrorKind::kTimeout, "offsets of " + listing->missing.begin()->to_string() + " were not told in time"});
    later(cluster, std::move(listing->done),
          [&cluster, partitions, timestamp, read_committed, deadline](Reply reply) mutable {
            std::set<std::string> topics;
            for (const TopicPartition& partition : partitions) topics.insert(partition.topic);
            cluster.refresh(topics, false,
                            [&cluster, partitions = std::move(partitions), timestamp, read_committed, deadline,
                             reply = std::move(reply)](Status status) mutable {
                              if (!status && status.error().kind == ErrorKind::kClosed) return reply(status.error());
                              list_offsets(cluster, std::move(partitions), timestamp, read_committed, deadline,
                                           std::move(reply));
                            });
          });
  };
  std::map<std::int32_t, wire::ListOffsetsRequest> by_leader;
  for (const TopicPartition& partition : partitions) {
    auto& request = by_leader[cluster.leader_of(partition)];
    request.replica_id = -1;
    request.isolation_level = read_committed ? 1 : 0;
    if (request.topics.empty() || request.topics.back().name != partition.topic)
      request.topics.emplace_back().name = partition.topic;
    auto& each = request.topics.back().partitions.emplace_back();
    each.partition_index = partition.partition;
    each.timestamp = timestamp;
  }
  for (auto& [leader, request] : by_leader) {
    ++listing->left;
    cluster.call_node<wire::ListOffsetsRequest, wire::ListOffsetsResponse>(
        leader, std::move(request),
        [listing, one_done](Result<wire::ListOffsetsResponse> response) {
          if (!response) listing->closed |= response.error().kind == ErrorKind::kClosed;
          if (response)
            for (const auto& topic : response->topics)
              for (const auto& partition : topic.partitions)
                if (partition.error_code == ErrorCode::kNone) {
                  listing->offsets[{topic.name, partition.partition_index}] = partition.offset;
                  listing->missing.erase({topic.name, partition.partition_index});
                }
          one_done();
        },
        kListOffsetsVersionMax);
  }
  one_done();
}

void create_topics(Cluster& cluster, std::vector<TopicToCreate> topics, Instant deadline, OneShot<Status> done) {
  wire::CreateTopicsRequest request;
  for (const TopicToCreate& topic : topics) {
    auto& each = request.topics.emplace_back();
    each.name = topic.name;
    each.num_partitions = topic.partitions;
    each.replication_factor = topic.replication_factor;
    for (const auto& [name, value] : topic.configs) {
      auto& config = each.configs.emplace_back();
      config.name = name;
      config.value = value;
    }
  }
  cluster.call_any<wire::CreateTopicsRequest, wire::CreateTopicsResponse>(
      std::move(request), [&cluster, topics = std::move(topics), deadline,
                           done = std::move(done)](Result<wire::CreateTopicsResponse> response) mutable {
        if (!response && response.error().kind == ErrorKind::kClosed) return done(response.error());
        std::optional<Error> problem;
        bool again = !response;
        if (response)
          for (const auto& topic : response->topics) {
            if (topic.error_code == ErrorCode::kNone || topic.error_code == ErrorCode::kTopicAlreadyExists) continue;
            again |= wire::retriable(topic.error_code) || topic.error_code == ErrorCode::kNotController;
            problem = wire::kafka_error(
                topic.error_code, "creating topic '" + topic.name + "' (" + topic.error_message.value_or("") + ")");
          }
        if (!problem && !again) return done({});
        if (!again || over(cluster, deadline)) return done(problem ? *problem : response.error());
        later(cluster, std::move(done),
              [&cluster, topics = std::move(topics), deadline](OneShot<Status> reply) mutable {
                create_topics(cluster, std::move(topics), deadline, std::move(reply));
              });
      });
}

void delete_records(Cluster& cluster, const std::map<TopicPartition, std::int64_t>& before, OneShot<Status> done) {
  struct Deleting {
    Status status;
    std::size_t left = 1;
    OneShot<Status> done;
  };
  auto deleting = std::make_shared<Deleting>();
  deleting->done = std::move(done);
  const auto one_done = [deleting](Status status) {
    if (!status) deleting->status = std::move(status);
    if (--deleting->left == 0) deleting->done(std::move(deleting->status));
  };
  std::map<std::int32_t, wire::DeleteRecordsRequest> by_leader;
  for (const auto& [partition, offset] : before) {
    auto& request = by_leader[cluster.leader_of(partition)];
    request.timeout_ms = 30'000;
    if (request.topics.empty() || request.topics.back().name != partition.topic)
      request.topics.emplace_back().name = partition.topic;
    auto& each = request.topics.back().partitions.emplace_back();
    each.partition_index = partition.partition;
    each.offset = offset;
  }
  for (auto& [leader, request] : by_leader) {
    ++deleting->left;
    cluster.call_node<wire::DeleteRecordsRequest, wire::DeleteRecordsResponse>(
        leader, std::move(request), [one_done](Result<wire::DeleteRecordsResponse> response) {
          if (!response) return one_done(response.error());
          for (const auto& topic : response->topics)
            for (const auto& partition : topic.partitions)
              if (partition.error_code != ErrorCode::kNone)
                return one_done(wire::kafka_error(
                    partition.error_code,
                    "deleting records of " + TopicPartition{topic.name, partition.partition_index}.to_string()));
          one_done({});
        });
  }
  one_done({});
}

}  // namespace leat::client
