#include "streams/app.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>

#include "base/did_you_mean.h"
#include "base/os/real_world.h"
#include "base/properties.h"
#include "streams/app_arguments.h"
#include "streams/kafka_streams.h"
#include "streams/query_server.h"

namespace leat {

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr const char* kAnyPort = "127.0.0.1:0";
constexpr auto kQueryTime = std::chrono::seconds(10);
constexpr std::string_view kCommands[] = {"run", "query", "describe", "topics", "config", "doctor", "reset"};

int fail(const Error& error) {
  fmt::print(stderr, "{}\n", error.message);
  return kFailed;
}

int usage(std::string_view program, std::string_view problem) {
  if (!problem.empty()) fmt::print(stderr, "{}\n\n", problem);
  fmt::print(
      stderr,
      "{0} run [options]   process until SIGTERM\n"
      "    --broker embedded|HOST:PORT   the app's own broker (default), or a Kafka-compatible cluster\n"
      "    --data DIR                    state, and the log of an embedded broker\n"
      "    --threads N                   stream threads\n"
      "    --workers N                   worker processes; one that dies is started again, SIGHUP restarts them one "
      "by\n"
      "                                  one\n"
      "    --fresh                       forget the data of earlier runs first\n"
      "    --server HOST:PORT            where queries are answered, and a page for browsers (any port by default)\n"
      "    --config FILE, -X KEY=VALUE   any setting under its Kafka name\n"
      "{0} query STORE [--key K] [--window FROM:TO] [--stale] [--data DIR | --server HOST:PORT]\n"
      "                                  rows of a store of the running application, one JSON object a line;\n"
      "                                  FROM and TO are window starts in ms since 1970, and may be left out;\n"
      "                                  --stale: a standby may answer for a key whose owner has no answer\n"
      "{0} describe        the topology, as Kafka Streams describes it\n"
      "{0} topics          the topics that it reads, makes and writes\n"
      "{0} config          all settings with their values\n"
      "{0} doctor          says what is wrong: settings, topics, permissions, the group, lag, windows that stay open\n"
      "{0} reset [--dry-run] [--force]   back to the beginning: offsets of inputs, internal topics, local state\n",
      program);
  return kUsage;
}

Status read_config_file(const std::string& path, StreamsConfig& config) {
  os::RealWorld world;
  LEAT_ASSIGN_OR_RETURN(const Bytes text, read_file(world.world().files, path));
  LEAT_ASSIGN_OR_RETURN(const auto properties, parse_properties(text));
  for (const Property& property : properties)
    if (auto set = config.set(property.key, property.value); !set)
      return set.error().in(path + ":" + std::to_string(property.line));
  return {};
}

}  // namespace

App::App(std::string application_id, Topology topology) : topology_(std::move(topology)) {
  config_.application_id = std::move(application_id);
  config_.state_dir = "data/" + config_.application_id;
  config_.application_server = kAnyPort;
}

int App::main(int argc, char** argv) {
  Arguments arguments;
  arguments.program = argv[0];
  arguments.config = config_;
  int i = 1;
  if (i < argc && argv[i][0] != '-') arguments.command = argv[i++];
  if (arguments.command == "query" && i < argc && argv[i][0] != '-') arguments.store = argv[i++];
  std::vector<std::string> problems;
  const auto note = [&](Status status) {
    if (!status) problems.push_back(status.error().message);
  };
  for (; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--fresh") {
      arguments.fresh = true;
      continue;
    }
    if (arguments.command == "reset" && (option == "--dry-run" || option == "--force")) {
      (option == "--force" ? arguments.force : arguments.dry_run) = true;
      continue;
    }
    if (arguments.command == "query" && option == "--stale") {
      arguments.query.stale = true;
      continue;
    }
    if (i + 1 >= argc) return usage(argv[0], option + " needs a value, or is not an option");
    const std::string value = argv[++i];
    if (option == "--workers") {
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), arguments.workers);
      if (error != std::errc{} || *end != 0 || arguments.workers < 1)
        problems.push_back("--workers " + value + ": a number from 1 on is needed");
      continue;
    }
    if (option == "--server") {
      arguments.server = arguments.config.application_server = value;
      continue;
    }
    if (arguments.command == "query" && (option == "--key" || option == "--window")) {
      (option == "--key" ? arguments.query.key : arguments.query.window) = value;
      arguments.query.has_key |= option == "--key";
      continue;
    }
    arguments.passed_on.insert(arguments.passed_on.end(), {option, value});
    if (option == "--broker") {
      arguments.config.bootstrap_servers = value;
    } else if (option == "--data") {
      arguments.config.state_dir = value;
    } else if (option == "--threads") {
      note(arguments.config.set("num.stream.threads", value));
    } else if (option == "--config") {
      note(read_config_file(value, arguments.config));
    } else if (option == "-X" && value.find('=') != std::string::npos) {
      note(arguments.config.set(value.substr(0, value.find('=')), value.substr(value.find('=') + 1)));
    } else {
      return usage(argv[0], "'" + option + "' is not an option");
    }
  }
  if (!problems.empty()) return fail({ErrorKind::kInvalidArgument, fmt::format("{}", fmt::join(problems, "\n"))});
  if (arguments.command == "run") return arguments.workers > 0 ? run_workers(arguments) : run(arguments);
  if (arguments.command == "query")
    return arguments.store.empty() ? usage(argv[0], "query which store?") : query(arguments);
  if (arguments.command == "describe") return describe(arguments.config);
  if (arguments.command == "topics") return topics(arguments);
  if (arguments.command == "doctor") return doctor(arguments);
  if (arguments.command == "reset") return reset(arguments);
  if (arguments.command == "config") {
    for (const auto& entry : arguments.config.entries())
      fmt::print("{} = {}\n    {}\n", entry.name, entry.value, entry.meaning);
    return 0;
  }
  return usage(argv[0],
               "there is no command '" + arguments.command + "'." + did_you_mean(arguments.command, kCommands));
}

