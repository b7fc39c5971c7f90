// Monitor: what watches a broker from outside asks here, over HTTP on a port of its own (`metrics.listener`).
//
//   /metrics          everything (broker_metrics.h), for Prometheus
//   /public_metrics   the few under Redpanda's names
//   /healthz          200 while the broker's loop turns
//   /readyz           200 once clients are served; 503 and the reason while a log is offline
//
// Lives on the broker's loop.
#pragma once

#include <memory>

#include "base/http.h"
#include "broker/server/lag_judge.h"

namespace leat::server {

class Broker;

class Monitor {
 public:
  static Result<std::unique_ptr<Monitor>> listen(Broker& broker, const Endpoint& at);
  ~Monitor();

  Endpoint local() const { return server_->local(); }

 private:
  explicit Monitor(Broker& broker) : broker_(broker) {}
  HttpResponse answer(const HttpRequest& request);
  HttpResponse ready() const;
  void watch();

  Broker& broker_;
  LagJudge judge_;
  std::unique_ptr<HttpServer> server_;
  std::optional<TimerId> timer_;
};

}  // namespace leat::server
