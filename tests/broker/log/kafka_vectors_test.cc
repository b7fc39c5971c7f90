// Apache Kafka's own verdicts and files: what its log made of batches (conformance/wire/batches), and log directories
// of its brokers (conformance/disk). The selection in tests/data is used where the whole collection is not there.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "tests/broker/log/log_fixture.h"
#include "tests/conformance/json_lines.h"
#include "tests/conformance/vectors.h"

namespace leat::log {

using conformance::for_each_line;
using conformance::from_hex;
using simdjson::dom::element;
using testing::IsEmpty;
using wire::BatchView;
using wire::ErrorCode;

namespace {

/// The collection, or the selection of it that the repository carries.
std::string vectors(const std::string& name) {
  const std::string full = conformance::full_vectors_directory();
  const std::string place = "/" + name;
  if (!full.empty() && (std::filesystem::exists(full + place) || std::filesystem::exists(full + place + ".zst")))
    return full + place;
  return conformance::carried_vectors_directory() + place;
}

std::string text(element object, const char* key) {
  std::string_view value;
  return object[key].get(value) ? std::string() : std::string(value);
}
std::int64_t number(element object, const char* key) { return object[key].get_int64().value(); }

}  // namespace

class KafkaVectorsTest : public LogFixture {
 protected:
  /// A new log as Kafka's generator had it: leader epoch 3, clock at 1800000000000.
  void open_for_verdicts() {
    log_.reset();
    ASSERT_TRUE(disk_.remove_directory(kDirectory).ok());
    ASSERT_TRUE(disk_.make_directories(kDirectory).ok());
    auto file = disk_.open(std::string(kDirectory) + "/leader-epoch-checkpoint", OpenMode::kCreate);
    disk_.content(std::string(kDirectory) + "/leader-epoch-checkpoint") = "0\n1\n3 0\n";
    checkpoint_ = {};
    open();
  }

  void configure(element config) {
    config_ = {};
    for (auto [key, value] : simdjson::dom::object(config)) {
      const std::string setting(std::string_view(value).data(), std::string_view(value).size());
      if (key == "message.timestamp.type") config_.log_append_time = true;
      if (key == "cleanup.policy") config_.cleanup_compact = true, config_.cleanup_delete = false;
      if (key == "max.message.bytes") config_.max_message_bytes = std::stoll(setting);
      if (key == "message.timestamp.after.max.ms") config_.timestamp_after_max_ms = std::stoll(setting);
      if (key == "message.timestamp.before.max.ms") config_.timestamp_before_max_ms = std::stoll(setting);
      if (key == "compression.type")
        config_.compression = setting == "uncompressed" ? wire::Codec::kNone : *wire::parse_codec(setting);
    }
  }

  /// What lies at the end of the log.
  Buf stored() {
    disk_.finish_syncs();
    return log().read(0, 1 << 24, true, Isolation::kReadUncommitted).records.flatten();
  }

