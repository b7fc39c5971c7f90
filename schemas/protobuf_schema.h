// Protobuf's messages as schemas: the text of their file, and which message of it they are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schemas/schema_registry.h"

namespace google::protobuf {
class Descriptor;
}

namespace leat::detail {

/// From the file to the message: {3, 1} is the second message inside of the fourth.
std::vector<std::int32_t> message_indexes(const google::protobuf::Descriptor& message);

/// Registers the file of the message under `subject`, and before it the files that it imports, each under its own name,
/// as Confluent's serialiser does; those that come with Protobuf are known to every registry.
Result<RegisteredSchema> register_protobuf(SchemaRegistry& registry, const std::string& subject,
                                           const google::protobuf::Descriptor& message);

}  // namespace leat::detail
