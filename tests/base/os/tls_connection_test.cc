// TLS over real sockets: whom the sides trust, what they say where they do not, and that bytes arrive.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "base/os/real_world.h"
#include "base/tls.h"
#include "base/tls_settings.h"
#include "tests/base/test_certificates.h"

namespace leat::os {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct Sink : ConnectionReader {
  std::span<char> prepare() override { return room; }
  void received(std::size_t size) override { bytes.append(room.data(), size); }
  void closed(const Error& why) override { end = why; }

  std::array<char, 1000> room{};
  Bytes bytes;
  std::optional<Error> end;
};

TlsStore store(const std::string& content, const std::string& source = "store.pem") { return {content, "", source}; }

struct TlsConnectionTest : testing::Test {
  TlsConnectionTest() {
    of_server.own = store(authority.issue("broker", "DNS:localhost,IP:127.0.0.1").pem());
    of_client.trusted = store(authority.certificate());
  }
  template <class Done>
  bool run_until(Done done) {
    for (int i = 0; i < 60 && !done(); ++i) real.loop().run_once(1s);
    return done();
  }
  /// Connects both sides; what the client's handshake came to.
  Status connect(const std::string& host = "127.0.0.1", bool wait_for_end = false) {
    auto server = Tls::of_server(of_server);
    if (!server) return server.error();
    auto client = Tls::of_client(of_client);
    if (!client) return client.error();
    listener = std::move(real.world().net.listen({"127.0.0.1", 0}, [&, tls = *server](auto accepted) {
                 there = tls.accept(real.loop(), std::move(accepted));
                 there->start(at_server);
               })).value();
    std::optional<Status> shaken;
    real.world().net.connect(listener->local(), [&, tls = *client](Result<std::unique_ptr<Connection>> connection) {
      here = tls.connect(real.loop(), std::move(connection).value(), host, [&](Status status) {
        shaken = status;
        if (status) here->start(at_client);
      });
    });
    EXPECT_TRUE(run_until([&] { return shaken && (!wait_for_end || at_server.end); }));
    return *shaken;
  }
  std::string refusal(const std::string& host = "127.0.0.1") {
    const Status shaken = connect(host, true);
    return shaken ? "connected" : shaken.error().message;
  }

