#include "broker/client/client_security.h"
#include "broker/server/principal_mapping.h"
#include "broker/wire/messages/incremental_alter_configs.h"
#include "broker/wire/messages/metadata.h"
#include "tests/base/test_certificates.h"
#include "tests/broker/server/server_fixture.h"

namespace leat::server {
namespace {

using testing::HasSubstr;

/// A broker that speaks TLS in the simulated world, where certificates are valid by its clock.
class TlsListener : public BrokerTest {
 protected:
  void listen(std::map<std::string, std::string> more, std::optional<SaslConfig> sasl = std::nullopt,
              const std::string& rules = "") {
    cluster.reset();
    kill();
    BrokerConfig config = BrokerTest::config();
    auto keys = pem_keys(authority.issue("broker", "DNS:broker"));
    if (!keep_inline_keys) std::erase_if(keys, [](const auto& key) { return key.first.starts_with("ssl.keystore."); });
    more.merge(keys);
    config.listeners[0].tls = std::move(more);
    config.listeners[0].sasl = std::move(sasl);
    config.listeners[0].principals = *PrincipalMapping::parse(rules);
    config.authorizer.enabled = true;
    config.authorizer.super_users = {"User:CN=ann,O=leat", "User:bob"};
    auto opened = Broker::open(sim.process("broker"), config);
    ASSERT_TRUE(opened.ok());
    broker = std::move(*opened);
    ASSERT_EQ(said(broker->listen()), "ok");
  }
  std::map<std::string, std::string> pem_keys(const TestAuthority::Issued& issued) const {
    return {{"ssl.keystore.type", "PEM"},
            {"ssl.keystore.certificate.chain", issued.certificate},
            {"ssl.keystore.key", issued.key},
            {"ssl.truststore.type", "PEM"},
            {"ssl.truststore.certificates", authority.certificate()}};
  }
  void connect_as(const std::string& name, std::map<std::string, std::string> more = {}) {
    more.merge(pem_keys(authority.issue(name)));
    more.emplace("security.protocol", "SSL");
    auto made = client::make_connector(here, *client::read_client_security(more));
    ASSERT_TRUE(made.ok()) << made.error().message;
    cluster.reset();
    secure = std::move(*made);
    cluster = std::make_unique<client::Cluster>(here, *secure, client::ClusterConfig{.bootstrap = {{"broker", 9092}}});
  }
  ~TlsListener() override { cluster.reset(); }

