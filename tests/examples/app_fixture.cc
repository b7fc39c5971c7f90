#include "tests/examples/app_fixture.h"

#include <cstdio>

namespace leat {

namespace {

constexpr auto kDeadline = std::chrono::seconds(60);
constexpr auto kRetryAfter = std::chrono::milliseconds(50);

}  // namespace

void App::run_until(const std::function<bool()>& done) {
  const Instant deadline = world_.loop().now() + kDeadline;
  while (!done()) {
    ASSERT_LT(world_.loop().now(), deadline) << "nothing came within a minute";
    ASSERT_FALSE(process_ && process_->poll_exit()) << "the example ended by itself";
    world_.loop().run_once(kRetryAfter);
  }
}

std::string output_of(const std::string& command) {
  std::string output;
  FILE* pipe = ::popen(command.c_str(), "r");
  for (char buffer[4096]; const std::size_t size = std::fread(buffer, 1, sizeof(buffer), pipe);)
    output.append(buffer, size);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return output;
}

void App::start(const std::string& name, const std::set<std::string>& inputs) {
  name_ = name;
  // A port that was free a moment ago; the process that takes it is started at once.
  auto listener = world_.world().net.listen({"127.0.0.1", 0}, [](std::unique_ptr<Connection>) {});
  ASSERT_TRUE(listener.ok());
  const Endpoint broker = (*listener)->local();
  listener->reset();
  auto process = os::ChildProcess::spawn({std::string(LEAT_BIN_DIR) + "/" + name, "run", "--data", directory_.string(),
                                          "-X", "embedded.listener=" + broker.to_string(), "-X",
                                          "commit.interval.ms=100", "-X", "processing.guarantee=exactly_once_v2"});
  ASSERT_TRUE(process.ok()) << process.error().message;
  process_.emplace(std::move(*process));
  cluster_ =
      std::make_unique<client::Cluster>(world_.world(), connector_, client::ClusterConfig{.bootstrap = {broker}});
  producer_ = std::make_unique<client::Producer>(*cluster_, client::ProducerConfig{});
  bool ready = false;
  bool asked = false;
  run_until([&] {
    if (ready || asked) return ready;
    asked = true;
    producer_->prepare(inputs, [&](Status status) {
      ready = status.ok();
      asked = false;
    });
    return ready;
  });
}

void App::produce(const std::string& topic, const std::vector<Produced>& records) {
  for (const Produced& record : records)
    producer_->send(producer_->topic(topic), -1, BytesView(record.key), BytesView(record.value), {}, record.timestamp);
  bool delivered = false;
  producer_->flush([&](Status status) { delivered = status.ok(); });
  run_until([&] { return delivered; });
}

std::string App::query_until(const std::string& arguments, const std::function<bool(const std::string&)>& enough) {
  std::string answer;
  run_until([&] {
    answer =
        output_of(std::string(LEAT_BIN_DIR) + "/" + name_ + " query " + arguments + " --data " + directory_.string());
    return enough(answer);
  });
  return answer;
}

HttpResponse App::get(const std::string& target) {
  const auto address = read_file(world_.world().files, directory_.string() + "/query-address");
  EXPECT_TRUE(address.ok());
  const std::size_t colon = address->find(':');
  std::optional<Result<HttpResponse>> answer;
  http_get(world_.world(),
           {address->substr(0, colon), static_cast<std::uint16_t>(std::stoi(address->substr(colon + 1)))}, target,
           kDeadline, [&](Result<HttpResponse> response) { answer = std::move(response); });
  run_until([&] { return answer.has_value(); });
  EXPECT_TRUE(answer->ok());
  return answer->ok() ? std::move(**answer) : HttpResponse{};
}

std::map<std::string, std::string> App::read_until(
    const std::string& topic, const std::function<bool(const std::map<std::string, std::string>&)>& enough) {
  std::map<std::string, std::string> last;
  bool known = false;
  cluster_->refresh({topic}, false, [&](Status) { known = true; });
  run_until([&] { return known; });
  client::Fetcher fetcher(*cluster_, {.read_committed = true});
  const std::size_t partitions = cluster_->topic(topic)->leaders.size();
  for (std::size_t i = 0; i < partitions; ++i) fetcher.add({topic, static_cast<std::int32_t>(i)}, 0);
  run_until([&] {
    for (const client::FetchedBatch& batch : fetcher.take()) {
      auto cursor = wire::RecordCursor::open(batch.batch, batch.block, 1 << 20);
      for (wire::RecordView record; cursor->next(record);)
        last[std::string(record.key.value_or(""))] = record.value.value_or("");
    }
    return enough(last);
  });
  return last;
}

}  // namespace leat
