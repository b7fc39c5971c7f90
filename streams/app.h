// App: a program that is its own command line.
//
//   int main(int argc, char** argv) { return leat::App{"word-count", topology()}.main(argc, argv); }
//
//   word-count run [--broker embedded|HOST:PORT] [--data DIR] [--threads N | --workers N] [--fresh]
//                  [--server HOST:PORT] [-X key=value] [--config FILE]
//   word-count query STORE [--key K] [--window FROM:TO] [--stale]
//   word-count describe
//   word-count topics
//   word-count config
//   word-count doctor
//   word-count reset [--dry-run] [--force]
#pragma once

#include <string>
#include <vector>

#include "streams/streams_config.h"
#include "topology/topology.h"

namespace leat {

class App {
 public:
  /// `application_id` is the default of application.id; state and an embedded broker's log lie in ./data/APPLICATION_ID
  /// unless --data says otherwise.
  App(std::string application_id, Topology topology);

  /// Does what the arguments say and returns the exit code: 0 done, 1 failed, 2 wrong arguments.
  int main(int argc, char** argv);

 private:
  struct Arguments;

  int run(const Arguments& arguments);
  int run_workers(const Arguments& arguments);
  int query(const Arguments& arguments);
  int describe(const StreamsConfig& config);
  int topics(const Arguments& arguments);
  int doctor(const Arguments& arguments);
  int reset(const Arguments& arguments);

  Topology topology_;
  StreamsConfig config_;
};

}  // namespace leat