  TestAuthority authority;
  bool keep_inline_keys = true;
  std::unique_ptr<wire::Connector> secure;
};

TEST_F(TlsListener, ServesItsClientsAndKnowsThemByTheirCertificates) {
  listen({{"ssl.client.auth", "required"}});
  connect_as("ann");
  make_topic("orders");
  EXPECT_EQ(said(produce("orders", "value")), "ok");
  EXPECT_THAT(read("orders", 1), testing::ElementsAre("value"));
  connect_as("eve");
  EXPECT_NE(said(produce("orders", "value")), "ok") << "no entry allows CN=eve,O=leat anything";
}

TEST_F(TlsListener, WithoutACertificateTheUserIsAnonymous) {
  listen({{"ssl.client.auth", "none"}});
  connect_as("ann");
  EXPECT_NE(said(produce("orders", "value")), "ok");
}

TEST_F(TlsListener, RulesMapSubjectsToUsersAndRefuseTheOthers) {
  listen({{"ssl.client.auth", "required"}}, std::nullopt, "RULE:^CN=(robert),.*$/bob/");
  connect_as("robert");
  make_topic("orders");
  connect_as("ann");
  EXPECT_NE(said(produce("orders", "value")), "ok");
}

TEST_F(TlsListener, WithSaslTheUserIsTheOneWhoLogsIn) {
  listen({}, SaslConfig{{"PLAIN"}, {{"bob", "secret"}}});
  connect_as("eve", {{"security.protocol", "SASL_SSL"},
                     {"sasl.mechanism", "PLAIN"},
                     {"sasl.jaas.config", "PlainLoginModule required username=\"bob\" password=\"secret\";"}});
  make_topic("orders");
  EXPECT_EQ(said(produce("orders", "value")), "ok");
}

TEST_F(TlsListener, AClientThatDoesNotSpeakTlsIsClosedAndOthersAreServed) {
  listen({{"ssl.client.auth", "required"}});
  auto raw = connect();
  raw->connection->write(Buf::copy_of(Bytes("\0\0\0\x10\0\x12\0\3\0\0\0\1\0\4leat", 18)));
  EXPECT_TRUE(sim.run_until([&] { return raw->ended; }, 10s));
  connect_as("ann");
  make_topic("orders");
}

TEST_F(TlsListener, TakesNewFilesAndKeepsItsConnections) {
  const auto put = [&](const std::string& content) {
    Files& files = sim.process("broker").files;
    ASSERT_EQ(said(files.make_directories("/certificates")), "ok");
    ASSERT_EQ(said(write_file_atomically(files, "/certificates/own.pem", content)), "ok");
  };
  put(authority.issue("broker", "DNS:broker").pem());
  keep_inline_keys = false;
  listen({{"ssl.keystore.type", "PEM"}, {"ssl.keystore.location", "/certificates/own.pem"}});
  connect_as("bob");
  auto before = std::move(cluster);
  auto connector_before = std::move(secure);
  const auto topics = [&](client::Cluster& by) {
    return answer<Result<wire::MetadataResponse>>(
        [&](auto done) { by.call_any<wire::MetadataRequest, wire::MetadataResponse>({}, std::move(done)); });
  };
  ASSERT_TRUE(topics(*before).ok());

  const TestAuthority other;
  put(other.issue("broker", "DNS:broker").pem());
  sim.run_for(10s);
  EXPECT_TRUE(topics(*before).ok());
  EXPECT_EQ(broker->listeners().connections(), 1U) << "the old connection is still the one";
  connect_as("bob", {{"ssl.truststore.certificates", other.certificate()}});
  EXPECT_TRUE(topics(*cluster).ok()) << "whoever is new meets the new certificate";

  put("-----BEGIN CERT");
  sim.run_for(10s);
  connect_as("bob", {{"ssl.truststore.certificates", other.certificate()}});
  EXPECT_TRUE(topics(*cluster).ok()) << "what cannot be read changes nothing";
  before.reset();
}

TEST_F(TlsListener, TakesCertificatesThatAreSetAtRunTimeAndRefusesBadOnes) {
  listen({{"ssl.client.auth", "required"}});
  connect_as("ann");
  const TestAuthority other;
  const auto set = [&](const TestAuthority::Issued& issued) {
    wire::IncrementalAlterConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = static_cast<std::int8_t>(ResourceType::kBroker);
    resource.resource_name = std::to_string(broker->config().node_id);
    resource.configs.push_back({"listener.name.plaintext.ssl.keystore.certificate.chain", 0, issued.certificate});
    resource.configs.push_back({"listener.name.plaintext.ssl.keystore.key", 0, issued.key});
    return ask<wire::IncrementalAlterConfigsResponse>(std::move(request)).responses.at(0);
  };
  auto mixed = other.issue("broker", "DNS:broker");
  mixed.key = other.issue("eve").key;
  const auto refused = set(mixed);
  EXPECT_EQ(refused.error_code, wire::ErrorCode::kInvalidRequest);
  EXPECT_THAT(refused.error_message.value_or(""), HasSubstr("listener PLAINTEXT"));
  ASSERT_EQ(set(other.issue("broker", "DNS:broker")).error_code, wire::ErrorCode::kNone);
  connect_as("ann", {{"ssl.truststore.certificates", other.certificate()}});
  make_topic("orders");
}

TEST(TlsConfig, IsReadFromServerProperties) {
  const auto parse = [](const std::string& text) { return BrokerConfig::parse(text, {}); };
  const auto config = parse(
      "listeners=SSL://:9093,CLIENTS://:9094\n"
      "listener.security.protocol.map=CLIENTS:SASL_SSL\n"
      "ssl.keystore.location=/all.pem\nssl.client.auth=required\nsasl.enabled.mechanisms=SCRAM-SHA-256\n"
      "listener.name.clients.ssl.keystore.location=/clients.pem\n");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->listeners[0].tls->at("ssl.keystore.location"), "/all.pem");
  EXPECT_EQ(config->listeners[0].tls->at("ssl.client.auth"), "required");
  EXPECT_EQ(config->listeners[1].tls->at("ssl.keystore.location"), "/clients.pem");
  EXPECT_FALSE(config->listeners[1].tls->contains("ssl.client.auth")) << "with SASL only where the listener says so";
  EXPECT_TRUE(config->listeners[1].sasl.has_value());
  EXPECT_THAT(parse("listeners=SSL://:1\nssl.client.auth=maybe").error().message, HasSubstr("listener SSL"));
  EXPECT_THAT(parse("listeners=SSL://:1\nssl.principal.mapping.rules=RULE:^(a").error().message,
              HasSubstr("RULE:pattern/replacement"));
}

TEST(ClientSecurity, IsReadFromTheSettingsOfKafkasClients) {
  using Map = std::map<std::string, std::string>;
  const auto read = [](const Map& settings) {
    const auto security = client::read_client_security(settings);
    if (!security) return security.error().message;
    return std::string(security->tls ? "tls " : "") + (security->sasl ? security->sasl->user : "");
  };
  const std::string jaas = "Module required username=\"ann\" password=\"a; b\";";
  EXPECT_EQ(read({}), "");
  EXPECT_EQ(read({{"security.protocol", "SSL"}}), "tls ");
  const Map plain = {{"sasl.mechanism", "PLAIN"}, {"sasl.jaas.config", jaas}};
  const auto with = [&](Map more) {
    more.insert(plain.begin(), plain.end());
    return more;
  };
  EXPECT_EQ(read(with({{"security.protocol", "SASL_PLAINTEXT"}})), "ann");
  EXPECT_EQ(read(with({{"security.protocol", "SASL_SSL"}})), "tls ann");
  EXPECT_THAT(read({{"security.protocol", "TLS"}}), HasSubstr("TLS is unknown"));
  EXPECT_THAT(read(with({{"security.protocol", "SASL_SSL"}, {"sasl.mechanism", "GSSAPI"}})), HasSubstr("GSSAPI"));
  EXPECT_THAT(
      read({{"security.protocol", "SASL_SSL"}, {"sasl.mechanism", "PLAIN"}, {"sasl.jaas.config", "M required;"}}),
      HasSubstr("username"));
}

TEST(PrincipalMapping, TakesTheFirstRuleThatMatches) {
  const auto mapping = PrincipalMapping::parse(
      "RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/,RULE:^CN=(.*?),OU=(.*?),O=(.*?)$/$1@$2/L,RULE:^cn=(.*?),.*$/$1/U,DEFAULT");
  ASSERT_TRUE(mapping.ok()) << mapping.error().message;
  EXPECT_EQ(mapping->user_of("CN=kafka-server1,OU=ServiceUsers,O=Unknown"), "kafka-server1");
  EXPECT_EQ(mapping->user_of("CN=Ann,OU=Admins,O=Leat"), "ann@admins");
  EXPECT_EQ(mapping->user_of("cn=bob,O=Leat"), "BOB");
  EXPECT_EQ(mapping->user_of("O=Leat"), "O=Leat");
  EXPECT_EQ(PrincipalMapping::parse("RULE:^CN=(a)$/$1/")->user_of("CN=b"), std::nullopt);
  EXPECT_EQ(PrincipalMapping::parse("RULE:^CN=a\\/b$/c\\/d/")->user_of("CN=a/b"), "c/d");
}

}  // namespace
}  // namespace leat::server
