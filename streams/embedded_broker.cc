#include "streams/embedded_broker.h"

#include <future>

#include "base/log.h"
#include "base/os/real_world.h"
#include "base/os/thread.h"

namespace leat {

struct EmbeddedBroker::Inside {
  os::RealWorld world;
  std::shared_ptr<server::LoopbackPort> port = std::make_shared<server::LoopbackPort>(world.loop());
  std::unique_ptr<server::Broker> broker;
  std::unique_ptr<os::Thread> thread;
};

namespace {

Result<server::BrokerConfig> broker_config(const StreamsConfig& config) {
  std::vector<std::string> settings;
  const std::string directory =
      config.embedded_data_dir.empty() ? config.state_dir + "/broker" : config.embedded_data_dir;
  settings.push_back("log.dirs=" + directory);
  if (!config.embedded_listener.empty()) settings.push_back("listeners=PLAINTEXT://" + config.embedded_listener);
  // One process, few groups: fewer partitions of the internal topics start faster.
  settings.push_back("num.partitions=4");
  settings.push_back("offsets.topic.num.partitions=4");
  settings.push_back("transaction.state.log.num.partitions=4");
  settings.push_back("group.initial.rebalance.delay.ms=0");
  settings.push_back("log.retention.ms=-1");
  for (const auto& [key, value] : config.broker_configs) settings.push_back(key + "=" + value);
  auto parsed = server::BrokerConfig::parse("", settings);
  if (parsed && config.embedded_listener.empty()) parsed->listeners.clear();
  return parsed;
}

}  // namespace

EmbeddedBroker::EmbeddedBroker(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

Result<std::unique_ptr<EmbeddedBroker>> EmbeddedBroker::start(const StreamsConfig& config) {
  LEAT_ASSIGN_OR_RETURN(const server::BrokerConfig settings, broker_config(config));
  std::unique_ptr<EmbeddedBroker> embedded(new EmbeddedBroker(std::make_unique<Inside>()));
  Inside& inside = *embedded->inside_;
  std::promise<Status> started;
  auto ready = started.get_future();
  inside.thread = std::make_unique<os::Thread>("leat-broker", [&inside, &settings, &started] {
    auto broker = server::Broker::open(inside.world.world(), settings);
    Status status = broker ? (*broker)->listen() : Status(broker.error());
    if (status) {
      inside.broker = std::move(*broker);
      inside.port->open(*inside.broker);
    }
    const bool good = status.ok();
    started.set_value(std::move(status));
    if (!good) return;
    inside.world.loop().run();
    inside.port->close();
    if (auto closed = inside.broker->shut_down(); !closed)
      log_line(LogLevel::kError, "broker", "the embedded broker did not stop cleanly",
               {{"why", closed.error().message}});
    inside.broker.reset();
  });
  Status status = ready.get();
  if (!status) return status.error().in("embedded broker");
  if (!inside.broker->listening().empty())
    embedded->address_ = inside.broker->listening().front().advertised.to_string();
  return embedded;
}

EmbeddedBroker::~EmbeddedBroker() { inside_->world.loop().stop(); }

std::shared_ptr<server::LoopbackPort> EmbeddedBroker::port() const { return inside_->port; }

}  // namespace leat
