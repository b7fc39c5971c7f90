#include "broker/client/sasl_connector.h"

#include <algorithm>

#include "base/jaas.h"
#include "broker/client/sasl_client.h"
#include "broker/wire/error_code.h"
#include "broker/wire/header.h"
#include "broker/wire/messages/sasl_authenticate.h"
#include "broker/wire/messages/sasl_handshake.h"

namespace leat::client {

namespace {

constexpr int kVersion = 1;  // of both requests: tokens in requests, texts without compact lengths
constexpr std::string_view kMechanisms[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

}  // namespace

/// One connection that authenticates.
class SaslConnector::Login : public std::enable_shared_from_this<Login> {
 public:
  Login(SaslConnector& owner, const Endpoint& broker, OneShot<Result<std::unique_ptr<wire::Channel>>> done)
      : owner_(owner),
        broker_(broker),
        client_(make_sasl_client(owner.credentials_, owner.world_.random)),
        done_(std::move(done)) {}

  void begin(std::unique_ptr<wire::Channel> channel) {
    channel_ = std::move(channel);
    wire::SaslHandshakeRequest request;
    request.mechanism = owner_.credentials_.mechanism;
    call<wire::SaslHandshakeResponse>(request, [this](wire::SaslHandshakeResponse response) {
      if (response.error_code == wire::ErrorCode::kNone) return send(client_->first());
      std::string served;
      for (const std::string& each : response.mechanisms) served += (served.empty() ? "" : ", ") + each;
      fail(invalid("sasl.mechanism " + owner_.credentials_.mechanism + " is refused (" +
                   std::string(wire::name(response.error_code)) + "); the broker serves: " + served));
    });
  }

 private:
  template <class Response, class Request, class Then>
  void call(const Request& request, Then then) {
    channel_->call(
        wire::request_frame(Request::kTraits.api, kVersion, ++correlation_id_, "leat", wire::encode(request, kVersion)),
        [weak = weak_from_this(), then = std::move(then)](Result<wire::Frame> frame) mutable {
          const auto self = weak.lock();
          if (!self) return;
          if (!frame) return self->fail(frame.error());
          const auto body =
              wire::parse_response(frame->flatten(), Request::kTraits.api, kVersion, self->correlation_id_);
          if (!body) return self->fail(body.error());
          auto response = wire::decode<Response>(*body, kVersion);
          if (!response) return self->fail(response.error());
          then(std::move(*response));
        });
  }

  void send(Bytes token) {
    call<wire::SaslAuthenticateResponse>(
        wire::SaslAuthenticateRequest{std::move(token)}, [this](wire::SaslAuthenticateResponse response) {
          if (response.error_code != wire::ErrorCode::kNone)
            return fail(invalid(response.error_message.value_or(std::string(wire::name(response.error_code))) +
                                "; check sasl.mechanism and sasl.jaas.config"));
          auto answer = client_->answer(response.auth_bytes);
          if (!answer) return fail(answer.error());
          if (*answer) return send(std::move(**answer));
          const auto self = shared_from_this();
          owner_.end(*this);
          done_(std::move(channel_));
        });
  }

  void fail(const Error& error) {
    const auto self = shared_from_this();
    // The channel is in the middle of a call of its own.
    owner_.world_.loop.post([channel = std::shared_ptr<wire::Channel>(std::move(channel_))] {});
    owner_.end(*this);
    done_(error.in("authentication at " + broker_.to_string()));
  }

  SaslConnector& owner_;
  Endpoint broker_;
  std::unique_ptr<SaslClient> client_;
  OneShot<Result<std::unique_ptr<wire::Channel>>> done_;
  std::unique_ptr<wire::Channel> channel_;
  std::int32_t correlation_id_ = 0;
};

SaslConnector::SaslConnector(World world, std::unique_ptr<wire::Connector> below, SaslCredentials credentials)
    : world_(world), below_(std::move(below)), credentials_(std::move(credentials)) {}

SaslConnector::~SaslConnector() { alive_.reset(); }

void SaslConnector::end(Login& login) { logins_.erase(login.shared_from_this()); }

void SaslConnector::connect(const Endpoint& broker, OneShot<Result<std::unique_ptr<wire::Channel>>> done) {
  below_->connect(broker, [this, alive = std::weak_ptr<bool>(alive_), broker,
                           done = std::move(done)](Result<std::unique_ptr<wire::Channel>> channel) mutable {
    if (alive.expired()) return done(Error{ErrorKind::kClosed, "the connector was closed"});
    if (!channel) return done(channel.error());
    auto login = std::make_shared<Login>(*this, broker, std::move(done));
    logins_.insert(login);
    login->begin(std::move(*channel));
  });
}

Result<SaslCredentials> read_sasl_credentials(const std::string& mechanism, const std::string& jaas) {
  if (std::find(std::begin(kMechanisms), std::end(kMechanisms), mechanism) == std::end(kMechanisms))
    return invalid("sasl.mechanism " + mechanism + " is not served; use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512");
  auto options = parse_jaas(jaas);
  if (!options) return options.error().in("sasl.jaas.config");
  const auto user = options->find("username");
  const auto password = options->find("password");
  if (user == options->end() || password == options->end())
    return invalid("sasl.jaas.config must say username=\"...\" and password=\"...\"");
  return SaslCredentials{mechanism, user->second, password->second};
}

}  // namespace leat::client
