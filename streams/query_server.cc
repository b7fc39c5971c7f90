#include "streams/query_server.h"

#include <fmt/format.h>

#include <charconv>

namespace leat {

namespace {

HttpResponse json(std::string body) { return {200, "application/json", std::move(body) + "\n"}; }

HttpResponse failed(int status, const std::string& why) {
  return {status, "application/json", fmt::format("{{\"error\":{}}}\n", to_json(why))};
}
HttpResponse failed(const Error& error) {
  const int status = error.kind == ErrorKind::kNotFound ? 404 : error.kind == ErrorKind::kInvalidArgument ? 400 : 503;
  return failed(status, error.message);
}

/// A number of the query, or what it was; false where it is none.
bool read_number(const HttpRequest& request, const std::string& name, std::int64_t& number) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return true;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

/// A JSON array of what `as_json` makes of each.
template <class Range, class AsJson>
std::string array(const Range& range, AsJson as_json) {
  std::string text;
  for (const auto& each : range) text += (text.empty() ? "" : ",") + as_json(each);
  return "[" + text + "]";
}
std::string name_as_json(const std::string& name) { return to_json(name); }
std::string host_as_json(const HostInfo& host) { return to_json(host.host + ":" + std::to_string(host.port)); }
std::string partition_as_json(const TopicPartition& partition) { return to_json(partition.to_string()); }

std::string metadata_as_json(const StreamsMetadata& metadata) {
  return fmt::format("{{\"host\":{},\"stores\":{},\"partitions\":{},\"standby_stores\":{},\"standby_partitions\":{}}}",
                     host_as_json(metadata.host_info), array(metadata.state_store_names, name_as_json),
                     array(metadata.topic_partitions, partition_as_json),
                     array(metadata.standby_state_store_names, name_as_json),
                     array(metadata.standby_topic_partitions, partition_as_json));
}

std::string lags_as_json(const StoreLags& lags) {
  std::string stores;
  for (const auto& [store, partitions] : lags) {
    std::string of_store;
    for (const auto& [partition, lag] : partitions)
      of_store += fmt::format("{}\"{}\":{{\"current\":{},\"end\":{},\"lag\":{}}}", of_store.empty() ? "" : ",",
                              partition, lag.current_offset_position, lag.end_offset_position, lag.offset_lag);
    stores += fmt::format("{}{}:{{{}}}", stores.empty() ? "" : ",", to_json(store), of_store);
  }
  return "{" + stores + "}";
}

std::string_view kind_of(const PlannedStore& store) {
  switch (store.builder->description().kind) {
    case StoreKind::kKeyValue: return "key-value";
    case StoreKind::kTimestampedKeyValue: return "timestamped key-value";
    case StoreKind::kWindow: return "window";
    case StoreKind::kTimestampedWindow: return "timestamped window";
    case StoreKind::kSession: return "session";
    case StoreKind::kVersioned: return "versioned";
    case StoreKind::kBuffer: return "buffer";
    case StoreKind::kCustom: return "custom";
  }
  return "";
}

}  // namespace

Result<std::unique_ptr<QueryServer>> QueryServer::listen(World world, const Endpoint& at, Application application) {
  std::unique_ptr<QueryServer> server(new QueryServer(world, std::move(application)));
  LEAT_ASSIGN_OR_RETURN(server->server_,
                        HttpServer::listen(world, at, [server = server.get()](const HttpRequest& request, Reply reply) {
                          server->answer(request, std::move(reply));
                        }));
  return server;
}

void QueryServer::answer(const HttpRequest& request, Reply reply) {
  const std::string& path = request.path;
  const auto below = [&](std::string_view folder) { return path.substr(std::min(folder.size(), path.size())); };
  if (path == "/") return reply({200, "text/html; charset=utf-8", std::string(kQueryPage)});
  if (path == "/healthz" || path == "/readyz") {
    HttpResponse health = json("{\"state\":" + to_json(application_.state()) + "}");
    const bool well = path == "/healthz" || !application_.ready ? application_.healthy() : application_.ready();
    health.status = well ? 200 : 503;
    return reply(std::move(health));
  }
  if (path == "/metrics") return answer_metrics(std::move(reply));
  if (path == "/app") {
    std::vector<std::string> names;
    for (const Subtopology& subtopology : application_.plan.subtopologies())
      for (const PlannedStore& store : subtopology.stores) names.push_back(store.builder->name());
    return reply(json(fmt::format("{{\"application_id\":{},\"state\":{},\"stores\":{}}}", to_json(application_.id),
                                  to_json(application_.state()), array(names, name_as_json))));
  }
  if (path == "/lags") return answer_lags(std::move(reply));
  if (path == "/stores") return reply(json(stores_as_json()));
  if (path.starts_with("/stores/")) return answer_rows(below("/stores/"), request, std::move(reply));
  if (path == "/metadata" || path.starts_with("/metadata/"))
    return answer_metadata(below("/metadata/"), request, std::move(reply));
  reply(failed(
      404,
      "there is /, /app, /healthz, /lags, /metadata, /metrics, /readyz, /stores and /stores/NAME?key=K&from=MS&to=MS"));
}

std::string QueryServer::stores_as_json() const {
  std::string stores;
  for (const Subtopology& subtopology : application_.plan.subtopologies())
    for (const PlannedStore& store : subtopology.stores)
      stores += fmt::format("{}{{\"name\":{},\"kind\":\"{}\",\"in_memory\":{},\"global\":{},\"changelog\":{}}}",
                            stores.empty() ? "" : ",", to_json(store.builder->name()), kind_of(store),
                            store.builder->description().in_memory, store.global, to_json(store.changelog_topic));
  return "{\"stores\":[" + stores + "]}";
}

void QueryServer::answer_rows(std::string store, const HttpRequest& request, Reply reply) {
  GatherRequest wanted;
  if (const auto key = request.query.find("key"); key != request.query.end()) wanted.query.key = key->second;
  // Names of stores have no slashes.
  if (const std::size_t slash = store.find('/'); slash != std::string::npos) {
    wanted.query.key = store.substr(slash + 1);
    store.resize(slash);
  }
  wanted.store = store;
  if (!read_number(request, "from", wanted.query.window_from) || !read_number(request, "to", wanted.query.window_to) ||
      !read_number(request, "limit", wanted.rows_max) || wanted.rows_max < 1)
    return reply(failed(400, "from and to are milliseconds since 1970, limit is a number from 1 on"));
  wanted.local = request.query.contains("local");
  wanted.stale = request.query.contains("stale");
  gatherer_.gather(std::move(wanted), server_->local(),
                   [store = std::move(store), reply = std::move(reply)](Result<GatheredRows> gathered) mutable {
                     if (!gathered) return reply(failed(gathered.error()));
                     const std::string missing = gathered->unreachable.empty()
                                                     ? ""
                                                     : ",\"unreachable\":" + array(gathered->unreachable, name_as_json);
                     std::string rows;
                     for (const std::string& row : gathered->rows) rows += (rows.empty() ? "" : ",\n") + row;
                     reply(json(fmt::format("{{\"store\":{}{},\"rows\":[{}]}}", to_json(store), missing, rows)));
                   });
}

void QueryServer::answer_metadata(std::string store, const HttpRequest& request, Reply reply) {
  Bytes key;
  const auto text = request.query.find("key");
  if (!store.empty())
    if (Status exists = check_store_exists(application_.plan, store); !exists) return reply(failed(exists.error()));
  if (text != request.query.end()) {
    auto bytes = gatherer_.key_of_text(store, text->second);
    if (!bytes) return reply(failed(bytes.error()));
    key = std::move(*bytes);
  }
  const bool of_key = text != request.query.end();
  application_.stores.whereabouts([store = std::move(store), key = std::move(key), of_key, reply = std::move(reply),
                                   &loop = world_.loop](Result<WhereaboutsPtr> where) mutable {
    std::string body;
    std::optional<Error> error;
    if (!where) {
      error = where.error();
    } else if (!of_key) {
      body = array(store.empty() ? (*where)->all() : (*where)->for_store(store), metadata_as_json);
    } else if (const auto found = (*where)->for_key(store, key); !found) {
      error = found.error();
    } else {
      body = fmt::format("{{\"partition\":{},\"active\":{},\"standbys\":{}}}", found->partition,
                         host_as_json(found->active_host), array(found->standby_hosts, host_as_json));
    }
    loop.post([reply = std::move(reply), body = std::move(body), error]() mutable {
      reply(error ? failed(*error) : json(std::move(body)));
    });
  });
}

void QueryServer::answer_metrics(Reply reply) {
  if (!application_.metrics) return reply(failed(404, "this application shows no metrics"));
  application_.metrics([reply = std::move(reply), &loop = world_.loop](Result<std::vector<Metric>> metrics) mutable {
    loop.post([reply = std::move(reply), metrics = std::move(metrics)]() mutable {
      if (!metrics) return reply(failed(metrics.error()));
      // Too long for a label.
      std::erase_if(*metrics, [](const Metric& each) { return each.name.name == "topology-description"; });
      const std::map<std::string, std::string> domains{{"consumer-fetch-manager-metrics", "kafka.consumer"}};
      reply({200, "text/plain; version=0.0.4; charset=utf-8", prometheus_text(*metrics, "kafka.streams", domains)});
    });
  });
}

void QueryServer::answer_lags(Reply reply) {
  application_.stores.lags([reply = std::move(reply), &loop = world_.loop](Result<StoreLags> lags) mutable {
    loop.post([reply = std::move(reply), lags = std::move(lags)]() mutable {
      reply(lags ? json(lags_as_json(*lags)) : failed(lags.error()));
    });
  });
}

}  // namespace leat
