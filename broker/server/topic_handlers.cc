// CreateTopics (19), versions 2 to 7; DeleteTopics (20), 1 to 6; CreatePartitions (37), 0 to 3. Replies when the change
// is durable. Replication factors go up to the number of nodes (nodes.h), which is one. Since versions 6, 5 and 3 a
// client beyond its controller_mutation_rate is refused; before, it waits behind the response.
#include <memory>
#include <set>

#include "base/gathering.h"
#include "broker/server/handlers.h"
#include "broker/server/topic_config.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

using Creatable = wire::CreateTopicsRequest::CreatableTopic;
using CreatedTopic = wire::CreateTopicsResponse::CreatableTopicResult;

TopicVerdict read_creatable(Broker& broker, const Creatable& asked, NewTopic& topic) {
  const auto refuse = [](ErrorCode error, std::string message) { return TopicVerdict{error, std::move(message)}; };
  topic.name = asked.name;
  for (const auto& config : asked.configs) {
    if (!config.value)
      return refuse(ErrorCode::kInvalidConfig, "Null value not supported for topic configs: " + config.name);
    topic.configs[config.name] = *config.value;
  }
  if (auto verdict = broker.topics().judge(topic); verdict.error != ErrorCode::kNone) return verdict;
  topic.partitions = asked.num_partitions == -1 ? broker.config().num_partitions : asked.num_partitions;
  if (!asked.assignments.empty()) {
    if (asked.num_partitions != -1 || asked.replication_factor != -1)
      return refuse(ErrorCode::kInvalidRequest, "Both partitions or replication factor and an assignment were given.");
    std::set<std::int32_t> indexes;
    for (const auto& assignment : asked.assignments) {
      indexes.insert(assignment.partition_index);
      if (auto problem = broker.nodes().problem_with(assignment.broker_ids))
        return refuse(ErrorCode::kInvalidReplicaAssignment, std::move(*problem));
      if (assignment.broker_ids.size() != asked.assignments.front().broker_ids.size())
        return refuse(ErrorCode::kInvalidReplicaAssignment, "All partitions must have as many replicas.");
    }
    topic.partitions = static_cast<std::int32_t>(asked.assignments.size());
    if (indexes.size() != asked.assignments.size() || *indexes.begin() != 0 ||
        *indexes.rbegin() != topic.partitions - 1)
      return refuse(ErrorCode::kInvalidReplicaAssignment, "Partitions should be a consecutive 0-based sequence.");
    topic.replicas.resize(asked.assignments.size());
    for (const auto& assignment : asked.assignments)
      topic.replicas[static_cast<std::size_t>(assignment.partition_index)] = assignment.broker_ids;
    return {};
  }
  if (topic.partitions < 1)
    return refuse(ErrorCode::kInvalidPartitions, "Number of partitions was set to an invalid non-positive value.");
  topic.replication_factor =
      asked.replication_factor == -1 ? broker.config().default_replication_factor : asked.replication_factor;
  if (topic.replication_factor < 1)
    return refuse(ErrorCode::kInvalidReplicationFactor, "Replication factor must be larger than 0.");
  if (static_cast<std::size_t>(topic.replication_factor) > broker.nodes().running())
    return refuse(ErrorCode::kInvalidReplicationFactor,
                  "The target replication factor of " + std::to_string(topic.replication_factor) +
                      " cannot be reached because only " + std::to_string(broker.nodes().running()) +
                      " broker(s) are registered.");
  return {};
}

void describe_created(Broker& broker, const NewTopic& topic, CreatedTopic& created) {
  created.num_partitions = topic.partitions;
  created.replication_factor =
      topic.replicas.empty() ? topic.replication_factor : static_cast<std::int16_t>(topic.replicas.front().size());
  created.configs.emplace();
  for (const TopicConfigKey& key : topic_config_keys()) {
    const auto own = topic.configs.find(std::string(key.name));
    if (key.internal && own == topic.configs.end()) continue;
    auto& config = created.configs->emplace_back();
    config.name = key.name;
    const auto of_broker = broker.config().given.find(std::string(key.broker_key));
    config.config_source = own != topic.configs.end()                 ? 1
                           : key.name == "min.insync.replicas"        ? 3
                           : of_broker != broker.config().given.end() ? 4
                                                                      : 5;
    config.value = own != topic.configs.end()                 ? own->second
                   : of_broker != broker.config().given.end() ? of_broker->second
                                                              : std::string(key.by_default);
  }
}

/// Says so in the result where the client may not.
template <class Result>
bool may_change(Broker& broker, const RequestContext& context, std::size_t partitions, int strict_since,
                Result& result) {
  if (may_change_partitions(broker, context, partitions, context.version >= strict_since)) return true;
  result.error_code = ErrorCode::kThrottlingQuotaExceeded;
  result.error_message = "The throttling quota has been exceeded.";
  return false;
}

}  // namespace

