#include "schemas/avro_versions.h"

namespace leat::detail {

AvroVersions::~AvroVersions() {
  for (const Version* at = first_; at != nullptr;) delete std::exchange(at, at->next);
}

const AvroType* AvroVersions::known(std::int32_t id) const {
  for (const Version* at = first_.load(std::memory_order_acquire); at != nullptr; at = at->next)
    if (at->id == id) return &at->schema->root();
  return nullptr;
}

Status AvroVersions::add(std::int32_t id, const Schema& schema) {
  const std::string which = "schema " + std::to_string(id);
  if (schema.type != SchemaType::kAvro)
    return Error{ErrorKind::kCorrupt, which + " is of type " + std::string(name(schema.type)) + ", not of Avro"};
  if (!schema.references.empty())
    return Error{ErrorKind::kInvalidArgument, which +
                                                  " refers to other subjects, which is not read here; register "
                                                  "it in one piece"};
  auto parsed = AvroSchema::parse(schema.text);
  if (!parsed) return parsed.error().in(which);
  const std::scoped_lock lock(adding_);
  if (known(id)) return {};
  first_.store(new Version{id, std::move(*parsed), first_.load()}, std::memory_order_release);
  return {};
}

Result<const AvroType*> AvroVersions::find(std::int32_t id) {
  if (const AvroType* type = known(id)) return type;
  LEAT_ASSIGN_OR_RETURN(const Schema schema, registry_.schema(id));
  LEAT_RETURN_IF_ERROR(add(id, schema));
  return known(id);
}

}  // namespace leat::detail
