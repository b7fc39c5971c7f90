#include "application_fixture.h"

#include "base/murmur2.h"
#include "broker/client/fetcher.h"
#include "broker/client/offsets.h"
#include "broker/wire/messages/delete_topics.h"

namespace leat {

namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kQueryPort = 7070;
constexpr auto kPatience = 120s;
/// How often stream threads act though nothing has come.
constexpr auto kBeat = 10ms;

}  // namespace

ApplicationHost::ApplicationHost(sim::SimWorld& sim, std::string name, StreamsConfig config, const Plan& plan,
                                 StateRestoreListener* restores, StandbyUpdateListener* standbys)
    : sim_(sim), name_(std::move(name)), config_(std::move(config)), plan_(plan) {
  const World world = sim.process(name_);
  config_.application_server = name_ + ":" + std::to_string(kQueryPort);
  directory_ = *StateDirectory::open(world.files, world.random, config_.state_dir, config_.application_id);
  std::vector<LocalStores::Thread> asked;
  for (int i = 0; i < config_.num_stream_threads; ++i) {
    const World own = sim.process(name_, "thread-" + std::to_string(i + 1));
    loops_.push_back(&own.loop);
    connectors_.push_back(std::make_unique<client::TcpConnector>(own));
    StreamThread::Process process{
        config_, plan_,    *directory_, [](const std::string&) { return StateBackend::in_memory(); },
        {},      restores, standbys,    [this](int, const Error&) { return on_uncaught; },
        &paused};
    threads_.push_back(std::make_unique<StreamThread>(own, *connectors_.back(), std::move(process), i));
    asked.push_back({[loop = &own.loop, thread = threads_.back().get()](Loop::Task task) {
                       if (thread->state() == StreamThread::State::kDead) return false;
                       loop->post(std::move(task));
                       return true;
                     },
                     [thread = threads_.back().get()]() -> StreamThread& { return *thread; }});
    threads_.back()->start();
  }
  stores_.open(plan_, std::move(asked));
  const World of_queries = sim.process(name_, "queries");
  auto server = QueryServer::listen(of_queries, {name_, kQueryPort},
                                    {.id = config_.application_id,
                                     .plan = plan_,
                                     .stores = stores_,
                                     .state = [this] { return std::string(running_state ? "RUNNING" : "ERROR"); },
                                     .healthy = [this] { return running_state.ok(); },
                                     .ready =
                                         [this] {
                                           return std::all_of(threads_.begin(), threads_.end(), [](const auto& each) {
                                             return each->state() == StreamThread::State::kRunning;
                                           });
                                         },
                                     .metrics = [this](auto done) { stores_.metrics(std::move(done)); }});
  LEAT_CHECK(server.ok(), "the query server listens");
  server_ = std::move(*server);
}

ApplicationHost::~ApplicationHost() { kill(); }

void ApplicationHost::kill() {
  if (threads_.empty()) return;
  sim_.kill(name_);
  server_.reset();
  threads_.clear();
  connectors_.clear();
  loops_.clear();
}

void ApplicationHost::turn() {
  for (auto& thread : threads_) thread->turn();
}

bool ApplicationHost::running() const {
  return !threads_.empty() && std::all_of(threads_.begin(), threads_.end(), [](const auto& thread) {
    return thread->state() == StreamThread::State::kRunning;
  });
}

std::set<TaskId> ApplicationHost::active_tasks() {
  std::set<TaskId> ids;
  for (auto& thread : threads_)
    for (const Task* task : thread->tasks()) ids.insert(*TaskId::parse(task->id()));
  return ids;
}

Application::Application(const std::function<void(server::BrokerConfig&)>& adjust) {
  server::BrokerConfig config;
  config.log_dir = "/data";
  config.listeners = {{.name = "PLAINTEXT", .at = {"broker", 9092}, .advertised = {"broker", 9092}}};
  config.offsets_topic_partitions = config.transaction_topic_partitions = 2;
  config.num_partitions = kPartitions;
  config.group.initial_rebalance_delay_ms = 0;
  config.group.session_timeout_ms_min = 1000;
  config.group.streams = {.session_timeout_ms = 3000,
                          .heartbeat_interval_ms = 300,
                          .assignment_interval_ms = 100,
                          .initial_rebalance_delay_ms = 0};
  if (adjust) adjust(config);
  broker_ = std::move(*server::Broker::open(sim_.process("broker"), config));
  EXPECT_TRUE(broker_->listen().ok());
  const World world = sim_.process("client");
  client_loop_ = &world.loop;
  connector_ = std::make_unique<client::TcpConnector>(world);
  cluster_ =
      std::make_unique<client::Cluster>(world, *connector_, client::ClusterConfig{.bootstrap = {{"broker", 9092}}});
  producer_ = std::make_unique<client::Producer>(*cluster_, client::ProducerConfig{});
}

