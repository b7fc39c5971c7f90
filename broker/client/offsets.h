// Committed offsets and other small questions to a cluster.
#pragma once

#include <map>
#include <set>

#include "broker/client/cluster.h"
#include "broker/client/producer.h"

namespace leat::client {

struct CommittedOffset {
  std::int64_t offset = -1;
  std::string metadata;
};

/// Commits offsets of a group; tries again while that may help, until `deadline`.
void commit_offsets(Cluster& cluster, const GroupMembership& group, std::map<TopicPartition, OffsetToCommit> offsets,
                    Instant deadline, OneShot<Status> done);

/// Committed offsets of these partitions; -1 where there is none. Waits while a transaction that has not ended holds
/// one of them back.
void committed_offsets(Cluster& cluster, const std::string& group_id, std::set<TopicPartition> partitions,
                       Instant deadline, OneShot<Result<std::map<TopicPartition, CommittedOffset>>> done);

/// Earliest (-2) or latest (-1) offsets, or those of a timestamp. Topics must be known to the cluster.
void list_offsets(Cluster& cluster, std::set<TopicPartition> partitions, std::int64_t timestamp, bool read_committed,
                  Instant deadline, OneShot<Result<std::map<TopicPartition, std::int64_t>>> done);

struct TopicToCreate {
  std::string name;
  std::int32_t partitions = -1;
  std::int16_t replication_factor = -1;
  std::map<std::string, std::string> configs;
};

/// Creates topics; one that is there already is no error.
void create_topics(Cluster& cluster, std::vector<TopicToCreate> topics, Instant deadline, OneShot<Status> done);

/// Deletes records before these offsets.
void delete_records(Cluster& cluster, const std::map<TopicPartition, std::int64_t>& before, OneShot<Status> done);

}  // namespace leat::client
