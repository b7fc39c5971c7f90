// A schema registry that answers over HTTP as Confluent's does, on a world; what it knows is a MemorySchemaRegistry.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/http.h"
#include "schemas/memory_schema_registry.h"

namespace leat {

class RegistryServer {
 public:
  RegistryServer(World world, const Endpoint& at);

  Endpoint local() const { return server_->local(); }
  MemorySchemaRegistry registry;
  /// "POST /subjects/s/versions {...}", in their order.
  std::vector<std::string> asked;
  /// Set: the answer to everything.
  std::optional<HttpResponse> instead;

 private:
  HttpResponse answer(const HttpRequest& request);
  std::unique_ptr<HttpServer> server_;
};

}  // namespace leat
