#include "broker/client/sasl_connector.h"

#include <algorithm>

#include "base/jaas.h"
#include "broker/client/sasl_channel.h"

namespace leat::client {

namespace {

constexpr std::string_view kMechanisms[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

}  // namespace

SaslConnector::SaslConnector(World world, std::unique_ptr<wire::Connector> below, SaslCredentials credentials)
    : world_(world), below_(std::move(below)), credentials_(std::move(credentials)) {}

SaslConnector::~SaslConnector() { alive_.reset(); }

void SaslConnector::connect(const Endpoint& broker, OneShot<Result<std::unique_ptr<wire::Channel>>> done) {
  below_->connect(broker, [this, alive = std::weak_ptr<bool>(alive_), broker,
                           done = std::move(done)](Result<std::unique_ptr<wire::Channel>> channel) mutable {
    if (alive.expired()) return done(Error{ErrorKind::kClosed, "the connector was closed"});
    if (!channel) return done(channel.error());
    auto made = std::make_unique<SaslChannel>(world_, credentials_, broker, std::move(*channel));
    SaslChannel& entering = *made;
    entering_.insert(std::move(made));
    entering.log_in([this, alive, &entering, done = std::move(done)](Status status) mutable {
      const auto found =
          std::find_if(entering_.begin(), entering_.end(), [&](const auto& each) { return each.get() == &entering; });
      auto entered = std::move(entering_.extract(found).value());
      if (status) return done(std::unique_ptr<wire::Channel>(std::move(entered)));
      // The channel is in the middle of a call of its own.
      world_.loop.post([channel = std::shared_ptr<wire::Channel>(std::move(entered))] {});
      done(status.error());
    });
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
