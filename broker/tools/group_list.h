// Groups of a cluster: who there is, and what the coordinator of one says of it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/tools/session.h"

namespace leat::tools {

struct GroupListing {
  std::string id;
  std::string type;  ///< Classic, Consumer, Share or Streams
  std::string protocol;
  std::string state;
};

/// Groups of all brokers, filtered by what is given.
Result<std::vector<GroupListing>> list_groups(Session& session, const std::vector<std::string>& states,
                                              const std::vector<std::string>& types);
/// Those among them that are consumer groups of either kind.
bool is_consumer_group(const GroupListing& group);

/// The broker that is the coordinator of a group.
Result<BrokerInfo> find_group_coordinator(Session& session, const std::string& group_id);

struct GroupMember {
  std::string id;
  std::string instance_id;
  std::string host;
  std::string client_id;
  std::set<TopicPartition> assignment;
  std::set<TopicPartition> target;
  std::optional<std::int32_t> epoch;         ///< of groups of the consumer protocol
  std::optional<std::int32_t> target_epoch;  ///< the same
};

struct GroupDescription {
  std::string id;
  std::string state;
  std::string assignor;
  BrokerInfo coordinator;
  std::vector<GroupMember> members;
  std::optional<std::int32_t> epoch;
  std::optional<std::int32_t> target_epoch;
};

/// kKafka with GROUP_ID_NOT_FOUND where there is no such group.
Result<GroupDescription> describe_group(Session& session, const std::string& group_id);

/// What the coordinator of a group says to its deletion.
Result<wire::ErrorCode> delete_group(Session& session, const std::string& group_id);

/// The one of `names` that this is, however it is capitalised; nothing where it is none of them.
std::optional<std::string> proper_name(std::string_view text, const std::vector<std::string>& names);

/// A broker's error as Apache Kafka's tools print it: the Java class and the words for it.
std::string java_error(wire::ErrorCode code, const std::optional<std::string>& message = std::nullopt);

}  // namespace leat::tools
