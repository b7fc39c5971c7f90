// ApiVersions (18), versions 0 to 4; Metadata (3), 0 to 13; DescribeCluster (60), 0 to 2; DescribeTopicPartitions (75),
// 0; FindCoordinator (10), 0 to 6.
#include <algorithm>
#include <set>

#include "base/log.h"
#include "broker/server/authorized_operations.h"
#include "broker/server/features.h"
#include "broker/server/handlers.h"
#include "broker/server/routing.h"
#include "broker/wire/api_table.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

/// Software names and versions that ApiVersions takes: letters, digits, '-' and '.', not at the ends.
bool legal_software_text(const std::string& text) {
  const auto alphanumeric = [](unsigned char c) { return std::isalnum(c) != 0; };
  return !text.empty() && alphanumeric(static_cast<unsigned char>(text.front())) &&
         alphanumeric(static_cast<unsigned char>(text.back())) &&
         std::all_of(text.begin(), text.end(),
                     [&](unsigned char c) { return alphanumeric(c) || c == '-' || c == '.'; });
}

void add_feature(wire::ApiVersionsResponse& response, const Feature& feature, std::int16_t level, int version) {
  // A supported range that begins at 0 breaks the parsers of old clients: they see it from version 4 on only.
  if (feature.level_min > 0 || version >= 4) {
    auto& supported = response.supported_features.emplace_back();
    supported.name = feature.name;
    supported.min_version = feature.level_min;
    supported.max_version = feature.level_max;
  }
  if (level == 0) return;
  auto& finalized = response.finalized_features.emplace_back();
  finalized.name = feature.name;
  finalized.min_version_level = finalized.max_version_level = level;
}

template <class Partition>
void describe_replicas(Broker& broker, const Topic& topic, std::size_t index, Partition& partition) {
  const auto& replicas = topic.replicas[index];
  partition.leader_id = broker.nodes().leader_of(replicas);
  partition.leader_epoch = topic.leader_epochs[index];
  partition.replica_nodes = replicas;
  partition.isr_nodes = broker.nodes().in_sync(replicas);
  partition.offline_replicas = broker.nodes().offline(replicas);
}

wire::MetadataResponse::MetadataResponseTopic described(Broker& broker, const Topic& topic) {
  wire::MetadataResponse::MetadataResponseTopic described;
  described.name = topic.name;
  described.topic_id = topic.id;
  described.is_internal = topic.internal();
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
    auto& partition = described.partitions.emplace_back();
    partition.partition_index = static_cast<std::int32_t>(i);
    describe_replicas(broker, topic, i, partition);
    if (partition.leader_id < 0) partition.error_code = ErrorCode::kLeaderNotAvailable;
    if (!topic.partitions[i] || topic.partitions[i]->offline()) partition.error_code = ErrorCode::kKafkaStorageError;
  }
  return described;
}

wire::MetadataResponse::MetadataResponseTopic absent(std::optional<std::string> name, const Uuid& id, ErrorCode error) {
  wire::MetadataResponse::MetadataResponseTopic topic;
  topic.name = std::move(name);
  topic.topic_id = id;
  topic.error_code = error;
  return topic;
}

/// How long after its first use a topic is made. Kafka's controller takes about as long, and there are clients that
/// rely on it: they join a group for a topic that is not there yet, note behind that how many partitions it has, and
/// wait for the number to change (kafka-go). All clients wait longer before they ask again.
constexpr auto kFirstUseDelay = std::chrono::milliseconds(50);

void create_on_first_use(Broker& broker, const RequestContext& context, const NewTopic& wanted) {
  const auto make = [&broker, alive = broker.alive(), wanted, limited = context.muted_until != nullptr,
                     user = context.user, client = context.client.client_id] {
    if (alive.expired() || broker.topics().judge(wanted).error != ErrorCode::kNone) return;
    if (wanted.name == kOffsetsTopic || wanted.name == kTransactionsTopic) {
      broker.ensure_coordinators(wanted.name == kTransactionsTopic, [](Status) {});
    } else if (const double partitions = wanted.partitions;
               !limited ||
               !broker.client_quotas().change(user, client, partitions, true, broker.world().loop.now()).refused) {
      broker.topics().create(wanted, [](Status) {});
    }
  };
  broker.world().loop.call_at(broker.world().loop.now() + kFirstUseDelay, make);
}

wire::MetadataResponse::MetadataResponseTopic find_or_create(Broker& broker, const RequestContext& context,
                                                             const std::string& name, bool may_create) {
  if (const Topic* topic = broker.topics().find(name)) return described(broker, *topic);
  const Node& asked = *broker.nodes().find(context.node());
  NewTopic wanted{.name = name,
                  .partitions = asked.num_partitions,
                  .configs = {},
                  .replication_factor = asked.default_replication_factor};
  const TopicVerdict verdict = broker.topics().judge(wanted);
  if (verdict.error == ErrorCode::kInvalidTopicException) return absent(name, {}, verdict.error);
  if (may_create && broker.config().auto_create_topics) create_on_first_use(broker, context, wanted);
  // As Kafka does: the topic is there when the client asks again.
  return absent(name, {}, ErrorCode::kUnknownTopicOrPartition);
}

