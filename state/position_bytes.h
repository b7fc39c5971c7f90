// Kafka's bytes of a position (PositionSerde), to hand it from one process to another:
//
//   00 | topics (4) | each: length (4), name, partitions (4) | each: partition (4), offset (8); all big-endian
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "state/position.h"

namespace leat {

Bytes position_bytes(const Position& position);
/// kCorrupt where they are none.
Result<Position> read_position(BytesView bytes);

}  // namespace leat
