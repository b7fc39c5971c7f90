#include "tests/conformance/vector_player.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "streams/topology_test_driver.h"
#include "tests/conformance/json_lines.h"
#include "tests/conformance/store_reader.h"

namespace leat::conformance {

namespace {

using simdjson::dom::element;

std::optional<Bytes> optional_bytes(element hex) {
  return hex.is_null() ? std::nullopt : std::optional<Bytes>(from_hex(std::string_view(hex)));
}

std::string text_member(element object, std::string_view name) {
  std::string_view text;
  if (object[name].get(text)) return {};
  return std::string(text);
}

/// Headers of dead letters that differ between languages: only their presence is compared.
bool names_java_class(std::string_view header) {
  return header == "__streams.errors.exception" || header == "__streams.errors.message" ||
         header == "__streams.errors.stacktrace";
}

Headers headers_of(element record) {
  Headers headers;
  simdjson::dom::array list;
  if (record["h"].get(list)) return headers;
  for (element header : list) {
    std::string name(std::string_view(header.at(0)));
    const bool recorded = !names_java_class(name);
    headers.add(std::move(name), recorded ? optional_bytes(header.at(1)) : Bytes());
  }
  return headers;
}

TestRecordBytes input_of(element record) {
  TestRecordBytes input;
  input.topic = std::string_view(record["t"]);
  input.key = optional_bytes(record["k"]);
  input.value = optional_bytes(record["v"]);
  input.timestamp = whole_number(record["ts"]);
  input.headers = headers_of(record);
  return input;
}

/// One line per record, for comparison and for people.
std::string line_of(const TestRecordBytes& record) {
  const auto hex = [](const std::optional<Bytes>& bytes) {
    return json_hex(bytes ? std::optional<BytesView>(*bytes) : std::nullopt);
  };
  std::string line = "k=" + hex(record.key) + " v=" + hex(record.value);
  line += " ts=" + (record.timestamp ? std::to_string(*record.timestamp) : "null");
  if (record.partition) line += " p=" + std::to_string(*record.partition);
  for (const Header& header : record.headers) {
    line += " " + header.name + ":" + (names_java_class(header.name) ? "*" : hex(header.value));
  }
  return line;
}

TestRecordBytes recorded(element record) {
  TestRecordBytes expected;
  expected.key = optional_bytes(record["k"]);
  expected.value = optional_bytes(record["v"]);
  if (element time = record["ts"]; !time.is_null()) expected.timestamp = whole_number(time);
  std::int64_t partition;
  if (!record["p"].get(partition)) expected.partition = static_cast<std::int32_t>(partition);
  expected.headers = headers_of(record);
  return expected;
}
std::string expected_line(element record) { return line_of(recorded(record)); }

class Run {
 public:
  Run(const BuildTopology& build, const PlayOptions& options) : build_(build), play_(options) {}

  /// The header line. Returns a difference.
  std::string begin(element header) {
    element settings = header["cfg"];
    BuilderOptions builder;
    builder.in_memory_stores = text_member(settings, "store") == "in_memory";
    builder.optimize = text_member(settings, "optimize") == "all";
    builder.headers_format = text_member(settings, "format") == "HEADERS";
    in_memory_ = builder.in_memory_stores;
    topology_.emplace(build_(builder));
    driver_options_.application_id = "app";
    driver_options_.emit_interval_ms = std::stoll(text_member(settings, "emit_ms"));
    driver_options_.initial_wall_clock = whole_number(header["wall0"]);
    driver_options_.statestore_cache_max_bytes = std::stoll(text_member(settings, "cache"));
    exactly_once_ = text_member(settings, "guarantee") == "exactly_once_v2";
    const auto continue_on_error = [](const FailedRecord&) { return OnError::kContinue; };
    if (text_member(settings, "deserialization.exception.handler").find("Continue") != std::string::npos) {
      driver_options_.handlers.deserialization = continue_on_error;
    }
    if (text_member(settings, "processing.exception.handler").find("Continue") != std::string::npos) {
      driver_options_.handlers.processing = continue_on_error;
    }
    driver_options_.changes_apart = text_member(settings, "upgrade_from") == "3.4";
    driver_options_.handlers.dead_letter_topic = text_member(settings, "errors.dead.letter.queue.topic.name");
    const auto plan = topology_->plan({"app", 0});
    if (!plan.ok()) return plan.error().message;
    for (const Subtopology& part : plan->subtopologies()) {
      for (const PlannedStore& store : part.stores) {
        const std::string& name = store.builder->name();
        const bool subscriptions =
            name.ends_with("-subscription-store") || name.find("SUBSCRIPTION-STATE-STORE") != std::string::npos;
        if (store.builder->description().kind == StoreKind::kWindow) without_headers_[name] = 2;
        if (subscriptions) without_headers_[name] = 1;
      }
    }
    if (play_.restore_only) return open();
    const std::string described = topology_->describe();
    if (described != std::string_view(header["describe"])) {
      return fmt::format("describe():\n{}not\n{}", described, std::string_view(header["describe"]));
    }
    return open();
  }

