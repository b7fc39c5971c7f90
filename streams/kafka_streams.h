// KafkaStreams: an application inside a program of one's own.
//
//   leat::KafkaStreams streams{builder.build(), {.application_id = "fraud", .num_stream_threads = 2}};
//   streams.set_state_listener([](leat::KafkaStreams::State now, leat::KafkaStreams::State before) { ... });
//   if (auto started = streams.start(); !started) return report(started.error());   // every problem at once, with the
//   fix
//   auto counts = streams.store<leat::ReadOnlyKeyValueStore<std::string, std::int64_t>>("counts");
//   if (counts) auto n = counts->get("to");
//   streams.close(10s);
//
// Its methods may be called from any thread. The destructor closes it, with a bounded wait.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "streams/restore_listener.h"
#include "streams/state_query.h"
#include "streams/store_view.h"
#include "streams/streams_config.h"
#include "topology/topology.h"

namespace leat {

class KafkaStreams {
 public:
  /// Kafka's states (org.apache.kafka.streams.KafkaStreams.State).
  enum class State { kCreated, kRebalancing, kRunning, kPendingShutdown, kNotRunning, kPendingError, kError };
  static std::string_view name(State state);

  KafkaStreams(Topology topology, StreamsConfig config);
  ~KafkaStreams();
  KafkaStreams(const KafkaStreams&) = delete;
  KafkaStreams& operator=(const KafkaStreams&) = delete;

  /// Called at every change, on a thread of the application's. Before `start`.
  void set_state_listener(std::function<void(State now, State before)> listener);
  /// Decides what becomes of the application when a stream thread dies of an error; without one the client shuts down,
  /// as in Kafka. Called on the thread that died. Before `start`.
  using OnUncaught = leat::OnUncaught;
  void set_uncaught_exception_handler(std::function<OnUncaught(const Error& why)> handler);

  /// Hear how far stores are that are read back, and those that are kept for others. Before `start`.
  void set_global_state_restore_listener(std::shared_ptr<StateRestoreListener> listener);
  void set_standby_update_listener(std::shared_ptr<StandbyUpdateListener> listener);

  /// Checks everything, starts the embedded broker where there is one, and the stream threads. All problems of the
  /// config and of the topology come as one error. The application runs when the state is kRunning.
  Status start();
  /// Commits, closes all tasks, leaves the group. Returns false when that took longer than `timeout`; the rest goes on
  /// behind the scenes until the destructor, which waits for it.
  bool close(std::chrono::milliseconds timeout = std::chrono::seconds(30)) { return close(CloseOptions{timeout}); }
  /// Whether the members give up their places in the group; the default is that static members keep them until their
  /// sessions end, so that a process which is back by then finds its tasks (org.apache.kafka.streams.CloseOptions).
  enum class GroupMembershipOperation { kDefault, kLeaveGroup, kRemainInGroup };
  struct CloseOptions {
    std::chrono::milliseconds timeout = std::chrono::seconds(30);
    GroupMembershipOperation group_membership = GroupMembershipOperation::kDefault;
  };
  bool close(CloseOptions options);

  /// One more stream thread, under the lowest number that is free; returns its name. kUnavailable unless the
  /// application is kRunning or kRebalancing.
  Result<std::string> add_stream_thread();
  /// Closes one stream thread, whose tasks the others take; returns its name. Another than the caller's, where there is
  /// one. kUnavailable where there is none to remove, kTimeout where it has not ended by then (it will).
  Result<std::string> remove_stream_thread(std::chrono::milliseconds timeout = std::chrono::seconds(60));

  /// While it is paused the application stays in its group and keeps its tasks, but processes nothing, restores nothing
  /// and fires no timers (KIP-834). May be called before `start`.
  void pause();
  void resume();
  bool is_paused() const;

  State state() const;
  /// Why the state is kError.
  Status error() const;
  std::uint64_t records_processed() const;
  /// All metrics under Kafka Streams' names, of this process: client, threads, tasks, nodes, topics, stores, and the
  /// program's own. Waits for the stream threads, so it is for threads that are none. The same is at /metrics of
  /// `query_address` for Prometheus.
  std::vector<Metric> metrics() const;
  /// host:port of the embedded broker for other Kafka clients; empty where it does not listen.
  std::string broker_address() const;
  /// host:port where this process answers queries over HTTP (query_server.h); empty without `application.server`.
  std::string query_address() const;

  // Interactive queries. They wait for the stream threads, so they are for threads that are none.

  /// What this process has of a store, for reading. Errors: kNotFound (no such store; the name that was probably
  /// meant), kInvalidArgument (another type, no such partition), kUnavailable (not running, or no partition of it is
  /// here now; who has it).
  template <class Read>
  Result<StoreView<Read>> store(const StoreQueryParameters& parameters) const {
    StoreView<Read> view(access(), parameters);
    if (const auto checked = view.gather([](Read&) { return true; }); !checked) return checked.error();
    return view;
  }
  /// Asks the partitions of a store that are here (KIP-796).
  template <class R>
  Result<StateQueryResult<R>> query(const StateQueryRequest<R>& request) const {
    return ask_and_wait(access(), request);
  }
  /// Who has what, by the last assignment; only members with `application.server` can be named.
  Result<std::vector<StreamsMetadata>> metadata_for_all_streams_clients() const;
  Result<std::vector<StreamsMetadata>> streams_metadata_for_store(const std::string& store) const;
  /// Who has a key, where the default partitioner decides about that.
  template <class K>
  Result<KeyQueryMetadata> query_metadata_for_key(const std::string& store, const K& key,
                                                  const SerdePtr<K>& serde = default_serde<K>()) const {
    Bytes bytes;
    serde->serialize(key, bytes);
    return metadata_for_key_bytes(store, bytes);
  }
  /// The same for those who partition by themselves.
  Result<KeyQueryMetadata> query_metadata_for_partition(const std::string& store, std::int32_t partition) const;
  /// How far the stores here are behind their changelogs, by store and partition.
  Result<StoreLags> all_local_store_partition_lags() const;
  /// For questions without waiting: `leat::ask(streams.access(), request, [](auto answer) { ... })`.
  const StoreAccess& access() const;

 private:
  Result<KeyQueryMetadata> metadata_for_key_bytes(const std::string& store, BytesView key) const;

  class Running;
  std::unique_ptr<Running> running_;
};

}  // namespace leat
