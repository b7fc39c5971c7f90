#include "broker/server/authentication.h"

#include "broker/client/sasl_connector.h"
#include "broker/server/metadata_record.h"
#include "broker/wire/frame_reader.h"
#include "broker/wire/messages/alter_user_scram_credentials.h"
#include "broker/wire/messages/metadata.h"
#include "broker/wire/messages/sasl_authenticate.h"
#include "broker/wire/messages/sasl_handshake.h"
#include "broker/wire/records/admin_records.h"
#include "tests/broker/server/server_fixture.h"

namespace leat::server {
namespace {

using testing::HasSubstr;
using wire::ApiKey;
using wire::ErrorCode;

constexpr std::int32_t kIterations = 4096;

/// The client's side of SCRAM.
class ScramClient {
 public:
  ScramClient(Digest digest, std::string user, std::string password)
      : digest_(digest), user_(std::move(user)), password_(std::move(password)) {}

  /// As librdkafka up to 2.2 does.
  void repeat_nonce() { before_nonce_ = "nonce-of-client"; }
  Bytes first() { return "n,,n=" + user_ + ",r=nonce-of-client"; }
  Bytes last(const Bytes& server_first) {
    const auto at = [&](const char* name) { return server_first.find(name) + std::string(name).size(); };
    const std::string nonce = server_first.substr(2, server_first.find(",s=") - 2);
    const auto salt = from_base64(server_first.substr(at(",s="), server_first.find(",i=") - at(",s=")));
    const Bytes salted = stretched(digest_, password_, *salt, std::stoi(server_first.substr(at(",i="))));
    const std::string without_proof = "c=biws,r=" + before_nonce_ + nonce;
    const std::string text = "n=" + user_ + ",r=nonce-of-client," + server_first + "," + without_proof;
    const Bytes key = hmac(digest_, salted, "Client Key");
    Bytes proof = hmac(digest_, digest_of(digest_, key), text);
    for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ key[i]);
    signature_ = "v=" + to_base64(hmac(digest_, hmac(digest_, salted, "Server Key"), text));
    return without_proof + ",p=" + to_base64(proof);
  }
  /// What a server must answer who knows the credential too.
  const Bytes& signature() const { return signature_; }

 private:
  Digest digest_;
  std::string user_;
  std::string password_;
  std::string before_nonce_;
  Bytes signature_;
};

class AuthenticationTest : public testing::TestWithParam<ScramMechanism> {
 protected:
  AuthenticationTest() : random(7), authentication(config, settings, random, world.loop) {
    config.mechanisms = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
    config.plain_users = {{"ann", "secret"}};
  }
  void add_scram_user(const std::string& user, ScramMechanism mechanism, const std::string& password) {
    const ScramCredential credential = scram_credential(
        mechanism, "some salt", stretched(digest_of(mechanism), password, "some salt", kIterations), kIterations);
    wire::UserScramCredentialRecord record;
    record.name = user;
    record.mechanism = static_cast<std::int8_t>(mechanism);
    record.salt = credential.salt;
    record.stored_key = credential.stored_key;
    record.server_key = credential.server_key;
    record.iterations = credential.iterations;
    settings.apply(*read_metadata_record(*metadata_record(record).value));
  }
  static std::string name(ScramMechanism mechanism) {
    return mechanism == ScramMechanism::kSha256 ? "SCRAM-SHA-256" : "SCRAM-SHA-512";
  }
  Result<Bytes> plain(const std::string& user, const std::string& password) {
    EXPECT_EQ(authentication.shake_hands("PLAIN", 1), ErrorCode::kNone);
    return authentication.authenticate(std::string(1, '\0') + user + std::string(1, '\0') + password);
  }

  static constexpr std::string_view kOfAnn{"\0ann\0secret", 11};

