#include "broker/server/listeners.h"

#include "broker/server/broker.h"
#include "broker/server/session.h"

namespace leat::server {

Listeners::Listeners(Broker& broker) : broker_(broker) {}
Listeners::~Listeners() = default;

Status Listeners::open() {
  for (const ListenerConfig& listener : broker_.config().listeners) {
    std::uint16_t nth = 0;
    for (const Node& node : broker_.nodes().all()) {
      Listening& added = listening_.emplace_back(
          Listening{.name = listener.name, .node = node.id, .at = listener.at, .advertised = listener.advertised});
      if (listener.sasl) added.sasl = &*listener.sasl;
      if (added.at.port != 0) added.at.port = static_cast<std::uint16_t>(added.at.port + nth);
      if (added.advertised.port != 0) added.advertised.port = static_cast<std::uint16_t>(added.advertised.port + nth);
      if (added.advertised.host.empty())
        added.advertised.host =
            listener.at.host.empty() || listener.at.host == "0.0.0.0" ? "localhost" : listener.at.host;
      LEAT_RETURN_IF_ERROR(open_one(listening_.size() - 1));
      ++nth;
    }
  }
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
  const std::uint64_t id = next_session_++;
  auto session = std::make_unique<Session>(broker_, std::move(connection), at, [this, id] {
    // From the loop: the session is in the middle of a call.
    broker_.world().loop.post([this, alive = broker_.alive(), id] {
      if (!alive.expired()) sessions_.erase(id);
    });
  });
  Session& started = *session;
  sessions_.emplace(id, Entered{at.node, std::move(session)});
  started.start();
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
