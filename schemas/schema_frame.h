// What stands in front of a value that has a schema, as Confluent's serialisers write it:
//
//   Avro       00 | id (4 bytes, big-endian) | the value in Avro's binary encoding
//   Protobuf   00 | id | message indexes | the message
//
// Message indexes say which message of the file it is: 0 is the first one, 3.1 the second one inside of the fourth.
// They are zigzag varints, with their count in front; the first message of a file, [0], is the single byte 00.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace leat::detail {

void append_schema_id(std::int32_t id, Bytes& out);
/// Takes it from the front of `bytes`; kCorrupt where there is none.
Result<std::int32_t> take_schema_id(BytesView& bytes);

void append_message_indexes(const std::vector<std::int32_t>& indexes, Bytes& out);
Result<std::vector<std::int32_t>> take_message_indexes(BytesView& bytes);

}  // namespace leat::detail
