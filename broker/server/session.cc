#include "broker/server/session.h"

#include "base/big_endian.h"
#include "base/log.h"

namespace leat::server {

namespace {

/// Responses that a client does not take, and requests that it sends ahead, are bounded by holding its reading back.
constexpr std::size_t kBytesQueuedMax = 16 * 1024 * 1024;
constexpr std::size_t kRequestsAheadMax = 64;
/// sasl.server.max.receive.size of Kafka: a stranger gets no more memory.
constexpr std::size_t kStrangersFrameBytesMax = 512 * 1024;

}  // namespace

Session::Session(Broker& broker, std::unique_ptr<Connection> connection, const Listening& listener,
                 MoveFunction<void()> ended)
    : broker_(broker),
      connection_(std::move(connection)),
      peer_{.host = "/" + connection_->peer().host, .listener = &listener, .muted_until = std::make_shared<Instant>()},
      ended_(std::move(ended)),
      reader_(*this,
              listener.sasl ? kStrangersFrameBytesMax : static_cast<std::size_t>(broker.config().request_bytes_max)) {
  if (listener.sasl == nullptr) return;
  authentication_.emplace(*listener.sasl, broker.settings(), broker.world().random, broker.world().loop);
  peer_.authentication = &*authentication_;
}

Session::~Session() {
  if (muted_) broker_.world().loop.cancel(*muted_);
}

void Session::start() {
  active_ = broker_.world().loop.now();
  connection_->start(reader_);
}
void Session::close() { connection_->close(); }

bool Session::identify() {
  identified_ = true;
  const PrincipalMapping* principals = peer_.listener->principals;
  if (authentication_ || principals == nullptr) return true;
  const std::string subject = connection_->peer_name();
  if (subject.empty()) return true;
  auto user = principals->user_of(subject);
  if (user) return peer_.user = std::move(*user), true;
  log_line(LogLevel::kWarn, "session", "connection is closed: no rule of ssl.principal.mapping.rules names this client",
           {{"peer", connection_->peer().to_string()}, {"subject", subject}});
  closed_ = true;
  connection_->close();
  return false;
}

void Session::on_frame(Buf frame) {
  if (closed_ || (!identified_ && !identify())) return;
  // One request at a time: the next one is begun when the response of this one has left (as Kafka mutes the channel).
  if (slots_.empty() && waiting_.empty() && !must_wait()) return handle(std::move(frame));
  waiting_.push_back(std::move(frame));
  go_on();
  if (waiting_.size() >= kRequestsAheadMax && !paused_) {
    paused_ = true;
    connection_->pause_reading();
  }
}

void Session::handle(Buf frame) {
  const std::uint64_t number = first_slot_ + slots_.size();
  Slot& slot = slots_.emplace_back();
  slot.began = active_ = broker_.world().loop.now();
  slot.bytes_in = frame.size();
  if (frame.size() >= sizeof(slot.api_key)) slot.api_key = load_big_endian<std::int16_t>(frame.data());
  broker_.handle(frame, peer_, [this, alive = std::weak_ptr<bool>(alive_), number](Result<Reply> reply) {
    if (!alive.expired()) answered(number, std::move(reply));
  });
}

void Session::answered(std::uint64_t number, Result<Reply> reply) {
  if (closed_) return;
  if (!reply) {
    log_line(LogLevel::kWarn, "session", "connection is closed",
             {{"peer", connection_->peer().to_string()}, {"why", reply.error().message}});
    closed_ = true;
    return connection_->close();
  }
  Slot& slot = slots_[number - first_slot_];
  broker_.request_statistics().record(slot.api_key, slot.bytes_in, *reply ? (*reply)->size() : 0,
                                      broker_.world().loop.now() - slot.began);
  slot.reply = std::move(*reply);
  if (authentication_ && authentication_->done())
    reader_.set_frame_bytes_max(static_cast<std::size_t>(broker_.config().request_bytes_max));
  send_ready();
  if (authentication_ && authentication_->failed() && !closed_) {
    closed_ = true;
    connection_->close();
  }
}

void Session::send_ready() {
  while (!slots_.empty() && slots_.front().reply) {
    if (Reply& reply = *slots_.front().reply) connection_->write(wire::with_length(std::move(*reply)));
    slots_.pop_front();
    ++first_slot_;
    active_ = broker_.world().loop.now();
    go_on();
  }
  if (paused_ && waiting_.size() < kRequestsAheadMax / 2 && connection_->bytes_queued() < kBytesQueuedMax) {
    paused_ = false;
    connection_->resume_reading();
  }
}

bool Session::must_wait() const {
  return *peer_.muted_until != Instant() && *peer_.muted_until > broker_.world().loop.now();
}

void Session::go_on() {
  if (!slots_.empty() || waiting_.empty() || closed_ || muted_) return;
  if (must_wait()) {
    muted_ = broker_.world().loop.call_at(*peer_.muted_until, [this] {
      muted_.reset();
      go_on();
    });
    return;
  }
  Buf next = std::move(waiting_.front());
  waiting_.pop_front();
  handle(std::move(next));
}

void Session::on_end(const Error& why) {
  if (why.kind == ErrorKind::kCorrupt) {
    log_line(LogLevel::kWarn, "session", "connection is closed",
             {{"peer", connection_->peer().to_string()},
              {"why", why.message},
              {"socket.request.max.bytes", std::to_string(broker_.config().request_bytes_max)}});
    connection_->close();
  } else if (why.kind == ErrorKind::kInvalidArgument) {
    log_line(LogLevel::kWarn, "session", "a client is refused", {{"why", why.message}});
  }
  closed_ = true;
  ended_();
}

}  // namespace leat::server
