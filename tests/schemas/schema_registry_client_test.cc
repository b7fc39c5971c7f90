#include "schemas/schema_registry_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/os/loop_thread.h"
#include "base/sim/sim_world.h"
#include "schemas/http_schema_registry.h"
#include "tests/schemas/registry_server_fixture.h"

namespace leat {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Registry : public testing::Test {
 protected:
  SchemaRegistryClient& client(const SchemaRegistryOptions& options = {.url = "http://server:8081"}) {
    auto opened = SchemaRegistryClient::open(here_, options);
    EXPECT_TRUE(opened.ok());
    return *(client_ = std::move(*opened));
  }
  template <class T, class Ask>
  Result<T> answer(Ask ask) {
    std::optional<Result<T>> answered;
    ask([&](Result<T> result) { answered = std::move(result); });
    EXPECT_TRUE(sim_.run_until([&] { return answered.has_value(); }, std::chrono::seconds(60)));
    return *answered;
  }
  Result<RegisteredSchema> registered(SchemaRegistryClient& by, const Schema& schema) {
    return answer<RegisteredSchema>([&](auto done) { by.register_schema("orders-value", schema, done); });
  }
  Result<Schema> schema(SchemaRegistryClient& by, std::int32_t id) {
    return answer<Schema>([&](auto done) { by.schema(id, done); });
  }

  sim::SimWorld sim_{7};
  World here_ = sim_.process("client");
  RegistryServer server_{sim_.process("server"), {"", 8081}};
  std::unique_ptr<SchemaRegistryClient> client_;
  const Schema text_{SchemaType::kAvro, "\"string\"", {}};
};

TEST_F(Registry, RegistersASchemaByConfluentsApiAndAsksOnceOnly) {
  auto& asking = client();
  EXPECT_EQ(registered(asking, text_)->id, 1);
  EXPECT_EQ(registered(asking, text_)->version, 1);
  EXPECT_THAT(server_.asked, ElementsAre(R"(POST /subjects/orders-value/versions {"schema":"\"string\""})",
                                         R"(POST /subjects/orders-value {"schema":"\"string\""})"));
}

TEST_F(Registry, SaysTheTypeAndTheReferencesWhereThereAre) {
  ASSERT_TRUE(registered(client(), {SchemaType::kProtobuf, "syntax", {{"a.proto", "a", 2}}}).ok());
  EXPECT_THAT(server_.asked[0],
              HasSubstr(R"("schemaType":"PROTOBUF","references":[{"name":"a.proto","subject":"a","version":2}]})"));
}

TEST_F(Registry, AsksForASchemaOnce) {
  ASSERT_TRUE(registered(client(), text_).ok());
  auto& other = client();
  server_.asked.clear();
  EXPECT_EQ(*schema(other, 1), text_);
  EXPECT_EQ(*schema(other, 1), text_);
  EXPECT_THAT(server_.asked, ElementsAre("GET /schemas/ids/1"));
}

TEST_F(Registry, TellsWhatTheRegistrySaid) {
  const auto none = schema(client(), 9);
  EXPECT_EQ(none.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(none.error().message, HasSubstr("schema 9: the schema registry answers 404: Schema not found (40403)"));
  server_.instead = HttpResponse{409, "application/json", R"({"error_code":409,"message":"incompatible"})"};
  EXPECT_EQ(registered(client(), text_).error().kind, ErrorKind::kInvalidArgument);
  server_.instead = HttpResponse{200, "text/html", "<html>"};
  EXPECT_EQ(registered(client(), text_).error().kind, ErrorKind::kCorrupt);
}

TEST_F(Registry, TriesTheNextAddressWhereOneDoesNotAnswer) {
  EXPECT_TRUE(registered(client({.url = "http://nowhere:1,http://server:8081/"}), text_).ok());
  EXPECT_EQ(registered(client({.url = "http://nowhere:1"}), text_).error().kind, ErrorKind::kUnavailable);
}

TEST_F(Registry, RefusesAddressesThatAreNone) {
  for (const char* url : {"", "server:8081", "https://server", "http://:1", "http://server:port"})
    EXPECT_FALSE(SchemaRegistryClient::open(here_, {.url = url}).ok()) << url;
}

TEST(HttpSchemaRegistry, WaitsForTheAnswer) {
  os::LoopThread thread("registry");
  std::unique_ptr<RegistryServer> server;
  thread.run([&] { server = std::make_unique<RegistryServer>(thread.world(), Endpoint{"127.0.0.1", 0}); });
  const std::string url = "http://127.0.0.1:" + std::to_string(server->local().port);
  auto registry = HttpSchemaRegistry::open({.url = url, .user_info = "me:secret"});
  ASSERT_TRUE(registry.ok());
  EXPECT_EQ((*registry)->register_schema("s", {SchemaType::kAvro, "\"int\"", {}})->id, 1);
  EXPECT_EQ((*registry)->schema(1)->text, "\"int\"");
  EXPECT_EQ((*registry)->look_up("t", {SchemaType::kAvro, "\"int\"", {}}).error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(HttpSchemaRegistry::open({.url = "nonsense"}).ok());
  thread.run([&] { server.reset(); });
}

}  // namespace
}  // namespace leat