  std::string step(element line) {
    if (line["end"].error() == simdjson::SUCCESS || line["failed"].error() == simdjson::SUCCESS) return finish(line);
    const std::string_view op = line["op"];
    if (op == "reset") return open();
    if (play_.restore_only) return take_recorded(op, line);
    if (op == "store") return compare_dump(line);
    if (op == "q") return compare_query(line);
    Status status;
    if (op == "pipe") {
      const TestRecordBytes input = input_of(line);
      inputs_[input.topic].push_back(input);
      status = driver_->pipe(input);
    } else if (op == "batch") {
      std::vector<TestRecordBytes> inputs;
      for (element record : line["recs"]) {
        inputs.push_back(input_of(record));
        inputs_[inputs.back().topic].push_back(inputs.back());
      }
      status = driver_->pipe_batch(inputs);
    } else if (op == "wall") {
      status = driver_->advance(whole_number(line["ms"]));
    } else {
      return fmt::format("unknown step {}", op);
    }
    const bool expect_error = line["err"].error() == simdjson::SUCCESS;
    if (expect_error && status.ok()) return fmt::format("no error, but {}", simdjson::minify(line["err"]));
    if (!expect_error && !status.ok()) return "error: " + status.error().message;
    return compare_outputs(line["out"]);
  }

  const std::map<std::string, int>& restored() const { return restored_; }

 private:
  std::string open() {
    driver_.reset();
    inputs_.clear();
    changelogs_.clear();
    last_dumps_.clear();
    if (!play_.state_dir.empty()) {
      std::filesystem::remove_all(play_.state_dir);
      std::filesystem::create_directories(play_.state_dir);
      driver_options_.state_dir = play_.state_dir;
    }
    if (play_.restore_only) return {};
    try {
      driver_ = std::make_unique<TopologyTestDriver>(*topology_, driver_options_);
    } catch (const TestDriverError& error) {
      return std::string("cannot be built: ") + error.what();
    }
    return {};
  }

  std::string compare_outputs(element expected_topics) {
    std::map<std::string, std::vector<std::string>> actual, expected;
    for (const TestRecordBytes& record : driver_->take_sent()) {
      actual[record.topic].push_back(line_of(record));
      if (record.topic.ends_with("-changelog")) changelogs_[record.topic].push_back(record);
      if (record.headers.last("v") && record.topic.ends_with("-changelog")) unordered_.insert(record.topic);
    }
    for (auto [topic, records] : simdjson::dom::object(expected_topics)) {
      for (element record : records) expected[std::string(topic)].push_back(expected_line(record));
    }
    for (const std::string& topic : unordered_) {
      std::sort(actual[topic].begin(), actual[topic].end());
      std::sort(expected[topic].begin(), expected[topic].end());
    }
    std::set<std::string> topics;
    for (const auto& [topic, lines] : actual) topics.insert(topic);
    for (const auto& [topic, lines] : expected) topics.insert(topic);
    for (const std::string& topic : topics) {
      const auto& got = actual[topic];
      const auto& want = expected[topic];
      for (std::size_t i = 0; i < std::max(got.size(), want.size()); ++i) {
        const std::string a = i < got.size() ? got[i] : "nothing";
        const std::string b = i < want.size() ? want[i] : "nothing";
        if (a != b) return fmt::format("{}[{}]: {}\n      not {}", topic, i, a, b);
      }
    }
    return {};
  }

