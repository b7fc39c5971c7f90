#include "broker/server/config_keys.h"

#include <algorithm>

namespace leat::server {

namespace {

constexpr ConfigType kInt = ConfigType::kInt, kString = ConfigType::kString, kList = ConfigType::kList;

constexpr GroupConfigKey kGroupKeys[] = {
    {"consumer.assignment.interval.ms", kInt, "1000", "group.consumer.assignment.interval.ms", 0,
     "group.consumer.min.assignment.interval.ms", "group.consumer.max.assignment.interval.ms"},
    {"consumer.heartbeat.interval.ms", kInt, "5000", "group.consumer.heartbeat.interval.ms", 1,
     "group.consumer.min.heartbeat.interval.ms", "group.consumer.max.heartbeat.interval.ms"},
    {"consumer.session.timeout.ms", kInt, "45000", "group.consumer.session.timeout.ms", 1,
     "group.consumer.min.session.timeout.ms", "group.consumer.max.session.timeout.ms"},
    {"share.assignment.interval.ms", kInt, "1000", "group.share.assignment.interval.ms", 0,
     "group.share.min.assignment.interval.ms", "group.share.max.assignment.interval.ms"},
    {"share.auto.offset.reset", kString, "latest", ""},
    {"share.delivery.count.limit", kInt, "5", "group.share.delivery.count.limit", 2,
     "group.share.min.delivery.count.limit", "group.share.max.delivery.count.limit"},
    {"share.heartbeat.interval.ms", kInt, "5000", "group.share.heartbeat.interval.ms", 1,
     "group.share.min.heartbeat.interval.ms", "group.share.max.heartbeat.interval.ms"},
    {"share.isolation.level", kString, "read_uncommitted", ""},
    {"share.partition.max.record.locks", kInt, "2000", "group.share.partition.max.record.locks", 100,
     "group.share.min.partition.max.record.locks", "group.share.max.partition.max.record.locks"},
    {"share.record.lock.duration.ms", kInt, "30000", "group.share.record.lock.duration.ms", 1000,
     "group.share.min.record.lock.duration.ms", "group.share.max.record.lock.duration.ms"},
    {"share.renew.acknowledge.enable", ConfigType::kBoolean, "true", ""},
    {"share.session.timeout.ms", kInt, "45000", "group.share.session.timeout.ms", 1,
     "group.share.min.session.timeout.ms", "group.share.max.session.timeout.ms"},
    {"streams.assignment.interval.ms", kInt, "1000", "group.streams.assignment.interval.ms", 0,
     "group.streams.min.assignment.interval.ms", "group.streams.max.assignment.interval.ms"},
    {"streams.heartbeat.interval.ms", kInt, "5000", "group.streams.heartbeat.interval.ms", 1,
     "group.streams.min.heartbeat.interval.ms", "group.streams.max.heartbeat.interval.ms"},
    {"streams.initial.rebalance.delay.ms", kInt, "3000", "group.streams.initial.rebalance.delay.ms"},
    {"streams.num.standby.replicas", kInt, "0", "group.streams.num.standby.replicas", 0, "",
     "group.streams.max.standby.replicas"},
    {"streams.session.timeout.ms", kInt, "45000", "group.streams.session.timeout.ms", 1,
     "group.streams.min.session.timeout.ms", "group.streams.max.session.timeout.ms"},
};

constexpr ClientMetricsKey kClientMetricsKeys[] = {
    {"interval.ms", kInt, "300000"},
    {"match", kList, ""},
    {"metrics", kList, ""},
};

template <class Key, std::size_t kCount>
const Key* find_in(const Key (&keys)[kCount], std::string_view name) {
  const auto* found = std::find_if(std::begin(keys), std::end(keys), [&](const Key& key) { return key.name == name; });
  return found == std::end(keys) ? nullptr : found;
}

}  // namespace

std::span<const GroupConfigKey> group_config_keys() { return kGroupKeys; }
const GroupConfigKey* find_group_config(std::string_view name) { return find_in(kGroupKeys, name); }
std::span<const ClientMetricsKey> client_metrics_keys() { return kClientMetricsKeys; }
const ClientMetricsKey* find_client_metrics_config(std::string_view name) { return find_in(kClientMetricsKeys, name); }

}  // namespace leat::server