bool may_change_partitions(Broker& broker, const RequestContext& context, std::size_t partitions, bool strict) {
  if (!context.muted_until) return true;
  const Instant now = broker.world().loop.now();
  const auto verdict = broker.client_quotas().change(context.user, context.client.client_id,
                                                     static_cast<double>(partitions), strict, now);
  *context.muted_until = std::max(*context.muted_until, now + verdict.wait);
  return !verdict.refused;
}

void handle(Broker& broker, const RequestContext& context, wire::CreateTopicsRequest request,
            OneShot<wire::CreateTopicsResponse> reply) {
  auto gathering = std::make_shared<Gathering<wire::CreateTopicsResponse>>(std::move(reply));
  std::map<std::string, int> named;
  for (const auto& asked : request.topics) ++named[asked.name];
  std::vector<const Creatable*> once;
  std::set<std::string> told;
  for (const auto& asked : request.topics)
    if (named[asked.name] == 1 || told.insert(asked.name).second) once.push_back(&asked);
  gathering->response.topics.resize(once.size());
  // All are judged before the first one is made: names of one request do not collide with each other.
  std::vector<std::pair<NewTopic, CreatedTopic*>> good;
  for (std::size_t i = 0; i < once.size(); ++i) {
    CreatedTopic& created = gathering->response.topics[i];
    created.name = once[i]->name;
    NewTopic topic;
    TopicVerdict verdict = named[created.name] > 1
                               ? TopicVerdict{ErrorCode::kInvalidRequest, "Duplicate topic in request."}
                               : read_creatable(broker, *once[i], topic);
    if (verdict.error != ErrorCode::kNone) {
      created.error_code = verdict.error;
      created.error_message = verdict.message;
      continue;
    }
    if (!may_change(broker, context, static_cast<std::size_t>(topic.partitions), 6, created)) continue;
    describe_created(broker, topic, created);
    if (!request.validate_only && request.timeout_ms <= 0) {
      // Its time is over before anything is made, says Kafka's controller.
      created = {};
      created.name = once[i]->name;
      created.error_code = ErrorCode::kRequestTimedOut;
    } else if (!request.validate_only) {
      good.emplace_back(std::move(topic), &created);
    }
  }
  for (auto& [topic, created] : good) {
    ++gathering->left;
    broker.topics().create(topic, [&broker, gathering, created = created](Status status) {
      if (const Topic* made = broker.topics().find(created->name)) created->topic_id = made->id;
      if (!status) {
        created->error_code = ErrorCode::kKafkaStorageError;
        created->error_message = status.error().message;
      }
      gathering->one_done();
    });
  }
  gathering->one_done();
}

