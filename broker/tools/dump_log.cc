// kafka-dump-log: what is in the files of a partition: segments, indexes, producer snapshots.
#include <fmt/format.h>

#include <algorithm>

#include "base/big_endian.h"
#include "broker/tools/internal_records.h"
#include "broker/tools/segment_files.h"
#include "broker/tools/tools.h"
#include "broker/wire/header.h"

namespace leat::tools {

namespace {

constexpr std::size_t kInflatedBytesMax = 1 << 30;
constexpr std::size_t kSnapshotHeaderBytes = 10;
constexpr std::size_t kAbortedBytes = 34;

constexpr OptionSpec kOptions[] = {
    {"cluster-metadata-decoder", Takes::kNothing, "", "records are those of __cluster_metadata"},
    {"deep-iteration", Takes::kNothing, "", "a line per record, not per batch only"},
    {"files", Takes::kValue, "file1,file2", ".log, .index, .timeindex, .txnindex and .snapshot files; required"},
    {"index-sanity-check", Takes::kNothing, "", "only say whether indexes are sane"},
    {"key-decoder-class", Takes::kPerhapsValue, "class", "only StringDecoder, the default"},
    {"max-bytes", Takes::kValue, "bytes", "read no more of a .log"},
    {"max-message-size", Takes::kValue, "bytes", "accepted; batches of any size are read"},
    {"offsets-decoder", Takes::kNothing, "", "records are those of __consumer_offsets"},
    {"print-data-log", Takes::kNothing, "", "keys and values too"},
    {"skip-record-metadata", Takes::kNothing, "", "keys and values without offsets and sizes"},
    {"transaction-log-decoder", Takes::kNothing, "", "records are those of __transaction_state"},
    {"value-decoder-class", Takes::kPerhapsValue, "class", "only StringDecoder, the default"},
    {"verify-index-only", Takes::kNothing, "", "only say what is wrong with indexes"},
};

/// A key and a value as text; nothing where the record has none.
struct Decoded {
  std::optional<std::string> key, value;
};

class Dump {
 public:
  Dump(const Surroundings& surroundings, const Options& options)
      : files_(surroundings.world.files), terminal_(surroundings.terminal), options_(options) {
    offsets_ = options.has("offsets-decoder");
    transactions_ = options.has("transaction-log-decoder");
    metadata_ = options.has("cluster-metadata-decoder");
    contents_ = options.has("print-data-log") || offsets_ || transactions_ || metadata_;
    deep_ = contents_ || options.has("deep-iteration");
  }

  Status file(const std::string& path, std::size_t bytes_max) {
    terminal_.out(fmt::format("Dumping {}\n", path));
    const std::string_view suffix = std::string_view(path).substr(std::min(path.rfind('.'), path.size()));
    if (suffix == ".log" || suffix == ".checkpoint") return log(path, bytes_max);
    if (suffix == ".index") return index(path);
    if (suffix == ".timeindex") return time_index(path);
    if (suffix == ".snapshot") return snapshot(path);
    if (suffix == ".txnindex") return aborted_transactions(path);
    terminal_.err(fmt::format("Ignoring unknown file {}\n", path));
    return {};
  }

  /// What was found wrong, under its heading; true where nothing was.
  bool report() {
    for (const auto& [heading, lines] : findings_) {
      terminal_.err(heading + "\n");
      for (const std::string& line : lines) terminal_.err(line + "\n");
    }
    return findings_.empty();
  }

 private:
  void find(std::string heading, std::string line) { findings_[std::move(heading)].push_back(std::move(line)); }

  Status log(const std::string& path, std::size_t bytes_max) {
    LEAT_ASSIGN_OR_RETURN(const Buf content, read_whole(files_, path));
    if (path.ends_with(".log")) terminal_.out(fmt::format("Log starting offset: {}\n", base_offset_of(path)));
    const BytesView all = content.view().substr(0, bytes_max);
    std::size_t at = 0;
    std::optional<std::int64_t> last;
    while (at < all.size()) {
      const auto batch = wire::BatchView::parse(all.substr(at));
      if (!batch) break;
      terminal_.out(describe_batch(*batch, at));
      if (deep_) LEAT_RETURN_IF_ERROR(records(path, content, *batch, last));
      at += batch->size();
      terminal_.flush();
    }
    if (at < all.size() && !options_.has("max-bytes"))
      terminal_.out(fmt::format("Found {} invalid bytes at the end of {}\n", all.size() - at, file_name(path)));
    return {};
  }

