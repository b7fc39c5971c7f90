#include "broker/coordinator/state_machine.h"

namespace leat::coordinator {

using wire::BatchView;

namespace {

constexpr std::size_t kReplayBytes = 1024 * 1024;
constexpr std::size_t kInflatedBytesMax = 256 * 1024 * 1024;

Status apply_batch(StateMachine& machine, const BatchView& batch, const Buf& owner) {
  LEAT_ASSIGN_OR_RETURN(auto cursor, wire::RecordCursor::open(batch, owner, kInflatedBytesMax));
  WriterIdentity writer;
  if (batch.transactional()) writer = {batch.producer_id(), batch.producer_epoch()};
  for (wire::RecordView record; cursor.next(record);) {
    if (!batch.control()) {
      machine.apply(record, writer);
    } else if (const auto type = wire::control_type(record); type != wire::ControlType::kUnknown) {
      machine.apply_end(batch.producer_id(), type == wire::ControlType::kCommit);
    }
  }
  return {};
}

}  // namespace

Status Runtime::replay() {
  std::int64_t offset = log_.log_start_offset();
  while (offset < log_.log_end_offset()) {
    auto read = log_.read(offset, kReplayBytes, true, log::Isolation::kReadUncommitted);
    if (read.error != wire::ErrorCode::kNone || read.records.empty())
      return Error{ErrorKind::kCorrupt, "internal partition " + log_.partition().to_string() +
                                            " cannot be read at offset " + std::to_string(offset)};
    const Buf block = read.records.flatten();
    for (BytesView rest = block.view(); !rest.empty();) {
      const BatchView batch = *BatchView::parse(rest);
      if (batch.last_offset() >= offset) LEAT_RETURN_IF_ERROR(apply_batch(machine_, batch, block));
      offset = batch.last_offset() + 1;
      rest.remove_prefix(batch.size());
    }
  }
  return {};
}

Status Runtime::append(Buf batch) {
  const log::AppendOutcome outcome = log_.append(batch, log::AppendOrigin::kCoordinator);
  if (outcome.error != wire::ErrorCode::kNone)
    return Error{ErrorKind::kKafka, outcome.message, static_cast<int>(outcome.error)};
  return apply_batch(machine_, BatchView::trusted(batch.view()), batch);
}

void Runtime::release_when_durable(OneShot<Status> released) {
  log_.when_committed(log_.log_end_offset(),
                      [alive = std::weak_ptr<bool>(alive_), released = std::move(released)](Status status) mutable {
                        if (alive.expired()) return released.discard();
                        released(std::move(status));
                      });
}

void Runtime::write(std::vector<InternalRecord> records, OneShot<Status> released, const WriterIdentity& writer) {
  if (!records.empty()) {
    wire::BatchBuilder builder(1024);
    for (const InternalRecord& record : records) {
      const auto view = [](const std::optional<Bytes>& bytes) {
        return bytes ? std::optional<BytesView>(*bytes) : std::nullopt;
      };
      builder.append(world_.loop.wall_clock_ms(), view(record.key), view(record.value));
    }
    // Offsets of a transaction carry no sequence: the coordinator writes each of them once.
    Buf batch = builder.seal({.transactional = writer.transactional(),
                              .producer_id = writer.producer_id,
                              .producer_epoch = writer.producer_epoch});
    if (auto appended = append(std::move(batch)); !appended) return released(appended);
  }
  release_when_durable(std::move(released));
}

void Runtime::write_marker(const WriterIdentity& writer, std::int32_t coordinator_epoch, bool commit,
                           OneShot<Status> released) {
  Buf marker = wire::end_transaction_marker(commit, writer.producer_id, writer.producer_epoch, coordinator_epoch,
                                            world_.loop.wall_clock_ms());
  if (auto appended = append(std::move(marker)); !appended) return released(appended);
  release_when_durable(std::move(released));
}

}  // namespace leat::coordinator
