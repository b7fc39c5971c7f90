// Instantiates the codecs of the messages about data.
#include "broker/wire/messages/delete_records.h"
#include "broker/wire/messages/fetch.h"
#include "broker/wire/messages/list_offsets.h"
#include "broker/wire/messages/offset_for_leader_epoch.h"
#include "broker/wire/messages/produce.h"

#include "broker/wire/codec_inl.h"

namespace leat::wire {

LEAT_WIRE_MESSAGE(ProduceRequest)
LEAT_WIRE_MESSAGE(ProduceResponse)
LEAT_WIRE_MESSAGE(FetchRequest)
LEAT_WIRE_MESSAGE(FetchResponse)
LEAT_WIRE_MESSAGE(ListOffsetsRequest)
LEAT_WIRE_MESSAGE(ListOffsetsResponse)
LEAT_WIRE_MESSAGE(OffsetForLeaderEpochRequest)
LEAT_WIRE_MESSAGE(OffsetForLeaderEpochResponse)
LEAT_WIRE_MESSAGE(DeleteRecordsRequest)
LEAT_WIRE_MESSAGE(DeleteRecordsResponse)

}  // namespace leat::wire
