// Whereabouts: which member of an application has which partitions, by the last assignment that a member of it has
// seen. Immutable; shared between the thread that saw the assignment and those who ask.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "broker/wire/topic_partition.h"
#include "streams/assignor/host_info.h"
#include "topology/plan.h"

namespace leat {

/// What one member of the application holds (org.apache.kafka.streams.StreamsMetadata).
struct StreamsMetadata {
  HostInfo host_info;
  std::set<std::string> state_store_names;
  /// Of the source topics.
  std::set<TopicPartition> topic_partitions;
  std::set<std::string> standby_state_store_names;
  std::set<TopicPartition> standby_topic_partitions;
};

/// Who has a key of a store (org.apache.kafka.streams.KeyQueryMetadata).
struct KeyQueryMetadata {
  HostInfo active_host;
  std::set<HostInfo> standby_hosts;
  /// Of the store; -1 for a global one, which everybody has.
  std::int32_t partition = -1;
};

class Whereabouts {
 public:
  using PartitionsByHost = std::map<HostInfo, std::set<TopicPartition>>;

  /// Before the first assignment; `plan` outlives it.
  explicit Whereabouts(const Plan& plan) : plan_(&plan) {}
  Whereabouts(const Plan& plan, PartitionsByHost active, PartitionsByHost standby,
              std::map<std::string, std::int32_t> partition_counts)
      : plan_(&plan),
        active_(std::move(active)),
        standby_(std::move(standby)),
        partition_counts_(std::move(partition_counts)) {}

  /// kNotFound where there is no such store.
  Status check_store(const std::string& store) const;
  /// Members that say where they answer queries (`application.server`).
  std::vector<HostInfo> hosts() const;
  std::vector<StreamsMetadata> all() const;
  /// Those that have something of a store, as active tasks or standbys.
  std::vector<StreamsMetadata> for_store(const std::string& store) const;

  /// How many partitions the store has; nothing before they are known, and for global stores.
  std::optional<std::int32_t> partition_count(const std::string& store) const;
  /// Who has a partition of a store. kUnavailable while that is not known.
  Result<KeyQueryMetadata> for_partition(const std::string& store, std::int32_t partition) const;
  /// The same for the partition that the default partitioner gives a key. kNotFound where there is no such store.
  Result<KeyQueryMetadata> for_key(const std::string& store, BytesView key) const;
  /// The partition of the default partitioner; nothing before partitions are known.
  std::optional<std::int32_t> partition_of(const std::string& store, BytesView key) const;

 private:
  const Subtopology* subtopology_of(const std::string& store) const;
  std::set<std::string> stores_of(const std::set<TopicPartition>& partitions) const;

  const Plan* plan_;
  PartitionsByHost active_;
  PartitionsByHost standby_;
  std::map<std::string, std::int32_t> partition_counts_;
};

/// kNotFound for a store that the plan does not have, with the name that was probably meant.
Status check_store_exists(const Plan& plan, const std::string& store);

}  // namespace leat
