#include "broker/tools/session.h"

#include <fmt/format.h>

#include "base/properties.h"
#include "broker/tools/options.h"
#include "broker/wire/messages/list_offsets.h"
#include "broker/wire/messages/offset_fetch.h"

namespace leat::tools {

using wire::ErrorCode;

namespace {

constexpr int kListOffsetsVersionMax = 10;
constexpr int kOffsetFetchVersionMax = 9;  // from 10 on topics are named by id
constexpr auto kConnectBackoff = std::chrono::milliseconds(500);

}  // namespace

Status Settings::load(Files& files, const std::string& path) {
  LEAT_ASSIGN_OR_RETURN(const Bytes text, read_file(files, path));
  LEAT_ASSIGN_OR_RETURN(const auto properties, parse_properties(text));
  for (const Property& each : properties) values_[each.key] = each.value;
  return {};
}

Status Settings::add(std::string_view property) {
  const std::size_t equals = property.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return Error{ErrorKind::kInvalidArgument,
                 fmt::format("'{}' is no property: write key=value, such as client.id=me", property)};
  set(std::string(trimmed(property.substr(0, equals))), std::string(property.substr(equals + 1)));
  return {};
}

std::string Settings::get(const std::string& key, std::string_view otherwise) const {
  const auto found = values_.find(key);
  return found == values_.end() ? std::string(otherwise) : found->second;
}

Result<std::int64_t> Settings::number(const std::string& key, std::int64_t otherwise) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return otherwise;
  if (const auto number = parse_whole_number(trimmed(found->second))) return *number;
  return Error{ErrorKind::kInvalidArgument, fmt::format("{}={} must be a whole number", key, found->second)};
}

Session::Session(const Surroundings& surroundings, client::ClusterConfig config,
                 std::unique_ptr<wire::Connector> secure)
    : surroundings_(surroundings), secure_(std::move(secure)) {
  wire::Connector& connector = secure_ ? *secure_ : surroundings.connector;
  cluster_ = std::make_unique<client::Cluster>(surroundings.world, connector, std::move(config));
}

