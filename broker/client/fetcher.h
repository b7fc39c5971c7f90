// Fetcher: keeps batches of assigned partitions coming, a few megabytes ahead of who takes them.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "broker/client/cluster.h"
#include "broker/wire/messages/fetch.h"
#include "broker/wire/messages/list_offsets.h"
#include "broker/wire/record_batch.h"

namespace leat::client {

/// A batch as it was fetched: checked, of a decided transaction, never a control batch. It may begin before the offset
/// that was asked for; `from` is the first offset that counts.
struct FetchedBatch {
  TopicPartition partition;
  Buf block;  ///< keeps the bytes of `batch` alive
  wire::BatchView batch;
  std::int64_t from = 0;
};

/// Where to begin without an offset.
struct OffsetReset {
  enum Kind {
    kNone,  ///< an error
    kEarliest,
    kLatest,
    kByDuration,  ///< at the first record that is not older than `back`; where there is none, at the end (KIP-1106)
  };
  Kind kind = kNone;
  Duration back{};

  OffsetReset(Kind of = kNone, Duration how_far_back = {}) : kind(of), back(how_far_back) {}
};

struct FetcherConfig {
  bool read_committed = false;
  OffsetReset reset = OffsetReset::kEarliest;
  std::int32_t partition_bytes_max = 1024 * 1024;
  std::int32_t bytes_max = 50 * 1024 * 1024;
  std::int32_t min_bytes = 1;
  std::int32_t max_wait_ms = 500;
  /// Fetching pauses for a partition that has this much waiting.
  std::size_t ahead_bytes_max = 4 * 1024 * 1024;
  /// How long a partition may be missing before that is an error: one that was deleted does not come back.
  Duration missing_max = std::chrono::seconds(30);
};

class Fetcher {
 public:
  Fetcher(Cluster& cluster, FetcherConfig config);
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;

  /// Begins to fetch a partition at an offset; without one, or where it is gone, where `reset` says (not set: the
  /// fetcher's own).
  void add(const TopicPartition& partition, std::optional<std::int64_t> offset,
           std::optional<OffsetReset> reset = std::nullopt);
  void remove(const TopicPartition& partition);
  void seek(const TopicPartition& partition, std::int64_t offset);
  void pause(const TopicPartition& partition, bool paused);

  /// What has come since the last call, in order within each partition.
  std::vector<FetchedBatch> take() {
    return take([](const TopicPartition&) { return true; });
  }
  /// The same for the partitions that `wants` says yes to; the others wait on.
  std::vector<FetchedBatch> take(const std::function<bool(const TopicPartition&)>& wants);
  /// What went wrong for good, once each: an offset that is gone without a reset, a corrupt batch, a topic that was
  /// deleted or may not be read.
  std::vector<Error> take_errors() { return std::exchange(errors_, {}); }
  /// The next offset that `take` will give, or nothing while it is not known.
  std::optional<std::int64_t> position(const TopicPartition& partition) const;
  /// End of what can be read, as of the last answer; -1 before.
  std::int64_t end_offset(const TopicPartition& partition) const;
  bool has(const TopicPartition& partition) const { return partitions_.contains(partition); }

 private:
  struct Partition {
    std::uint64_t id = 0;  ///< tells a partition that was removed and added again from what it was before
    std::optional<std::int64_t> fetch_offset;
    std::optional<std::int64_t> taken_offset;
    std::deque<FetchedBatch> waiting;
    std::size_t waiting_bytes = 0;
    std::int64_t end_offset = -1;
    OffsetReset reset = OffsetReset::kEarliest;
    bool paused = false;
    bool under_way = false;
    bool resetting = false;
    std::optional<Instant> missing_since;
    bool nothing_since = false;  ///< no record is as young as the reset asks for
  };

  void schedule();
  void send();
  void send_to(std::int32_t leader, const std::vector<TopicPartition>& partitions);
  void answered(std::int32_t leader, const std::map<TopicPartition, std::uint64_t>& asked,
                Result<wire::FetchResponse> response);
  void take_in(Partition& partition, const TopicPartition& name,
               const wire::FetchResponse::FetchableTopicResponse::PartitionData& data);
  void reset(const TopicPartition& name);
  void retry_later(bool refresh);
  /// No leader is known: the partition comes back, or it was deleted.
  void miss(const TopicPartition& name, Partition& partition);
  void give_up(Partition& partition, Error why);

  Cluster& cluster_;
  std::weak_ptr<bool> cluster_alive_;
  World world_;
  FetcherConfig config_;
  std::uint32_t lane_;
  std::map<TopicPartition, Partition> partitions_;
  std::set<std::int32_t> busy_leaders_;
  std::vector<Error> errors_;
  std::uint64_t next_id_ = 1;
  bool scheduled_ = false;
  bool retry_scheduled_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat::client
