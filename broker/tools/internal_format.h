// Records of Kafka's internal topics as JSON, as OffsetsMessageFormatter and its siblings print them. Records of
// another kind than the formatter's are left out.
#pragma once

#include <memory>

#include "broker/tools/record_format.h"

namespace leat::tools {

enum class InternalRecords { kOffsets, kGroups, kTransactions };

std::unique_ptr<RecordFormat> make_internal_format(InternalRecords records);

}  // namespace leat::tools
