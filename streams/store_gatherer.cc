#include "streams/store_gatherer.h"

#include <fmt/format.h>

#include <algorithm>

namespace leat {

namespace {

constexpr auto kMemberTime = std::chrono::seconds(5);
/// Between two rows of an answer; within a row there are no line breaks.
constexpr std::string_view kBetweenRows = ",\n";

std::string json_of(const StoreRow& row) {
  std::string json = "{\"key\":" + row.key;
  if (row.window) fmt::format_to(std::back_inserter(json), ",\"window\":[{},{}]", row.window->start, row.window->end);
  json += ",\"value\":" + row.value;
  if (row.timestamp) fmt::format_to(std::back_inserter(json), ",\"timestamp\":{}", *row.timestamp);
  return json + "}";
}

/// The rows of another member's answer, which have the same form.
std::vector<std::string> rows_of(std::string_view body) {
  std::vector<std::string> rows;
  const std::size_t begin = body.find('[', body.find("\"rows\"")), end = body.rfind(']');
  if (begin == std::string_view::npos || end == std::string_view::npos || end <= begin + 1) return rows;
  body = body.substr(begin + 1, end - begin - 1);
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t next = std::min(body.find(kBetweenRows, at), body.size());
    rows.emplace_back(body.substr(at, next - at));
    at = next + kBetweenRows.size();
  }
  return rows;
}

Endpoint endpoint_of(const HostInfo& host) { return {host.host, static_cast<std::uint16_t>(host.port)}; }

}  // namespace

struct StoreGatherer::Gathering {
  GatherRequest request;
  Endpoint self;
  OneShot<Result<GatheredRows>> done;
  GatheredRows gathered;
  std::optional<Error> error;
  /// Who is still to be asked; this process is one of them.
  bool here_left = true;
  std::set<HostInfo> there_left;
  std::size_t pending = 0;
  bool last_round = false;
};

Result<Bytes> StoreGatherer::key_of_text(const std::string& store, const std::string& text) const {
  for (const Subtopology& subtopology : plan_.subtopologies())
    for (const PlannedStore& each : subtopology.stores)
      if (each.builder->name() == store) return each.builder->build()->key_of_text(text);
  return check_store_exists(plan_, store).error();
}

void StoreGatherer::gather(GatherRequest request, const Endpoint& self, OneShot<Result<GatheredRows>> done) {
  if (Status exists = check_store_exists(plan_, request.store); !exists) return done(exists.error());
  auto gathering = std::make_shared<Gathering>();
  gathering->request = std::move(request);
  gathering->self = self;
  gathering->done = std::move(done);
  if (gathering->request.local || plan_.is_global_store(gathering->request.store)) return ask_rest(gathering);
  stores_.whereabouts(
      [this, alive = std::weak_ptr<bool>(alive_), gathering, &loop = world_.loop](Result<WhereaboutsPtr> where) {
        loop.post([this, alive, gathering, where = std::move(where)] {
          if (alive.expired()) return;
          if (!where) return gathering->done(where.error());
          for (const HostInfo& host : (*where)->hosts())
            if (endpoint_of(host) != gathering->self) gathering->there_left.insert(host);
          const auto& text = gathering->request.query.key;
          if (!text) return ask_rest(gathering);
          const auto key = key_of_text(gathering->request.store, *text);
          if (!key) return gathering->done(key.error());
          const auto owner = (*where)->for_key(gathering->request.store, *key);
          if (!owner) return ask_rest(gathering);
          ++gathering->pending;
          gathering->there_left.contains(owner->active_host) ? ask_there(gathering, owner->active_host)
                                                             : ask_here(gathering);
          one_came(gathering);
        });
      });
}

/// All that have not been asked yet.
void StoreGatherer::ask_rest(const GatheringPtr& gathering) {
  gathering->last_round = true;
  ++gathering->pending;
  if (gathering->here_left) ask_here(gathering);
  for (const HostInfo& host : std::set(gathering->there_left)) ask_there(gathering, host);
  one_came(gathering);
}

void StoreGatherer::ask_here(const GatheringPtr& gathering) {
  struct Part {
    std::vector<std::string> rows;
    Status status;
  };
  gathering->here_left = false;
  ++gathering->pending;
  auto parts = std::make_shared<std::vector<Part>>(stores_.thread_count());
  StoreQuestion question;
  question.store = gathering->request.store;
  question.look = [parts, request = gathering->request](const LocalStore& local) {
    Part& part = (*parts)[local.thread];
    const auto full = [&] { return part.rows.size() >= static_cast<std::size_t>(request.rows_max); };
    if (!readable(local, request.stale) || full() || !part.status) return;
    part.status = local.store.look_up(request.query, [&](const StoreRow& row) {
      part.rows.push_back(json_of(row));
      return !full();
    });
  };
  stores_.ask(std::move(question), [this, alive = std::weak_ptr<bool>(alive_), gathering, parts,
                                    &loop = world_.loop](Result<StoreSeen> seen) {
    loop.post([this, alive, gathering, parts, seen = std::move(seen)] {
      if (alive.expired()) return;
      if (!seen) gathering->error = seen.error();
      for (Part& part : *parts) {
        if (!part.status) gathering->error = part.status.error();
        std::move(part.rows.begin(), part.rows.end(), std::back_inserter(gathering->gathered.rows));
      }
      one_came(gathering);
    });
  });
}

void StoreGatherer::ask_there(const GatheringPtr& gathering, const HostInfo& member) {
  gathering->there_left.erase(member);
  ++gathering->pending;
  const GatherRequest& request = gathering->request;
  std::string target = fmt::format("/stores/{}?local=true&limit={}&from={}&to={}", url_encode(request.store),
                                   request.rows_max, request.query.window_from, request.query.window_to);
  if (request.query.key) target += "&key=" + url_encode(*request.query.key);
  if (request.stale) target += "&stale=true";
  const Endpoint at = endpoint_of(member);
  http_get(world_, at, target, kMemberTime,
           [this, alive = std::weak_ptr<bool>(alive_), gathering, at](Result<HttpResponse> response) {
             if (alive.expired()) return;
             if (response && response->status == 200) {
               auto rows = rows_of(response->body);
               std::move(rows.begin(), rows.end(), std::back_inserter(gathering->gathered.rows));
             } else {
               gathering->gathered.unreachable.insert(at.to_string());
             }
             one_came(gathering);
           });
}

void StoreGatherer::one_came(const GatheringPtr& gathering) {
  if (--gathering->pending > 0) return;
  if (gathering->error) return gathering->done(*gathering->error);
  auto& rows = gathering->gathered.rows;
  if (rows.empty() && !gathering->last_round) return ask_rest(gathering);
  const auto rows_max = static_cast<std::size_t>(gathering->request.rows_max);
  if (rows.size() > rows_max) rows.resize(rows_max);
  gathering->done(std::move(gathering->gathered));
}

}  // namespace leat