using AskedTopics = std::vector<wire::MetadataRequest::MetadataRequestTopic>;

/// Topics can be asked for by id from version 12 on, though the field is there from version 10.
ErrorCode judge_asked_topics(const AskedTopics& asked, int version) {
  for (const auto& each : asked) {
    if (!each.topic_id.is_zero() && version < 12) return ErrorCode::kInvalidRequest;
    if (each.topic_id.is_zero() && !each.name)
      return version < 12 ? ErrorCode::kInvalidRequest : ErrorCode::kUnknownServerError;
  }
  return ErrorCode::kNone;
}

/// The answer to a request that is wrong as a whole tells nothing of the cluster.
wire::MetadataResponse refused(const AskedTopics& asked, ErrorCode error) {
  wire::MetadataResponse response;
  response.error_code = error;
  for (const auto& each : asked) response.topics.push_back(absent(each.name.value_or(""), each.topic_id, error));
  return response;
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::ApiVersionsRequest request,
            OneShot<wire::ApiVersionsResponse> reply) {
  wire::ApiVersionsResponse response;
  if (context.version >= 3 &&
      !(legal_software_text(request.client_software_name) && legal_software_text(request.client_software_version))) {
    response.error_code = ErrorCode::kInvalidRequest;
    return reply(std::move(response));
  }
  for (const wire::ApiKey key : served_apis()) {
    const wire::Api* api = wire::find_api(static_cast<std::int16_t>(key));
    auto& listed = response.api_keys.emplace_back();
    listed.api_key = static_cast<std::int16_t>(key);
    listed.min_version = api->advertised_min;
    listed.max_version = api->advertised_max;
  }
  response.finalized_features_epoch = broker.settings().features_epoch();
  for (const Feature& feature : features())
    add_feature(response, feature, feature_level(broker.settings(), feature), context.version);
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& context, wire::MetadataRequest request,
            OneShot<wire::MetadataResponse> reply) {
  wire::MetadataResponse response;
  for (const Listening* each : broker.listeners().beside(*context.listener)) {
    auto& node = response.brokers.emplace_back();
    node.node_id = each->node;
    node.host = each->advertised.host;
    node.port = each->advertised.port;
    node.rack = broker.nodes().find(each->node)->rack;
  }
  response.cluster_id = broker.cluster_id();
  response.controller_id = broker.nodes().controller();
  if (request.include_cluster_authorized_operations)
    response.cluster_authorized_operations = bits_of(kClusterOperations);
  const auto finish = [&] {
    if (request.include_topic_authorized_operations)
      for (auto& topic : response.topics)
        if (topic.error_code == ErrorCode::kNone) topic.topic_authorized_operations = bits_of(kTopicOperations);
    reply(std::move(response));
  };
  const bool all = !request.topics || (context.version == 0 && request.topics->empty());
  if (all) {
    for (const auto& [name, topic] : broker.topics().all()) response.topics.push_back(described(broker, *topic));
    return finish();
  }
  if (const ErrorCode error = judge_asked_topics(*request.topics, context.version); error != ErrorCode::kNone)
    return reply(refused(*request.topics, error));
  const bool may_create = request.allow_auto_topic_creation;  // true in versions that have no such field
  // Where ids are used, names without an id are passed over, as Kafka does.
  const bool by_id = std::any_of(request.topics->begin(), request.topics->end(),
                                 [](const auto& asked) { return !asked.topic_id.is_zero(); });
  std::set<std::pair<std::string, Uuid>> told;
  for (const auto& asked : *request.topics) {
    if (!told.emplace(asked.name.value_or(""), asked.topic_id).second) continue;
    if (by_id && asked.topic_id.is_zero()) continue;
    if (by_id) {
      const Topic* topic = broker.topics().find(asked.topic_id);
      response.topics.push_back(topic ? described(broker, *topic)
                                      : absent(std::nullopt, asked.topic_id, ErrorCode::kUnknownTopicId));
    } else {
      response.topics.push_back(find_or_create(broker, context, asked.name.value_or(""), may_create));
    }
  }
  finish();
}

