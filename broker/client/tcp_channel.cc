#include "broker/client/tcp_channel.h"

#include <deque>
#include <optional>
#include <utility>

#include "broker/wire/frame_reader.h"

namespace leat::client {

namespace {

/// Responses of a broker are bounded by what was asked for; this bounds what a stranger on the port can make us take.
constexpr std::size_t kResponseBytesMax = 512 * 1024 * 1024;

class TcpChannel : public wire::Channel, private wire::FrameReceiver {
 public:
  explicit TcpChannel(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)), reader_(*this, kResponseBytesMax) {
    connection_->start(reader_);
  }

  void call(wire::Frame request, OneShot<Result<wire::Frame>> reply) override {
    if (ended_) return reply(*ended_);
    replies_.push_back(std::move(reply));
    connection_->write(wire::with_length(std::move(request)));
  }
  void send(wire::Frame request) override {
    if (!ended_) connection_->write(wire::with_length(std::move(request)));
  }
  bool open() const override { return !ended_; }

 private:
  void on_frame(Buf frame) override {
    if (replies_.empty()) return connection_->close();  // an answer to nothing: this is no Kafka broker
    auto reply = std::move(replies_.front());
    replies_.pop_front();
    reply(wire::Frame(std::move(frame)));
  }
  void on_end(const Error& why) override {
    ended_ = Error{ErrorKind::kUnavailable, why.message};
    if (why.kind == ErrorKind::kCorrupt) connection_->close();
    // The first reply may make its owner connect anew, which ends this channel.
    const Error error = *ended_;
    for (auto& reply : std::exchange(replies_, {})) reply(error);
  }

  std::unique_ptr<Connection> connection_;
  wire::FrameReader reader_;
  std::deque<OneShot<Result<wire::Frame>>> replies_;
  std::optional<Error> ended_;
};

}  // namespace

void TcpConnector::connect(const Endpoint& broker, OneShot<Result<std::unique_ptr<wire::Channel>>> done) {
  world_.net.connect(broker, [this, alive = std::weak_ptr<bool>(alive_), broker,
                              done = std::move(done)](Result<std::unique_ptr<Connection>> connection) mutable {
    if (alive.expired()) return done(Error{ErrorKind::kClosed, "the connector was closed"});
    if (!connection) return done(connection.error());
    if (tls_) return shake_hands(broker, std::move(*connection), std::move(done));
    done(std::unique_ptr<wire::Channel>(new TcpChannel(std::move(*connection))));
  });
}

void TcpConnector::shake_hands(const Endpoint& broker, std::unique_ptr<Connection> connection,
                               OneShot<Result<std::unique_ptr<wire::Channel>>> done) {
  const std::uint64_t id = next_handshake_++;
  handshakes_[id] =
      tls_->connect(world_.loop, std::move(connection), broker.host,
                    [this, alive = std::weak_ptr<bool>(alive_), id, done = std::move(done)](Status shaken) mutable {
                      if (alive.expired()) return done(Error{ErrorKind::kClosed, "the connector was closed"});
                      std::unique_ptr<Connection> secure = std::move(handshakes_.at(id));
                      handshakes_.erase(id);
                      if (shaken) return done(std::unique_ptr<wire::Channel>(new TcpChannel(std::move(secure))));
                      // The connection is in the middle of a call of its own.
                      world_.loop.post([gone = std::move(secure)] {});
                      done(shaken.error());
                    });
}

}  // namespace leat::client