Application::~Application() {
  for (auto& host : hosts_) host->kill();
  sim_.kill("client");
  producer_.reset();
  cluster_.reset();
  sim_.kill("broker");
  broker_.reset();
}

void Application::compute(Topology topology) {
  auto plan = topology.plan({.application_id = "app"});
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  plan_ = std::move(*plan);
  std::set<std::string> topics;
  for (const Subtopology& each : plan_->subtopologies())
    for (const std::string& topic : each.source_topics)
      if (!each.repartition_topics.contains(topic)) topics.insert(topic);
  for (const std::string& topic : topics) make_topic(topic);
  const Status ready = wait_for<Status>([&](auto done) { producer_->prepare(topics, done); });
  ASSERT_TRUE(ready.ok()) << ready.error().message;
}

void Application::create_topic(const std::string& name, std::int32_t partitions) {
  Status ready = wait_for<Status>([&](auto done) {
    client::create_topics(*cluster_, {{.name = name, .partitions = partitions}}, sim_.now() + kPatience, done);
  });
  if (ready) ready = wait_for<Status>([&](auto done) { producer_->prepare({name}, done); });
  ASSERT_TRUE(ready.ok()) << ready.error().message;
}

void Application::delete_topic(const std::string& name) {
  using Response = Result<wire::DeleteTopicsResponse>;
  const auto deleted = wait_for<Response>([&](auto done) {
    wire::DeleteTopicsRequest request;
    request.topic_names = {name};
    request.topics.emplace_back().name = name;
    cluster_->call_any<wire::DeleteTopicsRequest, wire::DeleteTopicsResponse>(std::move(request), done);
  });
  ASSERT_TRUE(deleted.ok()) << deleted.error().message;
  EXPECT_EQ(deleted->responses.front().error_code, wire::ErrorCode::kNone);
}

StreamsConfig Application::config() const {
  StreamsConfig config;
  config.application_id = "app";
  config.bootstrap_servers = "broker:9092";
  config.state_dir = "/state";
  config.processing_guarantee = ProcessingGuarantee::kExactlyOnceV2;
  config.session_timeout_ms = 3s;
  config.heartbeat_interval_ms = 300ms;
  config.linger_ms = 5ms;
  return config;
}

ApplicationHost& Application::start(const std::string& name, StreamsConfig config) {
  hosts_.push_back(
      std::make_unique<ApplicationHost>(sim_, name, std::move(config), *plan_, restore_listener_, standby_listener_));
  return *hosts_.back();
}

void Application::produce(const std::string& topic, const std::vector<Line>& lines) {
  for (const Line& line : lines)
    producer_->send(producer_->topic(topic), line.partition, BytesView(line.key),
                    line.value ? std::optional<BytesView>(*line.value) : std::nullopt, {}, line.timestamp);
  const Status sent = wait_for<Status>([&](auto done) { producer_->flush(done); });
  ASSERT_TRUE(sent.ok()) << sent.error().message;
}

void Application::delete_records(const TopicPartition& partition, std::int64_t before) {
  const Status deleted = wait_for<Status>([&](auto done) {
    client::delete_records(*cluster_, {{partition, before}}, done);
  });
  ASSERT_TRUE(deleted.ok()) << deleted.error().message;
}

std::int64_t Application::earliest(const TopicPartition& partition) {
  using Offsets = Result<std::map<TopicPartition, std::int64_t>>;
  EXPECT_TRUE(wait_for<Status>([&](auto done) { cluster_->refresh({partition.topic}, false, done); }).ok());
  constexpr std::int64_t kEarliest = -2;
  const auto offsets = wait_for<Offsets>(
      [&](auto done) { client::list_offsets(*cluster_, {partition}, kEarliest, false, sim_.now() + kPatience, done); });
  return offsets.ok() ? offsets->at(partition) : -1;
}

