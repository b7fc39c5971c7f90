// Instantiates the codecs of the messages about metadata.
#include "broker/wire/messages/api_versions.h"
#include "broker/wire/messages/describe_cluster.h"
#include "broker/wire/messages/describe_topic_partitions.h"
#include "broker/wire/messages/find_coordinator.h"
#include "broker/wire/messages/metadata.h"

#include "broker/wire/codec_inl.h"

namespace leat::wire {

LEAT_WIRE_MESSAGE(ApiVersionsRequest)
LEAT_WIRE_MESSAGE(ApiVersionsResponse)
LEAT_WIRE_MESSAGE(MetadataRequest)
LEAT_WIRE_MESSAGE(MetadataResponse)
LEAT_WIRE_MESSAGE(DescribeClusterRequest)
LEAT_WIRE_MESSAGE(DescribeClusterResponse)
LEAT_WIRE_MESSAGE(DescribeTopicPartitionsRequest)
LEAT_WIRE_MESSAGE(DescribeTopicPartitionsResponse)
LEAT_WIRE_MESSAGE(FindCoordinatorRequest)
LEAT_WIRE_MESSAGE(FindCoordinatorResponse)

}  // namespace leat::wire