void handle(Broker& broker, const RequestContext& context, wire::DescribeClusterRequest request,
            OneShot<wire::DescribeClusterResponse> reply) {
  wire::DescribeClusterResponse response;
  if (request.endpoint_type != 1) {
    const bool wants_controller = request.endpoint_type == 2;
    response.error_code = wants_controller ? ErrorCode::kMismatchedEndpointType : ErrorCode::kUnsupportedEndpointType;
    response.error_message = wants_controller ? "The request was sent to an endpoint of type BROKER, but we wanted an "
                                                "endpoint of type CONTROLLER"
                                              : "Unsupported endpoint type " + std::to_string(request.endpoint_type);
    return reply(std::move(response));
  }
  if (request.include_cluster_authorized_operations)
    response.cluster_authorized_operations = bits_of(kClusterOperations);
  response.cluster_id = broker.cluster_id();
  response.controller_id = broker.nodes().controller();
  for (const Listening* each : broker.listeners().beside(*context.listener)) {
    auto& node = response.brokers.emplace_back();
    node.broker_id = each->node;
    node.host = each->advertised.host;
    node.port = each->advertised.port;
    node.rack = broker.nodes().find(each->node)->rack;
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& /*context*/, wire::DescribeTopicPartitionsRequest request,
            OneShot<wire::DescribeTopicPartitionsResponse> reply) {
  wire::DescribeTopicPartitionsResponse response;
  std::vector<std::string> names;
  for (const auto& topic : request.topics) names.push_back(topic.name);
  if (names.empty())
    for (const auto& [name, topic] : broker.topics().all()) names.push_back(name);
  std::sort(names.begin(), names.end());
  const auto& cursor = request.cursor;
  if (cursor && !request.topics.empty() &&
      (cursor->partition_index < 0 || std::find(names.begin(), names.end(), cursor->topic_name) == names.end())) {
    for (const std::string& name : names) {
      auto& refused_topic = response.topics.emplace_back();
      refused_topic.name = name;
      refused_topic.error_code = ErrorCode::kInvalidRequest;
    }
    return reply(std::move(response));
  }
  const auto go_on_at = [&](const std::string& name, std::size_t partition) {
    auto& next = *(response.next_cursor = wire::DescribeTopicPartitionsResponse::Cursor{});
    next.topic_name = name;
    next.partition_index = static_cast<std::int32_t>(partition);
  };
  std::int32_t left = std::max(1, request.response_partition_limit);
  for (const std::string& name : names) {
    std::size_t first = 0;
    if (cursor && name < cursor->topic_name) continue;
    if (cursor && name == cursor->topic_name) first = static_cast<std::size_t>(std::max(0, cursor->partition_index));
    if (left == 0) {
      go_on_at(name, 0);
      break;
    }
    auto& described_topic = response.topics.emplace_back();
    described_topic.name = name;
    const Topic* topic = broker.topics().find(name);
    if (topic == nullptr) {
      described_topic.error_code = ErrorCode::kUnknownTopicOrPartition;
      continue;
    }
    described_topic.topic_id = topic->id;
    described_topic.is_internal = topic->internal();
    described_topic.topic_authorized_operations = bits_of(kTopicOperations);
    for (std::size_t i = first; i < topic->partitions.size(); ++i) {
      if (left == 0) {
        go_on_at(name, i);
        return reply(std::move(response));
      }
      --left;
      auto& partition = described_topic.partitions.emplace_back();
      partition.partition_index = static_cast<std::int32_t>(i);
      describe_replicas(broker, *topic, i, partition);
      partition.eligible_leader_replicas.emplace();
      partition.last_known_elr.emplace();
    }
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& context, wire::FindCoordinatorRequest request,
            OneShot<wire::FindCoordinatorResponse> reply) {
  constexpr std::int8_t kGroup = 0, kTransaction = 1, kShare = 2;
  const bool batched = context.version >= 4;
  if (request.key_type != kGroup && request.key_type != kTransaction) {
    // Share groups are known by name from version 6 on and are not served; there Kafka, too, says nothing more.
    const std::string why = request.key_type == kShare ? ""
                                                       : "Key type " + std::to_string(request.key_type) +
                                                             " is unknown; 0 is a group, 1 a " + "transactional id";
    wire::FindCoordinatorResponse response;
    response.error_code = ErrorCode::kInvalidRequest;
    response.error_message = why;
    for (const std::string& key : request.coordinator_keys) {
      auto& each = response.coordinators.emplace_back();
      each.key = key;
      each.error_code = ErrorCode::kInvalidRequest;
      each.error_message = why;
      each.node_id = each.port = -1;
    }
    response.node_id = response.port = -1;
    return reply(std::move(response));
  }
  broker.ensure_coordinators(request.key_type == kTransaction, [&broker, context, request, batched,
                                                                reply = std::move(reply)](Status status) mutable {
    if (!status)
      log_line(LogLevel::kError, "coordinator", "internal topic cannot be made", {{"why", status.error().message}});
    wire::FindCoordinatorResponse response;
    const auto fill = [&](const std::string& key, auto& to) {
      const Listening* node =
          status ? coordinator_node(broker, context, request.key_type == kTransaction, key) : nullptr;
      to.error_code = node != nullptr ? ErrorCode::kNone : ErrorCode::kCoordinatorNotAvailable;
      to.node_id = node != nullptr ? node->node : -1;
      to.host = node != nullptr ? node->advertised.host : "";
      to.port = node != nullptr ? node->advertised.port : -1;
    };
    if (!batched) {
      fill(request.key, response);
      response.error_message = status ? "NONE" : status.error().message;
    }
    for (const std::string& key : request.coordinator_keys) {
      auto& each = response.coordinators.emplace_back();
      each.key = key;
      each.error_message = "";
      fill(key, each);
    }
    reply(std::move(response));
  });
}

}  // namespace leat::server
