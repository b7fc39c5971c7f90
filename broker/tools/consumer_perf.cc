// kafka-consumer-perf-test: how fast records are consumed.
#include <fmt/format.h>

#include "broker/tools/times.h"
#include "broker/tools/tools.h"
#include "broker/tools/topic_choice.h"
#include "broker/tools/topic_reader.h"

namespace leat::tools {

namespace {

constexpr auto kTurn = std::chrono::milliseconds(100);
constexpr double kBytesPerMb = 1024.0 * 1024.0;
constexpr std::size_t kInflatedBytesMax = 1 << 30;

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"command-property", Takes::kValue, "key=value", "a consumer setting; may be repeated"},
    {"consumer.config", Takes::kValue, "file", "older name of --command-config"},
    {"date-format", Takes::kValue, "pattern",
     "of times, as java.text.SimpleDateFormat (default yyyy-MM-dd HH:mm:ss:SSS)"},
    {"fetch-size", Takes::kValue, "bytes", "bytes per partition and request (default 1048576)"},
    {"from-latest", Takes::kNothing, "", "begin at the end where no offset is committed"},
    {"group", Takes::kValue, "id", "read as a member of this consumer group"},
    {"hide-header", Takes::kNothing, "", "print no header"},
    {"include", Takes::kValue, "regex", "the topics, as a regular expression"},
    {"messages", Takes::kValue, "number", "older name of --num-records"},
    {"num-records", Takes::kValue, "number", "how many records; required"},
    {"print-metrics", Takes::kNothing, "", "accepted; this client keeps no metrics"},
    {"reporting-interval", Takes::kValue, "ms", "how often to report (default 5000)"},
    {"show-detailed-stats", Takes::kNothing, "", "a line per reporting interval"},
    {"socket-buffer-size", Takes::kValue, "bytes", "accepted; the system chooses its own"},
    {"timeout", Takes::kPerhapsValue, "ms", "end when nothing comes for so long (default 10000)"},
    {"topic", Takes::kValue, "name", "the topic"},
};

/// What was read up to some moment.
struct Amount {
  std::int64_t records = 0;
  std::int64_t bytes = 0;
  std::int64_t at_ms = 0;
  std::int64_t rebalance_ms = 0;
};

double per_second(double amount, std::int64_t ms) { return ms <= 0 ? 0.0 : amount * 1000.0 / static_cast<double>(ms); }

/// MB, MB/s, records, records/s, rebalance ms, fetch ms, and the same by fetch time alone, of what came between two
/// amounts.
std::string rates(const Amount& since, const Amount& now) {
  const double mb = static_cast<double>(now.bytes - since.bytes) / kBytesPerMb;
  const auto records = static_cast<double>(now.records - since.records);
  const std::int64_t elapsed_ms = now.at_ms - since.at_ms;
  const std::int64_t rebalance_ms = now.rebalance_ms - since.rebalance_ms;
  return fmt::format("{:.4f}, {:.4f}, {}, {:.4f}, {}, {}, {:.4f}, {:.4f}\n",
                     static_cast<double>(now.bytes) / kBytesPerMb, per_second(mb, elapsed_ms), now.records,
                     per_second(records, elapsed_ms), rebalance_ms, elapsed_ms - rebalance_ms,
                     per_second(mb, elapsed_ms - rebalance_ms), per_second(records, elapsed_ms - rebalance_ms));
}

class Run {
 public:
  Run(Session& session, TopicReader& reader, const Options& options)
      : session_(session),
        reader_(reader),
        detailed_(options.has("show-detailed-stats")),
        date_format_(options.value_or("date-format", "yyyy-MM-dd HH:mm:ss:SSS")) {}

  std::int64_t records_max = 0;
  std::int64_t timeout_ms = 10'000;
  std::int64_t report_ms = 5'000;

  Status run() {
    Loop& loop = session_.loop();
    start_.at_ms = total_.at_ms = loop.wall_clock_ms();
    Amount reported = start_;
    std::int64_t last_ms = start_.at_ms;
    while (total_.records < records_max && total_.at_ms - last_ms <= timeout_ms && !session_.terminal().interrupted()) {
      const auto batches = reader_.take(kTurn);
      for (const client::FetchedBatch& each : batches) LEAT_RETURN_IF_ERROR(count(each));
      if (auto error = reader_.error()) return *error;
      total_.at_ms = loop.wall_clock_ms();
      total_.rebalance_ms = std::chrono::duration_cast<std::chrono::milliseconds>(reader_.rebalance_time()).count();
      if (!batches.empty()) last_ms = total_.at_ms;
      if (detailed_ && total_.at_ms - reported.at_ms >= report_ms) {
        session_.terminal().out(
            fmt::format("{}, 0, {}", format_time(total_.at_ms, date_format_), rates(reported, total_)));
        session_.terminal().flush();
        reported = total_;
      }
    }
    if (total_.records < records_max)
      session_.terminal().out(
          fmt::format("WARNING: Exiting before consuming the expected number of records: timeout ({} ms) "
                      "exceeded. You can use the --timeout option to increase the timeout.\n",
                      timeout_ms));
    return {};
  }

