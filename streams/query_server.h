// QueryServer: an application's stores for browsers and scripts, over HTTP. Lives on the loop of its world.
//
//   GET /                                       a page that shows the stores, live
//   GET /app {"application_id":"word-count","state":"RUNNING","stores":["word-counts"]} GET
//   /stores/NAME?key=K&from=MS&to=MS&limit=N  {"store":"word-counts","rows":[{"key":"to","window":[0,10000],
//                                                 "value":2,"timestamp":1000}]}
//
// What other members of the application hold is asked of them (`application.server` tells where) and answered too,
// unless `local=true`. Wrong questions are answered with 400 or 404 and {"error":"..."}.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/http.h"
#include "state/state_store.h"
#include "streams/assignor/host_info.h"

namespace leat {

class QueryServer {
 public:
  /// The application that is asked. Called on the server's loop; `with_store` may wait for the stores' threads.
  struct Application {
    std::string id;
    std::vector<std::string> stores;
    std::function<std::string()> state;
    std::function<Status(const std::string& store, const std::function<void(StateStore&)>& look)> with_store;
    std::function<std::vector<HostInfo>()> members;
    /// Stores of which every member has all rows.
    std::set<std::string, std::less<>> global_stores;
  };

  static Result<std::unique_ptr<QueryServer>> listen(World world, const Endpoint& at, Application application);

  Endpoint local() const { return server_->local(); }

 private:
  QueryServer(World world, Application application) : world_(world), application_(std::move(application)) {}
  void answer(const HttpRequest& request, OneShot<HttpResponse> reply);
  void answer_store(const std::string& name, const HttpRequest& request, OneShot<HttpResponse> reply);

  World world_;
  Application application_;
  std::unique_ptr<HttpServer> server_;
};

/// The file in an application's state directory that tells where its queries are answered.
inline std::string query_address_file(const std::string& state_dir) { return state_dir + "/query-address"; }

/// The page at "/" (query_page.cc).
extern const std::string_view kQueryPage;

}  // namespace leat
