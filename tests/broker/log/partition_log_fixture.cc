#include "tests/broker/log/log_fixture.h"

#include <fmt/format.h>

#include <algorithm>

namespace leat::log {

using wire::BatchView;

LogFixture::LogFixture() {
  LEAT_CHECK(disk_.make_directories(kRoot).ok());
  LEAT_CHECK(disk_.sync_directory("/").ok());
}

void LogFixture::TearDown() {
  static int exported = 0;
  const char* to = std::getenv("LEAT_EXPORT_LOGS");
  if (to == nullptr || !log_ || log_->offline() || !log_->close()) return;
  disk_.export_to(kDirectory, fmt::format("{}/orders-{}", to, exported++));
}

Result<std::unique_ptr<PartitionLog>> LogFixture::try_open() {
  return PartitionLog::open(world(), kDirectory, {"orders", 0}, Uuid{1, 2}, config_, checkpoint_);
}

void LogFixture::open() {
  auto opened = try_open();
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  log_ = std::move(*opened);
}

void LogFixture::reopen() {
  if (log_) {
    const Status closed = log_->close();
    ASSERT_TRUE(closed.ok()) << closed.error().message;
    checkpoint_ = {log_->durable_offset(), log_->log_start_offset(), true};
    log_.reset();
  }
  open();
  checkpoint_.clean = false;
}

void LogFixture::kill() {
  disk_.finish_syncs();
  log_.reset();
}

void LogFixture::crash(Random* random) {
  log_.reset();
  disk_.crash(random);
}

Buf LogFixture::batch(const BatchSpec& spec) {
  wire::BatchBuilder builder;
  const std::int64_t timestamp = spec.timestamp < 0 ? loop_.wall_clock_ms_ : spec.timestamp;
  for (int i = 0; i < spec.records; ++i) {
    const std::string key = "key";
    const std::string value = spec.value + std::to_string(values_++);
    builder.append(timestamp, spec.keys ? std::optional<BytesView>(key) : std::nullopt, value);
  }
  const bool idempotent = spec.writer.id != wire::kNoProducerId;
  return builder.seal({.codec = spec.codec,
                       .transactional = spec.writer.transactional,
                       .producer_id = spec.writer.id,
                       .producer_epoch = idempotent ? spec.writer.epoch : wire::kNoProducerEpoch,
                       .base_sequence = idempotent ? spec.writer.sequence : wire::kNoSequence});
}

AppendOutcome LogFixture::append(const BatchSpec& spec) { return log_->append(batch(spec), AppendOrigin::kClient); }

AppendOutcome LogFixture::marker(bool commit, const Writer& writer) {
  return log_->append(wire::end_transaction_marker(commit, writer.id, writer.epoch, 0, loop_.wall_clock_ms_),
                      AppendOrigin::kCoordinator);
}

void LogFixture::batches(int count, int records) {
  for (int i = 0; i < count; ++i) ASSERT_EQ(append({.records = records}).error, wire::ErrorCode::kNone);
  disk_.finish_syncs();
}

void LogFixture::roll() {
  LogConfig tiny = config_;
  tiny.segment_bytes = 1;
  log_->configure(tiny);
  ASSERT_EQ(append().error, wire::ErrorCode::kNone);
  log_->configure(config_);
  disk_.finish_syncs();
}

std::vector<std::string> LogFixture::records(std::int64_t offset, Isolation isolation, std::size_t bytes_max) {
  std::vector<std::string> found;
  while (offset < log_->readable_end(isolation)) {
    const ReadOutcome read = log_->read(offset, bytes_max, true, isolation);
    if (read.error != wire::ErrorCode::kNone) {
      found.push_back(fmt::format("error {}", static_cast<int>(read.error)));
      return found;
    }
    const Buf whole = read.records.flatten();
    if (whole.empty()) break;
    for (BytesView rest = whole.view(); !rest.empty();) {
      const BatchView batch = *BatchView::parse(rest);
      rest.remove_prefix(batch.size());
      auto cursor = wire::RecordCursor::open(batch, whole, 1 << 26);
      LEAT_CHECK(cursor.ok());
      for (wire::RecordView record; cursor->next(record);)
        if (record.offset >= offset && !batch.control())
          found.push_back(fmt::format("{}:{}", record.offset, record.value.value_or("null")));
      offset = batch.last_offset() + 1;
    }
  }
  return found;
}

std::vector<std::string> LogFixture::committed_records() {
  std::vector<std::string> found;
  const std::int64_t end = log_->last_stable_offset();
  for (std::int64_t offset = log_->log_start_offset(); offset < end;) {
    const ReadOutcome read = log_->read(offset, 1 << 20, true, Isolation::kReadCommitted);
    if (read.error != wire::ErrorCode::kNone || read.records.empty()) break;
    const Buf whole = read.records.flatten();
    std::vector<AbortedTransaction> aborted = read.aborted;
    std::map<std::int64_t, bool> aborting;
    for (BytesView rest = whole.view(); !rest.empty();) {
      const BatchView batch = *BatchView::parse(rest);
      rest.remove_prefix(batch.size());
      std::erase_if(aborted, [&](const AbortedTransaction& each) {
        if (each.first_offset > batch.last_offset()) return false;
        return aborting[each.producer_id] = true;
      });
      if (batch.control()) aborting[batch.producer_id()] = false;
      auto cursor = wire::RecordCursor::open(batch, whole, 1 << 26);
      for (wire::RecordView record; cursor->next(record);)
        if (!batch.control() && !(batch.transactional() && aborting[batch.producer_id()]) && record.offset >= offset)
          found.push_back(fmt::format("{}:{}", record.offset, record.value.value_or("null")));
      offset = batch.last_offset() + 1;
    }
  }
  return found;
}

std::string LogFixture::path(std::int64_t base, const std::string& extension) const {
  return std::string(kDirectory) + "/" + segment_name(base) + extension;
}

}  // namespace leat::log
