#include "streams/query_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/did_you_mean.h"

namespace leat {

namespace {

constexpr std::int64_t kRowsByDefault = 1000;
constexpr auto kMemberTime = std::chrono::seconds(5);

HttpResponse failed(int status, const std::string& why) {
  return {status, "application/json", fmt::format("{{\"error\":{}}}\n", to_json(why))};
}

/// The rows of one answer, as members of a JSON array.
class RowList {
 public:
  explicit RowList(std::int64_t limit) : left_(limit) {}

  bool add(const StoreRow& row) {
    if (left_-- <= 0) return false;
    separate();
    fmt::format_to(std::back_inserter(text_), "{{\"key\":{}", row.key);
    if (row.window)
      fmt::format_to(std::back_inserter(text_), ",\"window\":[{},{}]", row.window->start, row.window->end);
    fmt::format_to(std::back_inserter(text_), ",\"value\":{}", row.value);
    if (row.timestamp) fmt::format_to(std::back_inserter(text_), ",\"timestamp\":{}", *row.timestamp);
    text_ += '}';
    return left_ > 0;
  }
  /// Adds the rows of another member's answer, which have the same form.
  void add_answer(std::string_view body) {
    const std::size_t begin = body.find('['), end = body.rfind(']');
    if (begin == std::string_view::npos || end == std::string_view::npos || end <= begin + 1) return;
    separate();
    text_ += body.substr(begin + 1, end - begin - 1);
  }
  const std::string& text() const { return text_; }

 private:
  void separate() {
    if (!text_.empty()) text_ += ",\n";
  }
  std::string text_;
  std::int64_t left_;
};

/// A number of the query, or `otherwise`; false where it is none.
bool read_number(const HttpRequest& request, const std::string& name, std::int64_t& number) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return true;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

/// An answer that is put together from several members.
struct Gathered {
  RowList rows;
  std::string store;
  std::size_t left = 1;
  std::string unreachable;
  OneShot<HttpResponse> reply;

  void one_done() {
    if (--left > 0) return;
    const std::string missing = unreachable.empty() ? "" : fmt::format(",\"unreachable\":[{}]", unreachable);
    reply({200, "application/json",
           fmt::format("{{\"store\":{}{},\"rows\":[{}]}}\n", to_json(store), missing, rows.text())});
  }
};

}  // namespace

Result<std::unique_ptr<QueryServer>> QueryServer::listen(World world, const Endpoint& at, Application application) {
  std::unique_ptr<QueryServer> server(new QueryServer(world, std::move(application)));
  LEAT_ASSIGN_OR_RETURN(
      server->server_,
      HttpServer::listen(world, at, [server = server.get()](const HttpRequest& request, OneShot<HttpResponse> reply) {
        server->answer(request, std::move(reply));
      }));
  return server;
}

void QueryServer::answer(const HttpRequest& request, OneShot<HttpResponse> reply) {
  constexpr std::string_view kStores = "/stores/";
  if (request.path == "/") return reply({200, "text/html; charset=utf-8", std::string(kQueryPage)});
  if (request.path == "/app") {
    std::string stores;
    for (const std::string& store : application_.stores) stores += (stores.empty() ? "" : ",") + to_json(store);
    return reply({200, "application/json",
                  fmt::format("{{\"application_id\":{},\"state\":{},\"stores\":[{}]}}\n", to_json(application_.id),
                              to_json(application_.state()), stores)});
  }
  if (request.path.starts_with(kStores))
    return answer_store(request.path.substr(kStores.size()), request, std::move(reply));
  reply(failed(404, "there is /, /app and /stores/NAME?key=K&from=MS&to=MS"));
}

void QueryServer::answer_store(const std::string& name, const HttpRequest& request, OneShot<HttpResponse> reply) {
  if (std::find(application_.stores.begin(), application_.stores.end(), name) == application_.stores.end()) {
    const std::vector<std::string_view> known(application_.stores.begin(), application_.stores.end());
    return reply(failed(404, "there is no store '" + name + "'." + did_you_mean(name, known)));
  }
  StoreQuery query;
  std::int64_t limit = kRowsByDefault;
  if (const auto key = request.query.find("key"); key != request.query.end()) query.key = key->second;
  if (!read_number(request, "from", query.window_from) || !read_number(request, "to", query.window_to) ||
      !read_number(request, "limit", limit) || limit < 1)
    return reply(failed(400, "from and to are milliseconds since 1970, limit is a number from 1 on"));
  auto gathered = std::make_shared<Gathered>(Gathered{RowList(limit), name, 1, {}, std::move(reply)});
  Status asked;
  bool full = false;
  const Status looked = application_.with_store(name, [&](StateStore& store) {
    if (!asked || full) return;
    asked = store.look_up(query, [&](const StoreRow& row) { return full = !gathered->rows.add(row), !full; });
  });
  if (!asked) return gathered->reply(failed(400, asked.error().message));
  // None of it being here is no error: others may have it, or its tasks are about to come.
  if (!looked && looked.error().kind != ErrorKind::kNotFound)
    return gathered->reply(failed(503, looked.error().message));
  const bool local = request.query.contains("local") || application_.global_stores.contains(name);
  std::string target = "/stores/" + url_encode(name) + "?local=true";
  for (const auto& [key, value] : request.query) target += "&" + url_encode(key) + "=" + url_encode(value);
  for (const HostInfo& member : local ? std::vector<HostInfo>() : application_.members()) {
    const Endpoint at{member.host, static_cast<std::uint16_t>(member.port)};
    if (at == server_->local()) continue;
    ++gathered->left;
    http_get(world_, at, target, kMemberTime, [gathered, at](Result<HttpResponse> response) {
      if (response && response->status == 200) {
        gathered->rows.add_answer(response->body);
      } else {
        gathered->unreachable += (gathered->unreachable.empty() ? "" : ",") + to_json(at.to_string());
      }
      gathered->one_done();
    });
  }
  gathered->one_done();
}

}  // namespace leat
