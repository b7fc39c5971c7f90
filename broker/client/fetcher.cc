#include "broker/client/fetcher.h"

#include <algorithm>

namespace leat::client {

using wire::ErrorCode;
using PartitionData = wire::FetchResponse::FetchableTopicResponse::PartitionData;

namespace {

constexpr int kFetchVersionMax = 12;  // from 13 on topics are named by id
constexpr int kListOffsetsVersionMax = 8;

}  // namespace

Fetcher::Fetcher(Cluster& cluster, FetcherConfig config)
    : cluster_(cluster),
      cluster_alive_(cluster.alive()),
      world_(cluster.world()),
      config_(config),
      lane_(cluster.take_lane()) {}

Fetcher::~Fetcher() {
  alive_.reset();
  if (!cluster_alive_.expired()) cluster_.give_back_lane(lane_);
}

void Fetcher::add(const TopicPartition& partition, std::optional<std::int64_t> offset,
                  std::optional<OffsetReset> reset) {
  Partition& added = partitions_[partition];
  added = Partition();
  added.id = next_id_++;
  added.fetch_offset = added.taken_offset = offset;
  added.reset = reset.value_or(config_.reset);
  schedule();
}

void Fetcher::remove(const TopicPartition& partition) { partitions_.erase(partition); }

void Fetcher::seek(const TopicPartition& partition, std::int64_t offset) {
  const auto found = partitions_.find(partition);
  const bool paused = found != partitions_.end() && found->second.paused;
  add(partition, offset);
  pause(partition, paused);
}

void Fetcher::pause(const TopicPartition& partition, bool paused) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end() || found->second.paused == paused) return;
  found->second.paused = paused;
  if (!paused) schedule();
}

std::optional<std::int64_t> Fetcher::position(const TopicPartition& partition) const {
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? std::nullopt : found->second.taken_offset;
}

std::int64_t Fetcher::end_offset(const TopicPartition& partition) const {
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? -1 : found->second.end_offset;
}

std::vector<FetchedBatch> Fetcher::take(const std::function<bool(const TopicPartition&)>& wants) {
  std::vector<FetchedBatch> taken;
  for (auto& [name, partition] : partitions_) {
    if (partition.paused || partition.taken_offset == partition.fetch_offset || !wants(name)) continue;
    const bool was_full = partition.waiting_bytes >= config_.ahead_bytes_max;
    for (FetchedBatch& batch : partition.waiting) taken.push_back(std::move(batch));
    partition.waiting.clear();
    partition.waiting_bytes = 0;
    // Offsets of control batches and of aborted ones are passed over too.
    partition.taken_offset = partition.fetch_offset;
    if (was_full) schedule();
  }
  return taken;
}

void Fetcher::schedule() {
  if (std::exchange(scheduled_, true)) return;
  world_.loop.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    scheduled_ = false;
    send();
  });
}

void Fetcher::retry_later(bool refresh) {
  if (std::exchange(retry_scheduled_, true)) return;
  world_.loop.call_at(world_.loop.now() + cluster_.config().retry_backoff,
                      [this, alive = std::weak_ptr<bool>(alive_), refresh] {
                        if (alive.expired()) return;
                        retry_scheduled_ = false;
                        if (!refresh) return schedule();
                        std::set<std::string> topics;
                        for (const auto& [name, partition] : partitions_) topics.insert(name.topic);
                        if (topics.empty()) return;
                        cluster_.refresh(topics, false, [this, alive](Status) {
                          if (!alive.expired()) schedule();
                        });
                      });
}

void Fetcher::send() {
  std::map<std::int32_t, std::vector<TopicPartition>> by_leader;
  bool unknown_leader = false;
  for (auto& [name, partition] : partitions_) {
    if (partition.paused || partition.under_way || partition.resetting ||
        partition.waiting_bytes >= config_.ahead_bytes_max)
      continue;
    const std::int32_t leader = cluster_.leader_of(name);
    if (leader >= 0) partition.missing_since.reset();
    if (leader < 0) {
      miss(name, partition);
      unknown_leader = true;
    } else if (!partition.fetch_offset) {
      reset(name);
    } else if (!busy_leaders_.contains(leader)) {
      by_leader[leader].push_back(name);
    }
  }
  for (const auto& [leader, partitions] : by_leader) send_to(leader, partitions);
  if (unknown_leader) retry_later(true);
}

