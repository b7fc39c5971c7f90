#include "schemas/protobuf_schema.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>

namespace leat::detail {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;

Result<Schema> schema_of(SchemaRegistry& registry, const FileDescriptor& file) {
  Schema schema{SchemaType::kProtobuf, file.DebugString(), {}};
  for (int i = 0; i < file.dependency_count(); ++i) {
    const FileDescriptor& imported = *file.dependency(i);
    if (imported.name().starts_with("google/protobuf/")) continue;
    LEAT_ASSIGN_OR_RETURN(const Schema below, schema_of(registry, imported));
    LEAT_ASSIGN_OR_RETURN(const RegisteredSchema registered, registry.register_schema(imported.name(), below));
    schema.references.push_back({imported.name(), imported.name(), registered.version});
  }
  return schema;
}

}  // namespace

std::vector<std::int32_t> message_indexes(const Descriptor& message) {
  std::vector<std::int32_t> indexes;
  for (const Descriptor* at = &message; at != nullptr; at = at->containing_type()) indexes.push_back(at->index());
  std::reverse(indexes.begin(), indexes.end());
  return indexes;
}

Result<RegisteredSchema> register_protobuf(SchemaRegistry& registry, const std::string& subject,
                                           const Descriptor& message) {
  LEAT_ASSIGN_OR_RETURN(const Schema schema, schema_of(registry, *message.file()));
  return registry.register_schema(subject, schema);
}

}  // namespace leat::detail