  std::string describe_batch(const wire::BatchView& batch, std::size_t position) const {
    const std::string horizon = batch.has_delete_horizon() ? fmt::format("OptionalLong[{}]", batch.base_timestamp())
                                                           : std::string("OptionalLong.empty");
    return fmt::format(
        "baseOffset: {} lastOffset: {} count: {} baseSequence: {} lastSequence: {} producerId: {} producerEpoch: {} "
        "partitionLeaderEpoch: {} isTransactional: {} isControl: {} deleteHorizonMs: {} position: {} {}: {} size: {} "
        "magic: "
        "{} compresscodec: {} crc: {} isvalid: {}\n",
        batch.base_offset(), batch.last_offset(), batch.record_count(), batch.base_sequence(), batch.last_sequence(),
        batch.producer_id(), batch.producer_epoch(), batch.leader_epoch(), batch.transactional(), batch.control(),
        horizon, position, time_type(batch), batch.max_timestamp(), batch.size(), int{wire::BatchView::kMagic},
        wire::name(static_cast<wire::Codec>(batch.codec_number())), batch.crc(), batch.crc_matches());
  }
  static std::string_view time_type(const wire::BatchView& batch) {
    return batch.log_append_time() ? "LogAppendTime" : "CreateTime";
  }

  Status records(const std::string& path, const Buf& content, const wire::BatchView& batch,
                 std::optional<std::int64_t>& last) {
    LEAT_ASSIGN_OR_RETURN(auto cursor, wire::RecordCursor::open(batch, content, kInflatedBytesMax));
    for (wire::RecordView record; cursor.next(record);) {
      if (last && record.offset != *last + 1)
        find(fmt::format("Non-consecutive offsets in {}", path),
             fmt::format("  {} is followed by {}", *last, record.offset));
      last = record.offset;
      terminal_.out(describe_record(batch, record));
    }
    if (!cursor.ok())
      return Error{ErrorKind::kCorrupt,
                   fmt::format("{}: records of the batch at offset {} are malformed", path, batch.base_offset())};
    return {};
  }

  std::string describe_record(const wire::BatchView& batch, const wire::RecordView& record) const {
    // Without metadata the bar belongs to what comes first.
    std::string text;
    if (!options_.has("skip-record-metadata")) {
      std::vector<wire::RecordHeader> headers;
      record.headers(headers);
      std::string keys;
      for (const wire::RecordHeader& each : headers) keys += (keys.empty() ? "" : ",") + std::string(each.key);
      const std::int64_t sequence =
          batch.base_sequence() < 0 ? -1 : batch.base_sequence() + record.offset - batch.base_offset();
      text +=
          fmt::format("| offset: {} {}: {} keySize: {} valueSize: {} sequence: {} headerKeys: [{}]", record.offset,
                      time_type(batch), record.timestamp, size_of(record.key), size_of(record.value), sequence, keys);
      if (batch.control()) text += describe_control(record);
    }
    if (contents_ && !batch.control()) {
      const Decoded decoded = decode(record);
      if (decoded.key) text += (text.empty() ? "| key: " : " key: ") + *decoded.key;
      if (decoded.value) text += (text.empty() ? "| payload: " : " payload: ") + *decoded.value;
    }
    return text + "\n";
  }
  static std::int64_t size_of(const std::optional<BytesView>& bytes) {
    return bytes ? static_cast<std::int64_t>(bytes->size()) : -1;
  }

  std::string describe_control(const wire::RecordView& record) const {
    constexpr std::size_t kMarkerBytes = 6;
    const wire::ControlType type = wire::control_type(record);
    if (type == wire::ControlType::kUnknown || !record.value || record.value->size() < kMarkerBytes)
      return fmt::format(" controlType: UNKNOWN({})", record.key && record.key->size() >= 4
                                                          ? load_big_endian<std::int16_t>(record.key->data() + 2)
                                                          : -1);
    return fmt::format(" endTxnMarker: {} coordinatorEpoch: {}",
                       type == wire::ControlType::kCommit ? "COMMIT" : "ABORT",
                       load_big_endian<std::int32_t>(record.value->data() + 2));
  }

