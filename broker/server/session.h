// Session: one client connection. Requests are handled as they come; responses leave in the order of the requests.
#pragma once

#include <deque>
#include <memory>

#include "broker/server/authentication.h"
#include "broker/server/broker.h"
#include "broker/wire/frame_reader.h"

namespace leat::server {

class Session : public wire::FrameReceiver {
 public:
  /// Where the listener, which must outlive the session, says how, the client has to authenticate before anything else.
  /// `ended` is called once, when the connection is gone; the owner then destroys the session, later.
  Session(Broker& broker, std::unique_ptr<Connection> connection, const Listening& listener,
          MoveFunction<void()> ended);
  ~Session() override;

  void start();
  void close();
  /// Since when nothing happens on the connection; nothing while a request is under way.
  std::optional<Instant> idle_since() const {
    return slots_.empty() && waiting_.empty() ? std::optional(active_) : std::nullopt;
  }

  void on_frame(Buf frame) override;
  void on_end(const Error& why) override;

 private:
  /// A request whose response has not left yet; without value while it is being handled.
  struct Slot {
    Instant began;
    std::int16_t api_key = 0;
    std::size_t bytes_in = 0;
    std::optional<Reply> reply;
  };

  void handle(Buf frame);
  /// Takes the user from the client's certificate; false where the rules know nobody of that name.
  bool identify();
  void answered(std::uint64_t number, Result<Reply> reply);
  void send_ready();
  bool must_wait() const;
  /// Begins the next request that waits, when it may.
  void go_on();

  Broker& broker_;
  std::unique_ptr<Connection> connection_;
  std::optional<Authentication> authentication_;
  Peer peer_;
  MoveFunction<void()> ended_;
  wire::FrameReader reader_;
  std::deque<Slot> slots_;
  std::uint64_t first_slot_ = 0;
  /// Requests behind one that is parked wait here, so that a connection's requests are handled in order.
  std::deque<Buf> waiting_;
  /// Runs while the next request has to wait.
  std::optional<TimerId> muted_;
  /// When a request came last, or a response left.
  Instant active_;
  bool identified_ = false;
  bool paused_ = false;
  bool closed_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat::server
