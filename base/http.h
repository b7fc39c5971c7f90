// A small HTTP/1.1 server and client, for consoles, metrics, queries and schema registries: short answers, one request
// per connection.
// The parsing is Boost.Beast's; the connections are the world's, so both run in the simulated world too.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/world.h"

namespace leat {

struct HttpRequest {
  std::string path;                          ///< decoded, without the query: "/stores/counts"
  std::map<std::string, std::string> query;  ///< decoded: ?key=a%20b is {"key", "a b"}
  bool post = false;                         ///< a POST, with this body; else a GET
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

/// Answers GET requests, and POST where that is said, until destroyed. Lives on the world's loop. Anything else, heads
/// above 16 KiB and bodies above 1 MiB are answered by itself (400, 405, 431); a connection that says nothing is closed
/// after 10 seconds.
class HttpServer {
 public:
  enum class Takes { kGet, kGetAndPost };
  /// Called on the loop; may reply later.
  using Handler = std::function<void(const HttpRequest& request, OneShot<HttpResponse> reply)>;

  static Result<std::unique_ptr<HttpServer>> listen(World world, const Endpoint& at, Handler handler,
                                                    Takes takes = Takes::kGet);
  ~HttpServer();

  /// With the port that was given where 0 was asked for.
  Endpoint local() const { return listener_->local(); }

 private:
  class Session;
  HttpServer(World world, Handler handler, Takes takes) : world_(world), handler_(std::move(handler)), takes_(takes) {}
  void accept(std::unique_ptr<Connection> connection);

  World world_;
  Handler handler_;
  Takes takes_;
  std::unique_ptr<Listener> listener_;
  std::map<Session*, std::shared_ptr<Session>> sessions_;
};

/// GETs `target` ("/stores/counts?key=a%20b"). Errors: kUnavailable (nobody there), kTimeout, kCorrupt (no HTTP).
void http_get(World world, const Endpoint& from, const std::string& target, Duration timeout,
              OneShot<Result<HttpResponse>> done);

/// What is asked of a server.
struct HttpCall {
  std::string target = "/";  ///< encoded, with the query
  /// Set: a POST of this body, of this type; else a GET.
  std::optional<std::string> body;
  std::string content_type = "application/json";
  std::string authorization;  ///< the value of that header; empty: none
};
/// The same for any call.
void http_call(World world, const Endpoint& to, const HttpCall& call, Duration timeout,
               OneShot<Result<HttpResponse>> done);

/// Text as a component of a path or a query.
std::string url_encode(std::string_view text);

}  // namespace leat
