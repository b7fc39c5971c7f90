// TlsSession: one connection's TLS as a state machine without a network. What came from the peer is `take`n, what the
// peer must get is in `output`; between them the hands are shaken, and plain bytes read and written.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/buf.h"
#include "base/loop.h"
#include "base/tls.h"

namespace leat {

class TlsSession {
 public:
  /// `host` is empty on the server's side, and whom the certificate must name on the client's.
  TlsSession(std::shared_ptr<const Tls::Context> context, const std::string& host, std::int64_t wall_clock_ms);
  TlsSession(TlsSession&&) noexcept;
  ~TlsSession();

  /// Encrypted bytes of the peer.
  void take(std::span<const char> bytes);
  /// Encrypted bytes for the peer; empty where there are none.
  Buf output();

  /// Goes on with the handshake: whether it is done. kInvalidArgument where a side is not trusted, kCorrupt where the
  /// peer speaks something else.
  Result<bool> shake_hands();
  /// Plain bytes into `to`: how many, 0 where more has to be taken first. kClosed at the peer's orderly end.
  Result<std::size_t> read(std::span<char> to);
  /// Encrypts. Requires that the hands are shaken.
  Status write(const BufChain& bytes);
  /// Tells the peer that nothing more comes.
  void end();

  /// The subject of the peer's certificate (RFC 2253); empty where it showed none.
  std::string peer_name() const;

 private:
  struct Inside;
  Error failure(int result) const;

  std::unique_ptr<Inside> inside_;
};

}  // namespace leat
