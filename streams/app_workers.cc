// App::run_workers: the supervisor. Workers share one broker, this process's where the broker is embedded. A worker
// that dies is started again, ever later while it keeps dying. SIGHUP restarts them one by one: the next one is
// stopped when the one before is ready, so that the others go on meanwhile.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "base/http.h"
#include "base/os/child_process.h"
#include "base/os/real_world.h"
#include "streams/app_arguments.h"
#include "streams/assignor/host_info.h"
#include "streams/embedded_broker.h"
#include "streams/query_server.h"

namespace leat {

namespace {

constexpr int kFailed = 1;
constexpr auto kWorkerCheck = std::chrono::milliseconds(100);
constexpr auto kRestartDelayMax = std::chrono::seconds(10);
constexpr auto kReadyAnswer = std::chrono::seconds(2);
/// A worker that restores for longer than this does not hold the others up.
constexpr auto kReadyDeadline = std::chrono::minutes(5);

int fail(const Error& error) {
  fmt::print(stderr, "{}\n", error.message);
  return kFailed;
}

class Supervisor {
 public:
  explicit Supervisor(os::RealWorld& world) : world_(world) {}

  void add(std::vector<std::string> command, std::string directory) {
    workers_.push_back({.command = std::move(command), .directory = std::move(directory)});
    start(workers_.back());
  }
  void stop() {
    stopping_ = true;
    for (Worker& worker : workers_)
      if (worker.process) worker.process->signal(SIGTERM);
  }
  void restart_all() {
    if (rolling_ || stopping_) return;
    fmt::print("restarting {} workers, one by one\n", workers_.size());
    std::fflush(stdout);
    rolling_ = 0;
    stop_next();
  }
  /// Until all have ended after stop(); the exit code.
  int run() {
    while (!stopping_ || std::any_of(workers_.begin(), workers_.end(), [](Worker& each) { return runs(each); })) {
      world_.loop().run_once(kWorkerCheck);
      if (stopping_) continue;
      for (std::size_t i = 0; i < workers_.size(); ++i) look_after(i);
      if (rolling_) roll_on();
    }
    for (Worker& worker : workers_)
      if (worker.process && worker.process->poll_exit() && worker.process->poll_exit()->code != 0) return kFailed;
    return 0;
  }

 private:
  struct Worker {
    std::vector<std::string> command;
    std::string directory;
    std::optional<os::ChildProcess> process = {};
    Instant started = {};
    Duration delay = kWorkerCheck;
  };
  static bool runs(Worker& worker) { return worker.process && !worker.process->poll_exit(); }

  void start(Worker& worker) {
    worker.started = world_.loop().now();
    auto process = os::ChildProcess::spawn(worker.command);
    if (!process) fmt::print(stderr, "{}\n", process.error().message);
    if (process) worker.process.emplace(std::move(*process));
  }
  void look_after(std::size_t i) {
    Worker& worker = workers_[i];
    const auto ended = worker.process ? worker.process->poll_exit() : std::nullopt;
    if (!ended || world_.loop().now() - worker.started < worker.delay) return;
    const bool wanted = rolling_ == i && being_stopped_;
    if (!wanted) fmt::print(stderr, "worker {} ended ({}), starting it again\n", i + 1, ended->to_string());
    const bool lived = world_.loop().now() - worker.started > kRestartDelayMax;
    worker.delay = lived || wanted ? Duration(kWorkerCheck) : std::min<Duration>(worker.delay * 2, kRestartDelayMax);
    if (wanted) {
      being_stopped_ = false;
      // What it said before it was stopped.
      Files& files = world_.world().files;
      const std::string told = query_address_file(worker.directory);
      if (auto removed = files.exists(told) ? files.remove(told) : Status(); !removed)
        fmt::print(stderr, "{}\n", removed.error().message);
    }
    start(worker);
  }
  void stop_next() {
    being_stopped_ = true;
    ready_ = false;
    Worker& worker = workers_[*rolling_];
    if (worker.process) worker.process->signal(SIGTERM);
  }
  void roll_on() {
    if (being_stopped_) return;
    const Worker& worker = workers_[*rolling_];
    const bool waited = world_.loop().now() - worker.started > kReadyDeadline;
    if (!ready_ && !waited) return ask_whether_ready(worker);
    fmt::print("worker {} {}\n", *rolling_ + 1, ready_ ? "is ready" : "is not ready yet; going on");
    std::fflush(stdout);
    if (++*rolling_ < workers_.size()) return stop_next();
    rolling_.reset();
    fmt::print("all workers were restarted\n");
    std::fflush(stdout);
  }
  void ask_whether_ready(const Worker& worker) {
    if (asking_) return;
    const auto address = read_file(world_.world().files, query_address_file(worker.directory));
    const auto host = address ? HostInfo::parse(address->substr(0, address->find('\n'))) : std::nullopt;
    if (!host) return;
    asking_ = true;
    http_get(world_.world(), {host->host, static_cast<std::uint16_t>(host->port)}, "/readyz", kReadyAnswer,
             [this](Result<HttpResponse> answer) {
               asking_ = false;
               ready_ = answer && answer->status == 200;
             });
  }

  os::RealWorld& world_;
  std::vector<Worker> workers_;
  bool stopping_ = false;
  std::optional<std::size_t> rolling_;  ///< the worker whose turn it is
  bool being_stopped_ = false;
  bool asking_ = false;
  bool ready_ = false;
};

}  // namespace

int App::run_workers(const Arguments& arguments) {
  os::RealWorld world;
  if (arguments.fresh)
    if (auto removed = world.world().files.remove_directory(arguments.config.state_dir); !removed)
      return fail(removed.error());
  std::unique_ptr<EmbeddedBroker> broker;
  std::string address = arguments.config.bootstrap_servers;
  if (arguments.config.embedded()) {
    StreamsConfig config = arguments.config;
    // All workers are to be in the first generation of the group.
    config.broker_configs.try_emplace("group.initial.rebalance.delay.ms", "500");
    auto started = EmbeddedBroker::start(config);
    if (!started) return fail(started.error());
    broker = std::move(*started);
    address = broker->address();
    fmt::print("embedded broker at {}\n", address);
    std::fflush(stdout);
  }
  Supervisor supervisor(world);
  for (int i = 0; i < arguments.workers; ++i) {
    std::vector<std::string> command{os::own_executable(), "run"};
    command.insert(command.end(), arguments.passed_on.begin(), arguments.passed_on.end());
    const std::string directory = fmt::format("{}/worker-{}", arguments.config.state_dir, i + 1);
    for (const std::string& each : {std::string("--broker"), address, std::string("--data"), directory})
      command.push_back(each);
    if (i == 0 && !arguments.server.empty()) command.insert(command.end(), {"--server", arguments.server});
    supervisor.add(std::move(command), directory);
  }
  os::TerminationSignal termination(world.loop(), [&] { supervisor.stop(); });
  os::HangupSignal hangup(world.loop(), [&] { supervisor.restart_all(); });
  return supervisor.run();
}

}  // namespace leat
