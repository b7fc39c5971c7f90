#include "schemas/http_schema_registry.h"

#include <future>
#include <optional>

#include "base/os/loop_thread.h"

namespace leat {

struct HttpSchemaRegistry::Running {
  os::LoopThread thread{"schema-registry", Duration(0)};
  std::unique_ptr<SchemaRegistryClient> client;

  template <class T>
  Result<T> ask(MoveFunction<void(OneShot<Result<T>>)> question) {
    auto answer = std::make_shared<std::promise<Result<T>>>();
    auto answered = answer->get_future();
    thread.run([&] { question([answer](Result<T> result) { answer->set_value(std::move(result)); }); });
    return answered.get();
  }
};

HttpSchemaRegistry::HttpSchemaRegistry(std::unique_ptr<Running> running) : running_(std::move(running)) {}

HttpSchemaRegistry::~HttpSchemaRegistry() {
  running_->thread.run([&] { running_->client.reset(); });
}

Result<std::unique_ptr<HttpSchemaRegistry>> HttpSchemaRegistry::open(const SchemaRegistryOptions& options) {
  auto running = std::make_unique<Running>();
  std::optional<Error> problem;
  running->thread.run([&] {
    auto client = SchemaRegistryClient::open(running->thread.world(), options);
    client ? (void)(running->client = std::move(*client)) : (void)(problem = client.error());
  });
  if (problem) return *problem;
  return std::unique_ptr<HttpSchemaRegistry>(new HttpSchemaRegistry(std::move(running)));
}

Result<RegisteredSchema> HttpSchemaRegistry::register_schema(const std::string& subject, const Schema& schema) {
  return running_->ask<RegisteredSchema>([&](OneShot<Result<RegisteredSchema>> done) {
    running_->client->register_schema(subject, schema, std::move(done));
  });
}

Result<RegisteredSchema> HttpSchemaRegistry::look_up(const std::string& subject, const Schema& schema) {
  return running_->ask<RegisteredSchema>(
      [&](OneShot<Result<RegisteredSchema>> done) { running_->client->look_up(subject, schema, std::move(done)); });
}

Result<Schema> HttpSchemaRegistry::schema(std::int32_t id) {
  return running_->ask<Schema>([&](OneShot<Result<Schema>> done) { running_->client->schema(id, std::move(done)); });
}

}  // namespace leat