void Application::make_topic(const std::string& topic, std::map<std::string, std::string> configs,
                             std::int32_t partitions) {
  const Status made = wait_for<Status>([&](auto done) {
    client::create_topics(*cluster_, {{.name = topic, .partitions = partitions, .configs = std::move(configs)}},
                          sim_.now() + kPatience, done);
  });
  ASSERT_TRUE(made.ok()) << made.error().message;
  const Status ready = wait_for<Status>([&](auto done) { producer_->prepare({topic}, done); });
  ASSERT_TRUE(ready.ok()) << ready.error().message;
}

std::vector<Application::Line> Application::lines_of(const std::string& topic) {
  const Status asked = wait_for<Status>([&](auto done) { cluster_->refresh({topic}, false, done); });
  EXPECT_TRUE(asked.ok());
  const auto* known = cluster_->topic(topic);
  const int partitions = known ? static_cast<int>(known->leaders.size()) : 0;
  client::Fetcher fetcher(*cluster_, {.read_committed = true});
  for (int partition = 0; partition < partitions; ++partition) fetcher.add({topic, partition}, 0);
  std::map<std::int32_t, std::vector<Line>> lines;
  std::vector<wire::RecordHeader> headers;
  run_until([&] {
    for (const client::FetchedBatch& batch : fetcher.take()) {
      auto cursor = wire::RecordCursor::open(batch.batch, batch.block, 1 << 24);
      EXPECT_TRUE(cursor.ok());
      for (wire::RecordView record; cursor->next(record);) {
        Line& line = lines[batch.partition.partition].emplace_back();
        if (record.key) line.key = *record.key;
        if (record.value) line.value = *record.value;
        line.timestamp = record.timestamp;
        line.partition = batch.partition.partition;
        headers.clear();
        EXPECT_TRUE(record.headers(headers));
        for (const auto& header : headers) line.headers[std::string(header.key)] = header.value.value_or("");
      }
    }
    for (int partition = 0; partition < partitions; ++partition) {
      const auto position = fetcher.position({topic, partition});
      const std::int64_t end = fetcher.end_offset({topic, partition});
      if (!position || end < 0 || *position < end) return false;
    }
    return true;
  });
  std::vector<Line> all;
  for (const auto& [partition, some] : lines) all.insert(all.end(), some.begin(), some.end());
  return all;
}

std::vector<std::string> Application::values_of(const std::string& topic) {
  std::vector<std::string> values;
  for (const Line& line : lines_of(topic)) values.push_back(line.value.value_or("null"));
  return values;
}

std::int32_t Application::partition_of(const std::string& key) const {
  return (murmur2(key) & 0x7fffffff) % kPartitions;
}

bool Application::step() {
  const bool any = sim_.step();
  for (auto& host : hosts_) host->turn();
  return any;
}

void Application::run_until(const std::function<bool()>& done) {
  const Instant deadline = sim_.now() + kPatience;
  while (!done()) {
    ASSERT_LT(sim_.now(), deadline) << "it does not come to that";
    run_for(kBeat);
  }
}

void Application::run_for(Duration time) {
  bool over = false;
  client_loop_->call_at(client_loop_->now() + time, [&] { over = true; });
  while (!over) step();
}

void Application::run_until_settled() {
  run_until([&] {
    return std::all_of(hosts_.begin(), hosts_.end(),
                       [](const auto& host) { return host->threads().empty() || host->running(); });
  });
  run_for(1s);
}

HttpResponse Application::get(const std::string& host, const std::string& target) {
  const World world = sim_.process("browser");
  auto response = wait_for<Result<HttpResponse>>([&](auto done) {
    http_get(world, {host, kQueryPort}, target, kPatience, done);
  });
  EXPECT_TRUE(response.ok());
  return response.ok() ? std::move(*response) : HttpResponse{};
}

ApplicationHost& Application::owner_of(std::int32_t partition) {
  for (auto& host : hosts_)
    if (host->active_tasks().contains({0, partition})) return *host;
  ADD_FAILURE() << "nobody has partition " << partition;
  return *hosts_.front();
}

ApplicationHost& Application::other_than(const ApplicationHost& host) {
  return *hosts_[hosts_[0].get() == &host ? 1 : 0];
}

}  // namespace leat
