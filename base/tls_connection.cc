// Connections with TLS: a TlsSession between a connection and its reader.
#include <array>

#include "base/tls_session.h"

namespace leat {

namespace {

constexpr std::size_t kRoomBytes = 32 * 1024;

/// Callbacks of the connection below come to it; it outlives none of them, since it owns that connection.
class TlsConnection : public Connection, private ConnectionReader {
 public:
  TlsConnection(Loop& loop, std::unique_ptr<Connection> below, TlsSession session)
      : loop_(loop), below_(std::move(below)), session_(std::move(session)) {}
  ~TlsConnection() override {
    if (shaken_ && !ended_) say_end();
  }

  /// Begins the handshake before there is a reader; `done` is called once.
  void shake_hands(OneShot<Status> done) {
    on_shaken_.emplace(std::move(done));
    begin();
    go_on();
  }

  void start(ConnectionReader& reader) override {
    reader_ = &reader;
    if (!begun_) return begin();
    // Bytes may have come with the last ones of the handshake. Not in the middle of the caller's work.
    go_on_later();
  }
  void write(BufChain bytes) override {
    if (ended_) return;
    if (!shaken_) return waiting_.append(std::move(bytes));
    if (const Status written = session_.write(bytes); !written) return fail(written.error());
    flush();
  }
  std::size_t bytes_queued() const override { return below_->bytes_queued() + waiting_.size(); }
  void pause_reading() override {
    paused_ = true;
    below_->pause_reading();
  }
  void resume_reading() override {
    if (!std::exchange(paused_, false)) return;
    below_->resume_reading();
    go_on_later();
  }
  void close() override {
    if (ended_) return;
    if (shaken_) say_end();
    ended_ = true;
    below_->close();
  }
  Endpoint peer() const override { return below_->peer(); }
  Endpoint local() const override { return below_->local(); }
  std::string peer_name() const override { return session_.peer_name(); }

 private:
  void begin() {
    begun_ = true;
    below_->start(*this);
  }

  std::span<char> prepare() override {
    if (!room_) room_ = std::make_unique<std::array<char, kRoomBytes>>();
    return *room_;
  }
  void received(std::size_t size) override {
    if (ended_) return;
    session_.take({room_->data(), size});
    go_on();
  }
  void closed(const Error& why) override {
    ended_ = true;
    const Error told = failure_.value_or(why);
    if (on_shaken_) {
      auto done = std::move(*on_shaken_);
      on_shaken_.reset();
      return done(told);
    }
    if (auto* reader = std::exchange(reader_, nullptr)) reader->closed(told);
  }

  void go_on() {
    if (!shaken_ && !finish_handshake()) return;
    const std::weak_ptr<bool> alive = alive_;
    while (reader_ != nullptr && !paused_ && !ended_) {
      const auto got = session_.read(reader_->prepare());
      if (!got) return got.error().kind == ErrorKind::kClosed ? below_->close() : fail(got.error());
      if (*got == 0) break;
      reader_->received(*got);
      if (alive.expired()) return;
    }
    flush();
  }
  void go_on_later() {
    loop_.post([this, alive = std::weak_ptr<bool>(alive_)] {
      if (!alive.expired() && !ended_) go_on();
    });
  }

  /// Whether hands are shaken.
  bool finish_handshake() {
    const auto shaken = session_.shake_hands();
    flush();  // an alert too
    if (!shaken) return fail(shaken.error()), false;
    if (!*shaken) return false;
    shaken_ = true;
    if (!waiting_.empty()) write(std::exchange(waiting_, {}));
    if (!on_shaken_) return !ended_;
    auto done = std::move(*on_shaken_);
    on_shaken_.reset();
    const std::weak_ptr<bool> alive = alive_;
    done({});
    return !alive.expired() && !ended_;
  }
  void flush() {
    if (Buf bytes = session_.output(); !bytes.empty()) below_->write(std::move(bytes));
  }
  void say_end() {
    session_.end();
    flush();
  }
  void fail(const Error& why) {
    if (ended_) return;
    failure_ = Error{why.kind, "connection with " + peer().to_string() + ": " + why.message};
    flush();
    ended_ = true;
    below_->close();
  }

  Loop& loop_;
  std::unique_ptr<Connection> below_;
  TlsSession session_;
  ConnectionReader* reader_ = nullptr;
  std::unique_ptr<std::array<char, kRoomBytes>> room_;
  /// Plain bytes until hands are shaken.
  BufChain waiting_;
  std::optional<OneShot<Status>> on_shaken_;
  std::optional<Error> failure_;
  bool begun_ = false;
  bool shaken_ = false;
  bool paused_ = false;
  bool ended_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Connection> Tls::accept(Loop& loop, std::unique_ptr<Connection> connection) const {
  return std::make_unique<TlsConnection>(loop, std::move(connection), TlsSession(context_, "", loop.wall_clock_ms()));
}

std::unique_ptr<Connection> Tls::connect(Loop& loop, std::unique_ptr<Connection> connection, const std::string& host,
                                         OneShot<Status> shaken) const {
  auto made =
      std::make_unique<TlsConnection>(loop, std::move(connection), TlsSession(context_, host, loop.wall_clock_ms()));
  made->shake_hands(std::move(shaken));
  return made;
}

}  // namespace leat
