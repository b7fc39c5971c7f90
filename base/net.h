// Net: connections between loops. Bytes arrive in the order they were sent or the connection closes; delays, and
// what happens to bytes under way when it closes, are the network's choice.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/buf.h"
#include "base/function.h"
#include "base/result.h"

namespace leat {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const Endpoint&) const = default;
  std::string to_string() const { return host + ":" + std::to_string(port); }
};

/// Who consumes what a connection reads. The memory is the reader's: it hands out the place that the next bytes go
/// to, so a frame is read straight into the block that it lives in. Called on the connection's loop.
class ConnectionReader {
 public:
  virtual ~ConnectionReader() = default;
  /// Where the next bytes go; at least one byte. Stays valid until `received` or `closed`.
  virtual std::span<char> prepare() = 0;
  /// `size` bytes have been written to the start of what `prepare` returned. May close the connection.
  virtual void received(std::size_t size) = 0;
  /// The connection is gone: by the peer, by an error, or by `close`. Called exactly once, nothing comes after it.
  virtual void closed(const Error& why) = 0;
};

/// One connection, owned by whoever drives it; destroying it closes it without a call of `closed`. Lives on one loop.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Begins to read. `reader` must outlive the connection or its `closed`.
  virtual void start(ConnectionReader& reader) = 0;
  /// Queues bytes behind those queued before. Writing to a closed connection does nothing.
  virtual void write(BufChain bytes) = 0;
  /// Bytes queued and not yet taken by the network.
  virtual std::size_t bytes_queued() const = 0;
  /// Stops and continues reading, to hold back a peer that sends faster than it is served.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;
  /// Closes; `closed` is called later from the loop.
  virtual void close() = 0;
  virtual Endpoint peer() const = 0;
  virtual Endpoint local() const = 0;
  /// Who the peer has proved to be: the subject of its certificate. Empty where it showed none.
  virtual std::string peer_name() const { return {}; }
};

/// Accepts connections until destroyed.
class Listener {
 public:
  virtual ~Listener() = default;
  /// The endpoint in use; with port 0 asked for, the port that was given.
  virtual Endpoint local() const = 0;
};

class Net {
 public:
  virtual ~Net() = default;
  /// Port 0 takes any free port. Connections arrive on the loop of this Net.
  virtual Result<std::unique_ptr<Listener>> listen(const Endpoint& at,
                                                   MoveFunction<void(std::unique_ptr<Connection>)> on_accept) = 0;
  virtual void connect(const Endpoint& to, OneShot<Result<std::unique_ptr<Connection>>> done) = 0;
};

}  // namespace leat
