// Sources by pattern: which topics a stream thread reads, and what becomes of its tasks when that changes.
#include <algorithm>

#include "base/log.h"
#include "broker/client/offsets.h"
#include "streams/internal_topics.h"
#include "streams/stream_thread.h"

namespace leat {

namespace {

constexpr auto kOffsetsDeadline = std::chrono::seconds(120);

}  // namespace

std::set<std::string> StreamThread::topics_read() const {
  std::set<std::string> topics;
  for (const Subtopology& each : process_.plan.subtopologies())
    if (!each.global) topics.merge(process_.plan.sources_of(each, partition_counts_));
  return topics;
}

bool StreamThread::knows_topics_of(const std::vector<TopicPartition>& partitions) const {
  return std::all_of(partitions.begin(), partitions.end(),
                     [this](const TopicPartition& each) { return partition_counts_.contains(each.topic); });
}

void StreamThread::learn_topics(OneShot<Status> done) {
  look_for_matched_topics(*cluster_, process_.plan,
                          [this, alive = std::weak_ptr<bool>(alive_), start = starts_,
                           done = std::move(done)](Result<std::set<std::string>> matched) mutable {
                            if (alive.expired() || start != starts_)
                              return done(Error{ErrorKind::kClosed, "the thread began anew"});
                            if (!matched) return done(matched.error());
                            PartitionCounts of_users;
                            const auto count = [&](const std::string& topic) {
                              const auto* known = cluster_->topic(topic);
                              if (known && !known->leaders.empty())
                                of_users[topic] = static_cast<std::int32_t>(known->leaders.size());
                            };
                            for (const std::string& topic : *matched) count(topic);
                            for (const Subtopology& each : process_.plan.subtopologies())
                              for (const std::string& topic : each.source_topics)
                                if (!each.repartition_topics.contains(topic)) count(topic);
                            auto counts = partition_counts(process_.plan, std::move(of_users));
                            if (!counts) return done(counts.error());
                            if (*counts != partition_counts_) {
                              partition_counts_ = std::move(*counts);
                              whereabouts_.reset();
                              outputs_ready_ = false;
                            }
                            done({});
                          });
}

/// Every metadata.max.age.ms: topics that match a pattern come and go.
void StreamThread::look_for_new_topics() {
  if (!topics_due_ || world_.loop.now() < *topics_due_ || !membership_ || state_ == State::kClosing) return;
  topics_due_.reset();
  learn_topics([this, alive = std::weak_ptr<bool>(alive_), start = starts_](Status learned) {
    if (alive.expired() || start != starts_ || state_ == State::kDead || state_ == State::kClosing) return;
    topics_due_ = world_.loop.now() + config_.metadata_max_age_ms;
    if (learned) return membership_->subscribe(topics_read());
    // A broker that is away for a moment is asked again; what cannot be joined any more fails the next round.
    log_line(LogLevel::kWarn, "streams", "topics that match a pattern cannot be looked for",
             {{"why", learned.error().message}});
  });
}

Status StreamThread::widen_tasks(const std::vector<TopicPartition>& added) {
  std::set<TopicPartition> fresh;
  std::map<TopicPartition, std::pair<TaskId, std::uint64_t>> owners;
  for (auto& [id, running] : tasks_) {
    const auto assigned = membership_->share().assigned.find(id);
    if (assigned == membership_->share().assigned.end()) continue;
    for (const TopicPartition& partition : added) {
      if (!assigned->second.contains(partition) || !running.partitions.insert(partition).second) continue;
      LEAT_RETURN_IF_ERROR(running.task->add_partition(partition));
      task_of_[partition] = id;
      fresh.insert(partition);
      owners[partition] = {id, running.number};
    }
  }
  if (fresh.empty()) return {};
  client::committed_offsets(*cluster_, config_.application_id, fresh, world_.loop.now() + kOffsetsDeadline,
                            [this, alive = std::weak_ptr<bool>(alive_),
                             owners](Result<std::map<TopicPartition, client::CommittedOffset>> committed) {
                              if (alive.expired() || state_ == State::kDead) return;
                              if (!committed) {
                                if (committed.error().kind != ErrorKind::kClosed) fail(committed.error());
                                return;
                              }
                              for (const auto& [partition, owner] : owners) {
                                Running* running = find_task(owner.first, owner.second);
                                if (running == nullptr) continue;
                                if (const auto& offset = committed->at(partition); offset.offset >= 0) {
                                  running->task->set_committed_offset(partition, offset.offset);
                                  running->task->set_committed_metadata(partition, offset.metadata);
                                }
                                begin_fetching(owner.first, partition, *committed);
                              }
                            });
  return {};
}

}  // namespace leat
