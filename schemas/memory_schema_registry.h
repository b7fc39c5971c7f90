// MemorySchemaRegistry: a registry inside of a program, for its tests: every schema is taken, ids count from 1.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "schemas/schema_registry.h"

namespace leat {

class MemorySchemaRegistry final : public SchemaRegistry {
 public:
  Result<RegisteredSchema> register_schema(const std::string& subject, const Schema& schema) override;
  Result<RegisteredSchema> look_up(const std::string& subject, const Schema& schema) override;
  Result<Schema> schema(std::int32_t id) override;

  std::vector<std::string> subjects() const;

 private:
  const RegisteredSchema* find(const std::string& subject, const Schema& schema) const;

  mutable std::mutex mutex_;
  std::vector<Schema> schemas_;  ///< by id, from 1
  std::map<std::string, std::vector<RegisteredSchema>> versions_;
};

}  // namespace leat
