#include "broker/server/listeners.h"

#include "base/log.h"
#include "broker/server/broker.h"
#include "broker/server/session.h"

namespace leat::server {

namespace {

/// An idle connection is closed at most this part of its time too late.
constexpr int kIdleChecks = 10;
constexpr Duration kIdleCheckLeast = std::chrono::milliseconds(10);

}  // namespace

Listeners::Listeners(Broker& broker) : broker_(broker) {}
Listeners::~Listeners() {
  if (idle_timer_) broker_.world().loop.cancel(*idle_timer_);
}

Status Listeners::open() {
  certificates_.emplace(broker_.world(), broker_.config(), broker_.settings());
  LEAT_RETURN_IF_ERROR(certificates_->open());
  for (const ListenerConfig& listener : broker_.config().listeners) {
    std::uint16_t nth = 0;
    for (const Node& node : broker_.nodes().all()) {
      Listening& added = listening_.emplace_back(
          Listening{.name = listener.name, .node = node.id, .at = listener.at, .advertised = listener.advertised});
      if (listener.sasl) added.sasl = &*listener.sasl;
      if (listener.tls) added.principals = &listener.principals;
      if (added.at.port != 0) added.at.port = static_cast<std::uint16_t>(added.at.port + nth);
      if (added.advertised.port != 0) added.advertised.port = static_cast<std::uint16_t>(added.advertised.port + nth);
      if (added.advertised.host.empty())
        added.advertised.host =
            listener.at.host.empty() || listener.at.host == "0.0.0.0" ? "localhost" : listener.at.host;
      LEAT_RETURN_IF_ERROR(open_one(listening_.size() - 1));
      ++nth;
    }
  }
  watch_idle();
  return {};
}

Status Listeners::open_one(std::size_t index) {
  Listening& now = listening_[index];
  auto opened = broker_.world().net.listen(
      now.at, [this, &now](std::unique_ptr<Connection> connection) { accept(std::move(connection), now); });
  if (!opened) return opened.error().in("listener " + now.name);
  now.at = (*opened)->local();
  if (now.advertised.port == 0) now.advertised.port = now.at.port;
  open_[index] = std::move(*opened);
  return {};
}

void Listeners::accept(std::unique_ptr<Connection> connection, const Listening& at) {
  const std::string host = connection->peer().host;
  if (const auto why = refusal(host)) {
    ++refused_;
    return log_line(LogLevel::kWarn, "listener", "connection is refused: there are too many",
                    {{"peer", connection->peer().to_string()}, {"limit", *why}});
  }
  const std::uint64_t id = next_session_++;
  if (const Tls* tls = certificates_->of(at.name); tls != nullptr)
    connection = tls->accept(broker_.world().loop, std::move(connection));
  auto session = std::make_unique<Session>(broker_, std::move(connection), at, [this, id] {
    // From the loop: the session is in the middle of a call.
    broker_.world().loop.post([this, alive = broker_.alive(), id] {
      if (!alive.expired()) forget(id);
    });
  });
  Session& started = *session;
  ++by_host_[host];
  sessions_.emplace(id, Entered{at.node, host, std::move(session)});
  started.start();
}

void Listeners::forget(std::uint64_t session) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  if (--by_host_[found->second.host] == 0) by_host_.erase(found->second.host);
  sessions_.erase(found);
}

std::optional<std::string> Listeners::refusal(const std::string& host) const {
  const BrokerConfig& config = broker_.config();
  if (sessions_.size() >= static_cast<std::size_t>(config.connections_max)) return "max.connections";
  const auto open = by_host_.find(host);
  const auto own = config.connections_per_ip.find(host);
  const std::int32_t most = own == config.connections_per_ip.end() ? config.connections_per_ip_max : own->second;
  if ((open == by_host_.end() ? 0 : open->second) < most) return std::nullopt;
  return "max.connections.per.ip";
}

void Listeners::watch_idle() {
  const std::int64_t idle_ms_max = broker_.config().idle_connection_ms_max;
  if (idle_ms_max < 0) return;
  const auto idle_max = std::chrono::milliseconds(idle_ms_max);
  Loop& loop = broker_.world().loop;
  for (auto& [id, entered] : sessions_)
    if (const auto since = entered.session->idle_since(); since && loop.now() - *since >= idle_max)
      entered.session->close();
  idle_timer_ =
      loop.call_at(loop.now() + std::max<Duration>(idle_max / kIdleChecks, kIdleCheckLeast), [this] { watch_idle(); });
}

void Listeners::close_node(std::int32_t node) {
  std::erase_if(open_, [&](const auto& each) { return listening_[each.first].node == node; });
  for (auto& [id, entered] : sessions_)
    if (entered.node == node) entered.session->close();
}

Status Listeners::open_node(std::int32_t node) {
  for (std::size_t i = 0; i < listening_.size(); ++i)
    if (listening_[i].node == node && !open_.contains(i)) LEAT_RETURN_IF_ERROR(open_one(i));
  return {};
}

void Listeners::close() {
  open_.clear();
  for (auto& [id, entered] : sessions_) entered.session->close();
}

void Listeners::clear() {
  open_.clear();
  sessions_.clear();
}

std::vector<const Listening*> Listeners::beside(const Listening& listening) const {
  std::vector<const Listening*> beside;
  for (const Listening& each : listening_)
    if (each.name == listening.name && broker_.nodes().runs(each.node)) beside.push_back(&each);
  // The loopback has no listener: its clients reach the one node by it.
  if (beside.empty()) beside.push_back(&listening);
  return beside;
}

}  // namespace leat::server
