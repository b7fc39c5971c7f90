// Channel: the one seam between clients and a broker. A frame goes out, a frame comes back.
//
// It is implemented by TCP (broker/client/tcp_channel.h), by the loopback to an embedded broker
// (broker/server/loopback.h), and by either of them in the simulated world. What is above (producer, consumer,
// admin) and what is below (sessions, handlers) is one code path for all of them.
#pragma once

#include <memory>

#include "base/buf.h"
#include "base/function.h"
#include "base/net.h"
#include "base/result.h"

namespace leat::wire {

/// A request or response, header included, without the four bytes of length in front.
using Frame = BufChain;

/// Carries requests to one broker, replies come in the order of the calls. Lives on one loop; replies are given on it.
/// Destroying a channel answers all open calls with kClosed.
class Channel {
 public:
  virtual ~Channel() = default;
  /// Sends `request`; `reply` gets the response frame, or kUnavailable when the connection breaks first.
  virtual void call(Frame request, OneShot<Result<Frame>> reply) = 0;
  /// Sends a request that has no response (Produce with acks=0).
  virtual void send(Frame request) = 0;
  /// False once the connection is gone: every further call fails.
  virtual bool open() const = 0;
};

/// Makes channels. `broker` is an address out of `bootstrap.servers` or out of the broker's own metadata.
class Connector {
 public:
  virtual ~Connector() = default;
  virtual void connect(const Endpoint& broker, OneShot<Result<std::unique_ptr<Channel>>> done) = 0;
};

}  // namespace leat::wire
