// Instantiates the codecs of the messages about transactions.
#include "broker/wire/messages/add_offsets_to_txn.h"
#include "broker/wire/messages/add_partitions_to_txn.h"
#include "broker/wire/messages/describe_producers.h"
#include "broker/wire/messages/describe_transactions.h"
#include "broker/wire/messages/end_txn.h"
#include "broker/wire/messages/init_producer_id.h"
#include "broker/wire/messages/list_transactions.h"
#include "broker/wire/messages/txn_offset_commit.h"
#include "broker/wire/messages/write_txn_markers.h"

#include "broker/wire/codec_inl.h"

namespace leat::wire {

LEAT_WIRE_MESSAGE(InitProducerIdRequest)
LEAT_WIRE_MESSAGE(InitProducerIdResponse)
LEAT_WIRE_MESSAGE(AddPartitionsToTxnRequest)
LEAT_WIRE_MESSAGE(AddPartitionsToTxnResponse)
LEAT_WIRE_MESSAGE(AddOffsetsToTxnRequest)
LEAT_WIRE_MESSAGE(AddOffsetsToTxnResponse)
LEAT_WIRE_MESSAGE(EndTxnRequest)
LEAT_WIRE_MESSAGE(EndTxnResponse)
LEAT_WIRE_MESSAGE(WriteTxnMarkersRequest)
LEAT_WIRE_MESSAGE(WriteTxnMarkersResponse)
LEAT_WIRE_MESSAGE(TxnOffsetCommitRequest)
LEAT_WIRE_MESSAGE(TxnOffsetCommitResponse)
LEAT_WIRE_MESSAGE(DescribeProducersRequest)
LEAT_WIRE_MESSAGE(DescribeProducersResponse)
LEAT_WIRE_MESSAGE(DescribeTransactionsRequest)
LEAT_WIRE_MESSAGE(DescribeTransactionsResponse)
LEAT_WIRE_MESSAGE(ListTransactionsRequest)
LEAT_WIRE_MESSAGE(ListTransactionsResponse)

}  // namespace leat::wire
