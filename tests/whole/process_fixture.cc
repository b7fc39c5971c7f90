#include "process_fixture.h"

#include <leat/streams.h>

namespace leat::whole {

namespace {

/// Wider than all jumps of the clock together: who meets whom does not depend on time.
constexpr auto kJoinWindow = std::chrono::hours(24 * 20);

void join_with_copies(StreamsBuilder& builder, const KStream<std::string, std::string>& lines) {
  const auto whole = [](const std::string& line) { return line; };
  const auto copies = builder.stream<std::string, std::string>(kCopies).select_key(whole);
  lines.select_key(whole)
      .join(
          copies, [](const std::string& line, const std::string&) { return line; },
          JoinWindows::of_time_difference_with_no_grace(kJoinWindow))
      .to(kPairs);
}

/// Every line is copied, and every word counted, over a repartition. Made once per form: it does not change.
const Plan& plan(const Weather& weather) {
  static const auto make = [](bool caches, bool memory, bool joins) {
    StreamsBuilder builder;
    auto lines = builder.stream<std::string, std::string>(kLines);
    lines.to(kCopies);
    auto counts = Materialized::as(kStore);
    if (memory) counts = counts.in_memory_store();
    lines.group_by([](const std::string& line) { return line.substr(0, line.find(' ')); })
        .count(caches ? counts : counts.with_caching_disabled())
        .to_stream()
        .to(kCounts);
    if (joins) join_with_copies(builder, lines);
    auto plan = builder.build().plan({.application_id = "app"});
    LEAT_CHECK(plan.ok(), "the topology of the simulation");
    return std::move(*plan);
  };
  static const std::vector<Plan> plans = [] {
    std::vector<Plan> all;
    for (int form = 0; form < 8; ++form) all.push_back(make((form & 4) != 0, (form & 2) != 0, (form & 1) != 0));
    return all;
  }();
  return plans[(weather.record_caches ? 4u : 0u) + (weather.in_memory ? 2u : 0u) + (weather.joins ? 1u : 0u)];
}

const char* state_name(StreamThread::State state) {
  constexpr const char* kNames[] = {"starting", "restoring", "running", "closing", "dead"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace

std::size_t subtopologies(const Weather& weather) { return plan(weather).subtopologies().size(); }

std::unique_ptr<wire::Connector> Process::connector(World world) const {
  auto tcp = std::make_unique<client::TcpConnector>(world);
  if (!scene_.plant.connector) return tcp;
  return scene_.plant.connector(name(), std::move(tcp));
}

void BrokerProcess::open(World world) {
  server::BrokerConfig config;
  config.log_dir = "/data";
  config.listeners = {{.name = "PLAINTEXT", .at = {"broker", 9092}, .advertised = {"broker", 9092}}};
  config.offsets_topic_partitions = config.transaction_topic_partitions = 2;
  config.num_partitions = scene_.weather.partitions;
  config.group.initial_rebalance_delay_ms = 0;
  config.group.session_timeout_ms_min = 1000;
  config.log_check_interval_ms = scene_.weather.checkpoint_every_ms;
  config.log.segment_bytes = scene_.weather.segment_bytes;
  if (scene_.plant.broker_config) scene_.plant.broker_config(config);
  files_ = scene_.plant.broker_files ? scene_.plant.broker_files(world) : nullptr;
  auto opened = server::Broker::open({world.loop, files_ ? *files_ : world.files, world.net, world.random}, config);
  if (!opened) {
    const std::string what = "the broker does not start: " + opened.error().message;
    if (!disk_fails) return scene_.story.violate(what);
    scene_.story.tell(what);
    return kill();
  }
  broker_ = std::move(*opened);
  if (auto listening = broker_->listen(); !listening)
    scene_.story.violate("the broker does not listen: " + listening.error().message);
}

void BrokerProcess::stop() {
  if (!running()) return;
  if (auto closed = broker_->shut_down(); !closed)
    scene_.story.tell("the broker does not stop cleanly: " + closed.error().message);
  kill();
}

std::string BrokerProcess::unfinished() const {
  if (!broker_) return "the broker does not run\n";
  std::string text;
  for (const auto& [name, topic] : broker_->topics().all())
    for (std::size_t i = 0; i < topic->partitions.size(); ++i) {
      const log::PartitionLog* log = topic->partitions[i].get();
      if (log == nullptr) {
        text += fmt::format("{}-{} is not open\n", name, i);
      } else if (log->offline() || log->last_stable_offset() != log->log_end_offset()) {
        text += fmt::format("{}-{}{}: stable {}, watermark {}, end {}\n", name, i, log->offline() ? " offline" : "",
                            log->last_stable_offset(), log->high_watermark(), log->log_end_offset());
        for (const auto& [id, entry] : log->producers().producers())
          if (entry.open_transaction_offset)
            text += fmt::format("    producer {} epoch {} has a transaction open from {}\n", id, entry.epoch,
                                *entry.open_transaction_offset);
      }
    }
  for (const auto& coordinator : broker_->group_coordinators())
    if (const auto* offsets = coordinator->offsets().of_group("app"))
      for (const auto& [partition, offset] : *offsets)
        if (const auto* log = broker_->topics().log_of(partition.topic, partition.partition))
          text += fmt::format("the app has committed {} of {} in {}\n", offset.offset, log->last_stable_offset(),
                              partition.to_string());
  for (const auto& coordinator : broker_->transaction_coordinators())
    for (const auto& [id, transaction] : coordinator->transactions()) {
      text += fmt::format("transaction {}: producer {} epoch {} {}", id, transaction.producer_id,
                          transaction.producer_epoch, coordinator::name(transaction.state));
      for (const TopicPartition& partition : transaction.partitions) text += " " + partition.to_string();
      text += "\n";
    }
  return text;
}

void BrokerProcess::close() {
  broker_.reset();
  files_.reset();
}

AppProcess::AppProcess(Scene scene, std::string name) : Process(scene, std::move(name)) {
  config_.application_id = "app";
  config_.bootstrap_servers = "broker:9092";
  config_.state_dir = "/state";
  if (!scene.weather.at_least_once) config_.processing_guarantee = ProcessingGuarantee::kExactlyOnceV2;

  const auto ms = [](Duration duration) { return std::chrono::duration_cast<StreamsConfig::Milliseconds>(duration); };
  config_.session_timeout_ms = ms(scene.weather.session_timeout);
  config_.commit_interval_ms = ms(scene.weather.commit_interval);
  config_.heartbeat_interval_ms = 300ms;
  config_.max_poll_interval_ms = 10s;
  config_.transaction_timeout_ms = ms(scene.weather.transaction_timeout);
  config_.linger_ms = 5ms;
  config_.num_standby_replicas = scene.weather.standbys;
  config_.acceptable_recovery_lag = scene.weather.acceptable_lag;
}

void AppProcess::open(World world) {
  auto directory = StateDirectory::open(world.files, world.random, config_.state_dir, config_.application_id);
  if (!directory) return scene_.story.violate(name() + " does not start: " + directory.error().message);
  directory_ = std::move(*directory);
  left_ = false;
  for (int i = 0; i < scene_.weather.threads; ++i) {
    const World of_thread = i == 0 ? world : another_thread("thread-" + std::to_string(i + 1));
    connectors_.push_back(connector(of_thread));
    StreamThread::Process process{
        config_, plan(scene_.weather), *directory_, [this](const std::string& where) { return saved_.open(where); },
        [this](int thread, StreamThread::State now) {
          // Not in the story: the rhythm of a run, for who replays it.
          log_line(LogLevel::kInfo, name() + "/" + std::to_string(thread + 1), scene_.story.stamp() + state_name(now));
        }};
    threads_.push_back(std::make_unique<StreamThread>(of_thread, *connectors_.back(), std::move(process), i));
    threads_.back()->start();
  }
}

void AppProcess::turn() {
  bool all_dead = true;
  for (auto& thread : threads_) {
    thread->turn();
    all_dead &= thread->state() == StreamThread::State::kDead;
    if (thread->error()) return scene_.story.violate(name() + " died: " + thread->error()->message);
  }
  if (!all_dead) return;
  scene_.story.tell(name() + " has left");
  left_ = true;
  kill();
}

void AppProcess::leave() {
  for (auto& thread : threads_) thread->close();
}

std::vector<Task*> AppProcess::tasks() {
  std::vector<Task*> all;
  for (auto& thread : threads_)
    for (Task* task : thread->tasks()) all.push_back(task);
  return all;
}

std::string AppProcess::state() const {
  if (threads_.empty()) return "not running";
  std::string text;
  for (const auto& thread : threads_) text += (text.empty() ? "" : "+") + std::string(state_name(thread->state()));
  return text;
}

void AppProcess::close() {
  if (!left_) saved_.crash(scene_.sim.random());
  threads_.clear();
  connectors_.clear();
  directory_.reset();
}

}  // namespace leat::whole