  void print_totals() {
    if (!detailed_)
      session_.terminal().out(fmt::format("{}, {}, {}", format_time(start_.at_ms, date_format_),
                                          format_time(total_.at_ms, date_format_), rates(start_, total_)));
  }

 private:
  Status count(const client::FetchedBatch& fetched) {
    auto cursor = wire::RecordCursor::open(fetched.batch, fetched.block, kInflatedBytesMax);
    if (!cursor) return cursor.error();
    for (wire::RecordView record; cursor->next(record);) {
      if (record.offset < fetched.from) continue;
      ++total_.records;
      total_.bytes += static_cast<std::int64_t>(record.key.value_or("").size() + record.value.value_or("").size());
    }
    reader_.read_up_to(fetched.partition, fetched.batch.last_offset() + 1);
    return {};
  }

  Session& session_;
  TopicReader& reader_;
  const bool detailed_;
  const std::string date_format_;
  Amount start_, total_;
};

Result<std::set<std::string>> topics_of(Session& session, const Options& options) {
  if (const auto topic = options.value("topic")) return std::set<std::string>{*topic};
  LEAT_ASSIGN_OR_RETURN(const TopicPattern pattern, TopicPattern::parse(*options.value("include")));
  LEAT_ASSIGN_OR_RETURN(const auto names, all_topics(session, false));
  std::set<std::string> chosen;
  for (const std::string& each : names)
    if (pattern.matches(each)) chosen.insert(each);
  if (chosen.empty()) return Error{ErrorKind::kNotFound, "no topic matches " + *options.value("include")};
  return chosen;
}

Result<int> work(const Surroundings& surroundings, const Options& options) {
  if (options.has("topic") == options.has("include"))
    return Error{ErrorKind::kInvalidArgument, "Exactly one of --include/--topic is required."};
  if (!options.has("messages")) LEAT_RETURN_IF_ERROR(options.require({"num-records"}));
  LEAT_ASSIGN_OR_RETURN(const auto records, options.number(options.has("num-records") ? "num-records" : "messages", 1));
  LEAT_ASSIGN_OR_RETURN(const auto timeout_ms, options.number("timeout", 0));
  LEAT_ASSIGN_OR_RETURN(const auto report_ms, options.number("reporting-interval", 1));
  LEAT_ASSIGN_OR_RETURN(Settings settings, settings_of(surroundings, options, {"consumer.config", "command-config"},
                                                       {"command-property"}));
  if (!settings.has("client.id")) settings.set("client.id", "perf-consumer-client");
  if (!settings.has("auto.offset.reset"))
    settings.set("auto.offset.reset", options.has("from-latest") ? "latest" : "earliest");
  settings.set("max.partition.fetch.bytes", options.value_or("fetch-size", "1048576"));
  if (const auto group = options.value("group")) settings.set("group.id", *group);
  LEAT_ASSIGN_OR_RETURN(const ReaderConfig config, ReaderConfig::from(settings));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  if (!options.has("hide-header"))
    surroundings.terminal.out(
        fmt::format("{}data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, "
                    "fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec\n",
                    options.has("show-detailed-stats") ? "time, threadId, " : "start.time, end.time, "));
  TopicReader reader(*session, config);
  Run run(*session, reader, options);
  run.records_max = *records;
  run.timeout_ms = timeout_ms.value_or(run.timeout_ms);
  run.report_ms = report_ms.value_or(run.report_ms);
  LEAT_ASSIGN_OR_RETURN(const auto topics, topics_of(*session, options));
  LEAT_RETURN_IF_ERROR(reader.subscribe(topics));
  LEAT_RETURN_IF_ERROR(run.run());
  run.print_totals();
  LEAT_RETURN_IF_ERROR(reader.close());
  return 0;
}

}  // namespace

const Tool kConsumerPerfTool{"kafka-consumer-perf-test", "measures how fast records are consumed", kOptions, work};

}  // namespace leat::tools
