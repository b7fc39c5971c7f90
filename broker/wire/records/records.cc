// Instantiates the codecs of the records of internal topics and of the consumer protocol.
#include "broker/wire/records/admin_records.h"
#include "broker/wire/records/consumer_group_records.h"
#include "broker/wire/records/consumer_protocol.h"
#include "broker/wire/records/end_txn_marker.h"
#include "broker/wire/records/group_records.h"
#include "broker/wire/records/metadata_records.h"
#include "broker/wire/records/transaction_records.h"

#include "broker/wire/codec_inl.h"

namespace leat::wire {

LEAT_WIRE_MESSAGE(OffsetCommitKey)
LEAT_WIRE_MESSAGE(OffsetCommitValue)
LEAT_WIRE_MESSAGE(GroupMetadataKey)
LEAT_WIRE_MESSAGE(GroupMetadataValue)
LEAT_WIRE_MESSAGE(ConsumerGroupMetadataKey)
LEAT_WIRE_MESSAGE(ConsumerGroupMetadataValue)
LEAT_WIRE_MESSAGE(ConsumerGroupPartitionMetadataKey)
LEAT_WIRE_MESSAGE(ConsumerGroupPartitionMetadataValue)
LEAT_WIRE_MESSAGE(ConsumerGroupMemberMetadataKey)
LEAT_WIRE_MESSAGE(ConsumerGroupMemberMetadataValue)
LEAT_WIRE_MESSAGE(ConsumerGroupTargetAssignmentMetadataKey)
LEAT_WIRE_MESSAGE(ConsumerGroupTargetAssignmentMetadataValue)
LEAT_WIRE_MESSAGE(ConsumerGroupTargetAssignmentMemberKey)
LEAT_WIRE_MESSAGE(ConsumerGroupTargetAssignmentMemberValue)
LEAT_WIRE_MESSAGE(ConsumerGroupCurrentMemberAssignmentKey)
LEAT_WIRE_MESSAGE(ConsumerGroupCurrentMemberAssignmentValue)
LEAT_WIRE_MESSAGE(ConsumerGroupRegularExpressionKey)
LEAT_WIRE_MESSAGE(ConsumerGroupRegularExpressionValue)
LEAT_WIRE_MESSAGE(TransactionLogKey)
LEAT_WIRE_MESSAGE(TransactionLogValue)
LEAT_WIRE_MESSAGE(ConsumerProtocolSubscription)
LEAT_WIRE_MESSAGE(ConsumerProtocolAssignment)
LEAT_WIRE_MESSAGE(EndTxnMarker)
LEAT_WIRE_MESSAGE(TopicRecord)
LEAT_WIRE_MESSAGE(PartitionRecord)
LEAT_WIRE_MESSAGE(ConfigRecord)
LEAT_WIRE_MESSAGE(RemoveTopicRecord)
LEAT_WIRE_MESSAGE(ProducerIdsRecord)
LEAT_WIRE_MESSAGE(RegisterBrokerRecord)
LEAT_WIRE_MESSAGE(UserScramCredentialRecord)
LEAT_WIRE_MESSAGE(FeatureLevelRecord)
LEAT_WIRE_MESSAGE(ClientQuotaRecord)
LEAT_WIRE_MESSAGE(AccessControlEntryRecord)
LEAT_WIRE_MESSAGE(RemoveAccessControlEntryRecord)
LEAT_WIRE_MESSAGE(RemoveUserScramCredentialRecord)

}  // namespace leat::wire
