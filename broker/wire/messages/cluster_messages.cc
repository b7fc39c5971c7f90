// Instantiates the codecs of the messages about the cluster as a whole.
#include "broker/wire/messages/add_raft_voter.h"
#include "broker/wire/messages/alter_client_quotas.h"
#include "broker/wire/messages/alter_partition_reassignments.h"
#include "broker/wire/messages/alter_replica_log_dirs.h"
#include "broker/wire/messages/describe_client_quotas.h"
#include "broker/wire/messages/describe_log_dirs.h"
#include "broker/wire/messages/describe_quorum.h"
#include "broker/wire/messages/elect_leaders.h"
#include "broker/wire/messages/get_telemetry_subscriptions.h"
#include "broker/wire/messages/list_config_resources.h"
#include "broker/wire/messages/list_partition_reassignments.h"
#include "broker/wire/messages/push_telemetry.h"
#include "broker/wire/messages/remove_raft_voter.h"
#include "broker/wire/messages/unregister_broker.h"
#include "broker/wire/messages/update_features.h"

#include "broker/wire/codec_inl.h"

namespace leat::wire {

LEAT_WIRE_MESSAGE(AlterReplicaLogDirsRequest)
LEAT_WIRE_MESSAGE(AlterReplicaLogDirsResponse)
LEAT_WIRE_MESSAGE(DescribeLogDirsRequest)
LEAT_WIRE_MESSAGE(DescribeLogDirsResponse)
LEAT_WIRE_MESSAGE(ElectLeadersRequest)
LEAT_WIRE_MESSAGE(ElectLeadersResponse)
LEAT_WIRE_MESSAGE(AlterPartitionReassignmentsRequest)
LEAT_WIRE_MESSAGE(AlterPartitionReassignmentsResponse)
LEAT_WIRE_MESSAGE(ListPartitionReassignmentsRequest)
LEAT_WIRE_MESSAGE(ListPartitionReassignmentsResponse)
LEAT_WIRE_MESSAGE(DescribeClientQuotasRequest)
LEAT_WIRE_MESSAGE(DescribeClientQuotasResponse)
LEAT_WIRE_MESSAGE(AlterClientQuotasRequest)
LEAT_WIRE_MESSAGE(AlterClientQuotasResponse)
LEAT_WIRE_MESSAGE(DescribeQuorumRequest)
LEAT_WIRE_MESSAGE(DescribeQuorumResponse)
LEAT_WIRE_MESSAGE(UpdateFeaturesRequest)
LEAT_WIRE_MESSAGE(UpdateFeaturesResponse)
LEAT_WIRE_MESSAGE(UnregisterBrokerRequest)
LEAT_WIRE_MESSAGE(UnregisterBrokerResponse)
LEAT_WIRE_MESSAGE(GetTelemetrySubscriptionsRequest)
LEAT_WIRE_MESSAGE(GetTelemetrySubscriptionsResponse)
LEAT_WIRE_MESSAGE(PushTelemetryRequest)
LEAT_WIRE_MESSAGE(PushTelemetryResponse)
LEAT_WIRE_MESSAGE(ListConfigResourcesRequest)
LEAT_WIRE_MESSAGE(ListConfigResourcesResponse)
LEAT_WIRE_MESSAGE(AddRaftVoterRequest)
LEAT_WIRE_MESSAGE(AddRaftVoterResponse)
LEAT_WIRE_MESSAGE(RemoveRaftVoterRequest)
LEAT_WIRE_MESSAGE(RemoveRaftVoterResponse)

}  // namespace leat::wire
