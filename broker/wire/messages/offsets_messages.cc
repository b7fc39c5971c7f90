// Instantiates the codecs of the messages about offsets.
#include "broker/wire/messages/offset_commit.h"
#include "broker/wire/messages/offset_delete.h"
#include "broker/wire/messages/offset_fetch.h"

#include "broker/wire/codec_inl.h"

namespace leat::wire {

LEAT_WIRE_MESSAGE(OffsetCommitRequest)
LEAT_WIRE_MESSAGE(OffsetCommitResponse)
LEAT_WIRE_MESSAGE(OffsetFetchRequest)
LEAT_WIRE_MESSAGE(OffsetFetchResponse)
LEAT_WIRE_MESSAGE(OffsetDeleteRequest)
LEAT_WIRE_MESSAGE(OffsetDeleteResponse)

}  // namespace leat::wire