void Fetcher::send_to(std::int32_t leader, const std::vector<TopicPartition>& partitions) {
  wire::FetchRequest request;
  request.max_wait_ms = config_.max_wait_ms;
  request.min_bytes = config_.min_bytes;
  request.max_bytes = config_.bytes_max;
  request.isolation_level = config_.read_committed ? 1 : 0;
  std::map<TopicPartition, std::uint64_t> asked;
  for (const TopicPartition& name : partitions) {
    Partition& partition = partitions_[name];
    partition.under_way = true;
    asked[name] = partition.id;
    if (request.topics.empty() || request.topics.back().topic != name.topic)
      request.topics.emplace_back().topic = name.topic;
    auto& each = request.topics.back().partitions.emplace_back();
    each.partition = name.partition;
    each.fetch_offset = *partition.fetch_offset;
    each.partition_max_bytes = config_.partition_bytes_max;
  }
  busy_leaders_.insert(leader);
  cluster_.call_fetching<wire::FetchRequest, wire::FetchResponse>(
      leader, lane_, std::move(request),
      [this, alive = std::weak_ptr<bool>(alive_), leader,
       asked = std::move(asked)](Result<wire::FetchResponse> response) {
        if (!alive.expired()) answered(leader, asked, std::move(response));
      },
      kFetchVersionMax);
}

void Fetcher::answered(std::int32_t leader, const std::map<TopicPartition, std::uint64_t>& asked,
                       Result<wire::FetchResponse> response) {
  busy_leaders_.erase(leader);
  const auto find = [&](const TopicPartition& name) -> Partition* {
    const auto sent = asked.find(name);
    const auto found = partitions_.find(name);
    return sent != asked.end() && found != partitions_.end() && found->second.id == sent->second ? &found->second
                                                                                                 : nullptr;
  };
  for (const auto& [name, id] : asked)
    if (Partition* partition = find(name)) partition->under_way = false;
  if (!response || response->error_code != ErrorCode::kNone) return retry_later(true);
  for (const auto& topic : response->responses)
    for (const auto& data : topic.partitions) {
      const TopicPartition name{topic.topic, data.partition_index};
      Partition* partition = find(name);
      if (partition == nullptr) continue;
      if (data.error_code == ErrorCode::kOffsetOutOfRange) {
        partition->fetch_offset.reset();
      } else if (data.error_code == ErrorCode::kTopicAuthorizationFailed) {
        give_up(*partition, wire::kafka_error(data.error_code, "reading " + name.to_string() +
                                                                   " (the application needs READ of its topics)"));
      } else if (data.error_code != ErrorCode::kNone) {
        retry_later(true);
      } else {
        take_in(*partition, name, data);
      }
    }
  send();
}

void Fetcher::miss(const TopicPartition& name, Partition& partition) {
  const TopicMetadata* topic = cluster_.topic(name.topic);
  if (topic == nullptr) return;
  if (topic->error == ErrorCode::kTopicAuthorizationFailed)
    return give_up(partition, wire::kafka_error(topic->error, "looking for topic '" + name.topic +
                                                                  "' (the application needs DESCRIBE and READ of it)"));
  const bool gone = topic->error == ErrorCode::kUnknownTopicOrPartition || topic->error == ErrorCode::kUnknownTopicId;
  if (!gone) return partition.missing_since.reset();
  if (!partition.missing_since) partition.missing_since = world_.loop.now();
  if (world_.loop.now() - *partition.missing_since >= config_.missing_max)
    give_up(partition, {ErrorKind::kNotFound, "topic '" + name.topic +
                                                  "' was deleted while it was read; create it again, reset the "
                                                  "application, and start it"});
}

void Fetcher::give_up(Partition& partition, Error why) {
  partition.paused = true;
  errors_.push_back(std::move(why));
}

