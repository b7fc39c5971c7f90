// leat consume, leat tail: records of topics, to read or to hand on.
#include <fmt/format.h>

#include <limits>

#include "broker/client/fetcher.h"
#include "broker/tools/commands.h"
#include "broker/tools/offset_range.h"
#include "broker/tools/record_verbs.h"
#include "broker/tools/topic_choice.h"
#include "broker/tools/topic_reader.h"

namespace leat::tools {

namespace {

constexpr auto kTurn = std::chrono::milliseconds(100);
constexpr std::size_t kInflatedBytesMax = 1 << 30;
constexpr std::int64_t kTailRecords = 10;
constexpr std::string_view kTailFormat = "%T{iso} %t/%p@%o %k %v\n";

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

constexpr OptionSpec kConsumeOptions[] = {
    {"J", Takes::kNothing, "", "kcat's JSON envelope"},
    {"c", Takes::kValue, "number", "the same as -n"},
    {"e", Takes::kNothing, "", "end behind the last record that is there now"},
    {"f", Takes::kValue, "format", "such as '%k %v\\n'; verbs of kcat and rpk: %t %p %o %k %v %h %T %K %V ..."},
    {"g", Takes::kValue, "group", "read as a member of this group, and commit"},
    {"meta-only", Takes::kNothing, "", "without keys, values and headers"},
    {"n", Takes::kValue, "number", "end after so many records"},
    {"o", Takes::kValue, "offset",
     "start, end, 17, +10, -10, 17:23, :end, @-1h, @2026-01-01:1h ... (end; start with -g)"},
    {"offset", Takes::kValue, "offset", "the same as -o"},
    {"p", Takes::kValue, "partitions", "these only, separated by commas"},
    {"r", Takes::kNothing, "", "topics are regular expressions"},
    {"read-committed", Takes::kNothing, "", "only records of transactions that have been committed"},
};
constexpr OptionSpec kTailOptions[] = {
    {"f", Takes::kValue, "format", "as `leat consume` has it ('%T{iso} %t/%p@%o %k %v\\n')"},
    {"n", Takes::kValue, "number", "begin with so many records that are there (10)"},
    {"e", Takes::kNothing, "", "do not wait for more"},
};

/// A record that was read, on its own.
struct HeldRecord {
  client::FetchedBatch fetched;
  wire::RecordCursor owner;  ///< keeps inflated bytes alive
  wire::RecordView record;
};

/// Where each partition begins, and behind which offset it ends (none: never).
struct Plan {
  std::map<TopicPartition, std::int64_t> from;
  std::map<TopicPartition, std::int64_t> to;
};

Result<std::vector<TopicPartition>> chosen_partitions(Session& session, const Options& options) {
  std::vector<std::string> names = options.words();
  if (options.has("r")) {
    names.clear();
    LEAT_ASSIGN_OR_RETURN(const auto all, all_topics(session, false));
    for (const std::string& word : options.words()) {
      LEAT_ASSIGN_OR_RETURN(const TopicPattern pattern, TopicPattern::parse(word));
      for (const std::string& name : all)
        if (pattern.matches(name)) names.push_back(name);
    }
    if (names.empty()) return Error{ErrorKind::kKafka, "no topic matches"};
  }
  std::set<std::int64_t> only;
  for (const std::string& each : split(options.value_or("p", ""), ',')) {
    const auto number = parse_whole_number(trimmed(each));
    if (!number) return invalid(fmt::format("-p: '{}' is no number of a partition", each));
    only.insert(*number);
  }
  LEAT_ASSIGN_OR_RETURN(const auto known, known_topics(session, names));
  std::vector<TopicPartition> partitions;
  for (const auto& topic : known.topics)
    for (const auto& each : topic.partitions)
      if (only.empty() || only.contains(each.partition_index))
        partitions.push_back({topic.name.value_or(""), each.partition_index});
  if (partitions.empty()) return Error{ErrorKind::kKafka, "there is no such partition"};
  return partitions;
}

/// Offsets of a bound, by partition.
class Bounds {
 public:
  static Result<Bounds> look_up(Session& session, const std::vector<TopicPartition>& partitions, bool committed_only) {
    Bounds bounds(session, partitions, committed_only);
    LEAT_ASSIGN_OR_RETURN(bounds.starts_, bounds.list(-2));
    LEAT_ASSIGN_OR_RETURN(bounds.ends_, bounds.list(-1));
    return bounds;
  }
  Result<std::map<TopicPartition, std::int64_t>> offsets(const OffsetBound& bound) const {
    using Kind = OffsetBound::Kind;
    std::map<TopicPartition, std::int64_t> at_time;
    if (bound.kind == Kind::kTime) {
      LEAT_ASSIGN_OR_RETURN(at_time, list(bound.number));
    }
    std::map<TopicPartition, std::int64_t> offsets;
    for (const TopicPartition& each : partitions_) {
      const std::int64_t start = starts_.at(each);
      const std::int64_t end = ends_.at(each);
      switch (bound.kind) {
        case Kind::kStart: offsets[each] = start; break;
        case Kind::kEnd: offsets[each] = end; break;
        case Kind::kAfterStart: offsets[each] = start + bound.number; break;
        case Kind::kBeforeEnd: offsets[each] = std::max(start, end - bound.number); break;
        case Kind::kOffset: offsets[each] = bound.number; break;
        case Kind::kTime: offsets[each] = at_time.at(each) < 0 ? end : at_time.at(each); break;
      }
    }
    return offsets;
  }
  const std::map<TopicPartition, std::int64_t>& starts() const { return starts_; }
  const std::map<TopicPartition, std::int64_t>& ends() const { return ends_; }

