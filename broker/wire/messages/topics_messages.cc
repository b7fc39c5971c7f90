// Instantiates the codecs of the messages about topics.
#include "broker/wire/messages/alter_configs.h"
#include "broker/wire/messages/create_partitions.h"
#include "broker/wire/messages/create_topics.h"
#include "broker/wire/messages/delete_topics.h"
#include "broker/wire/messages/describe_configs.h"
#include "broker/wire/messages/incremental_alter_configs.h"

#include "broker/wire/codec_inl.h"

namespace leat::wire {

LEAT_WIRE_MESSAGE(CreateTopicsRequest)
LEAT_WIRE_MESSAGE(CreateTopicsResponse)
LEAT_WIRE_MESSAGE(DeleteTopicsRequest)
LEAT_WIRE_MESSAGE(DeleteTopicsResponse)
LEAT_WIRE_MESSAGE(CreatePartitionsRequest)
LEAT_WIRE_MESSAGE(CreatePartitionsResponse)
LEAT_WIRE_MESSAGE(DescribeConfigsRequest)
LEAT_WIRE_MESSAGE(DescribeConfigsResponse)
LEAT_WIRE_MESSAGE(AlterConfigsRequest)
LEAT_WIRE_MESSAGE(AlterConfigsResponse)
LEAT_WIRE_MESSAGE(IncrementalAlterConfigsRequest)
LEAT_WIRE_MESSAGE(IncrementalAlterConfigsResponse)

}  // namespace leat::wire
