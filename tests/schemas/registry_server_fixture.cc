#include "tests/schemas/registry_server_fixture.h"

#include "base/json.h"

namespace leat {

namespace {

struct Posted {
  std::string schema;
  std::optional<std::string> schemaType;
};
LEAT_JSON(Posted, schema, schemaType)

HttpResponse error(int status, int code, const std::string& message) {
  return {status, "application/json", "{\"error_code\":" + std::to_string(code) + ",\"message\":\"" + message + "\"}"};
}

}  // namespace

RegistryServer::RegistryServer(World world, const Endpoint& at) {
  auto server = HttpServer::listen(
      world, at,
      [this](const HttpRequest& request, OneShot<HttpResponse> reply) {
        asked.push_back((request.post ? "POST " : "GET ") + request.path + (request.post ? " " + request.body : ""));
        reply(instead ? *instead : answer(request));
      },
      HttpServer::Takes::kGetAndPost);
  LEAT_CHECK(server.ok(), "the registry cannot listen");
  server_ = std::move(*server);
}

HttpResponse RegistryServer::answer(const HttpRequest& request) {
  std::string path = request.path;
  if (!request.post) {
    const auto schema = registry.schema(std::atoi(path.substr(path.rfind('/') + 1).c_str()));
    if (!schema) return error(404, 40403, "Schema not found");
    std::string body = "{\"schema\":";
    detail::append_json(schema->text, body);
    if (schema->type == SchemaType::kProtobuf) body += ",\"schemaType\":\"PROTOBUF\"";
    return {200, "application/json", body + "}"};
  }
  const auto posted = Serde<Posted>::deserialize(request.body);
  if (!posted) return error(422, 42201, "Invalid schema");
  const Schema schema{posted->schemaType == "PROTOBUF" ? SchemaType::kProtobuf : SchemaType::kAvro, posted->schema, {}};
  const bool registers = path.ends_with("/versions");
  if (registers) path.resize(path.size() - 9);
  const std::string subject = path.substr(path.rfind('/') + 1);
  const auto found = registers ? registry.register_schema(subject, schema) : registry.look_up(subject, schema);
  if (!found) return error(404, 40401, "Subject not found");
  if (registers) return {200, "application/json", "{\"id\":" + std::to_string(found->id) + "}"};
  return {200, "application/json",
          "{\"subject\":\"" + subject + "\",\"id\":" + std::to_string(found->id) +
              ",\"version\":" + std::to_string(found->version) + ",\"schema\":\"...\"}"};
}

}  // namespace leat
