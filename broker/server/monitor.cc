#include "broker/server/monitor.h"

#include "base/metrics_text.h"
#include "broker/server/broker.h"
#include "broker/server/broker_metrics.h"

namespace leat::server {

namespace {

constexpr int kNotFound = 404;
constexpr int kServiceUnavailable = 503;

HttpResponse text(std::string body, int status = 200) { return {status, "text/plain; charset=utf-8", std::move(body)}; }
HttpResponse metrics(std::string body) { return {200, std::string(MetricsText::kContentType), std::move(body)}; }

}  // namespace

Result<std::unique_ptr<Monitor>> Monitor::listen(Broker& broker, const Endpoint& at) {
  std::unique_ptr<Monitor> monitor(new Monitor(broker));
  auto server = HttpServer::listen(broker.world(), at,
                                   [monitor = monitor.get()](const HttpRequest& request, OneShot<HttpResponse> reply) {
                                     reply(monitor->answer(request));
                                   });
  if (!server) return server.error().in("metrics.listener");
  monitor->server_ = std::move(*server);
  monitor->watch();
  return monitor;
}

Monitor::~Monitor() {
  if (timer_) broker_.world().loop.cancel(*timer_);
}

void Monitor::watch() {
  note_commits(broker_, judge_);
  timer_ = broker_.world().loop.call_at(broker_.world().loop.now() + LagJudge::kInterval, [this] { watch(); });
}

HttpResponse Monitor::answer(const HttpRequest& request) {
  if (request.path == "/metrics") return metrics(all_metrics(broker_, judge_));
  if (request.path == "/public_metrics") return metrics(public_metrics(broker_));
  if (request.path == "/healthz") return text("ok\n");
  if (request.path == "/readyz") return ready();
  return text("not here; there are /metrics, /public_metrics, /healthz and /readyz\n", kNotFound);
}

HttpResponse Monitor::ready() const {
  if (broker_.topics().offline())
    return text("the metadata log is offline: see the broker's log, and restart it\n", kServiceUnavailable);
  for (const auto& [name, topic] : broker_.topics().all())
    for (std::size_t i = 0; i < topic->partitions.size(); ++i)
      if (!topic->partitions[i] || topic->partitions[i]->offline())
        return text(name + "-" + std::to_string(i) + " is offline: see the broker's log, and restart it\n",
                    kServiceUnavailable);
  return text("ready\n");
}

}  // namespace leat::server
