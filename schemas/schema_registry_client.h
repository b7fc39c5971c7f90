// SchemaRegistryClient: asks a schema registry over HTTP, by Confluent's REST API:
//
//   POST /subjects/SUBJECT/versions   {"schema":"...","schemaType":"PROTOBUF"}  -> {"id":1}
//   POST /subjects/SUBJECT            the same                                  -> {"id":1,"version":1,...}
//   GET  /schemas/ids/1                                                         -> {"schema":"...", ...}
//   an error                          {"error_code":40403,"message":"..."} with the HTTP status 4xx or 5xx
//
// Answers are kept: a schema and its id belong together for good.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/http.h"
#include "schemas/schema_registry.h"

namespace leat {

struct SchemaRegistryOptions {
  /// schema.registry.url: "http://host:8081", with a path where the registry lies below one; several with commas
  /// between are tried in their order. Without TLS.
  std::string url = "http://localhost:8081";
  /// basic.auth.user.info: "user:password"; empty: none.
  std::string user_info;
  Duration timeout = std::chrono::seconds(10);
};

/// Lives on the world's loop.
class SchemaRegistryClient {
 public:
  static Result<std::unique_ptr<SchemaRegistryClient>> open(World world, const SchemaRegistryOptions& options);

  void register_schema(const std::string& subject, const Schema& schema, OneShot<Result<RegisteredSchema>> done);
  void look_up(const std::string& subject, const Schema& schema, OneShot<Result<RegisteredSchema>> done);
  void schema(std::int32_t id, OneShot<Result<Schema>> done);

 private:
  struct Place {
    Endpoint at;
    std::string path;
  };
  using Answer = std::function<void(Result<std::string> body)>;

  explicit SchemaRegistryClient(World world) : world_(world) {}
  /// Asks one place after the other until one answers.
  void call(HttpCall call, std::size_t place, Answer done);

  World world_;
  std::vector<Place> places_;
  std::string authorization_;
  Duration timeout_{};
  std::map<std::pair<std::string, std::string>, RegisteredSchema> registered_;  ///< by subject and request
  std::map<std::int32_t, Schema> schemas_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat
