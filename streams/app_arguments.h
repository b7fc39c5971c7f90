// What the command line of an App said; for app*.cc.
#pragma once

#include <string>
#include <vector>

#include "streams/app.h"

namespace leat {

struct App::Arguments {
  struct Query {
    std::string key, window;
    bool has_key = false;
    bool stale = false;
  };
  std::string program;
  std::string command = "run";
  StreamsConfig config;
  int workers = 0;
  bool fresh = false;
  bool dry_run = false;
  bool force = false;
  std::string server;  ///< empty: any port when running, found by its file when querying
  std::string store;
  Query query;
  /// As they came, for worker processes.
  std::vector<std::string> passed_on;
};

}  // namespace leat
