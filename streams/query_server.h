// QueryServer: an application's stores for browsers and scripts, over HTTP. Lives on the loop of its world.
//
//   GET /                                     a page that shows the stores, live
//   GET /healthz                              200 while the application runs, else 503; {"state":"RUNNING"}
//   GET /app {"application_id":"word-count","state":"RUNNING","stores":["word-counts"]} GET /stores
//   {"stores":[{"name":"word-counts","kind":"timestamped window",...}]} GET /stores/NAME?key=K&from=MS&to=MS&limit=N
//                                             {"store":"word-counts","rows":[{"key":"to","window":[0,10000],"value":2,
//                                              "timestamp":1000}]}; rows are separated by a comma and a line break
//   GET /stores/NAME/K                        the same as key=K
//   GET /metadata, /metadata/NAME             who has which stores and partitions; of one store
//   GET /metadata/NAME?key=K                  who has a key: {"partition":1,"active":"HOST:PORT","standbys":[]}
//   GET /metrics                              what Prometheus reads (base/metrics.h)
//   GET /readyz                               200 while the application is RUNNING, else 503
//   GET /lags                                 {"word-counts":{"0":{"current":7,"end":7,"lag":0}}}
//
// What other members of the application hold is asked of them (`application.server` tells where) and answered too,
// unless `local=true`. `stale=true` takes the answer of a standby where the owner of a key has none. Wrong questions
// are answered with 400 or 404, those that have no answer now with 503, and {"error":"..."}.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/http.h"
#include "streams/store_gatherer.h"

namespace leat {

class QueryServer {
 public:
  /// The application that is asked; what it refers to outlives the server. `state` is called on the server's loop.
  struct Application {
    std::string id;
    const Plan& plan;
    const StoreAccess& stores;
    std::function<std::string()> state;
    /// Whether that state is a healthy one.
    std::function<bool()> healthy;
    /// Whether it is RUNNING: all tasks that it has are restored. Empty: healthy is ready.
    std::function<bool()> ready = {};
    /// May reply on any loop. Empty: there are none.
    std::function<void(OneShot<Result<std::vector<Metric>>>)> metrics = {};
  };

  static Result<std::unique_ptr<QueryServer>> listen(World world, const Endpoint& at, Application application);

  Endpoint local() const { return server_->local(); }

 private:
  using Reply = OneShot<HttpResponse>;

  QueryServer(World world, Application application)
      : world_(world), application_(std::move(application)), gatherer_(world, application_.plan, application_.stores) {}
  void answer(const HttpRequest& request, Reply reply);
  void answer_rows(std::string store, const HttpRequest& request, Reply reply);
  void answer_metadata(std::string store, const HttpRequest& request, Reply reply);
  void answer_lags(Reply reply);
  void answer_metrics(Reply reply);
  std::string stores_as_json() const;

  World world_;
  Application application_;
  StoreGatherer gatherer_;
  std::unique_ptr<HttpServer> server_;
};

/// The file in an application's state directory that tells where its queries are answered.
inline std::string query_address_file(const std::string& state_dir) { return state_dir + "/query-address"; }

/// The page at "/" (query_page.cc).
extern const std::string_view kQueryPage;

}  // namespace leat
