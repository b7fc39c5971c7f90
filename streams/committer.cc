#include "streams/committer.h"

#include "broker/client/offsets.h"
#include "streams/assignor/task_id.h"

namespace leat {

std::string_view Committer::name(State state) {
  switch (state) {
    case State::kRunning: return "Running";
    case State::kDraining: return "Draining";
    case State::kStaging: return "Staging";
    case State::kEnding: return "Ending";
    case State::kInstalling: return "Installing";
    case State::kFailed: return "Failed";
  }
  return "Unknown";
}

Committer::Committer(client::Cluster& cluster, client::Producer& producer, TopicCollector& collector, bool exactly_once,
                     Duration deadline)
    : cluster_(cluster), producer_(producer), collector_(collector), exactly_once_(exactly_once), deadline_(deadline) {}

Committer::~Committer() { alive_.reset(); }

void Committer::ensure_transaction() {
  if (!exactly_once_ || std::exchange(transaction_open_, true)) return;
  producer_.begin_transaction();
}

void Committer::commit(std::vector<Task*> tasks, const client::GroupMembership& group, OneShot<Status> done) {
  LEAT_CHECK(state_ == State::kRunning, "a commit was begun while another is under way");
  state_ = State::kDraining;
  tasks_ = std::move(tasks);
  group_ = group;
  done_ = std::move(done);
  ensure_transaction();
  for (Task* task : tasks_)
    if (auto prepared = task->prepare_commit(); !prepared) return finish(prepared);
  collector_.settle([this, alive = std::weak_ptr<bool>(alive_)](Status settled) {
    if (alive.expired()) return;
    settled ? drain() : finish(settled);
  });
}

void Committer::drain() {
  producer_.flush([this, alive = std::weak_ptr<bool>(alive_)](Status flushed) {
    if (alive.expired()) return;
    // A batch that was refused may have sent its records to the dead letters, whose topic is looked for.
    if (flushed && collector_.waiting())
      return collector_.settle([this, alive](Status settled) {
        if (alive.expired()) return;
        settled ? drain() : finish(settled);
      });
    if (flushed && collector_.error()) flushed = *collector_.error();
    flushed ? stage() : finish(flushed);
  });
}

void Committer::stage() {
  state_ = State::kStaging;
  std::map<TopicPartition, client::OffsetToCommit> offsets;
  for (Task* task : tasks_)
    for (const auto& [partition, committable] : task->committable())
      offsets[partition] = {committable.offset, committable.metadata};
  if (offsets.empty()) return end();
  auto staged = [this, alive = std::weak_ptr<bool>(alive_)](Status status) {
    if (alive.expired()) return;
    status ? end() : finish(status);
  };
  if (exactly_once_) return producer_.send_offsets(offsets, group_, std::move(staged));
  client::commit_offsets(cluster_, group_, std::move(offsets), cluster_.world().loop.now() + deadline_,
                         std::move(staged));
}

void Committer::end() {
  state_ = State::kEnding;
  if (!exactly_once_) return install();
  transaction_open_ = false;
  producer_.end_transaction(true, [this, alive = std::weak_ptr<bool>(alive_)](Status status) {
    if (alive.expired()) return;
    status ? install() : finish(status);
  });
}

void Committer::install() {
  state_ = State::kInstalling;
  for (Task* task : tasks_) {
    std::map<std::string, std::int64_t> offsets;
    const auto id = TaskId::parse(task->id());
    LEAT_CHECK(id.ok());
    for (const TaskState::Entry& entry : task->state().stores()) {
      if (entry.changelog_topic.empty() || entry.changelog_is_source) continue;
      const client::Producer::Topic& topic = producer_.topic(entry.changelog_topic);
      if (id->partition >= topic.partition_count()) continue;
      const std::int64_t last = producer_.last_offset(topic, id->partition);
      if (last >= 0) offsets[entry.changelog_topic] = last + 1;
    }
    if (auto installed = task->finish_commit(offsets); !installed) return finish(installed);
  }
  finish({});
}

void Committer::finish(Status status) {
  state_ = status ? State::kRunning : State::kFailed;
  tasks_.clear();
  if (done_) done_(std::move(status));
}

void Committer::abort(OneShot<Status> done) {
  state_ = State::kFailed;
  tasks_.clear();
  if (!std::exchange(transaction_open_, false)) return done({});
  producer_.end_transaction(false, std::move(done));
}

}  // namespace leat