  RealWorld real;
  TestAuthority authority;
  TlsSettings of_server, of_client;
  Sink at_server, at_client;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Connection> here, there;
};

Bytes much() {
  Bytes bytes;
  for (int i = 0; bytes.size() < 3'000'000; ++i) bytes += std::to_string(i) + ",";
  return bytes;
}

TEST_F(TlsConnectionTest, BytesArriveInOrderBothWays) {
  for (const char* protocol : {"TLSv1.2", "TLSv1.3"}) {
    of_server.protocols = {protocol};
    at_server = {};
    at_client = {};
    ASSERT_TRUE(connect().ok());
    const Bytes sent = much();
    BufChain chain;
    for (std::size_t at = 0, size = 1; at < sent.size(); at += size, size = size * 3 % 50'021 + 1)
      chain.append(Buf::copy_of(BytesView(sent).substr(at, std::min(size, sent.size() - at))));
    here->write(chain);
    there->write(std::move(chain));
    ASSERT_TRUE(
        run_until([&] { return at_server.bytes.size() >= sent.size() && at_client.bytes.size() >= sent.size(); }));
    EXPECT_EQ(at_server.bytes, sent) << protocol;
    EXPECT_EQ(at_client.bytes, sent) << protocol;
  }
}

TEST_F(TlsConnectionTest, AReaderThatPausesGetsTheRestLater) {
  ASSERT_TRUE(connect().ok());
  there->pause_reading();
  here->write(Buf::copy_of("later"));
  for (int i = 0; i < 20; ++i) real.loop().run_once(1ms);
  EXPECT_EQ(at_server.bytes, "");
  there->resume_reading();
  EXPECT_TRUE(run_until([&] { return at_server.bytes == "later"; }));
}

TEST_F(TlsConnectionTest, AnOrderlyEndReachesThePeer) {
  ASSERT_TRUE(connect().ok());
  here->write(Buf::copy_of("last words"));
  here->close();
  EXPECT_TRUE(run_until([&] { return at_server.end && at_client.end; }));
  EXPECT_EQ(at_server.bytes, "last words");
}

TEST_F(TlsConnectionTest, TheServerKnowsTheSubjectOfTheClientsCertificate) {
  of_server.client_auth = TlsClientAuth::kRequired;
  of_server.trusted = store(authority.certificate());
  of_client.own = store(authority.issue("ann").pem());
  ASSERT_TRUE(connect().ok());
  here->write(Buf::copy_of("hello"));
  ASSERT_TRUE(run_until([&] { return at_server.bytes == "hello"; }));
  EXPECT_EQ(there->peer_name(), "CN=ann,O=leat");
  EXPECT_EQ(here->peer_name(), "CN=broker,O=leat");
}

TEST_F(TlsConnectionTest, ARequestedCertificateMayBeMissingARequiredOneMayNot) {
  of_server.trusted = store(authority.certificate());
  of_server.client_auth = TlsClientAuth::kRequested;
  ASSERT_TRUE(connect().ok());
  here->write(Buf::copy_of("hello"));
  ASSERT_TRUE(run_until([&] { return at_server.bytes == "hello"; }));
  EXPECT_EQ(there->peer_name(), "");
  at_server = at_client = {};
  of_server.client_auth = TlsClientAuth::kRequired;
  static_cast<void>(connect("127.0.0.1", true));
  EXPECT_THAT(at_server.end->message, HasSubstr("ssl.client.auth=required"));
  ASSERT_TRUE(run_until([&] { return at_client.end.has_value(); }));
  EXPECT_THAT(at_client.end->message, HasSubstr("set ssl.keystore.type"));
}

TEST_F(TlsConnectionTest, AClientRefusesWhomItDoesNotTrust) {
  of_client.trusted = store(TestAuthority("others").certificate());
  EXPECT_THAT(refusal(), AllOf(HasSubstr("CN=broker,O=leat"), HasSubstr("ssl.truststore.location")));
  EXPECT_THAT(at_server.end->message, HasSubstr("the client does not trust this broker's certificate"));
}

TEST_F(TlsConnectionTest, AClientRefusesACertificateThatHasExpired) {
  of_server.own = store(authority.issue("broker", "IP:127.0.0.1", TestAuthority::k2001 + 1).pem());
  EXPECT_THAT(refusal(), HasSubstr("certificate has expired"));
}

TEST_F(TlsConnectionTest, AClientRefusesACertificateForAnotherHostUnlessItMustNotLook) {
  EXPECT_THAT(refusal("kafka.example"), AllOf(HasSubstr("localhost"), HasSubstr("not for kafka.example")));
  at_server = {};
  of_client.check_host = false;
  EXPECT_TRUE(connect("kafka.example").ok());
}

TEST_F(TlsConnectionTest, HostsAreCheckedByNameAndByAddress) {
  for (const char* host : {"127.0.0.1", "localhost"}) EXPECT_TRUE(connect(host).ok()) << host;
}

TEST_F(TlsConnectionTest, AServerRefusesAClientOfAnotherAuthority) {
  const TestAuthority others("others");
  of_server.client_auth = TlsClientAuth::kRequired;
  of_server.trusted = store(authority.certificate());
  of_client.own = store(others.issue("mallory").pem());
  static_cast<void>(connect("127.0.0.1", true));
  EXPECT_THAT(at_server.end->message, AllOf(HasSubstr("client is refused"), HasSubstr("CN=mallory")));
}

TEST_F(TlsConnectionTest, WhoDoesNotSpeakTlsIsToldSoInTheLog) {
  ASSERT_TRUE(connect().ok());
  at_server = {};
  std::unique_ptr<Connection> plain;
  Sink at_plain;
  real.world().net.connect(listener->local(), [&](Result<std::unique_ptr<Connection>> connection) {
    plain = std::move(connection).value();
    plain->start(at_plain);
    plain->write(Buf::copy_of(Bytes("\0\0\0\x10\0\x12\0\3\0\0\0\1\0\4leat", 18)));
  });
  ASSERT_TRUE(run_until([&] { return at_server.end.has_value() && at_plain.end.has_value(); }));
  EXPECT_THAT(at_server.end->message, HasSubstr("does not speak TLS"));
}

TEST_F(TlsConnectionTest, SidesWithoutACommonProtocolSaySo) {
  of_server.protocols = {"TLSv1.2"};
  of_client.protocols = {"TLSv1.3"};
  EXPECT_THAT(refusal(), HasSubstr("ssl.enabled.protocols"));
}

TEST_F(TlsConnectionTest, StoresMayBePkcs12Files) {
  of_server.own = {TestAuthority::pkcs12(authority.issue("broker", "IP:127.0.0.1"), authority, "secret"), "secret",
                   "broker.p12"};
  EXPECT_TRUE(connect().ok());
  of_server.own.password = "guess";
  EXPECT_THAT(Tls::of_server(of_server).error().message, AllOf(HasSubstr("broker.p12"), HasSubstr("password")));
}

TEST_F(TlsConnectionTest, CipherSuitesHaveTheirIanaNames) {
  of_client.cipher_suites = {"TLS_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"};
  EXPECT_TRUE(connect().ok());
  of_client.cipher_suites = {"TLS_NULL"};
  EXPECT_THAT(connect().error().message, HasSubstr("TLS_NULL is not there"));
}

struct TlsStores : TlsConnectionTest {
  std::string problem(const TlsStore& own) {
    of_server.own = own;
    const auto made = Tls::of_server(of_server);
    return made ? "fine" : made.error().message;
  }
};

TEST_F(TlsStores, ABadStoreIsNamedWithWhatIsWrong) {
  const auto issued = authority.issue("broker");
  EXPECT_EQ(problem(store(issued.pem())), "fine");
  EXPECT_EQ(problem(store(issued.certificate + issued.key)), "fine");
  EXPECT_THAT(problem(store("")), HasSubstr("ssl.keystore.location"));
  EXPECT_THAT(problem(store(issued.certificate)), HasSubstr("store.pem holds no private key"));
  EXPECT_THAT(problem(store(issued.key)), HasSubstr("holds no certificate that belongs"));
  EXPECT_THAT(problem(store(issued.key + authority.issue("other").certificate)), HasSubstr("belongs to its private"));
  EXPECT_THAT(problem(store("no PEM at all")), HasSubstr("cannot be read as PEM or PKCS#12"));
  EXPECT_THAT(problem(store("-----BEGIN CERTIFICATE-----\nbad\n-----END CERTIFICATE-----\n")),
              HasSubstr("a certificate cannot be read"));
  of_client.trusted = store(issued.key, "ca.pem");
  EXPECT_THAT(Tls::of_client(of_client).error().message, HasSubstr("ca.pem holds no certificates"));
}

TEST_F(TlsStores, SettingsAreKafkas) {
  const auto issued = authority.issue("broker");
  const auto read = [&](const TlsKeys& keys) { return read_tls_settings(real.world().files, keys); };
  const auto inline_keys = read({{"ssl.keystore.type", "PEM"},
                                 {"ssl.keystore.certificate.chain", issued.certificate},
                                 {"ssl.keystore.key", issued.key},
                                 {"ssl.client.auth", "required"},
                                 {"ssl.enabled.protocols", "TLSv1.3"},
                                 {"ssl.endpoint.identification.algorithm", ""}});
  ASSERT_TRUE(inline_keys.ok()) << inline_keys.error().message;
  EXPECT_EQ(problem(inline_keys->own), "fine");
  EXPECT_EQ(inline_keys->client_auth, TlsClientAuth::kRequired);
  EXPECT_EQ(inline_keys->protocols, std::vector<std::string>{"TLSv1.3"});
  EXPECT_FALSE(inline_keys->check_host);
  const auto refused = [&](const TlsKeys& keys) { return read(keys).error().message; };
  EXPECT_THAT(refused({{"ssl.keystore.location", "/nowhere/broker.pem"}}), HasSubstr("/nowhere/broker.pem"));
  EXPECT_THAT(refused({{"ssl.keystore.type", "BCFKS"}}), HasSubstr("PEM and PKCS12"));
  EXPECT_THAT(refused({{"ssl.client.auth", "maybe"}}), HasSubstr("none, requested or required"));
  EXPECT_THAT(refused({{"ssl.enabled.protocols", "TLSv1.1"}}), HasSubstr("TLSv1.1 is not spoken"));
  EXPECT_THAT(refused({{"ssl.keystore.key", issued.key}}), HasSubstr("ssl.keystore.type=PEM"));
}

}  // namespace
}  // namespace leat::os
