// A broker's metrics in the text format of Prometheus, under names that dashboards know.
//
//   all     kafka_exporter's (kafka_brokers, kafka_topic_partition_current_offset, kafka_consumergroup_lag ...),
//           Burrow's (burrow_kafka_consumer_status ...), and leat_* of requests, connections and logs
//   public  Redpanda's (redpanda_kafka_max_offset, redpanda_kafka_consumer_group_lag_sum ...): few and stable
//
// Offsets and lags are those that kafka-consumer-groups prints.
#pragma once

#include <string>

#include "broker/server/lag_judge.h"

namespace leat::server {

class Broker;

std::string all_metrics(Broker& broker, const LagJudge& judge);
std::string public_metrics(Broker& broker);
/// Tells the judge what the groups have committed.
void note_commits(Broker& broker, LagJudge& judge);

}  // namespace leat::server
