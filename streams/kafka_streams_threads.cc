// The stream threads of an application: how they come and go at run time.
#include <algorithm>

#include "base/log.h"
#include "broker/client/client_security.h"
#include "streams/kafka_streams_running.h"

namespace leat {

namespace {

constexpr auto kTurnWait = std::chrono::milliseconds(100);

}  // namespace

Result<std::unique_ptr<wire::Connector>> KafkaStreams::Running::make_connector(Member& member) const {
  if (broker_)
    return std::unique_ptr<wire::Connector>(
        std::make_unique<server::LoopbackConnector>(member.world.loop(), broker_->port()));
  LEAT_ASSIGN_OR_RETURN(const auto security, client::read_client_security(config_.security()));
  return client::make_connector(member.world.world(), security);
}

Result<KafkaStreams::Running::Member*> KafkaStreams::Running::make_member() {
  auto member = std::make_unique<Member>();
  LEAT_ASSIGN_OR_RETURN(member->connector, make_connector(*member));
  const std::lock_guard lock(mutex_);
  member->index = static_cast<int>(members_.size());
  members_.push_back(std::move(member));
  return members_.back().get();
}

void KafkaStreams::Running::start_thread(Member& member) {
  member.runner =
      std::make_unique<os::Thread>("leat-stream-" + std::to_string(member.index + 1), [this, &member] { run(member); });
}

std::unique_ptr<StreamThread> KafkaStreams::Running::make_thread(Member& member) {
  StreamThread::Process process{config_,
                                *plan_,
                                *directory_,
                                [this](const std::string& where) { return StateBackend::open(where, *memory_); },
                                [this, &member](int, StreamThread::State now) { on_thread_state(member, now); },
                                restore_listener.get(),
                                standby_listener.get(),
                                [this, &member](int, const Error& why) { return on_death(member, why); },
                                &paused_};
  auto thread =
      std::make_unique<StreamThread>(member.world.world(), *member.connector, std::move(process), member.index);
  thread->share_memory(threads_staying());
  return thread;
}

void KafkaStreams::Running::run(Member& member) {
  member.runs_on = os::this_thread_id();
  do {
    const std::uint64_t before = member.records_processed.load(std::memory_order_relaxed);
    member.thread->start();
    while (member.thread->state() != StreamThread::State::kDead) {
      member.thread->run_once(kTurnWait);
      member.records_processed.store(before + member.thread->records_processed(), std::memory_order_relaxed);
    }
  } while (replace(member));
}

/// Whether a new thread has taken the place of the one that died.
bool KafkaStreams::Running::replace(Member& member) {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(member.replaced, false)) return false;
  }
  member.thread = make_thread(member);
  return true;
}

OnUncaught KafkaStreams::Running::on_death(Member& member, const Error& why) {
  log_line(LogLevel::kError, "streams", "a stream thread died",
           {{"thread", thread_name(member)}, {"why", why.message}});
  ++threads_failed_;
  const OnUncaught decision = on_uncaught ? on_uncaught(why) : OnUncaught::kShutdownClient;
  const std::lock_guard lock(mutex_);
  return member.on_death = decision;
}

void KafkaStreams::Running::on_thread_state(Member& member, StreamThread::State now) {
  // The thread that died is the one that calls.
  const std::optional<Error> why = now == StreamThread::State::kDead ? member.thread->error() : std::optional<Error>();
  State next;
  {
    const std::lock_guard lock(mutex_);
    const OnUncaught decision = std::exchange(member.on_death, OnUncaught::kShutdownClient);
    const bool goes_on = !error_ && !member.removed && state_ != State::kPendingShutdown;
    member.replaced = why && goes_on && decision == OnUncaught::kReplaceThread;
    member.state = member.replaced ? StreamThread::State::kStarting : now;
    if (why && !member.replaced && !member.removed) {
      error_ = why;
      // Kafka's default: the client shuts down.
      for (auto& each : members_) each->stop();
    }
    next = state_by_threads();
  }
  changed_.notify_all();
  set_state(next);
}

/// Requires mutex_.
KafkaStreams::State KafkaStreams::Running::state_by_threads() const {
  const bool ends = error_ || state_ == State::kPendingShutdown || state_ == State::kNotRunning;
  if (ends && std::all_of(members_.begin(), members_.end(), [](const auto& each) { return each->dead(); }))
    return error_ ? State::kError : State::kNotRunning;
  if (error_) return State::kPendingError;
  if (ends) return state_;
  // An application without threads has nothing to wait for.
  const bool all_run = std::all_of(members_.begin(), members_.end(), [](const auto& each) {
    return each->removed || each->state == StreamThread::State::kRunning;
  });
  return all_run ? State::kRunning : State::kRebalancing;
}

int KafkaStreams::Running::threads_staying() const {
  const std::lock_guard lock(mutex_);
  const auto staying = std::count_if(members_.begin(), members_.end(), [](const auto& each) { return !each->removed; });
  return std::max(1, static_cast<int>(staying));
}

std::ptrdiff_t KafkaStreams::Running::threads_alive() const {
  const std::lock_guard lock(mutex_);
  return std::count_if(members_.begin(), members_.end(), [](const auto& each) { return !each->dead(); });
}

void KafkaStreams::Running::share_memory() {
  const int threads = threads_staying();
  const std::lock_guard lock(mutex_);
  for (auto& member : members_)
    if (!member->dead())
      member->world.loop().post([member = member.get(), threads] { member->thread->share_memory(threads); });
}

Result<std::string> KafkaStreams::Running::add_stream_thread() {
  const std::lock_guard one_at_a_time(control_);
  LEAT_RETURN_IF_ERROR(check_running());
  Member* member = nullptr;
  {
    const std::lock_guard lock(mutex_);
    for (auto& each : members_)
      if (member == nullptr && each->removed && each->dead()) member = each.get();
  }
  const bool fresh = member == nullptr;
  if (fresh) {
    LEAT_ASSIGN_OR_RETURN(member, make_member());
  } else {
    member->runner.reset();
  }
  member->thread = make_thread(*member);
  {
    const std::lock_guard lock(mutex_);
    member->state = StreamThread::State::kStarting;
    member->removed = false;
  }
  if (fresh) stores_.add(asked(*member));
  share_memory();
  set_state(State::kRebalancing);
  start_thread(*member);
  return thread_name(*member);
}

Result<std::string> KafkaStreams::Running::remove_stream_thread(std::chrono::milliseconds timeout) {
  Member* member = nullptr;
  bool own = false;
  {
    const std::lock_guard one_at_a_time(control_);
    LEAT_RETURN_IF_ERROR(check_running());
    const std::lock_guard lock(mutex_);
    for (auto& each : members_) {
      if (each->removed || (member != nullptr && !own)) continue;
      member = each.get();
      own = each->runs_on.load() == os::this_thread_id();
    }
    if (member == nullptr)
      return Error{ErrorKind::kUnavailable, "there is no stream thread to remove; add_stream_thread() makes one"};
    member->removed = true;
    member->stop(client::Leaving::kLeave);
  }
  share_memory();
  if (own) return thread_name(*member);
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, timeout, [&] { return member->dead(); }))
    return Error{ErrorKind::kTimeout, thread_name(*member) + " has not ended within " +
                                          std::to_string(timeout.count()) + " ms; it will, when it has committed"};
  return thread_name(*member);
}

}  // namespace leat