  /// Names of codes that are as good: the README of the vectors allows better manners than an uncaught exception, and
  /// refusals where Kafka stores what readers then stumble over.
  static bool as_good(const std::string& name, const std::string& kafka, ErrorCode ours, bool may_be_stricter) {
    if (wire::name(ours) == kafka) return true;
    // What cannot be inflated is one error here, and one of two in Kafka.
    if (name.find("payload") != name.npos && ours == ErrorCode::kUnknownServerError) return kafka == "INVALID_RECORD";
    // Kafka's coordinators cannot write control records that do not exist; here nobody looks at their type.
    if (name.starts_with("control record with key version 1, type 2") ||
        name.starts_with("control record of an unknown type"))
      return true;
    const bool refusal = ours == ErrorCode::kCorruptMessage || ours == ErrorCode::kInvalidRecord;
    return refusal && (kafka == "UNKNOWN_SERVER_ERROR" || (kafka == "NONE" && may_be_stricter));
  }
};

TEST_F(KafkaVectorsTest, GivesKafkasVerdicts) {
  int compared = 0, stricter = 0;
  for (const char* name : {"wire/batches/verdicts.jsonl", "wire/batches/truncated.jsonl"})
    ASSERT_TRUE(for_each_line(vectors(name), [&](element line) {
      open_for_verdicts();
      const element expected = line["produce"];
      const auto outcome = log().append(Buf::copy_of(from_hex(text(line, "hex"))), AppendOrigin::kClient);
      const std::string kafka = text(expected, "error");
      EXPECT_TRUE(as_good(text(line, "name"), kafka, outcome.error, true))
          << text(line, "name") << ": " << wire::name(outcome.error) << ", not " << kafka << ": " << outcome.message;
      ++compared;
      if (outcome.error != ErrorCode::kNone) {
        EXPECT_EQ(log().log_end_offset(), 0);
        if (kafka == "NONE") {
          ++stricter;
          std::cout << "stricter than Kafka: " << text(line, "name") << ": " << outcome.message << "\n";
        }
      } else if (const std::string bytes = text(expected, "stored"); !bytes.empty()) {
        // Kafka stores offset deltas as sent, whatever they say; here the records are numbered anew.
        const bool renumbered = text(line, "name").starts_with("raw: offset delta") &&
                                text(line, "name").find("overlong") == std::string::npos;
        EXPECT_EQ(to_hex(stored()) == bytes, !renumbered) << text(line, "name");
      }
    }));
  std::cout << compared << " verdicts, " << stricter << " of them stricter\n";
  EXPECT_GT(compared, 20);
}

TEST_F(KafkaVectorsTest, StoresWhatKafkaStoresUnderEverySetting) {
  int compared = 0;
  ASSERT_TRUE(for_each_line(vectors("wire/batches/appended.jsonl"), [&](element line) {
    configure(line["config"]);
    open_for_verdicts();
    const std::string where = text(line, "batch") + " / " + text(line, "topic");
    const auto origin = text(line, "origin") == "CLIENT" ? AppendOrigin::kClient : AppendOrigin::kCoordinator;
    const auto outcome = log().append(Buf::copy_of(from_hex(text(line, "sent"))), origin);
    const std::string kafka = text(line, "error");
    EXPECT_TRUE(as_good(where, kafka, outcome.error, false))
        << where << ": " << wire::name(outcome.error) << ", not " << kafka << ": " << outcome.message;
    ++compared;
    if (outcome.error != ErrorCode::kNone || kafka != "NONE") return;
    EXPECT_EQ(outcome.base_offset, number(line, "baseOffset")) << where;
    EXPECT_EQ(outcome.last_offset, number(line, "lastOffset")) << where;
    EXPECT_EQ(outcome.log_append_time_ms, number(line, "logAppendTime")) << where;
    const Bytes expected = from_hex(text(line, "stored"));
    const Buf actual = stored();
    if (bool(line["exact"])) {
      EXPECT_EQ(to_hex(actual), to_hex(expected)) << where;
      return;
    }
    // Compressors differ: the headers and the records count.
    const BatchView theirs = *BatchView::parse(expected), ours = *BatchView::parse(actual);
    EXPECT_TRUE(ours.crc_matches());
    EXPECT_EQ(ours.bytes().substr(21, 40), theirs.bytes().substr(21, 40)) << where;
    auto their_records = wire::RecordCursor::open(theirs, Buf::copy_of(expected), 1 << 26);
    auto our_records = wire::RecordCursor::open(ours, actual, 1 << 26);
    wire::RecordView theirs_record, ours_record;
    while (their_records->next(theirs_record)) {
      ASSERT_TRUE(our_records->next(ours_record)) << where;
      EXPECT_EQ(ours_record.offset, theirs_record.offset);
      EXPECT_EQ(ours_record.timestamp, theirs_record.timestamp);
      EXPECT_EQ(ours_record.key, theirs_record.key);
      EXPECT_EQ(ours_record.value, theirs_record.value);
      EXPECT_EQ(ours_record.raw_headers, theirs_record.raw_headers);
    }
  }));
  EXPECT_GT(compared, 20);
}

TEST_F(KafkaVectorsTest, ReadsAndRefusesProducerSnapshotsAsKafka) {
  int compared = 0;
  ASSERT_TRUE(for_each_line(vectors("wire/internal-records/producer-snapshots.jsonl"), [&](element line) {
    ProducerState state;
    const Status loaded = state.load(from_hex(text(line, "hex")));
    simdjson::dom::array read;
    const bool good = !line["read"].get(read);
    EXPECT_EQ(loaded.ok(), good) << text(line, "what");
    ++compared;
    if (!good || !loaded) return;
    EXPECT_EQ(state.producers().size(), read.size());
    for (const element each : read) {
      const auto& entry = state.producers().at(number(each, "producerId"));
      EXPECT_EQ(entry.epoch, number(each, "producerEpoch"));
      EXPECT_EQ(entry.coordinator_epoch, number(each, "coordinatorEpoch"));
      EXPECT_EQ(entry.last_timestamp, number(each, "lastTimestamp"));
    }
    ProducerState again;
    EXPECT_TRUE(again.load(state.snapshot()).ok());
    EXPECT_EQ(again.producers().size(), state.producers().size());
  }));
  EXPECT_GT(compared, 10);
}

TEST_F(KafkaVectorsTest, OpensKafkasLogDirectories) {
  int partitions = 0, batches_compared = 0;
  for (const std::string stop : {"clean", "killed", "tv1"}) {
    const std::string source = vectors("disk/" + stop);
    for (const auto& entry : std::filesystem::directory_iterator(source)) {
      if (!entry.is_directory()) continue;
      const std::string name = entry.path().filename().string();
      SCOPED_TRACE(stop + "/" + name);
      ++partitions;
      const std::string directory = "/kafka/" + stop + "/" + name;
      disk_.import(entry.path().string(), directory);
      const TopicPartition partition{name.substr(0, name.rfind('-')), std::stoi(name.substr(name.rfind('-') + 1))};
      LogConfig config;
      config.index_interval_bytes = 200;
      config.cleanup_compact = name.starts_with("compacted") || name.starts_with("__") || name.ends_with("changelog-0");
      const Uuid topic_id = *PartitionLog::topic_id_in(disk_, directory);
      const std::int64_t start = name == "trimmed-0" ? 57 : 0;
      auto opened = PartitionLog::open(world(), directory, partition, topic_id, config,
                                       {.recovery_point = 0, .log_start_offset = start, .clean = stop != "killed"});
      ASSERT_TRUE(opened.ok()) << opened.error().message;
      std::int64_t offset = start;
      const std::string decoded = vectors("disk/decoded/" + stop + "/" + name + ".jsonl");
      ASSERT_TRUE(for_each_line(decoded, [&](element line) {
        if (number(line, "lastOffset") < start) return;
        const auto read = (*opened)->read(offset, 1, true, Isolation::kReadUncommitted);
        ASSERT_EQ(read.error, ErrorCode::kNone) << offset;
        const Buf bytes = read.records.flatten();
        ASSERT_FALSE(bytes.empty()) << offset;
        const BatchView batch = *BatchView::parse(bytes.view());
        EXPECT_EQ(batch.base_offset(), number(line, "baseOffset"));
        EXPECT_EQ(batch.crc(), static_cast<std::uint32_t>(number(line, "crc")));
        EXPECT_EQ(batch.record_count(), number(line, "count"));
        EXPECT_EQ(batch.max_timestamp(), number(line, "maxTimestamp"));
        auto cursor = wire::RecordCursor::open(batch, bytes, 1 << 26);
        ASSERT_TRUE(cursor.ok());
        wire::RecordView record;
        for (const element expected : simdjson::dom::array(line["records"])) {
          ASSERT_TRUE(cursor->next(record));
          EXPECT_EQ(record.offset, number(expected, "offset"));
          EXPECT_EQ(record.timestamp, number(expected, "timestamp"));
          std::string_view key;
          EXPECT_EQ(record.key ? to_hex(*record.key) : "null", expected["key"].get(key) ? "null" : std::string(key));
        }
        ++batches_compared;
        offset = batch.last_offset() + 1;
      }));
      EXPECT_GE((*opened)->log_end_offset(), offset);
      if (!config.cleanup_compact) {
        EXPECT_EQ((*opened)->log_end_offset(), offset);
      }
      EXPECT_TRUE((*opened)->close().ok());
      if (const char* to = std::getenv("LEAT_EXPORT_LOGS")) disk_.export_to(directory, to + ("/" + stop + "/" + name));
    }
  }
  std::cout << partitions << " partitions, " << batches_compared << " batches\n";
  EXPECT_GE(partitions, 3);
}

TEST_F(KafkaVectorsTest, RecoversAtLeastAsMuchAsKafka) {
  disk_.import(vectors("disk/killed/txn-0"), "/kafka/txn-0");
  const std::string file = "/kafka/txn-0/" + segment_name(74) + ".log";
  const Bytes content = disk_.content(file);
  const std::map<std::string, std::function<void(Bytes&, std::size_t)>> damages{
      {"active segment cut to N bytes", [](Bytes& bytes, std::size_t n) { bytes.resize(n); }},
      {"active segment, lowest bit of byte N flipped", [](Bytes& bytes, std::size_t n) { bytes[n] ^= 1; }},
      {"active segment, byte N inverted", [](Bytes& bytes, std::size_t n) { bytes[n] ^= static_cast<char>(0xff); }}};
  const Uuid topic_id = *PartitionLog::topic_id_in(disk_, "/kafka/txn-0");
  config_.index_interval_bytes = 200;
  int compared = 0;
  ASSERT_TRUE(for_each_line(vectors("disk/recovery.jsonl"), [&](element line) {
    const auto damage = damages.find(text(line, "damage"));
    if (damage == damages.end()) return;
    for (const element range : simdjson::dom::array(line["byN"]))
      for (std::int64_t n = number(range, "from"); n <= number(range, "to"); ++n) {
        disk_.content(file) = content;
        damage->second(disk_.content(file), static_cast<std::size_t>(n));
        auto opened = PartitionLog::open(world(), "/kafka/txn-0", {"txn", 0}, topic_id, config_,
                                         {.recovery_point = number(line, "recoveryPoint")});
        ASSERT_TRUE(opened.ok()) << opened.error().message;
        const std::string kafka = text(range, "logEndOffset");
        // Where Kafka throws, or believes in an offset beyond the end, anything reasonable is better.
        const bool is_number = kafka.find_first_not_of("0123456789") == kafka.npos;
        const std::int64_t end_min = is_number ? std::min<std::int64_t>(94, std::stoll(kafka)) : 74;
        EXPECT_GE((*opened)->log_end_offset(), end_min) << damage->first << " " << n;
        EXPECT_LE((*opened)->log_end_offset(), 94) << damage->first << " " << n;
        ++compared;
      }
  }));
  std::cout << compared << " damages\n";
  EXPECT_GT(compared, 3000);
}

TEST_F(KafkaVectorsTest, FindsKafkasProducersAndTransactionsAfterAKill) {
  disk_.import(vectors("disk/killed/txn-0"), "/kafka/txn-0");
  const Uuid topic_id = *PartitionLog::topic_id_in(disk_, "/kafka/txn-0");
  bool compared = false;
  ASSERT_TRUE(for_each_line(vectors("disk/recovery.jsonl"), [&](element line) {
    if (text(line, "damage") != "nothing") return;
    compared = true;
    auto opened = PartitionLog::open(world(), "/kafka/txn-0", {"txn", 0}, topic_id, config_, {});
    ASSERT_TRUE(opened.ok());
    const element result = line["result"];
    for (const element each : simdjson::dom::array(result["producers"])) {
      const auto& entry = (*opened)->producers().producers().at(number(each, "id"));
      EXPECT_EQ(entry.epoch, number(each, "epoch"));
      EXPECT_EQ(entry.open_transaction_offset.value_or(-1), number(each, "openFrom"));
    }
    std::vector<AbortedTransaction> expected;
    for (const element each : simdjson::dom::array(result["aborted"]))
      expected.push_back(
          {number(each, "producerId"), number(each, "first"), number(each, "last"), number(each, "lso")});
    std::vector<AbortedTransaction> found;
    for (std::int64_t offset = 0; offset < (*opened)->last_stable_offset();) {
      const auto read = (*opened)->read(offset, 1 << 20, true, Isolation::kReadCommitted);
      const Buf bytes = read.records.flatten();
      for (const auto& each : read.aborted)
        if (std::find(found.begin(), found.end(), each) == found.end()) found.push_back(each);
      for (BytesView rest = bytes.view(); !rest.empty();) {
        offset = BatchView::parse(rest)->last_offset() + 1;
        rest.remove_prefix(BatchView::parse(rest)->size());
      }
    }
    EXPECT_EQ(found, expected);
  }));
  EXPECT_TRUE(compared);
}

}  // namespace leat::log