  static std::vector<std::string> sorted(element rows) {
    std::vector<std::string> lines;
    for (element row : rows) lines.push_back(simdjson::minify(row));
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  /// The rows of a step as JSON. The last columns are left out for the windows of a stream join (timestamp and headers)
  /// and for the subscriptions of a foreign-key join (headers): Kafka fills them in some stores, nobody reads them, and
  /// ours have none (docs/deviations.md).
  std::string rows_of(element line) const {
    const bool recorded = std::string_view(line["kind"]).starts_with("h");
    if (!recorded || headers_of_rows(line)) return simdjson::minify(line["rows"]);
    const std::size_t left_out = without_headers_.at(std::string(std::string_view(line["name"])));
    std::string rows = "[";
    for (const simdjson::dom::array row : line["rows"]) {
      rows += rows.size() > 1 ? ",[" : "[";
      for (std::size_t i = 0; i + left_out < row.size(); ++i) rows += (i > 0 ? "," : "") + simdjson::minify(row.at(i));
      rows += "]";
    }
    return rows + "]";
  }

  /// Whether the rows of a step, and ours of that store, end with headers.
  bool headers_of_rows(element line) const {
    return std::string_view(line["kind"]).starts_with("h") &&
           !without_headers_.contains(std::string(std::string_view(line["name"])));
  }

  /// What we have, as JSON, with what the step has.
  std::string compare_rows(const std::string& actual, element line) {
    simdjson::dom::parser parser, expected_parser;
    const element parsed = parser.parse(actual);
    const std::string rows = rows_of(line);
    const element expected = expected_parser.parse(rows);
    if (order_is_open(std::string_view(line["kind"])) && sorted(expected) == sorted(parsed)) return {};
    return first_difference(expected, parsed);
  }

  /// Kafka's cache over a window store reads a segment again where a read with an open upper key goes from one to the
  /// next, and answers with its rows twice; we answer with each once.
  bool repeats_rows(const std::string& actual, element expected) {
    std::vector<std::string> once, ours;
    for (element row : expected) {
      std::string line = simdjson::minify(row);
      if (std::find(once.begin(), once.end(), line) == once.end()) once.push_back(std::move(line));
    }
    simdjson::dom::parser parser;
    for (element row : simdjson::dom::array(parser.parse(actual))) ours.push_back(simdjson::minify(row));
    return once == ours;
  }

  /// A cache over a store in memory merges two orders in Kafka; nobody relies on the result.
  bool order_is_open(std::string_view kind) const {
    return kind.ends_with("win") && in_memory_ && driver_options_.statestore_cache_max_bytes > 0;
  }

  std::string compare_dump(element line) {
    const std::string name{std::string_view(line["name"])};
    StateStore* store = driver_->state_store(name);
    if (!store) return "no store " + name;
    if (line["rows"].error() != simdjson::SUCCESS) return {};
    const std::string_view kind = line["kind"];
    const bool headers = headers_of_rows(line);
    last_dumps_[name] = {std::string(kind), rows_of(line), headers};
    const std::string found = compare_rows(dump_rows(*store, kind, headers), line);
    return found.empty() ? found : "store " + name + found;
  }

  std::string compare_query(element line) {
    const std::string name{std::string_view(line["name"])};
    StateStore* store = driver_->state_store(name);
    if (!store) return "no store " + name;
    if (line["rows"].error() != simdjson::SUCCESS) return {};
    const std::string_view function = line["fn"];
    // The recorder chose its arguments by reading all windows, which counts as use of the record cache.
    if (std::string_view(line["kind"]).ends_with("win")) dump_rows(*store, std::string_view(line["kind"]), false);
    const std::string rows = query_rows(*store, function, line["args"], headers_of_rows(line));
    if (rows.empty()) return fmt::format("store {} has no {}, or types that the player does not know", name, function);
    if (rows == kNoSuchKey) return {};
    if (function.ends_with("etchRange") && repeats_rows(rows, line["rows"])) return {};
    const std::string found = compare_rows(rows, line);
    return found.empty() ? found : fmt::format("{} {}{}: {}", name, function, simdjson::minify(line["args"]), found);
  }

  /// Keeps what restoring needs of a step.
  std::string take_recorded(std::string_view op, element line) {
    if (op == "store") {
      const std::string name{std::string_view(line["name"])};
      if (line["rows"].error() == simdjson::SUCCESS)
        last_dumps_[name] = {std::string(std::string_view(line["kind"])), rows_of(line), headers_of_rows(line)};
      return {};
    }
    if (op == "pipe") inputs_[std::string(std::string_view(line["t"]))].push_back(input_of(line));
    if (op == "batch")
      for (element record : line["recs"])
        inputs_[std::string(std::string_view(record["t"]))].push_back(input_of(record));
    simdjson::dom::object topics;
    if (line["out"].get(topics)) return {};
    for (auto [topic, records] : topics) {
      if (!topic.ends_with("-changelog")) continue;
      for (element record : records) changelogs_[std::string(topic)].push_back(recorded(record));
    }
    return {};
  }

  std::string finish(element line) {
    if (play_.restore_only) return line["end"].error() == simdjson::SUCCESS ? compare_restored() : std::string();
    std::int64_t dropped;
    if (!line["metrics"]["dropped-records-total"].get(dropped) && dropped != driver_->dropped_records_total()) {
      return fmt::format("dropped-records-total: {}, not {}", driver_->dropped_records_total(), dropped);
    }
    if (!exactly_once_ && line["failed"].error() != simdjson::SUCCESS) {
      const auto committed = driver_->committed_metadata();
      for (auto [topic, metadata] : simdjson::dom::object(line["committed"])) {
        // Kafka's driver has one partition per pattern; ours has one per topic.
        if (topic.find('*') != std::string_view::npos) continue;
        const auto ours = committed.find(std::string(topic));
        const std::string text = ours == committed.end() ? "nothing" : ours->second;
        if (text != std::string_view(metadata)) {
          return fmt::format("committed for {}: {}, not {}", topic, text, std::string_view(metadata));
        }
      }
    }
    if (line["end"].error() == simdjson::SUCCESS && play_.check_restore) return compare_restored();
    return {};
  }

  /// Feeds the changelogs of this part of the run into empty stores.
  std::string compare_restored() {
    auto plan = topology_->plan({"app", 0});
    if (!plan.ok()) return plan.error().message;
    std::map<std::string, PlannedStore> planned;
    for (const Subtopology& part : plan.value().subtopologies()) {
      for (const PlannedStore& store : part.stores) planned[store.builder->name()] = store;
    }
    TestDriverOptions options = driver_options_;
    options.state_dir.clear();
    TopologyTestDriver restored(*topology_, options);
    for (const auto& [name, dump] : last_dumps_) {
      const PlannedStore& store = planned[name];
      if (store.changelog_topic.empty() || store.global || store.builder->description().entries_max > 0) continue;
      const auto& records =
          store.changelog_is_source ? inputs_[store.changelog_topic] : changelogs_[store.changelog_topic];
      for (const TestRecordBytes& record : records) {
        if (!record.key) continue;
        const ChangelogRecord change{*record.key, record.value ? std::optional<BytesView>(*record.value) : std::nullopt,
                                     record.timestamp.value_or(-1), &record.headers};
        const Status status = restored.state_store(name)->restore(change);
        if (!status.ok()) return "restoring " + name + ": " + status.error().message;
      }
      simdjson::dom::parser ours, theirs;
      const element have = ours.parse(dump_rows(*restored.state_store(name), dump.kind, dump.headers));
      const element want = theirs.parse(dump.rows);
      const auto have_rows = sorted(have), want_rows = sorted(want);
      // A window store's changelog may hold rows that had expired when it was read; a record cache over it may show
      // rows that have expired below.
      const bool cached = driver_options_.statestore_cache_max_bytes > 0;
      const bool same = dump.kind.ends_with("kv") ? have_rows == want_rows
                        : cached
                            ? std::includes(want_rows.begin(), want_rows.end(), have_rows.begin(), have_rows.end())
                            : std::includes(have_rows.begin(), have_rows.end(), want_rows.begin(), want_rows.end());
      if (!same) return "restored store " + name + first_difference(want, have);
      ++restored_[dump.kind];
    }
    return {};
  }

  struct Dump {
    std::string kind;
    std::string rows;
    bool headers = false;
  };

  const BuildTopology& build_;
  const PlayOptions& play_;
  std::optional<Topology> topology_;
  TestDriverOptions driver_options_;
  std::unique_ptr<TopologyTestDriver> driver_;
  bool in_memory_ = false;
  bool exactly_once_ = false;
  std::set<std::string> unordered_;
  /// Stores whose rows have no headers here, and no timestamps where it is 2.
  std::map<std::string, std::size_t> without_headers_;
  std::map<std::string, std::vector<TestRecordBytes>> inputs_;
  std::map<std::string, std::vector<TestRecordBytes>> changelogs_;
  std::map<std::string, Dump> last_dumps_;
  std::map<std::string, int> restored_;
};

}  // namespace

std::vector<RunResult> play_vectors(const std::string& path, const BuildTopology& build, const PlayOptions& options) {
  std::vector<RunResult> results;
  std::unique_ptr<Run> run;
  for_each_line(path, [&](element line) {
    if (line["f"].error() == simdjson::SUCCESS) {
      run = std::make_unique<Run>(build, options);
      results.push_back({simdjson::minify(line["seed"]), run->begin(line), {}});
      return;
    }
    if (!results.back().difference.empty()) return;
    std::string found;
    try {
      found = run->step(line);
      results.back().restored = run->restored();
    } catch (const std::exception& error) {
      found = std::string("exception: ") + error.what();
    }
    if (found.empty()) return;
    const bool numbered = line["i"].error() == simdjson::SUCCESS;
    results.back().difference = fmt::format("step {}: {}", numbered ? simdjson::minify(line["i"]) : "end", found);
  });
  return results;
}

}  // namespace leat::conformance