  sim::SimWorld sim{1, sim::SimOptions::calm()};
  World world = sim.process("broker");
  SaslConfig config;
  Settings settings;
  Random random;
  Authentication authentication;
};

TEST_F(AuthenticationTest, PlainTakesTheRightPasswordOnly) {
  ASSERT_TRUE(plain("ann", "secret").ok());
  EXPECT_TRUE(authentication.done());
  EXPECT_EQ(authentication.user(), "ann");
  Authentication other(config, settings, random, world.loop);
  other.shake_hands("PLAIN", 1);
  EXPECT_FALSE(other.authenticate(std::string("\0ann\0wrong", 10)).ok());
  EXPECT_TRUE(other.failed());
}

TEST_F(AuthenticationTest, PlainSaysNothingOfWhichUsersThereAre) {
  const auto unknown = plain("bob", "secret");
  Authentication other(config, settings, random, world.loop);
  other.shake_hands("PLAIN", 1);
  const auto wrong = other.authenticate(std::string("\0ann\0wrong", 10));
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().message, wrong.error().message);
}

TEST_P(AuthenticationTest, ScramProvesBothSidesToEachOther) {
  add_scram_user("ann", GetParam(), "secret");
  ASSERT_EQ(authentication.shake_hands(name(GetParam()), 1), ErrorCode::kNone);
  ScramClient client(digest_of(GetParam()), "ann", "secret");
  const auto first = authentication.authenticate(client.first());
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(authentication.done());
  const auto last = authentication.authenticate(client.last(*first));
  ASSERT_TRUE(last.ok()) << last.error().message;
  EXPECT_EQ(*last, client.signature());
  EXPECT_EQ(authentication.user(), "ann");
}

TEST_P(AuthenticationTest, ScramTakesANonceThatBeginsTwice) {
  add_scram_user("ann", GetParam(), "secret");
  authentication.shake_hands(name(GetParam()), 1);
  ScramClient client(digest_of(GetParam()), "ann", "secret");
  client.repeat_nonce();
  const auto first = authentication.authenticate(client.first());
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(authentication.authenticate(client.last(*first)).ok());
}

TEST_P(AuthenticationTest, ScramRefusesAWrongPassword) {
  add_scram_user("ann", GetParam(), "secret");
  authentication.shake_hands(name(GetParam()), 1);
  ScramClient client(digest_of(GetParam()), "ann", "guess");
  const auto first = authentication.authenticate(client.first());
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(authentication.authenticate(client.last(*first)).ok());
  EXPECT_TRUE(authentication.failed());
}

TEST_P(AuthenticationTest, ScramRefusesAnExchangeThatIsPlayedAgain) {
  add_scram_user("ann", GetParam(), "secret");
  authentication.shake_hands(name(GetParam()), 1);
  ScramClient client(digest_of(GetParam()), "ann", "secret");
  const auto first = authentication.authenticate(client.first());
  const Bytes last = client.last(*first);
  ASSERT_TRUE(authentication.authenticate(last).ok());
  Authentication other(config, settings, random, world.loop);
  other.shake_hands(name(GetParam()), 1);
  ASSERT_TRUE(other.authenticate(client.first()).ok());
  EXPECT_FALSE(other.authenticate(last).ok()) << "the server's nonce is another one";
}

