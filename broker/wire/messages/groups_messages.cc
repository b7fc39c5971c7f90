// Instantiates the codecs of the messages about groups.
#include "broker/wire/messages/consumer_group_describe.h"
#include "broker/wire/messages/consumer_group_heartbeat.h"
#include "broker/wire/messages/delete_groups.h"
#include "broker/wire/messages/describe_groups.h"
#include "broker/wire/messages/heartbeat.h"
#include "broker/wire/messages/join_group.h"
#include "broker/wire/messages/leave_group.h"
#include "broker/wire/messages/list_groups.h"
#include "broker/wire/messages/streams_group_describe.h"
#include "broker/wire/messages/streams_group_heartbeat.h"
#include "broker/wire/messages/sync_group.h"

#include "broker/wire/codec_inl.h"

namespace leat::wire {

LEAT_WIRE_MESSAGE(JoinGroupRequest)
LEAT_WIRE_MESSAGE(JoinGroupResponse)
LEAT_WIRE_MESSAGE(SyncGroupRequest)
LEAT_WIRE_MESSAGE(SyncGroupResponse)
LEAT_WIRE_MESSAGE(HeartbeatRequest)
LEAT_WIRE_MESSAGE(HeartbeatResponse)
LEAT_WIRE_MESSAGE(LeaveGroupRequest)
LEAT_WIRE_MESSAGE(LeaveGroupResponse)
LEAT_WIRE_MESSAGE(DescribeGroupsRequest)
LEAT_WIRE_MESSAGE(DescribeGroupsResponse)
LEAT_WIRE_MESSAGE(ListGroupsRequest)
LEAT_WIRE_MESSAGE(ListGroupsResponse)
LEAT_WIRE_MESSAGE(DeleteGroupsRequest)
LEAT_WIRE_MESSAGE(DeleteGroupsResponse)
LEAT_WIRE_MESSAGE(ConsumerGroupHeartbeatRequest)
LEAT_WIRE_MESSAGE(ConsumerGroupHeartbeatResponse)
LEAT_WIRE_MESSAGE(ConsumerGroupDescribeRequest)
LEAT_WIRE_MESSAGE(ConsumerGroupDescribeResponse)
LEAT_WIRE_MESSAGE(StreamsGroupHeartbeatRequest)
LEAT_WIRE_MESSAGE(StreamsGroupHeartbeatResponse)
LEAT_WIRE_MESSAGE(StreamsGroupDescribeRequest)
LEAT_WIRE_MESSAGE(StreamsGroupDescribeResponse)

}  // namespace leat::wire