void handle(Broker& broker, const RequestContext& context, wire::DeleteTopicsRequest request,
            OneShot<wire::DeleteTopicsResponse> reply) {
  auto gathering = std::make_shared<Gathering<wire::DeleteTopicsResponse>>(std::move(reply));
  struct Asked {
    std::optional<std::string> name;
    Uuid id;
  };
  std::vector<Asked> asked;
  for (const std::string& name : request.topic_names) asked.push_back({name, {}});
  for (const auto& topic : request.topics) asked.push_back({topic.name, topic.topic_id});
  std::map<std::pair<std::optional<std::string>, Uuid>, int> times;
  for (const Asked& each : asked) ++times[{each.name, each.id}];
  std::set<std::pair<std::optional<std::string>, Uuid>> told;
  std::erase_if(asked, [&](const Asked& each) { return !told.emplace(each.name, each.id).second; });
  // A topic that is asked for by its name and by its id is answered once, and stays.
  std::set<Uuid> by_id;
  for (const Asked& each : asked)
    if (!each.name) by_id.insert(each.id);
  std::set<Uuid> by_both;
  for (const Asked& each : asked)
    if (const Topic* named = each.name ? broker.topics().find(*each.name) : nullptr;
        named != nullptr && each.id.is_zero() && by_id.contains(named->id))
      by_both.insert(named->id);
  std::erase_if(asked, [&](const Asked& each) { return !each.name && by_both.contains(each.id); });
  gathering->response.responses.resize(asked.size());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    auto& result = gathering->response.responses[i];
    result.name = asked[i].name;
    result.topic_id = asked[i].id;
    const Topic* topic = asked[i].name ? broker.topics().find(*asked[i].name) : broker.topics().find(asked[i].id);
    if (!asked[i].name && asked[i].id.is_zero()) {
      result.error_code = ErrorCode::kInvalidRequest;
      result.error_message = "Neither topic name nor id were specified.";
    } else if (asked[i].name && !asked[i].id.is_zero()) {
      result.error_code = ErrorCode::kInvalidRequest;
      result.error_message = "You may not specify both topic name and topic id.";
    } else if (times[{asked[i].name, asked[i].id}] > 1) {
      result.error_code = ErrorCode::kInvalidRequest;
      result.error_message = "Duplicate topic in request.";
    } else if (!broker.config().delete_topics) {
      result.error_code = context.version < 3 ? ErrorCode::kInvalidRequest : ErrorCode::kTopicDeletionDisabled;
    } else if (topic == nullptr) {
      result.error_code = asked[i].name ? ErrorCode::kUnknownTopicOrPartition : ErrorCode::kUnknownTopicId;
      result.error_message = asked[i].name ? "This server does not host this topic-partition."
                                           : "This server does not host this topic ID.";
    } else if (asked[i].name && by_id.contains(topic->id)) {
      result.topic_id = topic->id;
      result.error_code = ErrorCode::kInvalidRequest;
      result.error_message = "The provided topic name maps to an ID that was already supplied.";
    } else if (topic->internal()) {
      result.error_code = ErrorCode::kInvalidTopicException;
      result.error_message = "Internal topics are not deleted while their coordinators run.";
    } else if (may_change(broker, context, topic->partitions.size(), 5, result)) {
      result.name = topic->name;
      result.topic_id = topic->id;
      ++gathering->left;
      broker.topics().remove(topic->name, [&broker, gathering, &result](Status status) {
        if (!status) result.error_code = ErrorCode::kKafkaStorageError;
        // Unless there is a new one of that name already, with offsets of its own.
        if (status && broker.topics().find(*result.name) == nullptr)
          for (const auto& groups : broker.group_coordinators()) groups->forget_topic(*result.name);
        gathering->one_done();
      });
    }
  }
  gathering->one_done();
}

void handle(Broker& broker, const RequestContext& context, wire::CreatePartitionsRequest request,
            OneShot<wire::CreatePartitionsResponse> reply) {
  auto gathering = std::make_shared<Gathering<wire::CreatePartitionsResponse>>(std::move(reply));
  std::map<std::string, int> named;
  for (const auto& asked : request.topics) ++named[asked.name];
  gathering->response.results.resize(named.size());
  std::size_t i = 0;
  for (const auto& [name, times] : named) {
    auto& result = gathering->response.results[i++];
    result.name = name;
    const auto asked = std::find_if(request.topics.begin(), request.topics.end(),
                                    [&name = name](const auto& each) { return each.name == name; });
    const Topic* topic = broker.topics().find(name);
    const auto refuse = [&](ErrorCode error, std::string message) {
      result.error_code = error;
      result.error_message = std::move(message);
    };
    if (times > 1) {
      refuse(ErrorCode::kInvalidRequest, "Duplicate topic in request.");
    } else if (topic == nullptr) {
      result.error_code = ErrorCode::kUnknownTopicOrPartition;  // as Kafka: without a message
    } else if (asked->count <= static_cast<std::int32_t>(topic->partitions.size())) {
      refuse(ErrorCode::kInvalidPartitions,
             "The topic has " + std::to_string(topic->partitions.size()) + " partitions already.");
    } else if (asked->assignments &&
               asked->assignments->size() != static_cast<std::size_t>(asked->count) - topic->partitions.size()) {
      refuse(ErrorCode::kInvalidReplicaAssignment, "The assignment does not fit the number of new partitions.");
    } else if (asked->assignments &&
               std::any_of(asked->assignments->begin(), asked->assignments->end(), [&](const auto& assignment) {
                 return broker.nodes().problem_with(assignment.broker_ids).has_value() ||
                        assignment.broker_ids.size() != topic->replicas.front().size();
               })) {
      refuse(ErrorCode::kInvalidReplicaAssignment,
             "Every new partition must be assigned to as many brokers of this cluster as the others are.");
    } else if (may_change(broker, context, static_cast<std::size_t>(asked->count) - topic->partitions.size(), 3,
                          result) &&
               !request.validate_only) {
      std::vector<std::vector<std::int32_t>> replicas;
      if (asked->assignments)
        for (const auto& assignment : *asked->assignments) replicas.push_back(assignment.broker_ids);
      ++gathering->left;
      broker.topics().add_partitions(name, asked->count, std::move(replicas), [gathering, &result](Status status) {
        if (!status) result.error_code = ErrorCode::kKafkaStorageError;
        gathering->one_done();
      });
    }
  }
  gathering->one_done();
}

}  // namespace leat::server
