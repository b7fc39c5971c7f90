// Messages to bytes and back.
//
//   BufChain bytes = encode(request, version);
//   Result<FetchRequest> request = decode<FetchRequest>(body, version);
//
// Decoding borrows: `records` are slices of the block that is decoded. Surplus bytes behind a body are ignored, as
// Kafka ignores them. Unknown tagged fields are skipped: Kafka's classes keep them so that a broker that forwards a
// request to another loses nothing, and nothing here writes back what another has sent. The templates are defined in
// codec_inl.h and instantiated once, in the .cc files of messages/, so that a header of a message costs little to
// include.
#pragma once

#include "base/buf.h"
#include "base/result.h"
#include "broker/wire/fields.h"

namespace leat::wire {

/// Requires a version that the message has. A null where the version has none is written as the empty value.
template <class Message>
BufChain encode(const Message& message, int version);

/// The same, behind what `to` holds already.
template <class Message>
void encode_to(Bytes& to, const Message& message, int version);

/// kCorrupt for bytes that are no such message.
template <class Message>
Result<Message> decode(const Buf& body, int version);

/// The message as JSON in the form of Kafka's converters, for logs and tests.
template <class Message>
std::string to_json(const Message& message, int version);

}  // namespace leat::wire