  Decoded decode(const wire::RecordView& record) const {
    if (metadata_ && record.value) {
      const auto text = read_metadata(*record.value);
      return {std::nullopt,
              text ? *text : fmt::format("Error at {}, skipping. {}", record.offset, text.error().message)};
    }
    for (const InternalRecords each :
         {InternalRecords::kOffsets, InternalRecords::kGroups, InternalRecords::kTransactions}) {
      const bool wanted = each == InternalRecords::kTransactions ? transactions_ : offsets_;
      const auto found = wanted ? read_internal(each, record) : std::optional<InternalRecord>();
      if (!found)
        return {fmt::format("Error at offset {}, skipping. {}", record.offset, found.error().message), std::nullopt};
      if (!*found) continue;
      const InternalRecord& internal = **found;
      Decoded decoded{fmt::format(R"({{"type":"{}","data":{}}})", internal.type, internal.key), "<DELETE>"};
      if (!internal.value) return decoded;
      std::string data = internal.value->data;
      if (each == InternalRecords::kGroups) data = with_protocol_of_members(std::move(data), *record.value);
      decoded.value = fmt::format(R"({{"version":"{}","data":{}}})", internal.value->version, data);
      return decoded;
    }
    Decoded decoded;
    if (record.key) decoded.key = std::string(*record.key);
    if (record.value) decoded.value = std::string(*record.value);
    return decoded;
  }

  Status index(const std::string& path) {
    LEAT_ASSIGN_OR_RETURN(const auto entries, read_offset_index(files_, path));
    if (entries.empty()) {
      terminal_.out(fmt::format("{} is empty.\n", path));
      return {};
    }
    if (options_.has("index-sanity-check")) {
      terminal_.out(fmt::format("{} passed sanity check.\n", path));
      return {};
    }
    LEAT_ASSIGN_OR_RETURN(const Buf log, read_whole(files_, beside(path, ".log")));
    for (const OffsetEntry& each : entries) {
      const auto batch = wire::BatchView::parse(log.view().substr(std::min<std::size_t>(each.position, log.size())));
      const std::int64_t found = batch ? batch->last_offset() : -1;
      if (found != each.offset)
        find(fmt::format("Mismatches in :{}", path),
             fmt::format("  Index offset: {}, log offset: {}", each.offset, found));
      if (!options_.has("verify-index-only"))
        terminal_.out(fmt::format("offset: {} position: {}\n", each.offset, each.position));
    }
    return {};
  }

  Status time_index(const std::string& path) {
    LEAT_ASSIGN_OR_RETURN(const auto entries, read_time_index(files_, path));
    if (options_.has("index-sanity-check")) {
      terminal_.out(fmt::format("{} passed sanity check.\n", path));
      return {};
    }
    LEAT_ASSIGN_OR_RETURN(const Buf log, read_whole(files_, beside(path, ".log")));
    LEAT_ASSIGN_OR_RETURN(const auto offsets, read_offset_index(files_, beside(path, ".index")));
    std::int64_t before = -1;
    for (const TimeEntry& each : entries) {
      verify_time(path, each, before, log, offsets);
      if (!options_.has("verify-index-only"))
        terminal_.out(fmt::format("timestamp: {} offset: {}\n", each.timestamp, each.offset));
      before = each.timestamp;
    }
    return {};
  }

  void verify_time(const std::string& path, const TimeEntry& entry, std::int64_t before, const Buf& log,
                   const std::vector<OffsetEntry>& offsets) {
    std::size_t at = 0;
    for (const OffsetEntry& each : offsets)
      if (each.offset <= entry.offset) at = each.position;
    std::int64_t last = -1, timestamp = -1;
    while (at < log.size() && last < entry.offset) {
      const auto batch = wire::BatchView::parse(log.view().substr(at));
      if (!batch) break;
      last = batch->last_offset();
      timestamp = batch->max_timestamp();
      at += batch->size();
    }
    if (last != entry.offset)
      return find(
          fmt::format("The following indexed offsets are not found in :{}", path),
          fmt::format("Indexed offset: {}, found log offset: {}", entry.offset, last < entry.offset ? -1 : last));
    if (timestamp != entry.timestamp)
      find(fmt::format("Found timestamp mismatch in :{}", path),
           fmt::format("  Index timestamp: {}, log timestamp: {}", entry.timestamp, timestamp));
    if (before >= entry.timestamp)
      find(fmt::format("Found out of order timestamp in :{}", path),
           fmt::format("  Index timestamp: {}, Previously indexed timestamp: {}", entry.timestamp, before));
  }

