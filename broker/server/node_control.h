// NodeControl: stops and starts the nodes of a broker from another process, for suites that test how their clients
// stand that (test.virtual.nodes). An HTTP server on the loopback interface; its port stands in the log directory.
//
//   leat broker ctl --dir LOG_DIR stop 2        GET /stop/2
//   leat broker ctl --dir LOG_DIR start 2       GET /start/2
//   leat broker ctl --dir LOG_DIR logs 2        GET /logs/2: how the node is; the log itself goes to stderr
#pragma once

#include <memory>
#include <string>

#include "base/http.h"
#include "broker/server/broker.h"

namespace leat::server {

class NodeControl {
 public:
  /// `broker` must outlive it.
  static Result<std::unique_ptr<NodeControl>> open(Broker& broker);
  /// Takes the port's file away.
  ~NodeControl();

 private:
  explicit NodeControl(Broker& broker) : broker_(broker) {}
  HttpResponse answer(const std::string& path);

  Broker& broker_;
  std::unique_ptr<HttpServer> server_;
};

/// Asks the broker that works in `log_dir` for something to be done with a node; replies with what it says, when it is
/// done.
void ask_node_control(World world, const std::string& log_dir, const std::string& verb, const std::string& node,
                      OneShot<Result<std::string>> done);

}  // namespace leat::server