int App::describe(const StreamsConfig& config) {
  auto plan = topology_.plan({.application_id = config.application_id});
  if (!plan) return fail(plan.error());
  fmt::print("{}", plan->description());
  return 0;
}

namespace {

/// Where the application, or a worker of it, last said that it answers queries.
std::vector<std::string> query_addresses(Files& files, const std::string& data) {
  std::vector<std::string> addresses;
  const auto add = [&](const std::string& directory) {
    auto text = read_file(files, query_address_file(directory));
    if (!text) return false;
    addresses.emplace_back(text->substr(0, text->find('\n')));
    return true;
  };
  add(data);
  for (int worker = 1; add(fmt::format("{}/worker-{}", data, worker)); ++worker) {
  }
  return addresses;
}

/// FROM:TO as parameters of a query, or nothing where that is none.
std::optional<std::string> window_parameters(const std::string& window) {
  const std::size_t colon = window.find(':');
  const bool digits = window.find_first_not_of("0123456789:") == std::string::npos;
  if (colon == std::string::npos || window.find(':', colon + 1) != std::string::npos || !digits) return std::nullopt;
  std::string parameters;
  if (colon > 0) parameters += "&from=" + window.substr(0, colon);
  if (colon + 1 < window.size()) parameters += "&to=" + window.substr(colon + 1);
  return parameters;
}

}  // namespace

int App::query(const Arguments& arguments) {
  os::RealWorld world;
  std::string target = "/stores/" + url_encode(arguments.store) + "?limit=1000000";
  if (arguments.query.stale) target += "&stale=true";
  if (arguments.query.has_key) target += "&key=" + url_encode(arguments.query.key);
  if (!arguments.query.window.empty()) {
    const auto parameters = window_parameters(arguments.query.window);
    if (!parameters)
      return usage(arguments.program, "--window " + arguments.query.window + ": FROM:TO in ms since 1970 is needed");
    target += *parameters;
  }
  const auto addresses = arguments.server.empty() ? query_addresses(world.world().files, arguments.config.state_dir)
                                                  : std::vector<std::string>{arguments.server};
  for (const std::string& address : addresses) {
    const auto host = HostInfo::parse(address);
    if (!host) return usage(arguments.program, "--server " + address + ": host:port is needed");
    std::optional<Result<HttpResponse>> response;
    http_get(world.world(), {host->host, static_cast<std::uint16_t>(host->port)}, target, kQueryTime,
             [&](Result<HttpResponse> answer) { response = std::move(answer); });
    while (!response) world.loop().run_once(std::chrono::seconds(1));
    if (!*response) continue;
    const std::string& body = (*response)->body;
    if ((*response)->status != 200)
      return fail({ErrorKind::kInvalidArgument, body.substr(0, body.find_last_not_of('\n') + 1)});
    // The rows as they stand in the array, each on its line.
    const std::size_t begin = body.find('[', body.find("\"rows\"")) + 1;
    std::string rows = body.substr(begin, body.rfind(']') - begin);
    for (std::size_t at = rows.find(",\n"); at != std::string::npos; at = rows.find(",\n", at)) rows.erase(at, 1);
    if (!rows.empty()) fmt::print("{}\n", rows);
    return 0;
  }
  return fail(
      {ErrorKind::kUnavailable,
       addresses.empty()
           ? fmt::format(
                 "no application has run with its data in {}; --data DIR or --server HOST:PORT tells where it is",
                 arguments.config.state_dir)
           : fmt::format("the application does not answer at {}; is it running?", fmt::join(addresses, ", "))});
}

int App::run(const Arguments& arguments) {
  os::RealWorld world;
  if (arguments.fresh)
    if (auto removed = world.world().files.remove_directory(arguments.config.state_dir); !removed)
      return fail(removed.error());
  KafkaStreams streams(std::move(topology_), arguments.config);
  streams.set_state_listener([&](KafkaStreams::State now, KafkaStreams::State) {
    fmt::print("{} {}\n", arguments.config.application_id, KafkaStreams::name(now));
    std::fflush(stdout);
    if (now == KafkaStreams::State::kError) world.loop().stop();
  });
  if (auto started = streams.start(); !started) return fail(started.error());
  if (!streams.broker_address().empty()) {
    fmt::print("embedded broker at {}\n", streams.broker_address());
    std::fflush(stdout);
  }
  if (!streams.query_address().empty()) {
    fmt::print("stores at http://{}/\n", streams.query_address());
    std::fflush(stdout);
  }
  os::TerminationSignal signal(world.loop(), [&] { world.loop().stop(); });
  world.loop().run();
  streams.close();
  if (auto error = streams.error(); !error) return fail(error.error());
  return 0;
}

}  // namespace leat
