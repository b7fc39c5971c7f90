// HttpSchemaRegistry: a schema registry over HTTP for programs on real machines. Has a thread of its own, on which its
// client lives; who asks waits for the answer.
#pragma once

#include <memory>
#include <string>

#include "schemas/schema_registry_client.h"

namespace leat {

class HttpSchemaRegistry final : public SchemaRegistry {
 public:
  /// Checks the options; whether the registry is there shows at the first question.
  static Result<std::unique_ptr<HttpSchemaRegistry>> open(const SchemaRegistryOptions& options);
  ~HttpSchemaRegistry() override;

  Result<RegisteredSchema> register_schema(const std::string& subject, const Schema& schema) override;
  Result<RegisteredSchema> look_up(const std::string& subject, const Schema& schema) override;
  Result<Schema> schema(std::int32_t id) override;

 private:
  struct Running;
  explicit HttpSchemaRegistry(std::unique_ptr<Running> running);
  std::unique_ptr<Running> running_;
};

}  // namespace leat
