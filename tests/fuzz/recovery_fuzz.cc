// A log directory with one file of arbitrary bytes: uint8 which file, uint8 where the recovery point lies, content.
//
// The log opens or says why not; it can be read to its end or says where it is damaged; it takes another record; and it
// is the same after the next start.
#include <string>

#include "base/check.h"
#include "broker/log/partition_log.h"
#include "tests/conformance/vectors.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/fuzz_world.h"

namespace leat::fuzz {

namespace {

constexpr const char* kDirectory = "/data/txn-0";
constexpr const char* kLastBase = "00000000000000000074";

const std::vector<std::string>& files() {
  static const std::vector<std::string> kFiles{std::string(kLastBase) + ".log",
                                               std::string(kLastBase) + ".index",
                                               std::string(kLastBase) + ".timeindex",
                                               std::string(kLastBase) + ".snapshot",
                                               std::string(kLastBase) + ".txnindex",
                                               "leader-epoch-checkpoint",
                                               "partition.metadata",
                                               "00000000000000000052.log",
                                               "00000000000000000052.index",
                                               "00000000000000000000.txnindex"};
  return kFiles;
}

/// Every readable batch's bytes, up to where a read fails.
Bytes read_all(log::PartitionLog& log) {
  Bytes all;
  for (std::int64_t offset = log.log_start_offset(); offset < log.log_end_offset();) {
    const auto read = log.read(offset, 64 * 1024, true, log::Isolation::kReadUncommitted);
    if (read.error != wire::ErrorCode::kNone || read.records.empty()) break;
    const Buf block = read.records.flatten();
    std::int64_t next = offset;
    for (BytesView rest = block.view(); !rest.empty();) {
      const auto batch = wire::BatchView::parse(rest);
      LEAT_CHECK(batch.ok(), "a read gives whole batches");
      next = std::max(next, batch->last_offset() + 1);
      all += batch->bytes();
      rest.remove_prefix(batch->size());
    }
    LEAT_CHECK(next > offset, "a read goes on");
    offset = next;
  }
  return all;
}

void life(BytesView content, const std::string& name, std::int64_t recovery_point) {
  FuzzWorld around;
  log::MemoryDisk& disk = around.disk;
  const World world = around.world();
  disk.import(conformance::carried_vectors_directory() + "/disk/killed/txn-0", kDirectory);
  const std::string path = std::string(kDirectory) + "/" + name;
  (void)disk.open(path, OpenMode::kCreate);
  disk.content(path) = content;
  const auto topic_id = log::PartitionLog::topic_id_in(disk, kDirectory);
  const auto open = [&](const log::LogCheckpoint& checkpoint) {
    return log::PartitionLog::open(world, kDirectory, {"txn", 0}, topic_id ? *topic_id : Uuid{1, 2}, {}, checkpoint);
  };
  auto log = open({.recovery_point = recovery_point});
  if (!log) return;
  const Bytes before = read_all(**log);
  wire::BatchBuilder builder;
  builder.append(1'700'000'000'000, "key", "value");
  const auto appended = (*log)->append(builder.seal({}), log::AppendOrigin::kClient);
  disk.finish_syncs();
  const std::int64_t end = (*log)->log_end_offset();
  if (!(*log)->close()) return;
  const log::LogCheckpoint clean{
      .recovery_point = (*log)->durable_offset(), .log_start_offset = (*log)->log_start_offset(), .clean = true};
  log->reset();
  auto again = open(clean);
  LEAT_CHECK(again.ok(), "a log that was closed well opens");
  LEAT_CHECK((*again)->log_end_offset() == end, "and ends where it ended");
  const Bytes after = read_all(**again);
  LEAT_CHECK(after.starts_with(before), "and holds what it held");
  LEAT_CHECK(appended.error != wire::ErrorCode::kNone || appended.last_offset == end - 1);
}

}  // namespace

std::vector<Bytes> seeds() {
  std::vector<Bytes> inputs;
  log::MemoryDisk disk;
  disk.import(conformance::carried_vectors_directory() + "/disk/killed/txn-0", kDirectory);
  for (std::size_t i = 0; i < files().size(); ++i) {
    const std::string path = std::string(kDirectory) + "/" + files()[i];
    Bytes content = disk.exists(path) ? disk.content(path) : Bytes();
    while (!content.empty() && content.back() == '\0') content.pop_back();  // preallocated
    for (const char point : {'\0', '\x4a'}) inputs.push_back(Bytes{static_cast<char>(i), point} + content);
  }
  return inputs;
}

}  // namespace leat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat;
  fuzz::say_nothing();
  if (size < 2) return 0;
  fuzz::life(fuzz::view(data + 2, size - 2), fuzz::files()[data[0] % fuzz::files().size()], data[1] % 100);
  return 0;
}
