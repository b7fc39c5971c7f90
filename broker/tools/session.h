// Session: a tool's talk with a cluster, one question after the other. It drives the loop itself until an answer is in,
// so a tool reads from top to bottom.
//
//   LEAT_ASSIGN_OR_RETURN(auto session, Session::connect(surroundings, settings));
//   auto groups = session->ask<wire::ListGroupsRequest, wire::ListGroupsResponse>({});
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/terminal.h"
#include "base/world.h"
#include "broker/client/client_security.h"
#include "broker/client/cluster.h"
#include "broker/wire/messages/metadata.h"

namespace leat::tools {

/// What a tool is given by who runs it.
struct Surroundings {
  World world;
  wire::Connector& connector;
  Terminal& terminal;
};

/// Client settings under Kafka's names, as command-config files and --command-property give them.
class Settings {
 public:
  /// Reads a .properties file; what it says replaces what was said before.
  Status load(Files& files, const std::string& path);
  /// `key=value`.
  Status add(std::string_view property);
  void set(std::string key, std::string value) { values_[std::move(key)] = std::move(value); }
  bool has(const std::string& key) const { return values_.contains(key); }
  std::string get(const std::string& key, std::string_view otherwise = "") const;
  Result<std::int64_t> number(const std::string& key, std::int64_t otherwise) const;
  const std::map<std::string, std::string>& values() const { return values_; }

 private:
  std::map<std::string, std::string> values_;
};

struct BrokerInfo {
  std::int32_t id = -1;
  Endpoint at;
  std::string rack;
};

class Session {
 public:
  /// Finds a broker at `bootstrap.servers`, trying for `default.api.timeout.ms` (a minute) with a warning.
  static Result<std::unique_ptr<Session>> connect(const Surroundings& surroundings, const Settings& settings);
  ~Session() { cluster_.reset(); }

  client::Cluster& cluster() { return *cluster_; }
  Loop& loop() { return surroundings_.world.loop; }
  Terminal& terminal() { return surroundings_.terminal; }
  Files& files() { return surroundings_.world.files; }
  Random& random() { return surroundings_.world.random; }
  /// When a call that begins now has taken too long.
  Instant deadline() { return loop().now() + timeout_; }
  void set_timeout(Duration timeout) { timeout_ = timeout; }
  const std::map<std::int32_t, BrokerInfo>& brokers() const { return brokers_; }

  /// Runs the loop until what `begin` begins is answered.
  template <class T, class Begin>
  T wait(Begin begin) {
    auto answer = std::make_shared<std::optional<T>>();
    begin(OneShot<T>([answer](T value) { *answer = std::move(value); }));
    while (!answer->has_value()) loop().run_once(kTurn);
    return std::move(**answer);
  }
  void run_for(Duration time) {
    run_for(time, [] { return false; });
  }
  /// Runs the loop until `over` says so or the time has passed.
  template <class Over>
  void run_for(Duration time, Over over) {
    const Instant until = loop().now() + time;
    while (!over() && loop().now() < until) loop().run_once(std::min<Duration>(kTurn, until - loop().now()));
  }

  /// Any broker's answer.
  template <class Request, class Response>
  Result<Response> ask(Request request, int version_max = 99) {
    return wait<Result<Response>>([&](OneShot<Result<Response>> reply) {
      cluster_->call_any<Request, Response>(std::move(request), std::move(reply), version_max);
    });
  }
  template <class Request, class Response>
  Result<Response> ask_node(std::int32_t node, Request request, int version_max = 99) {
    return wait<Result<Response>>([&](OneShot<Result<Response>> reply) {
      cluster_->call_node<Request, Response>(node, std::move(request), std::move(reply), version_max);
    });
  }
  /// The answer of the coordinator of a group or of a transactional id. Tries again while the coordinator is being made
  /// or moves; `error_of` reads the error out of a response.
  template <class Request, class Response, class ErrorOf>
  Result<Response> ask_coordinator(client::CoordinatorType type, const std::string& key, const Request& request,
                                   ErrorOf error_of, int version_max = 99) {
    const Instant until = deadline();
    for (;;) {
      Result<Response> response = wait<Result<Response>>([&](OneShot<Result<Response>> reply) {
        cluster_->call_coordinator<Request, Response>(type, key, request, std::move(reply), version_max);
      });
      const auto code = response ? error_of(*response) : static_cast<wire::ErrorCode>(response.error().kafka_code);
      if (!of_coordinator(code) || loop().now() >= until) return response;
      cluster_->forget_coordinator(type, key);
      run_for(kCoordinatorBackoff);
    }
  }

  /// Topics by name, or all of them; also tells the cluster their leaders.
  Result<wire::MetadataResponse> metadata(const std::optional<std::set<std::string>>& topics);
  /// Offsets by leader, -1 latest, -2 earliest, -3 of the largest timestamp, or of a timestamp. Partitions whose answer
  /// is an error are told in `errors` where it is given, and fail the call otherwise.
  struct ListedOffset {
    std::int64_t offset = -1;
    std::int64_t timestamp = -1;
  };
  Result<std::map<TopicPartition, ListedOffset>> list_offsets(
      const std::map<TopicPartition, std::int64_t>& times, bool read_committed = false,
      std::map<TopicPartition, wire::ErrorCode>* errors = nullptr);
  /// All partitions of a group with a committed offset.
  struct Committed {
    std::int64_t offset = -1;
    std::int32_t leader_epoch = -1;
    std::string metadata;
  };
  Result<std::map<TopicPartition, Committed>> committed(const std::string& group_id);

 private:
  static constexpr Duration kTurn = std::chrono::milliseconds(100);
  static constexpr Duration kCoordinatorBackoff = std::chrono::milliseconds(100);

  Session(const Surroundings& surroundings, client::ClusterConfig config, std::unique_ptr<wire::Connector> secure);
  static bool of_coordinator(wire::ErrorCode error);
  Status find_brokers(Duration at_most);

  Surroundings surroundings_;
  std::unique_ptr<wire::Connector> secure_;  ///< where security.protocol is not PLAINTEXT
  std::unique_ptr<client::Cluster> cluster_;
  std::map<std::int32_t, BrokerInfo> brokers_;
  Duration timeout_ = std::chrono::seconds(60);
};

/// What people read of an error code where the broker gave no words of its own.
std::string explain(wire::ErrorCode code, const std::optional<std::string>& message = std::nullopt);
/// A table as some of Kafka's tools print it: columns as wide as their widest cell, a tab behind each.
void print_tabbed(Session& session, const std::vector<std::vector<std::string>>& rows);
/// Kafka's internal topics.
bool is_internal_topic(std::string_view topic);

}  // namespace leat::tools