 private:
  Bounds(Session& session, const std::vector<TopicPartition>& partitions, bool committed_only)
      : session_(session), partitions_(partitions), committed_only_(committed_only) {}
  Result<std::map<TopicPartition, std::int64_t>> list(std::int64_t time) const {
    std::map<TopicPartition, std::int64_t> times, offsets;
    for (const TopicPartition& each : partitions_) times[each] = time;
    LEAT_ASSIGN_OR_RETURN(const auto listed, session_.list_offsets(times, committed_only_));
    for (const auto& [partition, found] : listed) offsets[partition] = found.offset;
    return offsets;
  }

  Session& session_;
  std::vector<TopicPartition> partitions_;
  bool committed_only_;
  std::map<TopicPartition, std::int64_t> starts_, ends_;
};

/// How records are printed.
struct Printing {
  std::optional<RecordVerbs> verbs;
  JsonShape shape = JsonShape::kOurs;
  bool meta_only = false;
  std::int64_t left = std::numeric_limits<std::int64_t>::max();
  std::int64_t printed = 0;

  void print(Terminal& terminal, const TopicPartition& partition, const wire::BatchView& batch,
             const wire::RecordView& record) {
    text.clear();
    const PrintedRecord each{partition, batch, record, ++printed};
    verbs ? verbs->write(each, text) : write_json(each, shape, meta_only, text);
    terminal.out(text);
    --left;
  }

