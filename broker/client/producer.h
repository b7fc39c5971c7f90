// Producer: idempotent, optionally transactional. Lives on one loop; nothing is allocated per record.
//
//   client::Producer producer(cluster, {.linger = 5ms});
//   producer.prepare({"orders"}, [&](Status ready) {
//     producer.send(producer.topic("orders"), -1, "key", "value", {}, now_ms);
//     producer.flush([](Status delivered) { ... });
//   });
//
// A record is copied into the open batch of its partition before `send` returns. A partition has one batch under way;
// what comes meanwhile gathers in the next one, so batches grow with the load. Batches are tried again in order, with
// the sequence numbers they have, until `delivery_timeout`; a batch that fails for good fails the producer: nothing
// more is sent, and `error` says why. A transactional producer recovers from that by aborting, unless it was fenced
// (kFenced).
//
// Transactions are those of version 2 (KIP-890), which Apache Kafka has since 4.0: partitions join them with their
// first batch, and every end raises the epoch.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "broker/client/cluster.h"
#include "broker/wire/messages/produce.h"
#include "broker/wire/record_batch.h"

namespace leat::client {

struct ProducerConfig {
  /// -1 (all) or 1; a producer without acknowledgements would not know what was lost.
  std::int16_t acks = -1;
  Duration linger = std::chrono::milliseconds(5);
  std::size_t batch_bytes = 16 * 1024;
  /// Bytes of records that may wait for their acknowledgement; `full` tells when there are more.
  std::size_t buffer_bytes = 32 * 1024 * 1024;
  wire::Codec codec = wire::Codec::kNone;
  Duration delivery_timeout = std::chrono::seconds(120);
  /// How long `prepare` looks for topics (max.block.ms).
  Duration prepare_timeout = std::chrono::seconds(60);
  /// Empty for a producer without transactions.
  std::string transactional_id;
  std::int32_t transaction_timeout_ms = 60'000;
};

/// Who commits offsets with a transaction: the consumer's membership, so that a zombie is refused.
struct GroupMembership {
  std::string group_id;
  std::string member_id;
  std::int32_t generation = -1;
  std::optional<std::string> instance_id;
};

struct OffsetToCommit {
  std::int64_t offset = 0;
  std::string metadata;
};

class Producer {
 public:
  /// A topic that is written to, with its partitions. Owned by the producer; stays valid as long as it does.
  class Topic {
   public:
    const std::string& name() const { return name_; }
    /// 0 until `prepare` has found the topic.
    std::int32_t partition_count() const { return static_cast<std::int32_t>(partitions_.size()); }

   private:
    friend class Producer;
    struct Sealed {
      Buf bytes;
      Instant deadline;
    };
    struct Partition {
      Topic* topic = nullptr;
      std::int32_t index = 0;
      wire::BatchBuilder open;
      std::deque<Sealed> sealed;
      bool under_way = false;
      bool queued = false;  ///< stands in ready_
      std::int32_t next_sequence = 0;
      std::int64_t last_offset = -1;
      std::int64_t acknowledged = 0;
      std::optional<Instant> opened_at;
    };
    std::string name_;
    std::vector<std::unique_ptr<Partition>> partitions_;
    std::int32_t sticky_ = 0;
  };

  Producer(Cluster& cluster, ProducerConfig config);
  ~Producer();

  /// Makes topics known, and an idempotent producer its id. To be called, and answered, before sending to them.
  void prepare(const std::set<std::string>& topics, OneShot<Status> ready);
  /// The same; looks for the topics until `deadline`.
  void prepare(const std::set<std::string>& topics, Instant deadline, OneShot<Status> ready);
  Topic& topic(const std::string& name);