void Fetcher::take_in(Partition& partition, const TopicPartition& name, const PartitionData& data) {
  partition.end_offset = config_.read_committed ? data.last_stable_offset : data.high_watermark;
  if (!data.records || data.records->empty()) return;
  // First offsets of transactions that were aborted, by producer: batches of such a producer from there on, up to the
  // marker, do not exist for us.
  std::vector<std::pair<std::int64_t, std::int64_t>> aborted;
  if (config_.read_committed && data.aborted_transactions)
    for (const auto& transaction : *data.aborted_transactions)
      aborted.emplace_back(transaction.first_offset, transaction.producer_id);
  std::sort(aborted.begin(), aborted.end());
  auto next_aborted = aborted.begin();
  std::set<std::int64_t> aborting;
  const Buf block = data.records->flatten();
  for (BytesView rest = block.view(); !rest.empty();) {
    const auto batch = wire::BatchView::parse(rest);
    if (!batch) break;  // a batch that was cut off comes again
    if (!batch->crc_matches()) {
      errors_.push_back({ErrorKind::kCorrupt, "a batch of " + name.to_string() + " at offset " +
                                                  std::to_string(batch->base_offset()) +
                                                  " fails its checksum; the log of the broker is damaged there"});
      partition.paused = true;
      return;
    }
    rest.remove_prefix(batch->size());
    for (; next_aborted != aborted.end() && next_aborted->first <= batch->last_offset(); ++next_aborted)
      aborting.insert(next_aborted->second);
    const std::int64_t from = *partition.fetch_offset;
    if (batch->last_offset() < from) continue;
    partition.fetch_offset = batch->last_offset() + 1;
    if (batch->control()) {
      aborting.erase(batch->producer_id());
    } else if (!batch->transactional() || !aborting.contains(batch->producer_id())) {
      partition.waiting_bytes += batch->size();
      partition.waiting.push_back({name, block, *batch, std::max(from, batch->base_offset())});
    }
  }
}

void Fetcher::reset(const TopicPartition& name) {
  Partition& partition = partitions_[name];
  if (partition.reset.kind == OffsetReset::kNone) {
    partition.paused = true;
    errors_.push_back({ErrorKind::kNotFound,
                       "there is no offset to read " + name.to_string() +
                           " from: nothing is committed, or it is no longer there; set auto.offset.reset, or seek"});
    return;
  }
  partition.resetting = true;
  wire::ListOffsetsRequest request;
  request.replica_id = -1;
  request.isolation_level = config_.read_committed ? 1 : 0;
  auto& topic = request.topics.emplace_back();
  topic.name = name.topic;
  auto& asked = topic.partitions.emplace_back();
  asked.partition_index = name.partition;
  using std::chrono::milliseconds;
  const std::int64_t back_ms = std::chrono::duration_cast<milliseconds>(partition.reset.back).count();
  const bool by_time = partition.reset.kind == OffsetReset::kByDuration && !partition.nothing_since;
  asked.timestamp = partition.reset.kind == OffsetReset::kEarliest ? -2
                    : by_time ? std::max<std::int64_t>(0, world_.loop.wall_clock_ms() - back_ms)
                              : -1;
  cluster_.call_node<wire::ListOffsetsRequest, wire::ListOffsetsResponse>(
      cluster_.leader_of(name), std::move(request),
      [this, alive = std::weak_ptr<bool>(alive_), name, id = partition.id](Result<wire::ListOffsetsResponse> response) {
        if (alive.expired()) return;
        const auto found = partitions_.find(name);
        if (found == partitions_.end() || found->second.id != id) return;
        found->second.resetting = false;
        if (!response || response->topics.empty() || response->topics[0].partitions.empty() ||
            response->topics[0].partitions[0].error_code != ErrorCode::kNone)
          return retry_later(true);
        const std::int64_t offset = response->topics[0].partitions[0].offset;
        if (offset < 0) {
          // No record is that young: begin at the end.
          found->second.nothing_since = true;
          return reset(name);
        }
        found->second.fetch_offset = found->second.taken_offset = offset;
        schedule();
      },
      kListOffsetsVersionMax);
}

}  // namespace leat::client
