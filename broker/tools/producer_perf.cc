// kafka-producer-perf-test: how fast records are produced, and how long each takes to be acknowledged.
#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "base/uuid.h"
#include "broker/tools/producing.h"
#include "broker/tools/tools.h"

namespace leat::tools {

namespace {

using namespace std::chrono_literals;

constexpr double kBytesPerMb = 1024.0 * 1024.0;
constexpr std::int64_t kLookEvery = 64;  ///< records between two looks at what has been acknowledged
constexpr std::int64_t kTransactionMs = 3'000;

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"command-property", Takes::kWords, "key=value", "producer settings"},
    {"num-records", Takes::kValue, "number", "how many records; required"},
    {"payload-delimiter", Takes::kValue, "text", "between the payloads of --payload-file (default: line end)"},
    {"payload-file", Takes::kValue, "file", "payloads to choose from at random"},
    {"payload-monotonic", Takes::kNothing, "", "payloads are the numbers from 0 on"},
    {"print-metrics", Takes::kNothing, "", "accepted; this client keeps no metrics"},
    {"producer-props", Takes::kWords, "key=value", "older name of --command-property"},
    {"producer.config", Takes::kValue, "file", "older name of --command-config"},
    {"record-size", Takes::kValue, "bytes", "size of random payloads"},
    {"reporting-interval", Takes::kValue, "ms", "how often to report (default 5000)"},
    {"throughput", Takes::kValue, "records/s", "at most so many; -1 for no limit; required"},
    {"topic", Takes::kValue, "name", "the topic; required"},
    {"transaction-duration-ms", Takes::kValue, "ms", "transactions are committed after so long (default 3000)"},
    {"transactional-id", Takes::kValue, "id", "produce in transactions"},
    {"warmup-records", Takes::kValue, "number", "records at the beginning that the steady state leaves out"},
};

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

/// Counts and latencies of what was acknowledged. Of long runs every n-th latency is kept, as Kafka's tool does.
class Latencies {
 public:
  Latencies(std::int64_t expected, Instant now)
      : sampling_(std::max<std::int64_t>(expected / kSamplesMax, 1)), start_(now) {}

  void begin(Instant now) { start_ = now; }
  void add(std::int64_t latency_ms, std::int64_t bytes) {
    ++count_;
    bytes_ += bytes;
    total_ms_ += latency_ms;
    max_ms_ = std::max(max_ms_, latency_ms);
    if (count_ % sampling_ == 0) samples_.push_back(static_cast<std::int32_t>(latency_ms));
  }
  std::int64_t count() const { return count_; }
  double seconds(Instant now) const { return std::max(std::chrono::duration<double>(now - start_).count(), 1e-3); }

  std::string window(Instant now) const {
    return fmt::format(
        "{} records sent, {:.1f} records/sec ({:.2f} MB/sec), {:.1f} ms avg latency, {:.1f} ms max latency.\n", count_,
        static_cast<double>(count_) / seconds(now), static_cast<double>(bytes_) / seconds(now) / kBytesPerMb, average(),
        static_cast<double>(max_ms_));
  }
  std::string total(Instant now, std::string_view what) {
    std::sort(samples_.begin(), samples_.end());
    return fmt::format(
        "{} {} sent, {:.6f} records/sec ({:.2f} MB/sec), {:.2f} ms avg latency, {:.2f} ms max latency, {} ms 50th, {} "
        "ms "
        "95th, {} ms 99th, {} ms 99.9th.\n",
        count_, what, static_cast<double>(count_) / seconds(now),
        static_cast<double>(bytes_) / seconds(now) / kBytesPerMb, average(), static_cast<double>(max_ms_),
        percentile(0.5), percentile(0.95), percentile(0.99), percentile(0.999));
  }

 private:
  static constexpr std::int64_t kSamplesMax = 500'000;
  double average() const { return count_ == 0 ? 0 : static_cast<double>(total_ms_) / static_cast<double>(count_); }
  std::int32_t percentile(double part) const {
    if (samples_.empty()) return 0;
    return samples_[static_cast<std::size_t>(part * static_cast<double>(samples_.size()))];
  }

  std::int64_t sampling_;
  Instant start_;
  std::int64_t count_ = 0, bytes_ = 0, total_ms_ = 0, max_ms_ = 0;
  std::vector<std::int32_t> samples_;
};

struct Plan {
  std::int64_t records = 0;
  std::int64_t per_second = -1;
  std::int64_t record_bytes = 0;
  std::vector<std::string> payloads;
  bool monotonic = false;
  std::int64_t warmup = 0;
  Duration report_every{};
  Duration transaction{};
};

