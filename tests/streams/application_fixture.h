// Application: a broker and hosts with the same application in the simulated world.
#pragma once

#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/http.h"
#include "base/sim/sim_world.h"
#include "broker/client/producer.h"
#include "broker/client/tcp_channel.h"
#include "broker/server/broker.h"
#include "streams/local_stores.h"
#include "streams/query_server.h"
#include "streams/state_query.h"
#include "streams/store_view.h"
#include "topology/streams_builder.h"

namespace leat {

/// One process of the application; its queries are answered at NAME:7070.
class ApplicationHost {
 public:
  ApplicationHost(sim::SimWorld& sim, std::string name, StreamsConfig config, const Plan& plan,
                  StateRestoreListener* restores = nullptr, StandbyUpdateListener* standbys = nullptr);
  ~ApplicationHost();

  /// Ends it as SIGKILL does.
  void kill();
  void turn();
  bool running() const;
  std::vector<std::unique_ptr<StreamThread>>& threads() { return threads_; }
  const StoreAccess& stores() const { return stores_; }
  const std::string& name() const { return name_; }
  std::set<TaskId> active_tasks();

  /// An error makes everybody believe that the application does not run.
  Status running_state;
  /// What the handler of uncaught exceptions says.
  OnUncaught on_uncaught = OnUncaught::kShutdownClient;
  std::atomic<bool> paused = false;

 private:
  sim::SimWorld& sim_;
  std::string name_;
  StreamsConfig config_;
  const Plan& plan_;
  std::unique_ptr<StateDirectory> directory_;
  std::vector<std::unique_ptr<wire::Connector>> connectors_;
  std::vector<std::unique_ptr<StreamThread>> threads_;
  std::vector<Loop*> loops_;
  LocalStores stores_{[this] { return running_state; }};
  std::unique_ptr<QueryServer> server_;
};

class Application : public testing::Test {
 protected:
  static constexpr int kPartitions = 4;

  explicit Application(const std::function<void(server::BrokerConfig&)>& adjust = {});
  ~Application() override;

  /// What the application computes; before the first host.
  void compute(Topology topology);
  void create_topic(const std::string& name, std::int32_t partitions = kPartitions);
  void delete_topic(const std::string& name);
  StreamsConfig config() const;
  ApplicationHost& start(const std::string& name) { return start(name, config()); }
  ApplicationHost& start(const std::string& name, StreamsConfig config);

  struct Line {
    std::string key;
    std::optional<std::string> value;
    std::int64_t timestamp = 0;
    std::map<std::string, std::string> headers;
    std::int32_t partition = -1;  ///< -1: that of the key
  };
  void produce(const std::string& topic, const std::vector<Line>& lines);
  void delete_records(const TopicPartition& partition, std::int64_t before);
  /// The first offset that is still there.
  std::int64_t earliest(const TopicPartition& partition);
  void make_topic(const std::string& topic, std::map<std::string, std::string> configs = {},
                  std::int32_t partitions = kPartitions);
  /// All that can be read of a topic, as committed, partition by partition; nothing where there is no such topic.
  std::vector<Line> lines_of(const std::string& topic);
  std::vector<std::string> values_of(const std::string& topic);
  /// The partition of a key in every topic.
  std::int32_t partition_of(const std::string& key) const;

  void run_until(const std::function<bool()>& done);
  void run_for(Duration time);
  void run_until_settled();
  HttpResponse get(const std::string& host, const std::string& target);

  /// Waits for what `ask(done)` gives to `done`.
  template <class T, class Ask>
  T wait_for(Ask ask) {
    auto answer = std::make_shared<std::optional<T>>();
    ask([answer](T value) { answer->emplace(std::move(value)); });
    run_until([&] { return answer->has_value(); });
    return std::move(**answer);
  }
  template <class Read, class Look>
  auto read(const ApplicationHost& host, const StoreQueryParameters& parameters, Look look) {
    using R = std::decay_t<std::invoke_result_t<Look&, Read&>>;
    const StoreView<Read> view(host.stores(), parameters);
    return wait_for<Result<std::vector<R>>>([&](auto done) { view.ask(look, done); });
  }
  template <class R>
  Result<StateQueryResult<R>> query(const ApplicationHost& host, const StateQueryRequest<R>& request) {
    return wait_for<Result<StateQueryResult<R>>>([&](auto done) { ask(host.stores(), request, done); });
  }
  WhereaboutsPtr whereabouts(const ApplicationHost& host) {
    return wait_for<Result<WhereaboutsPtr>>([&](auto done) { host.stores().whereabouts(done); }).value();
  }
  /// The host that runs the task of a partition in sub-topology 0.
  ApplicationHost& owner_of(std::int32_t partition);
  ApplicationHost& other_than(const ApplicationHost& host);

  sim::SimWorld sim_{7};
  std::unique_ptr<server::Broker> broker_;
  std::optional<Plan> plan_;
  std::vector<std::unique_ptr<ApplicationHost>> hosts_;
  /// Of the hosts that are started from now on.
  StateRestoreListener* restore_listener_ = nullptr;
  StandbyUpdateListener* standby_listener_ = nullptr;

 private:
  bool step();

  std::unique_ptr<wire::Connector> connector_;
  std::unique_ptr<client::Cluster> cluster_;
  std::unique_ptr<client::Producer> producer_;
  Loop* client_loop_ = nullptr;
};

}  // namespace leat
