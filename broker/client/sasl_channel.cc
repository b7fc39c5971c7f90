#include "broker/client/sasl_channel.h"

#include "base/log.h"
#include "broker/wire/error_code.h"
#include "broker/wire/header.h"
#include "broker/wire/messages/sasl_authenticate.h"
#include "broker/wire/messages/sasl_handshake.h"

namespace leat::client {

namespace {

constexpr int kVersion = 1;  // of both requests: tokens in requests, texts without compact lengths
/// The part of its time after which a log-in is renewed, as Kafka's clients do (85 to 95 %).
constexpr double kRenewAfter = 0.85;

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

}  // namespace

SaslChannel::SaslChannel(World world, const SaslCredentials& credentials, const Endpoint& broker,
                         std::unique_ptr<wire::Channel> below)
    : world_(world), credentials_(credentials), broker_(broker), below_(std::move(below)) {}

SaslChannel::~SaslChannel() {
  alive_.reset();
  for (Waiting& each : std::exchange(waiting_, {}))
    if (each.reply) (*each.reply)(Error{ErrorKind::kClosed, "the channel was closed"});
}

template <class Response, class Request, class Then>
void SaslChannel::ask(const Request& request, Then then) {
  const std::int32_t id = ++correlation_id_;
  below_->call(
      wire::request_frame(Request::kTraits.api, kVersion, id, "leat", wire::encode(request, kVersion)),
      [this, alive = std::weak_ptr<bool>(alive_), id, then = std::move(then)](Result<wire::Frame> frame) mutable {
        if (alive.expired()) return;
        if (!frame) return end(frame.error());
        const auto body = wire::parse_response(frame->flatten(), Request::kTraits.api, kVersion, id);
        if (!body) return end(body.error());
        auto response = wire::decode<Response>(*body, kVersion);
        if (!response) return end(response.error());
        then(std::move(*response));
      });
}

void SaslChannel::log_in(OneShot<Status> done) {
  client_ = make_sasl_client(credentials_, world_.random);
  done_.emplace(std::move(done));
  renew_at_.reset();
  wire::SaslHandshakeRequest request;
  request.mechanism = credentials_.mechanism;
  ask<wire::SaslHandshakeResponse>(request, [this](wire::SaslHandshakeResponse response) {
    if (response.error_code == wire::ErrorCode::kNone) return send_token(client_->first());
    std::string served;
    for (const std::string& each : response.mechanisms) served += (served.empty() ? "" : ", ") + each;
    end(invalid("sasl.mechanism " + credentials_.mechanism + " is refused (" +
                std::string(wire::name(response.error_code)) + "); the broker serves: " + served));
  });
}

void SaslChannel::send_token(Bytes token) {
  ask<wire::SaslAuthenticateResponse>(
      wire::SaslAuthenticateRequest{std::move(token)}, [this](wire::SaslAuthenticateResponse response) {
        if (response.error_code != wire::ErrorCode::kNone)
          return end(invalid(response.error_message.value_or(std::string(wire::name(response.error_code))) +
                             "; check sasl.mechanism and sasl.jaas.config"));
        auto answer = client_->answer(response.auth_bytes);
        if (!answer) return end(answer.error());
        if (*answer) return send_token(std::move(**answer));
        if (response.session_lifetime_ms > 0)
          renew_at_ = world_.loop.now() + std::chrono::milliseconds(static_cast<std::int64_t>(
                                              static_cast<double>(response.session_lifetime_ms) * kRenewAfter));
        end({});
      });
}

void SaslChannel::end(const Status& status) {
  client_.reset();
  failed_ = !status;
  // Those who are told may destroy the channel.
  const std::weak_ptr<bool> alive = alive_;
  auto done = std::exchange(done_, std::nullopt);
  auto waiting = std::exchange(waiting_, {});
  if (status) {
    for (Waiting& each : waiting) {
      if (alive.expired()) return;
      put(std::move(each));
    }
    return (*done)({});
  }
  const Error error = status.error().in("authentication at " + broker_.to_string());
  for (Waiting& each : waiting)
    if (each.reply) (*each.reply)(Error{ErrorKind::kUnavailable, error.message});
  (*done)(error);
}

bool SaslChannel::is_busy() {
  if (client_) return true;
  if (!renew_at_ || world_.loop.now() < *renew_at_ || !below_->open()) return false;
  log_in([broker = broker_](Status status) {
    if (!status) log_line(LogLevel::kWarn, "client", "to log in again failed", {{"why", status.error().message}});
  });
  return true;
}

void SaslChannel::put(Waiting waiting) {
  if (waiting.reply) return below_->call(std::move(waiting.request), std::move(*waiting.reply));
  below_->send(std::move(waiting.request));
}

void SaslChannel::call(wire::Frame request, OneShot<Result<wire::Frame>> reply) {
  if (failed_) return reply(Error{ErrorKind::kUnavailable, "the connection to " + broker_.to_string() + " is over"});
  if (is_busy()) return (void)waiting_.push_back({std::move(request), std::move(reply)});
  below_->call(std::move(request), std::move(reply));
}

void SaslChannel::send(wire::Frame request) {
  if (failed_) return;
  if (is_busy()) return (void)waiting_.push_back({std::move(request), std::nullopt});
  below_->send(std::move(request));
}

}  // namespace leat::client