  Status snapshot(const std::string& path) {
    LEAT_ASSIGN_OR_RETURN(const Buf content, read_whole(files_, path));
    BigEndianReader reader(content.view().substr(std::min<std::size_t>(kSnapshotHeaderBytes - 4, content.size())));
    constexpr std::size_t kEntryBytes = 46;
    for (auto left = reader.read_count(kEntryBytes); left > 0; --left) {
      const auto id = reader.read<std::int64_t>();
      const auto epoch = reader.read<std::int16_t>();
      const auto last_sequence = reader.read<std::int32_t>();
      const auto last_offset = reader.read<std::int64_t>();
      const auto delta = reader.read<std::int32_t>();
      const auto timestamp = reader.read<std::int64_t>();
      const auto coordinator_epoch = reader.read<std::int32_t>();
      const auto open = reader.read<std::int64_t>();
      terminal_.out(
          fmt::format("producerId: {} producerEpoch: {} coordinatorEpoch: {} currentTxnFirstOffset: {} "
                      "lastTimestamp: {}",
                      id, epoch, coordinator_epoch,
                      open < 0 ? "OptionalLong.empty" : fmt::format("OptionalLong[{}]", open), timestamp));
      // Sequences wrap from 2^31 - 1 to 0.
      const std::int64_t first = last_sequence >= delta ? std::int64_t{last_sequence} - delta
                                                        : (std::int64_t{1} << 31) + last_sequence - delta;
      if (last_offset >= 0)
        terminal_.out(fmt::format(" firstSequence: {} lastSequence: {} lastOffset: {} offsetDelta: {} timestamp: {}",
                                  first, last_sequence, last_offset, delta, timestamp));
      terminal_.out("\n");
    }
    if (!reader.ok()) return Error{ErrorKind::kCorrupt, fmt::format("{} is no producer snapshot", path)};
    return {};
  }

  Status aborted_transactions(const std::string& path) {
    LEAT_ASSIGN_OR_RETURN(const Buf content, read_whole(files_, path));
    BigEndianReader reader(content.view());
    for (std::size_t left = content.size() / kAbortedBytes; left > 0; --left) {
      const auto version = reader.read<std::int16_t>();
      const auto id = reader.read<std::int64_t>();
      const auto first = reader.read<std::int64_t>();
      const auto last = reader.read<std::int64_t>();
      const auto stable = reader.read<std::int64_t>();
      terminal_.out(fmt::format("version: {} producerId: {} firstOffset: {} lastOffset: {} lastStableOffset: {}\n",
                                version, id, first, last, stable));
    }
    return {};
  }

  Files& files_;
  Terminal& terminal_;
  const Options& options_;
  bool offsets_ = false, transactions_ = false, metadata_ = false, contents_ = false, deep_ = false;
  std::map<std::string, std::vector<std::string>> findings_;
};

Result<int> work(const Surroundings& surroundings, const Options& options) {
  LEAT_RETURN_IF_ERROR(options.require({"files"}));
  for (const char* decoder : {"key-decoder-class", "value-decoder-class"})
    if (const auto name = options.value(decoder); name && !name->ends_with("StringDecoder"))
      return Error{ErrorKind::kInvalidArgument, fmt::format("--{} {}: only StringDecoder is there", decoder, *name)};
  LEAT_ASSIGN_OR_RETURN(const auto max_bytes, options.number("max-bytes", 0));
  Dump dump(surroundings, options);
  for (const std::string& each : split(*options.value("files"), ','))
    LEAT_RETURN_IF_ERROR(dump.file(std::string(trimmed(each)), static_cast<std::size_t>(max_bytes.value_or(
                                                                   std::numeric_limits<std::int64_t>::max()))));
  return dump.report() ? 0 : 1;
}

}  // namespace

const Tool kDumpLogTool{"kafka-dump-log", "prints what is in the files of a partition", kOptions, work};

}  // namespace leat::tools
