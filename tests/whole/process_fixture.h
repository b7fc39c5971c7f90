// The programs of the simulation: broker and application are the real ones; the clients are in clients_fixture.h.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/sim/process.h"
#include "base/sim/sim_world.h"
#include "broker/client/tcp_channel.h"
#include "broker/server/broker.h"
#include "ledger_fixture.h"
#include "story.h"
#include "streams/simulated_state.h"
#include "streams/state_directory.h"
#include "streams/stream_thread.h"
#include "weather_fixture.h"

namespace leat::whole {

using namespace std::chrono_literals;

/// What a planted bug changes; what is empty is as it should be. See planted_bugs_fixture.h.
struct Plant {
  std::function<void(server::BrokerConfig&)> broker_config;
  std::function<std::unique_ptr<Files>(World)> broker_files;
  std::function<std::unique_ptr<wire::Connector>(const std::string& process, std::unique_ptr<wire::Connector>)>
      connector;
};

/// What the processes of one seed share.
struct Scene {
  sim::SimWorld& sim;
  Story& story;
  Ledger& ledger;
  const Weather& weather;
  const Plant& plant;
};

/// A program that takes part in a seed.
class Process : public sim::Process {
 public:
  Process(Scene scene, std::string name) : sim::Process(scene.sim, std::move(name)), scene_(scene) {}

 protected:
  std::unique_ptr<wire::Connector> connector(World world) const;

  Scene scene_;
};

class BrokerProcess : public Process {
 public:
  explicit BrokerProcess(Scene scene) : Process(scene, "broker") {}
  ~BrokerProcess() override { kill(); }
  /// Ends it as SIGTERM does.
  void stop();
  /// Logs and transactions that have not come to an end, for the story of a violation.
  std::string unfinished() const;
  /// While its disk fails it need not start.
  bool disk_fails = false;

 private:
  void open(World world) override;
  void close() override;

  std::unique_ptr<Files> files_;
  std::unique_ptr<server::Broker> broker_;
};

/// The application with its stream threads; several of them on several hosts share its tasks.
class AppProcess : public Process {
 public:
  AppProcess(Scene scene, std::string name);
  ~AppProcess() override { kill(); }

  /// Takes the saved state of the host away.
  void lose_state() { saved_.lose_everything(); }
  /// Begins to stop cleanly; the process ends by itself when that is done.
  void leave();
  /// The running tasks of all threads.
  std::vector<Task*> tasks();
  std::string state() const;

 private:
  void open(World world) override;
  void close() override;
  void turn() override;

  StreamsConfig config_;
  sim::SimulatedState saved_;
  bool left_ = false;
  std::unique_ptr<StateDirectory> directory_;
  std::vector<std::unique_ptr<wire::Connector>> connectors_;
  std::vector<std::unique_ptr<StreamThread>> threads_;
};

inline const std::string kStore = "word-counts";
/// Of the application's topology in this weather.
std::size_t subtopologies(const Weather& weather);

}  // namespace leat::whole
