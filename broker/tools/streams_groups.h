// The actions of kafka-streams-groups, in two files: what shows groups, and what changes them.
#pragma once

#include <string>
#include <vector>

#include "broker/tools/options.h"
#include "broker/tools/session.h"
#include "broker/wire/messages/streams_group_describe.h"

namespace leat::tools {

using StreamsGroup = wire::StreamsGroupDescribeResponse::DescribedGroup;

/// kKafka with GROUP_ID_NOT_FOUND where there is no such streams group.
Result<StreamsGroup> describe_streams_group(Session& session, const std::string& id);
/// The groups that --group and --all-groups mean.
Result<std::vector<std::string>> chosen_streams_groups(Session& session, const Options& options);

Result<int> describe_streams_groups(Session& session, const Options& options);

Result<int> delete_streams_groups(Session& session, const Options& options);
Result<int> reset_streams_offsets(Session& session, const Options& options);
Result<int> delete_streams_offsets(Session& session, const Options& options);

/// Whether Kafka Streams made this topic for the application.
bool is_internal_topic_of(std::string_view topic, std::string_view application);
/// Deletes topics by name; what failed is told by topic.
Result<std::map<std::string, std::string>> delete_topics(Session& session, const std::vector<std::string>& topics);

}  // namespace leat::tools