Result<std::unique_ptr<Session>> Session::connect(const Surroundings& surroundings, const Settings& settings) {
  LEAT_ASSIGN_OR_RETURN(const auto security, client::read_client_security(settings.values()));
  std::unique_ptr<wire::Connector> secure;
  if (security.tls || security.sasl) {
    LEAT_ASSIGN_OR_RETURN(secure, client::make_connector(surroundings.world, security));
  }
  client::ClusterConfig config;
  LEAT_ASSIGN_OR_RETURN(config.bootstrap, client::parse_bootstrap_servers(settings.get("bootstrap.servers")));
  config.client_id = settings.get("client.id", "leat-tools");
  LEAT_ASSIGN_OR_RETURN(const std::int64_t request_timeout_ms, settings.number("request.timeout.ms", 30'000));
  LEAT_ASSIGN_OR_RETURN(const std::int64_t api_timeout_ms, settings.number("default.api.timeout.ms", 60'000));
  config.request_timeout = std::chrono::milliseconds(request_timeout_ms);
  std::unique_ptr<Session> session(new Session(surroundings, std::move(config), std::move(secure)));
  session->timeout_ = std::chrono::milliseconds(api_timeout_ms);
  LEAT_RETURN_IF_ERROR(session->find_brokers(session->timeout_));
  return session;
}

Status Session::find_brokers(Duration at_most) {
  const Instant until = loop().now() + at_most;
  bool warned = false;
  for (;;) {
    auto found = metadata(std::set<std::string>{});
    if (found) return {};
    std::string servers;
    for (const Endpoint& each : cluster_->config().bootstrap)
      servers += (servers.empty() ? "" : ", ") + each.to_string();
    if (found.error().kind != ErrorKind::kUnavailable || terminal().interrupted()) return found.error();
    if (loop().now() >= until)
      return Error{ErrorKind::kTimeout,
                   fmt::format("no broker answers at {}: {}. Is it running, and is the port right?", servers,
                               found.error().message)};
    if (!warned)
      terminal().err(fmt::format("WARN No broker answers at {} yet ({}); trying for {} s.\n", servers,
                                 found.error().message,
                                 std::chrono::duration_cast<std::chrono::seconds>(at_most).count()));
    warned = true;
    run_for(kConnectBackoff);
  }
}

Result<wire::MetadataResponse> Session::metadata(const std::optional<std::set<std::string>>& topics) {
  constexpr int kVersionMax = 12;
  wire::MetadataRequest request;
  request.allow_auto_topic_creation = false;
  if (topics) {
    request.topics.emplace();
    for (const std::string& name : *topics) request.topics->emplace_back().name = name;
  }
  // The cluster learns its nodes and leaders by asking itself; an empty set would ask for all topics.
  if (!topics || !topics->empty() || brokers_.empty()) {
    const Status known = wait<Status>([&](OneShot<Status> done) {
      cluster_->refresh(topics ? *topics : std::set<std::string>{}, false, std::move(done));
    });
    if (!known) return known.error();
  }
  auto response = ask<wire::MetadataRequest, wire::MetadataResponse>(std::move(request), kVersionMax);
  if (!response) return response.error();
  brokers_.clear();
  for (const auto& broker : response->brokers)
    brokers_[broker.node_id] = {
        broker.node_id, {broker.host, static_cast<std::uint16_t>(broker.port)}, broker.rack.value_or("")};
  return response;
}

Result<std::map<TopicPartition, Session::ListedOffset>> Session::list_offsets(
    const std::map<TopicPartition, std::int64_t>& times, bool read_committed,
    std::map<TopicPartition, ErrorCode>* errors) {
  std::set<std::string> topics;
  for (const auto& [partition, time] : times) topics.insert(partition.topic);
  if (topics.empty()) return std::map<TopicPartition, ListedOffset>();
  LEAT_ASSIGN_OR_RETURN(const auto known, metadata(topics));
  std::map<TopicPartition, ListedOffset> offsets;
  std::map<std::int32_t, wire::ListOffsetsRequest> by_leader;
  const auto fail = [&](const TopicPartition& partition, ErrorCode code) -> Status {
    if (errors == nullptr) return wire::kafka_error(code, "offsets of " + partition.to_string());
    (*errors)[partition] = code;
    return {};
  };
  for (const auto& [partition, time] : times) {
    const std::int32_t leader = cluster_->leader_of(partition);
    if (leader < 0) {
      const auto* topic = cluster_->topic(partition.topic);
      const bool there = topic != nullptr && topic->error == ErrorCode::kNone &&
                         static_cast<std::size_t>(partition.partition) < topic->leaders.size();
      LEAT_RETURN_IF_ERROR(
          fail(partition, there ? ErrorCode::kLeaderNotAvailable : ErrorCode::kUnknownTopicOrPartition));
      continue;
    }
    auto& request = by_leader[leader];
    request.replica_id = -1;
    request.isolation_level = read_committed ? 1 : 0;
    request.timeout_ms = static_cast<std::int32_t>(std::chrono::milliseconds(std::chrono::seconds(30)).count());
    if (request.topics.empty() || request.topics.back().name != partition.topic)
      request.topics.emplace_back().name = partition.topic;
    auto& each = request.topics.back().partitions.emplace_back();
    each.partition_index = partition.partition;
    each.timestamp = time;
  }
  for (auto& [leader, request] : by_leader) {
    const auto response = ask_node<wire::ListOffsetsRequest, wire::ListOffsetsResponse>(leader, std::move(request),
                                                                                        kListOffsetsVersionMax);
    if (!response) return response.error();
    for (const auto& topic : response->topics)
      for (const auto& each : topic.partitions) {
        const TopicPartition partition{topic.name, each.partition_index};
        if (each.error_code != ErrorCode::kNone) {
          LEAT_RETURN_IF_ERROR(fail(partition, each.error_code));
        } else {
          offsets[partition] = {each.offset, each.timestamp};
        }
      }
  }
  return offsets;
}

Result<std::map<TopicPartition, Session::Committed>> Session::committed(const std::string& group_id) {
  wire::OffsetFetchRequest request;
  request.groups.emplace_back().group_id = group_id;
  const auto response = ask_coordinator<wire::OffsetFetchRequest, wire::OffsetFetchResponse>(
      client::CoordinatorType::kGroup, group_id, request,
      [](const wire::OffsetFetchResponse& answer) {
        return answer.groups.empty() ? answer.error_code : answer.groups[0].error_code;
      },
      kOffsetFetchVersionMax);
  if (!response) return response.error();
  std::map<TopicPartition, Committed> offsets;
  for (const auto& group : response->groups) {
    if (group.error_code != ErrorCode::kNone)
      return wire::kafka_error(group.error_code, "committed offsets of group '" + group_id + "'");
    for (const auto& topic : group.topics)
      for (const auto& each : topic.partitions)
        if (each.error_code == ErrorCode::kNone && each.committed_offset >= 0)
          offsets[{topic.name, each.partition_index}] = {each.committed_offset, each.committed_leader_epoch,
                                                         each.metadata.value_or("")};
  }
  return offsets;
}

bool Session::of_coordinator(ErrorCode error) {
  return error == ErrorCode::kNotCoordinator || error == ErrorCode::kCoordinatorNotAvailable ||
         error == ErrorCode::kCoordinatorLoadInProgress;
}

std::string explain(ErrorCode code, const std::optional<std::string>& message) {
  if (message && !message->empty()) return *message;
  switch (code) {
    case ErrorCode::kUnknownTopicOrPartition: return "This server does not host this topic-partition.";
    case ErrorCode::kGroupIdNotFound: return "The group id does not exist.";
    case ErrorCode::kNonEmptyGroup: return "The group is not empty.";
    case ErrorCode::kTopicAlreadyExists: return "The topic exists already.";
    case ErrorCode::kPolicyViolation: return "Request parameters do not satisfy the configured policy.";
    case ErrorCode::kOffsetOutOfRange:
      return "The requested offset is not within the range of offsets of the partition.";
    default: return std::string(name(code));
  }
}

void print_tabbed(Session& session, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) text += fmt::format("{:<{}}\t", row[i], widths[i]);
    session.terminal().out(text + "\n");
  }
}

bool is_internal_topic(std::string_view topic) {
  return topic == "__consumer_offsets" || topic == "__transaction_state" || topic == "__share_group_state";
}

}  // namespace leat::tools
