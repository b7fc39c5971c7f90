#include "streams/whereabouts.h"

#include <algorithm>

#include "base/did_you_mean.h"
#include "base/murmur2.h"

namespace leat {

namespace {

bool reads(const Subtopology& subtopology, const std::set<TopicPartition>& partitions) {
  return std::any_of(partitions.begin(), partitions.end(),
                     [&](const auto& each) { return subtopology.reads(each.topic); });
}

bool has_store(const Subtopology& subtopology, std::string_view name) {
  return std::any_of(subtopology.stores.begin(), subtopology.stores.end(),
                     [&](const PlannedStore& store) { return store.builder->name() == name; });
}

}  // namespace

const Subtopology* Whereabouts::subtopology_of(const std::string& store) const {
  for (const Subtopology& each : plan_->subtopologies())
    if (has_store(each, store)) return &each;
  return nullptr;
}

Status Whereabouts::check_store(const std::string& store) const { return check_store_exists(*plan_, store); }

std::vector<HostInfo> Whereabouts::hosts() const {
  std::vector<HostInfo> hosts;
  for (const auto& [host, partitions] : active_) hosts.push_back(host);
  return hosts;
}

std::set<std::string> Whereabouts::stores_of(const std::set<TopicPartition>& partitions) const {
  std::set<std::string> stores;
  for (const Subtopology& subtopology : plan_->subtopologies()) {
    const bool here = subtopology.global || reads(subtopology, partitions);
    for (const PlannedStore& store : subtopology.stores)
      if (here || store.global) stores.insert(store.builder->name());
  }
  return stores;
}

std::vector<StreamsMetadata> Whereabouts::all() const {
  std::map<HostInfo, StreamsMetadata> by_host;
  for (const auto& [host, partitions] : active_) {
    by_host[host].topic_partitions = partitions;
    by_host[host].state_store_names = stores_of(partitions);
  }
  for (const auto& [host, partitions] : standby_) {
    by_host[host].standby_topic_partitions = partitions;
    for (const std::string& store : stores_of(partitions))
      if (!plan_->is_global_store(store)) by_host[host].standby_state_store_names.insert(store);
  }
  std::vector<StreamsMetadata> all;
  for (auto& [host, metadata] : by_host) {
    metadata.host_info = host;
    all.push_back(std::move(metadata));
  }
  return all;
}

std::vector<StreamsMetadata> Whereabouts::for_store(const std::string& store) const {
  std::vector<StreamsMetadata> with_it = all();
  std::erase_if(with_it, [&](const StreamsMetadata& each) {
    return !each.state_store_names.contains(store) && !each.standby_state_store_names.contains(store);
  });
  return with_it;
}

std::optional<std::int32_t> Whereabouts::partition_count(const std::string& store) const {
  const Subtopology* subtopology = subtopology_of(store);
  if (subtopology == nullptr || plan_->is_global_store(store)) return std::nullopt;
  std::optional<std::int32_t> count;
  for (const std::string& topic : plan_->sources_of(*subtopology, partition_counts_))
    count = std::max(count.value_or(0), partition_counts_.at(topic));
  return count;
}

std::optional<std::int32_t> Whereabouts::partition_of(const std::string& store, BytesView key) const {
  const auto count = partition_count(store);
  if (!count) return std::nullopt;
  return (murmur2(key) & 0x7fffffff) % *count;
}

Result<KeyQueryMetadata> Whereabouts::for_partition(const std::string& store, std::int32_t partition) const {
  const Subtopology* subtopology = subtopology_of(store);
  LEAT_RETURN_IF_ERROR(check_store(store));
  KeyQueryMetadata metadata;
  metadata.partition = partition;
  bool found = false;
  const auto has = [&](const std::set<TopicPartition>& partitions) {
    return std::any_of(partitions.begin(), partitions.end(), [&](const TopicPartition& each) {
      return each.partition == partition && subtopology->reads(each.topic);
    });
  };
  for (const auto& [host, partitions] : active_)
    if (has(partitions)) {
      metadata.active_host = host;
      found = true;
    }
  for (const auto& [host, partitions] : standby_)
    if (has(partitions)) metadata.standby_hosts.insert(host);
  if (found) return metadata;
  const std::string of = "who has partition " + std::to_string(partition) + " of store '" + store + "' is not known";
  return Error{ErrorKind::kUnavailable,
               active_.empty() ? of + ": no member of the application has said where it answers queries, with the "
                                      "setting application.server"
                               : of + " now: its task is on the move, or is with a member without application.server"};
}

Result<KeyQueryMetadata> Whereabouts::for_key(const std::string& store, BytesView key) const {
  LEAT_RETURN_IF_ERROR(check_store(store));
  if (plan_->is_global_store(store)) {
    if (active_.empty())
      return Error{ErrorKind::kUnavailable, "no member of the application has said where it answers queries"};
    return KeyQueryMetadata{active_.begin()->first, {}, -1};
  }
  const auto partition = partition_of(store, key);
  if (!partition)
    return Error{ErrorKind::kUnavailable,
                 "who has what of store '" + store + "' is not known before the first assignment; ask again"};
  return for_partition(store, *partition);
}

Status check_store_exists(const Plan& plan, const std::string& store) {
  std::vector<std::string_view> names;
  for (const Subtopology& subtopology : plan.subtopologies())
    for (const PlannedStore& each : subtopology.stores) names.push_back(each.builder->name());
  if (std::find(names.begin(), names.end(), store) != names.end()) return {};
  return Error{ErrorKind::kNotFound, "there is no store '" + store + "'." + did_you_mean(store, names)};
}

}  // namespace leat
