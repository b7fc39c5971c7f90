// KafkaStreams: an application inside a program of one's own.
//
//   leat::KafkaStreams streams{builder.build(), {.application_id = "fraud", .num_stream_threads = 2}};
//   streams.set_state_listener([](leat::KafkaStreams::State now, leat::KafkaStreams::State before) { ... });
//   if (auto started = streams.start(); !started) return report(started.error());   // every problem at once, with the
//   fix
//   ...
//   streams.close(10s);
//
// Its methods may be called from any thread. The destructor closes it, with a bounded wait.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "state/state_store.h"
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
  enum class OnUncaught {
    kReplaceThread,   ///< a new one takes its place and begins from what is committed; an error that stays comes again
    kShutdownClient,  ///< all threads of this process are closed, and the state becomes kError
  };
  void set_uncaught_exception_handler(std::function<OnUncaught(const Error& why)> handler);

  /// Checks everything, starts the embedded broker where there is one, and the stream threads. All problems of the
  /// config and of the topology come as one error. The application runs when the state is kRunning.
  Status start();
  /// Commits, closes all tasks, leaves the group. Returns false when that took longer than `timeout`; the rest goes on
  /// behind the scenes until the destructor, which waits for it.
  bool close(std::chrono::milliseconds timeout = std::chrono::seconds(30));

  State state() const;
  /// Why the state is kError.
  Status error() const;
  std::uint64_t records_processed() const;
  /// host:port of the embedded broker for other Kafka clients; empty where it does not listen.
  std::string broker_address() const;
  /// host:port where this process answers queries over HTTP (query_server.h); empty without `application.server`.
  std::string query_address() const;

  /// Calls `look` with every local instance of a store, one after the other, each on the thread that owns it; the store
  /// must not be kept. kNotFound where there is none now (wrong name, or no task of it is here).
  Status with_store(const std::string& store, std::function<void(StateStore&)> look) const;
  /// The same with its type: `with_store<leat::WindowStore<std::string, std::int64_t>>("counts", [](auto& store)
  /// {...})`.
  template <class Store, class Look>
  Status with_store(const std::string& name, Look look) const {
    bool wrong_type = false;
    const Status status = with_store(name, std::function<void(StateStore&)>([&](StateStore& store) {
                                       auto* typed = dynamic_cast<Store*>(&store);
                                       typed ? look(*typed) : (void)(wrong_type = true);
                                     }));
    if (wrong_type)
      return Error{ErrorKind::kInvalidArgument, "store '" + name + "' is of another type than it was asked for"};
    return status;
  }

 private:
  class Running;
  std::unique_ptr<Running> running_;
};

}  // namespace leat