 private:
  std::string text;
};

/// Calls `each(record)` for what lies in [from, to); false once it says so.
template <class Each>
Status for_records(const client::FetchedBatch& fetched, std::int64_t to, Each each) {
  auto cursor = wire::RecordCursor::open(fetched.batch, fetched.block, kInflatedBytesMax);
  if (!cursor) return cursor.error().in(fetched.partition.to_string());
  for (wire::RecordView record; cursor->next(record);)
    if (record.offset >= fetched.from && record.offset < to && !each(record)) return {};
  return cursor->ok() ? Status()
                      : Error{ErrorKind::kCorrupt, fetched.partition.to_string() + ": a batch holds malformed records"};
}

std::int64_t end_of(const Plan& plan, const TopicPartition& partition) {
  const auto found = plan.to.find(partition);
  return found == plan.to.end() ? std::numeric_limits<std::int64_t>::max() : found->second;
}

/// Reads by plan until all is read, enough is printed, or the user ends it.
Status read(Session& session, const Plan& plan, bool read_committed, Printing& printing) {
  client::Fetcher fetcher(session.cluster(), {.read_committed = read_committed});
  for (const auto& [partition, from] : plan.from)
    if (from < end_of(plan, partition)) fetcher.add(partition, from);
  const auto all_read = [&] {
    return plan.to.size() == plan.from.size() && std::all_of(plan.from.begin(), plan.from.end(), [&](const auto& each) {
             return each.second >= end_of(plan, each.first) ||
                    fetcher.position(each.first).value_or(-1) >= end_of(plan, each.first);
           });
  };
  Terminal& terminal = session.terminal();
  while (printing.left > 0 && !terminal.interrupted() && terminal.listened_to()) {
    const auto batches = fetcher.take();
    for (const client::FetchedBatch& each : batches) {
      LEAT_RETURN_IF_ERROR(for_records(each, end_of(plan, each.partition), [&](const wire::RecordView& record) {
        if (printing.left > 0) printing.print(terminal, each.partition, each.batch, record);
        return printing.left > 0;
      }));
    }
    for (const Error& error : fetcher.take_errors()) return error;
    if (!batches.empty()) {
      terminal.flush();
      continue;
    }
    if (all_read()) break;
    session.loop().run_once(kTurn);
  }
  return {};
}

Status read_in_group(Session& session, const Settings& settings, const Options& options, Printing& printing) {
  LEAT_ASSIGN_OR_RETURN(ReaderConfig config, ReaderConfig::from(settings));
  TopicReader reader(session, config);
  LEAT_ASSIGN_OR_RETURN(const auto partitions, chosen_partitions(session, options));
  std::set<std::string> topics;
  for (const TopicPartition& each : partitions) topics.insert(each.topic);
  LEAT_RETURN_IF_ERROR(reader.subscribe(topics));
  Terminal& terminal = session.terminal();
  Status status;
  while (status && printing.left > 0 && !terminal.interrupted() && terminal.listened_to()) {
    const auto batches = reader.take(kTurn);
    for (const client::FetchedBatch& each : batches) {
      if (printing.left == 0) break;
      std::int64_t next = each.batch.last_offset() + 1;
      status = for_records(each, next, [&](const wire::RecordView& record) {
        printing.print(terminal, each.partition, each.batch, record);
        if (printing.left == 0) next = record.offset + 1;
        return printing.left > 0;
      });
      reader.read_up_to(each.partition, next);
      if (!status) break;
    }
    if (!batches.empty()) terminal.flush();
    if (const auto error = reader.error()) status = *error;
  }
  const Status closed = reader.close();
  return status ? closed : status;
}

Result<Printing> printing_of(const Options& options, std::string_view default_format) {
  Printing printing;
  if (options.has("f") || !default_format.empty()) {
    LEAT_ASSIGN_OR_RETURN(printing.verbs, RecordVerbs::parse(options.value_or("f", default_format)));
  }
  if (options.has("J")) printing.shape = JsonShape::kKcat;
  printing.meta_only = options.has("meta-only");
  for (const char* name : {"n", "c"}) {
    LEAT_ASSIGN_OR_RETURN(const auto number, options.number(name, 0));
    if (number) printing.left = *number;
  }
  return printing;
}

Result<int> consume(const Surroundings& surroundings, const Options& options) {
  if (options.words().empty()) return invalid("Name the topics to read.");
  LEAT_RETURN_IF_ERROR(options.refuse_with("g", {"p", "e"}));
  LEAT_ASSIGN_OR_RETURN(Printing printing, printing_of(options, ""));
  LEAT_ASSIGN_OR_RETURN(Settings settings, command_settings(surroundings, options));
  const bool read_committed = options.has("read-committed") || settings.get("isolation.level") == "read_committed";
  const std::string place = options.value_or("o", options.value_or("offset", options.has("g") ? "start" : "end"));
  LEAT_ASSIGN_OR_RETURN(OffsetRange range, parse_offset_range(place, surroundings.world.loop.wall_clock_ms()));
  if (options.has("e") && !range.to) range.to = OffsetBound{OffsetBound::Kind::kEnd};
  if (const auto group = options.value("g")) {
    using Kind = OffsetBound::Kind;
    if (range.to || (range.from.kind != Kind::kStart && range.from.kind != Kind::kEnd))
      return invalid(
          "-o with -g: start or end, for partitions without a committed offset; 'leat group seek' moves others");
    settings.set("group.id", *group);
    settings.set("auto.offset.reset", range.from.kind == Kind::kStart ? "earliest" : "latest");
    if (read_committed) settings.set("isolation.level", "read_committed");
  }
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  if (options.has("g")) {
    LEAT_RETURN_IF_ERROR(read_in_group(*session, settings, options, printing));
    return 0;
  }
  LEAT_ASSIGN_OR_RETURN(const auto partitions, chosen_partitions(*session, options));
  LEAT_ASSIGN_OR_RETURN(const Bounds bounds, Bounds::look_up(*session, partitions, read_committed));
  Plan plan;
  LEAT_ASSIGN_OR_RETURN(plan.from, bounds.offsets(range.from));
  if (range.to) {
    LEAT_ASSIGN_OR_RETURN(plan.to, bounds.offsets(*range.to));
  }
  LEAT_RETURN_IF_ERROR(read(*session, plan, read_committed, printing));
  return 0;
}

/// What is there between two bounds, of all partitions, oldest first.
Result<std::vector<HeldRecord>> hold(Session& session, const Plan& plan) {
  client::Fetcher fetcher(session.cluster(), {});
  std::size_t left = 0;
  for (const auto& [partition, from] : plan.from)
    if (from < plan.to.at(partition)) fetcher.add(partition, from), ++left;
  std::vector<HeldRecord> held;
  while (left > 0 && !session.terminal().interrupted()) {
    const auto batches = fetcher.take();
    for (const client::FetchedBatch& each : batches) {
      auto cursor = wire::RecordCursor::open(each.batch, each.block, kInflatedBytesMax);
      if (!cursor) return cursor.error();
      for (wire::RecordView record; cursor->next(record);)
        if (record.offset >= each.from && record.offset < plan.to.at(each.partition))
          held.push_back({each, *cursor, record});
    }
    for (const Error& error : fetcher.take_errors()) return error;
    if (!batches.empty()) continue;
    left = 0;
    for (const auto& [partition, from] : plan.from)
      if (from < plan.to.at(partition) && fetcher.position(partition).value_or(-1) < plan.to.at(partition)) ++left;
    if (left > 0) session.loop().run_once(kTurn);
  }
  std::stable_sort(held.begin(), held.end(),
                   [](const HeldRecord& a, const HeldRecord& b) { return a.record.timestamp < b.record.timestamp; });
  return held;
}

Result<int> tail(const Surroundings& surroundings, const Options& options) {
  if (options.words().empty()) return invalid("Name the topics to follow.");
  LEAT_ASSIGN_OR_RETURN(const auto count, options.number("n", 0));
  LEAT_ASSIGN_OR_RETURN(Printing printing, printing_of(options, kTailFormat));
  printing.left = std::numeric_limits<std::int64_t>::max();
  LEAT_ASSIGN_OR_RETURN(const Settings settings, command_settings(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  LEAT_ASSIGN_OR_RETURN(const auto partitions, chosen_partitions(*session, options));
  LEAT_ASSIGN_OR_RETURN(const Bounds bounds, Bounds::look_up(*session, partitions, false));
  const std::int64_t shown = count.value_or(kTailRecords);
  Plan before{{}, bounds.ends()};
  LEAT_ASSIGN_OR_RETURN(before.from, bounds.offsets({OffsetBound::Kind::kBeforeEnd, shown}));
  LEAT_ASSIGN_OR_RETURN(const auto held, hold(*session, before));
  const std::size_t skipped = held.size() - std::min(held.size(), static_cast<std::size_t>(shown));
  for (std::size_t i = skipped; i < held.size(); ++i)
    printing.print(surroundings.terminal, held[i].fetched.partition, held[i].fetched.batch, held[i].record);
  surroundings.terminal.flush();
  if (options.has("e")) return 0;
  LEAT_RETURN_IF_ERROR(read(*session, {bounds.ends(), {}}, false, printing));
  return 0;
}

}  // namespace

const Command kConsumeCommand{"consume", "TOPIC...", "prints records, a JSON object per line unless -f is given",
                              kConsumeOptions, consume};
const Command kTailCommand{"tail", "TOPIC...", "the last records of several topics by time, and what comes",
                           kTailOptions, tail};

}  // namespace leat::tools
