#include "schemas/schema_registry.h"

namespace leat {

std::string_view name(SchemaType type) { return type == SchemaType::kAvro ? "AVRO" : "PROTOBUF"; }

}  // namespace leat