Result<std::vector<std::string>> read_payloads(const Surroundings& surroundings, const Options& options) {
  const std::string path = *options.value("payload-file");
  surroundings.terminal.out(fmt::format("Reading payloads from: {}\n", path));
  LEAT_ASSIGN_OR_RETURN(const Bytes text, read_file(surroundings.world.files, path));
  std::string delimiter = options.value_or("payload-delimiter", "\n");
  if (delimiter == "\\n") delimiter = "\n";
  if (text.empty() || delimiter.empty()) return invalid("File does not exist or empty file provided.");
  std::vector<std::string> payloads;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(delimiter, begin), text.size());
    payloads.push_back(text.substr(begin, end - begin));
    begin = end + delimiter.size();
  }
  surroundings.terminal.out(fmt::format("Number of records read: {}\n", payloads.size()));
  return payloads;
}

Result<Plan> plan_of(const Surroundings& surroundings, const Options& options) {
  LEAT_RETURN_IF_ERROR(options.require({"topic", "num-records", "throughput"}));
  if (options.has("record-size") + options.has("payload-file") + options.has("payload-monotonic") != 1)
    return invalid("Exactly one of --record-size, --payload-file or --payload-monotonic must be given.");
  Plan plan;
  LEAT_ASSIGN_OR_RETURN(const auto records, options.number("num-records", 1));
  plan.records = *records;
  const std::string throughput = options.value_or("throughput", "-1");
  const auto whole = parse_whole_number(throughput.substr(0, throughput.find('.')));
  if (!whole)
    return invalid(fmt::format("Cannot parse argument '{}' of option --throughput: it must be a number.", throughput));
  plan.per_second = *whole;
  LEAT_ASSIGN_OR_RETURN(const auto bytes, options.number("record-size", 1, INT32_MAX));
  plan.record_bytes = bytes.value_or(0);
  plan.monotonic = options.has("payload-monotonic");
  if (options.has("payload-file")) {
    LEAT_ASSIGN_OR_RETURN(plan.payloads, read_payloads(surroundings, options));
  }
  LEAT_ASSIGN_OR_RETURN(const auto warmup, options.number("warmup-records", 0, plan.records - 1));
  plan.warmup = warmup.value_or(0);
  LEAT_ASSIGN_OR_RETURN(const auto report_ms, options.number("reporting-interval", 1));
  plan.report_every = std::chrono::milliseconds(report_ms.value_or(5'000));
  LEAT_ASSIGN_OR_RETURN(const auto transaction_ms, options.number("transaction-duration-ms", 1));
  plan.transaction = std::chrono::milliseconds(transaction_ms.value_or(kTransactionMs));
  return plan;
}

/// One run: sends, and matches acknowledgements with what was sent, partition by partition.
class Run {
 public:
  Run(Session& session, client::Producer& producer, const std::string& topic, const Plan& plan, std::size_t batch_bytes)
      : session_(session),
        producer_(producer),
        topic_(producer.topic(topic)),
        plan_(plan),
        batch_bytes_(batch_bytes),
        sent_(static_cast<std::size_t>(topic_.partition_count())),
        seen_(sent_.size()),
        all_(plan.records, session.loop().now()),
        steady_(plan.records, session.loop().now()),
        window_(plan.records, session.loop().now()),
        window_since_(session.loop().now()) {}

  Status run(bool transactional) {
    Loop& loop = session_.loop();
    const Instant start = loop.now();
    std::optional<Instant> transaction_since;
    for (std::int64_t i = 0; i < plan_.records && !session_.terminal().interrupted(); ++i) {
      if (transactional && !transaction_since) {
        producer_.begin_transaction();
        transaction_since = loop.now();
      }
      send(i);
      if (i % kLookEvery == 0 || plan_.per_second > 0) look(Duration::zero());
      make_room(session_, producer_);
      if (producer_.error()) return *producer_.error();
      if (transaction_since && loop.now() - *transaction_since >= plan_.transaction) {
        LEAT_RETURN_IF_ERROR(commit());
        transaction_since.reset();
      }
      throttle(start, i + 1);
    }
    if (transaction_since) LEAT_RETURN_IF_ERROR(commit());
    return finish();
  }

  void print_totals() {
    const Instant now = session_.loop().now();
    session_.terminal().out(all_.total(now, "records"));
    if (plan_.warmup > 0) session_.terminal().out(steady_.total(now, "steady state records"));
  }

 private:
  struct Sent {
    Instant at;
    std::int64_t bytes;
  };

  void send(std::int64_t number) {
    if (!plan_.payloads.empty()) {
      payload_ = plan_.payloads[random_.below(plan_.payloads.size())];
    } else if (plan_.monotonic) {
      payload_ = std::to_string(number);
    } else {
      payload_.resize(static_cast<std::size_t>(plan_.record_bytes));
      for (char& each : payload_) each = static_cast<char>('A' + random_.below(26));
    }
    // Records without keys stay with a partition for a batch, as the producer does by itself.
    if (batch_fill_ >= batch_bytes_) {
      partition_ = (partition_ + 1) % sent_.size();
      batch_fill_ = 0;
    }
    batch_fill_ += payload_.size();
    sent_[partition_].push_back({session_.loop().now(), static_cast<std::int64_t>(payload_.size())});
    producer_.send(topic_, static_cast<std::int32_t>(partition_), std::nullopt, payload_, {},
                   session_.loop().wall_clock_ms());
  }

  /// Runs the loop and takes in what has been acknowledged.
  void look(Duration wait) {
    session_.loop().run_once(wait);
    const Instant now = session_.loop().now();
    for (std::size_t p = 0; p < sent_.size(); ++p)
      for (const std::int64_t end = producer_.acknowledged(topic_, static_cast<std::int32_t>(p)); seen_[p] < end;
           ++seen_[p]) {
        const Sent& each = sent_[p].front();
        record(std::chrono::duration_cast<std::chrono::milliseconds>(now - each.at).count(), each.bytes, now);
        sent_[p].pop_front();
      }
    if (now - window_since_ >= plan_.report_every) {
      session_.terminal().out(window_.window(now));
      session_.terminal().flush();
      window_ = Latencies(plan_.records, now);
      window_since_ = now;
    }
  }

  void record(std::int64_t latency_ms, std::int64_t bytes, Instant now) {
    all_.add(latency_ms, bytes);
    window_.add(latency_ms, bytes);
    if (plan_.warmup == 0 || all_.count() <= plan_.warmup) return;
    if (steady_.count() == 0) {
      session_.terminal().out("In steady state.\n");
      steady_.begin(now);
    }
    steady_.add(latency_ms, bytes);
  }

  void throttle(Instant start, std::int64_t sent) {
    if (plan_.per_second <= 0) return;
    const Instant due = start + std::chrono::nanoseconds(sent * 1'000'000'000 / plan_.per_second);
    while (session_.loop().now() < due) look(std::min<Duration>(due - session_.loop().now(), 10ms));
  }

  Status commit() {
    LEAT_RETURN_IF_ERROR(finish());
    return session_.wait<Status>([&](OneShot<Status> done) { producer_.end_transaction(true, std::move(done)); });
  }

  Status finish() {
    bool over = false;
    Status status;
    producer_.flush([&](Status flushed) {
      over = true;
      status = std::move(flushed);
    });
    while (!over) look(10ms);
    look(Duration::zero());
    return status;
  }

  Session& session_;
  client::Producer& producer_;
  client::Producer::Topic& topic_;
  const Plan& plan_;
  const std::size_t batch_bytes_;
  Random random_{0};
  std::string payload_;
  std::size_t partition_ = 0;
  std::size_t batch_fill_ = 0;
  std::vector<std::deque<Sent>> sent_;
  std::vector<std::int64_t> seen_;
  Latencies all_, steady_, window_;
  Instant window_since_;
};

Result<int> work(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const Plan plan, plan_of(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(Settings settings, settings_of(surroundings, options, {"producer.config", "command-config"},
                                                       {"producer-props", "command-property"}));
  if (!settings.has("client.id")) settings.set("client.id", "perf-producer-client");
  if (const auto id = options.value("transactional-id")) settings.set("transactional.id", *id);
  if (options.has("transaction-duration-ms") && !settings.has("transactional.id"))
    settings.set("transactional.id", "performance-producer-" + Uuid::random(surroundings.world.random).to_base64());
  LEAT_ASSIGN_OR_RETURN(client::ProducerConfig config, producer_config(settings));
  const bool transactional = !config.transactional_id.empty();
  const std::size_t batch_bytes = config.batch_bytes;
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  const std::string topic = *options.value("topic");
  LEAT_ASSIGN_OR_RETURN(const auto producer, make_producer(*session, std::move(config), topic));
  if (plan.warmup > 0)
    surroundings.terminal.out(fmt::format(
        "Warmup first {} records. Steady state results will print after the complete test summary.\n", plan.warmup));
  Run run(*session, *producer, topic, plan, batch_bytes);
  const Status done = run.run(transactional);
  run.print_totals();
  LEAT_RETURN_IF_ERROR(done);
  return 0;
}

}  // namespace

const Tool kProducerPerfTool{"kafka-producer-perf-test", "measures how fast records are produced", kOptions, work};

}  // namespace leat::tools