TEST_F(AuthenticationTest, HoldsForAWhileAndCanBeRenewed) {
  config.reauth_ms = {{"PLAIN", 10'000}};
  EXPECT_EQ(authentication.lifetime_ms(), 0);
  ASSERT_TRUE(plain("ann", "secret").ok());
  EXPECT_EQ(authentication.lifetime_ms(), 10'000);
  sim.run_for(9s);
  EXPECT_TRUE(authentication.admits(ApiKey::kMetadata));
  ASSERT_TRUE(authentication.may_shake_hands());
  ASSERT_TRUE(plain("ann", "secret").ok());
  EXPECT_FALSE(authentication.may_shake_hands()) << "twice within a second";
  sim.run_for(9s);
  EXPECT_TRUE(authentication.admits(ApiKey::kMetadata)) << "it began anew";
  sim.run_for(2s);
  EXPECT_FALSE(authentication.admits(ApiKey::kMetadata));
  EXPECT_TRUE(authentication.admits(ApiKey::kSaslHandshake)) << "late is not never";
}

TEST_F(AuthenticationTest, IsRenewedByTheSameUserAndMechanismOnly) {
  config.plain_users["bob"] = "other";
  ASSERT_TRUE(plain("ann", "secret").ok());
  const auto other = plain("bob", "other");
  ASSERT_FALSE(other.ok());
  EXPECT_THAT(other.error().message, HasSubstr("Cannot change principals during re-authentication from User.ann"));
  EXPECT_TRUE(authentication.failed());
  Authentication changed(config, settings, random, world.loop);
  changed.shake_hands("PLAIN", 1);
  ASSERT_TRUE(changed.authenticate(kOfAnn).ok());
  EXPECT_EQ(changed.shake_hands("SCRAM-SHA-256", 1), ErrorCode::kNone);
  EXPECT_FALSE(changed.authenticate("n,,n=ann,r=nonce").ok());
}

/// A broker that wants its clients to authenticate, and frames as clients send them.
class SaslListener : public BrokerTest {
 protected:
  SaslListener() { start_anew(SaslConfig{{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}, {{"ann", "secret"}}}); }
  void start_anew(SaslConfig asks) {
    kill();
    BrokerConfig config = BrokerTest::config();
    config.listeners[0].sasl = std::move(asks);
    auto opened = Broker::open(sim.process("broker"), config);
    EXPECT_TRUE(opened.ok());
    broker = std::move(*opened);
    EXPECT_EQ(said(broker->listen()), "ok");
    raw = connect();
  }
  template <class Request>
  void send(const Request& request, int version) {
    raw->connection->write(wire::with_length(
        wire::request_frame(Request::kTraits.api, version, 1, "raw", wire::encode(request, version))));
    sim.run_until([] { return false; }, 1s);
  }
  void authenticate(const std::string& password, int handshake_version = 1) {
    wire::SaslHandshakeRequest handshake;
    handshake.mechanism = "PLAIN";
    send(handshake, handshake_version);
    raw->answer.clear();
    const Bytes token = std::string("\0ann\0", 5) + password;
    if (handshake_version == 0) {
      raw->connection->write(wire::with_length(wire::Frame(Buf::copy_of(token))));
      sim.run_until([] { return false; }, 1s);
    } else {
      send(wire::SaslAuthenticateRequest{token}, 1);
    }
  }

  /// Lets our own clients authenticate.
  void log_in(const std::string& mechanism, const std::string& password) {
    cluster.reset();
    sasl = std::make_unique<client::SaslConnector>(here, std::make_unique<client::TcpConnector>(here),
                                                   client::SaslCredentials{mechanism, "ann", password});
    cluster = std::make_unique<client::Cluster>(here, *sasl, client::ClusterConfig{.bootstrap = {{"broker", 9092}}});
  }
  ErrorCode add_credential(ScramMechanism mechanism, const std::string& password) {
    wire::AlterUserScramCredentialsRequest request;
    const Bytes salted = stretched(digest_of(mechanism), password, "some salt", kIterations);
    request.upsertions.push_back({"ann", static_cast<std::int8_t>(mechanism), kIterations, "some salt", salted});
    return ask<wire::AlterUserScramCredentialsResponse>(std::move(request)).results.at(0).error_code;
  }
  ~SaslListener() override { cluster.reset(); }

  std::unique_ptr<RawClient> raw;
  std::unique_ptr<client::SaslConnector> sasl;
};

TEST_F(SaslListener, OurOwnClientsLogInWithEveryMechanism) {
  log_in("PLAIN", "secret");
  make_topic("orders");
  for (const ScramMechanism mechanism : {ScramMechanism::kSha256, ScramMechanism::kSha512}) {
    log_in("PLAIN", "secret");
    ASSERT_EQ(add_credential(mechanism, "of scram"), ErrorCode::kNone);
    log_in(mechanism == ScramMechanism::kSha256 ? "SCRAM-SHA-256" : "SCRAM-SHA-512", "of scram");
    EXPECT_EQ(said(produce("orders", "value")), "ok");
  }
  EXPECT_THAT(read("orders", 2), testing::ElementsAre("value", "value"));
}

TEST_F(SaslListener, OurOwnClientsAreToldWhyTheyAreRefused) {
  log_in("PLAIN", "guess");
  EXPECT_THAT(said(produce("orders", "value")), HasSubstr("Invalid username or password"));
  log_in("SCRAM-SHA-256", "secret");
  EXPECT_THAT(said(produce("orders", "value")), HasSubstr("invalid credentials"));
}

TEST_F(SaslListener, ClosesTheConnectionOfWhoAsksBeforeAuthenticating) {
  send(wire::MetadataRequest{}, 5);
  EXPECT_TRUE(raw->ended);
  EXPECT_EQ(raw->answer, "");
}

TEST_F(SaslListener, ServesWhoHasAuthenticated) {
  for (const int handshake_version : {0, 1}) {
    raw = connect();
    authenticate("secret", handshake_version);
    EXPECT_FALSE(raw->ended);
    EXPECT_NE(raw->answer, "");
    raw->answer.clear();
    send(wire::MetadataRequest{}, 5);
    EXPECT_NE(raw->answer, "") << handshake_version;
  }
}

TEST_F(SaslListener, TellsWhoFailsAndClosesTheConnection) {
  authenticate("guess");
  EXPECT_THAT(raw->answer, HasSubstr("Invalid username or password"));
  EXPECT_TRUE(raw->ended);
}

TEST_F(SaslListener, ClosesTheConnectionOfWhoDoesNotLogInAgain) {
  start_anew({{"PLAIN"}, {{"ann", "secret"}}, {{"PLAIN", 5'000}}});
  authenticate("secret");
  send(wire::MetadataRequest{}, 5);
  EXPECT_FALSE(raw->ended);
  sim.run_for(5s);
  raw->answer.clear();
  send(wire::MetadataRequest{}, 5);
  EXPECT_TRUE(raw->ended);
  EXPECT_EQ(raw->answer, "");
}

TEST_F(SaslListener, OurOwnClientsLogInAgainOnTheSameConnection) {
  start_anew({{"PLAIN", "SCRAM-SHA-256"}, {{"ann", "secret"}}, {{"PLAIN", 5'000}, {"SCRAM-SHA-256", 5'000}}});
  log_in("PLAIN", "secret");
  make_topic("orders");
  ASSERT_EQ(add_credential(ScramMechanism::kSha256, "of scram"), ErrorCode::kNone);
  for (const auto& [mechanism, password] : {std::pair{"PLAIN", "secret"}, std::pair{"SCRAM-SHA-256", "of scram"}}) {
    log_in(mechanism, password);
    ASSERT_EQ(said(produce("orders", "first")), "ok");
    raw.reset();
    sim.run_for(1s);
    const std::size_t connections = broker->listeners().connections();
    for (int minute = 0; minute < 3; ++minute) {
      sim.run_for(60s);
      EXPECT_EQ(said(produce("orders", "later")), "ok");
    }
    EXPECT_EQ(broker->listeners().connections(), connections);
  }
}

TEST(ListenerSecurity, ReadsHowLongALoginHoldsOfAListenerAndAMechanism) {
  const auto parsed = BrokerConfig::parse(
      "listeners=SASL_PLAINTEXT://:9092,OTHER://:9093\nlistener.security.protocol.map=OTHER:SASL_PLAINTEXT\n"
      "sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512\nconnections.max.reauth.ms=1000\n"
      "listener.name.other.connections.max.reauth.ms=2000\n"
      "listener.name.other.scram-sha-512.connections.max.reauth.ms=3000\n",
      {});
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  const auto limits = [&](std::size_t i) { return parsed->listeners[i].sasl->reauth_ms; };
  EXPECT_THAT(limits(0), testing::UnorderedElementsAre(testing::Pair("SCRAM-SHA-256", 1000),
                                                       testing::Pair("SCRAM-SHA-512", 1000)));
  EXPECT_THAT(limits(1), testing::UnorderedElementsAre(testing::Pair("SCRAM-SHA-256", 2000),
                                                       testing::Pair("SCRAM-SHA-512", 3000)));
}

INSTANTIATE_TEST_SUITE_P(Scram, AuthenticationTest, testing::Values(ScramMechanism::kSha256, ScramMechanism::kSha512));

TEST_F(AuthenticationTest, ScramRefusesUsersWithoutACredentialOfTheMechanism) {
  add_scram_user("ann", ScramMechanism::kSha256, "secret");
  authentication.shake_hands("SCRAM-SHA-512", 1);
  EXPECT_FALSE(authentication.authenticate("n,,n=ann,r=x").ok());
}

TEST_F(AuthenticationTest, MalformedTokensEndTheExchange) {
  for (const std::string token :
       {"", "n", "n,", "n,,", "n,,n=", "n,,n=ann", "y,,n=ann,r=x", "n,,n=a=n,r=x", "\0\0\0"}) {
    Authentication each(config, settings, random, world.loop);
    each.shake_hands("SCRAM-SHA-256", 1);
    EXPECT_FALSE(each.authenticate(token).ok()) << token;
    EXPECT_TRUE(each.failed());
    EXPECT_FALSE(each.admits(ApiKey::kSaslAuthenticate));
  }
}

TEST_F(AuthenticationTest, NothingElseIsAdmittedBeforeItIsDone) {
  EXPECT_TRUE(authentication.admits(ApiKey::kApiVersions));
  EXPECT_TRUE(authentication.admits(ApiKey::kSaslHandshake));
  EXPECT_FALSE(authentication.admits(ApiKey::kMetadata));
  EXPECT_FALSE(authentication.admits(ApiKey::kSaslAuthenticate)) << "before the handshake";
  authentication.shake_hands("PLAIN", 1);
  EXPECT_FALSE(authentication.admits(ApiKey::kMetadata));
  ASSERT_TRUE(authentication.authenticate(std::string("\0ann\0secret", 11)).ok());
  EXPECT_TRUE(authentication.admits(ApiKey::kMetadata));
}

TEST(JaasConfig, UsersAreReadWithWhatStandsInTheirQuotes) {
  const auto users = parse_plain_users(
      "org.apache.kafka.common.security.plain.PlainLoginModule required\n  username=\"admin\" password=\"x\"\n  "
      "user_admin=\"x\" user_ann=\"with blank; and semicolon\" user_bob=\"a\\\"b\";");
  ASSERT_TRUE(users.ok());
  EXPECT_EQ(*users, (std::map<std::string, std::string>{
                        {"admin", "x"}, {"ann", "with blank; and semicolon"}, {"bob", "a\"b"}}));
  EXPECT_FALSE(parse_plain_users("Module required user_ann=\"open;").ok());
}

TEST(ListenerSecurity, IsReadFromTheNamesOfKafka) {
  const auto config = BrokerConfig::parse(
      "listeners=CLIENTS://:9092,PLAINTEXT://:9093\nlistener.security.protocol.map=CLIENTS:SASL_PLAINTEXT\n"
      "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512\n"
      "listener.name.clients.plain.sasl.jaas.config=Module required user_ann=\"secret\";",
      {});
  ASSERT_TRUE(config.ok()) << config.error().message;
  ASSERT_TRUE(config->listeners.at(0).sasl);
  EXPECT_THAT(config->listeners[0].sasl->mechanisms, testing::ElementsAre("PLAIN", "SCRAM-SHA-512"));
  EXPECT_EQ(config->listeners[0].sasl->plain_users.at("ann"), "secret");
  EXPECT_FALSE(config->listeners.at(1).sasl);
}

TEST(ListenerSecurity, WhatIsNotServedIsRefusedAtTheStart) {
  const auto why = [](const std::string& text) {
    const auto config = BrokerConfig::parse(text, {});
    return config ? "taken" : config.error().message;
  };
  EXPECT_THAT(why("listeners=SASL_PLAINTEXT://:9092"), HasSubstr("GSSAPI is not served"));
  EXPECT_THAT(why("listeners=SASL_PLAINTEXT://:9092\nsasl.enabled.mechanisms=PLAIN"),
              HasSubstr("listener.name.sasl_plaintext.plain.sasl.jaas.config"));
}

}  // namespace
}  // namespace leat::server
