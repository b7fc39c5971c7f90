#include "schemas/memory_schema_registry.h"

#include <algorithm>

namespace leat {

const RegisteredSchema* MemorySchemaRegistry::find(const std::string& subject, const Schema& schema) const {
  const auto versions = versions_.find(subject);
  if (versions == versions_.end()) return nullptr;
  for (const RegisteredSchema& version : versions->second)
    if (schemas_[static_cast<std::size_t>(version.id) - 1] == schema) return &version;
  return nullptr;
}

Result<RegisteredSchema> MemorySchemaRegistry::register_schema(const std::string& subject, const Schema& schema) {
  const std::scoped_lock lock(mutex_);
  if (const RegisteredSchema* known = find(subject, schema)) return *known;
  auto same = std::find(schemas_.begin(), schemas_.end(), schema);
  if (same == schemas_.end()) same = schemas_.insert(schemas_.end(), schema);
  auto& versions = versions_[subject];
  versions.push_back(
      {static_cast<std::int32_t>(same - schemas_.begin()) + 1, static_cast<std::int32_t>(versions.size()) + 1});
  return versions.back();
}

Result<RegisteredSchema> MemorySchemaRegistry::look_up(const std::string& subject, const Schema& schema) {
  const std::scoped_lock lock(mutex_);
  if (const RegisteredSchema* known = find(subject, schema)) return *known;
  return Error{ErrorKind::kNotFound, "subject " + subject + " has no such schema"};
}

Result<Schema> MemorySchemaRegistry::schema(std::int32_t id) {
  const std::scoped_lock lock(mutex_);
  if (id < 1 || static_cast<std::size_t>(id) > schemas_.size())
    return Error{ErrorKind::kNotFound, "there is no schema with id " + std::to_string(id)};
  return schemas_[static_cast<std::size_t>(id) - 1];
}

std::vector<std::string> MemorySchemaRegistry::subjects() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [subject, versions] : versions_) names.push_back(subject);
  return names;
}

}  // namespace leat
