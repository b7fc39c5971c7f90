#include "broker/server/certificates.h"

#include "base/log.h"
#include "broker/server/listener_security.h"

namespace leat::server {

namespace {

/// How long a new file may go unnoticed.
constexpr Duration kLookAgain = std::chrono::seconds(5);

}  // namespace

Certificates::~Certificates() {
  if (timer_) world_.loop.cancel(*timer_);
}

Status Certificates::open() {
  for (const ListenerConfig& listener : config_.listeners) {
    if (!listener.tls) continue;
    const auto& own = settings_.configs(ResourceType::kBroker, std::to_string(config_.node_id));
    auto settings = read_tls_settings(world_.files, keys_of(listener, own));
    if (!settings) return settings.error().in("listener " + listener.name);
    auto tls = Tls::of_server(*settings);
    if (!tls) return tls.error().in("listener " + listener.name);
    held_.emplace(listener.name, Held{&listener, std::move(*settings), std::move(*tls), ""});
  }
  if (!held_.empty()) watch();
  return {};
}

const Tls* Certificates::of(const std::string& listener) const {
  const auto found = held_.find(listener);
  return found == held_.end() ? nullptr : &found->second.tls;
}

TlsKeys Certificates::keys_of(const ListenerConfig& listener, const Settings::Values& own) const {
  const std::string prefix = listener_prefix(listener.name);
  TlsKeys keys = *listener.tls;
  for (auto each = own.lower_bound(prefix + "ssl."); each != own.end() && each->first.starts_with(prefix + "ssl.");
       ++each)
    keys[each->first.substr(prefix.size())] = each->second;
  return keys;
}

Status Certificates::judge(const std::map<std::string, std::optional<std::string>>& changes) const {
  Settings::Values own = settings_.configs(ResourceType::kBroker, std::to_string(config_.node_id));
  for (const auto& [name, value] : changes) {
    own.erase(name);
    if (value) own[name] = *value;
  }
  for (const auto& [name, held] : held_) {
    const std::string prefix = listener_prefix(name) + "ssl.";
    const auto first = changes.lower_bound(prefix);
    if (first == changes.end() || !first->first.starts_with(prefix)) continue;
    auto settings = read_tls_settings(world_.files, keys_of(*held.listener, own));
    if (!settings) return settings.error().in("listener " + name);
    if (const auto tls = Tls::of_server(*settings); !tls) return tls.error().in("listener " + name);
  }
  return {};
}

void Certificates::renew() {
  for (auto& [name, held] : held_) {
    const Status renewed = renew(held);
    const std::string problem = renewed ? "" : renewed.error().message;
    if (!problem.empty() && problem != held.problem)
      log_line(LogLevel::kWarn, "listener", "new certificates cannot be taken; the old ones stay",
               {{"listener", name}, {"why", problem}});
    held.problem = problem;
  }
}

Status Certificates::renew(Held& held) {
  const auto& own = settings_.configs(ResourceType::kBroker, std::to_string(config_.node_id));
  LEAT_ASSIGN_OR_RETURN(TlsSettings settings, read_tls_settings(world_.files, keys_of(*held.listener, own)));
  if (settings == held.settings) return {};
  LEAT_ASSIGN_OR_RETURN(held.tls, Tls::of_server(settings));
  held.settings = std::move(settings);
  log_line(LogLevel::kInfo, "listener", "new connections meet new certificates", {{"listener", held.listener->name}});
  return {};
}

void Certificates::watch() {
  timer_ = world_.loop.call_at(world_.loop.now() + kLookAgain, [this] {
    renew();
    watch();
  });
}

}  // namespace leat::server
