// The programs of a simulated app: a broker, workers, and the client that stands outside. The first two are the real
// ones; simulation.h runs them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/sim/process.h"
#include "broker/client/fetcher.h"
#include "broker/client/offsets.h"
#include "broker/client/producer.h"
#include "broker/server/broker.h"
#include "streams/simulated_state.h"
#include "streams/state_directory.h"
#include "streams/stream_thread.h"
#include "streams/topology_test_driver.h"

namespace leat::sim {

/// What the programs of one run share. `broken` takes what must not be.
struct SimulatedApp {
  const Plan& plan;
  const StreamsConfig& config;
  int partitions = 1;
  std::function<void(const std::string& what)> broken;
};

class SimulatedBroker final : public Process {
 public:
  SimulatedBroker(SimWorld& sim, const SimulatedApp& app) : Process(sim, "broker"), app_(app) {}
  ~SimulatedBroker() override { kill(); }

 private:
  void open(World world) override;
  void close() override { broker_.reset(); }

  const SimulatedApp& app_;
  std::unique_ptr<server::Broker> broker_;
};

class SimulatedWorker final : public Process {
 public:
  SimulatedWorker(SimWorld& sim, const SimulatedApp& app, std::string name)
      : Process(sim, std::move(name)), app_(app) {}
  ~SimulatedWorker() override { kill(); }

 private:
  void open(World world) override;
  void close() override;
  void turn() override;

  const SimulatedApp& app_;
  SimulatedState saved_;
  std::unique_ptr<StateDirectory> directory_;
  std::vector<std::unique_ptr<wire::Connector>> connectors_;
  std::vector<std::unique_ptr<StreamThread>> threads_;
};

/// Writes the inputs and reads the results. It asks until it has an answer, and tells it to who called.
class SimulatedClient final : public Process {
 public:
  SimulatedClient(SimWorld& sim, const SimulatedApp& app) : Process(sim, "client"), app_(app) {}
  ~SimulatedClient() override { kill(); }

  void make_topics(const std::set<std::string>& names, OneShot<Status> done);
  void send(const TestRecordBytes& record, OneShot<Status> done);
  /// The partitions of topics; those that are not there have none.
  void partitions_of(const std::set<std::string>& topics, OneShot<Result<std::set<TopicPartition>>> done);
  /// Whether no transaction is open in `all`, and the group has committed everything that there is to read in `inputs`.
  void ask_settled(std::set<TopicPartition> all, std::set<TopicPartition> inputs, OneShot<Result<bool>> done);
  /// What is committed in these partitions from these offsets on, as of now.
  void read(std::map<TopicPartition, std::int64_t> from, OneShot<Result<std::vector<TestRecordBytes>>> done);

 private:
  using Offsets = std::map<TopicPartition, std::int64_t>;
  struct Reading {
    Offsets ends;
    std::map<TopicPartition, std::vector<TestRecordBytes>> records;
    OneShot<Result<std::vector<TestRecordBytes>>> done;
    std::unique_ptr<client::Fetcher> fetcher;
  };

  void open(World world) override;
  void close() override;
  void turn() override;
  void take(Reading& reading, const client::FetchedBatch& batch);
  Instant never() const;

  const SimulatedApp& app_;
  std::unique_ptr<wire::Connector> connector_;
  std::unique_ptr<client::Cluster> cluster_;
  std::unique_ptr<client::Producer> producer_;
  std::unique_ptr<Reading> reading_;
};

}  // namespace leat::sim
