// Formatters of the console consumer for Kafka's internal topics: a record as one line of JSON, as
// OffsetsMessageFormatter and its siblings print them. Records of another kind than the formatter's are left out.
#pragma once

#include <memory>

#include "broker/tools/internal_records.h"
#include "broker/tools/record_format.h"

namespace leat::tools {

std::unique_ptr<RecordFormat> make_internal_format(InternalRecords records);

}  // namespace leat::tools