  /// Appends a record. `partition` -1 chooses it: by the key's murmur2 as Kafka's producer, without a key one after the
  /// other by batch. Requires a prepared topic and, for a transactional producer, an open transaction.
  void send(Topic& topic, std::int32_t partition, std::optional<BytesView> key, std::optional<BytesView> value,
            std::span<const wire::RecordHeader> headers, std::int64_t timestamp_ms);
  /// Whether more than `buffer_bytes` wait: stop sending until a flush, or until this is false again.
  bool full() const { return bytes_waiting_ > config_.buffer_bytes; }
  /// Replies when everything sent before is acknowledged, or has failed.
  void flush(OneShot<Status> done);
  /// Asked when the broker refuses a batch for what its records are (too large, invalid); a batch of several that is
  /// too large is split first. True: the batch is dropped, and what comes behind it goes on. Without it, or with false,
  /// the producer fails.
  using OnRefused = std::function<bool(const Topic&, std::int32_t partition, const Buf& batch, const Error& why)>;
  void on_refused(OnRefused handler) { on_refused_ = std::move(handler); }
  /// Why the producer has failed, if it has.
  const std::optional<Error>& error() const { return error_; }
  /// Offset of the last acknowledged record of a partition, or -1.
  std::int64_t last_offset(const Topic& topic, std::int32_t partition) const {
    return topic.partitions_[static_cast<std::size_t>(partition)]->last_offset;
  }

  /// How many records of a partition have been acknowledged.
  std::int64_t acknowledged(const Topic& topic, std::int32_t partition) const {
    return topic.partitions_[static_cast<std::size_t>(partition)]->acknowledged;
  }

  /// Fences earlier producers of the same transactional id and finishes what they left open.
  void init_transactions(OneShot<Status> done);
  void begin_transaction();
  /// Whether anything has gone into the open transaction.
  bool transaction_used() const { return transaction_used_; }
  void send_offsets(const std::map<TopicPartition, OffsetToCommit>& offsets, const GroupMembership& group,
                    OneShot<Status> done);
  /// A commit requires that everything is flushed; an abort drops what was not sent, waits for the answer to what is
  /// under way, and lets a producer that has failed go on, unless it was fenced. The transaction's outcome is decided
  /// when `done` is answered without error; kUnavailable and kTimeout leave it unknown until `init_transactions`.
  void end_transaction(bool commit, OneShot<Status> done);

 private:
  using Partition = Topic::Partition;
  struct Request;

  void init_producer_id(Instant deadline, OneShot<Status> done);
  void append_ready(Partition& partition);
  void schedule_send();
  void send_ready();
  void seal(Partition& partition);
  void send_to(std::int32_t leader, std::vector<Partition*> partitions);
  void answered(std::shared_ptr<Request> request, Result<wire::ProduceResponse> response);
  void pop_front(Partition& partition);
  void go_on(Partition& partition);
  Status split(Partition& partition);
  bool refused(Partition& partition, const Error& why);
  void settle(Partition& partition, wire::ErrorCode error, std::int64_t base_offset);
  void retry_later(Partition& partition, bool refresh);
  void fail(const Error& why);
  void drop_all();
  void abandon(Partition& partition);
  void abort_when_quiet();
  void answer_flushes();
  void stage_offsets(std::shared_ptr<struct OffsetsRequest> request);
  void end(bool commit, Instant deadline, OneShot<Status> done);
  template <class Task>
  void after_backoff(Task task);

  Cluster& cluster_;
  World world_;
  ProducerConfig config_;
  std::map<std::string, std::unique_ptr<Topic>> topics_;
  std::deque<Partition*> ready_;
  std::vector<OneShot<Status>> flushes_;
  std::size_t bytes_waiting_ = 0;
  std::size_t batches_waiting_ = 0;
  std::size_t open_batches_ = 0;
  bool send_scheduled_ = false;
  std::optional<TimerId> linger_timer_;
  std::optional<Error> error_;
  OnRefused on_refused_;
  std::int64_t producer_id_ = wire::kNoProducerId;
  std::int16_t producer_epoch_ = wire::kNoProducerEpoch;
  bool in_transaction_ = false;
  bool transaction_used_ = false;
  OneShot<Status> abort_done_;  ///< set while an abort waits for what is under way
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat::client
