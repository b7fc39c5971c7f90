#include "topology/lambda.h"

#include "topology/stream_nodes.h"

namespace leat::detail {

namespace {
std::string place(const RecordContext& context) {
  if (!context.metadata || context.metadata->topic.empty()) return "a record";
  return "the record " + context.metadata->topic + "-" + std::to_string(context.metadata->partition) + "@" +
         std::to_string(context.metadata->offset);
}
}  // namespace

void null_key_met(const RecordContext& context) {
  throw ProcessingError(place(context) +
                        " has a null key, but the lambda takes a key that cannot be null; let it take "
                        "std::optional<Key>, or the value alone, or filter null keys out before");
}

void null_value_met(const RecordContext& context) {
  throw ProcessingError(place(context) +
                        " has a null value, but the lambda takes a value that cannot be null; let it take "
                        "std::optional<Value>, or filter nulls out before");
}

void null_pair_returned() {
  throw ProcessingError(
      "the mapper of map() returned null instead of a key and a value; return a KeyValue, or use "
      "filter() or flat_map() where a record is to be dropped");
}

}  // namespace leat::detail
