// TLS 1.2 and 1.3 over connections of any network, the simulated one too.
//
//   LEAT_ASSIGN_OR_RETURN(const TlsSettings settings, read_tls_settings(files, keys));       // base/tls_settings.h
//   LEAT_ASSIGN_OR_RETURN(const Tls tls, Tls::of_server(settings));
//   auto connection = tls.accept(loop, std::move(accepted));               // a Connection as any other
//
// Certificates are valid by the loop's wall clock. Keys and nonces come from the machine, not from the World's Random.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/loop.h"
#include "base/net.h"

namespace leat {

enum class TlsClientAuth { kNone, kRequested, kRequired };

/// Certificates and keys, as PEM texts or as the content of a PKCS#12 file.
struct TlsStore {
  Bytes content;
  /// Of a PKCS#12 file, or of an encrypted key in PEM.
  std::string password;
  /// Where it comes from: for messages.
  std::string source;

  bool operator==(const TlsStore&) const = default;
};

struct TlsSettings {
  /// What this side shows: its key and certificate, followed by those that signed it. Empty where it shows none.
  TlsStore own;
  /// Whom it believes: certificates of authorities. Empty: those of the system.
  TlsStore trusted;
  /// TLSv1.2, TLSv1.3.
  std::vector<std::string> protocols = {"TLSv1.2", "TLSv1.3"};
  /// Cipher suites by their IANA names; empty: those of OpenSSL.
  std::vector<std::string> cipher_suites;
  /// Of servers.
  TlsClientAuth client_auth = TlsClientAuth::kNone;
  /// Of clients: whether the server's certificate must name the host that was asked for.
  bool check_host = true;

  bool operator==(const TlsSettings&) const = default;
};

/// One side's keys and rules; cheap to copy, connections may outlive it.
class Tls {
 public:
  /// kInvalidArgument says which store is bad, why, and what it should be.
  static Result<Tls> of_server(const TlsSettings& settings);
  static Result<Tls> of_client(const TlsSettings& settings);

  /// The server's side of `connection`. Shakes hands once it is started; where that fails, `closed` says why.
  std::unique_ptr<Connection> accept(Loop& loop, std::unique_ptr<Connection> connection) const;
  /// The client's side. `shaken` comes later: then the connection may be started. kInvalidArgument where one side does
  /// not trust the other, kUnavailable where the connection ended; then it is of no use, and destroyed by its owner
  /// from a task of its own.
  std::unique_ptr<Connection> connect(Loop& loop, std::unique_ptr<Connection> connection, const std::string& host,
                                      OneShot<Status> shaken) const;

  struct Context;

 private:
  explicit Tls(std::shared_ptr<const Context> context) : context_(std::move(context)) {}

  std::shared_ptr<const Context> context_;
};

}  // namespace leat
