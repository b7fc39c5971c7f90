#include "streams/embedded_broker.h"

#include "base/log.h"
#include "base/os/loop_thread.h"

namespace leat {

struct EmbeddedBroker::Inside {
  os::LoopThread thread{"leat-broker"};
  std::shared_ptr<server::LoopbackPort> port = std::make_shared<server::LoopbackPort>(thread.loop());
  std::unique_ptr<server::Broker> broker;
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
  // Long enough for all threads to join the first generation: one that comes later takes tasks away from the others.
  const char* delay_ms = config.num_stream_threads > 1 ? "100" : "0";
  settings.push_back(std::string("group.initial.rebalance.delay.ms=") + delay_ms);
  settings.push_back(std::string("group.streams.initial.rebalance.delay.ms=") + delay_ms);
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
  Status status;
  inside.thread.run([&] {
    auto broker = server::Broker::open(inside.thread.world(), settings);
    status = broker ? (*broker)->listen() : Status(broker.error());
    if (!status) return;
    inside.broker = std::move(*broker);
    inside.port->open(*inside.broker);
  });
  if (!status) return status.error().in("embedded broker");
  if (!inside.broker->listening().empty())
    embedded->address_ = inside.broker->listening().front().advertised.to_string();
  return embedded;
}

EmbeddedBroker::~EmbeddedBroker() {
  inside_->thread.run([this] {
    if (!inside_->broker) return;
    inside_->port->close();
    if (auto closed = inside_->broker->shut_down(); !closed)
      log_line(LogLevel::kError, "broker", "the embedded broker did not stop cleanly",
               {{"why", closed.error().message}});
    inside_->broker.reset();
  });
}

std::shared_ptr<server::LoopbackPort> EmbeddedBroker::port() const { return inside_->port; }

}  // namespace leat
