#include "streams/local_stores.h"

#include <atomic>

namespace leat {

namespace {

Error nobody_there() {
  return {ErrorKind::kUnavailable, "no stream thread is alive; the application must be running to be asked"};
}

void take_in(StoreSeen& all, StoreSeen part) {
  all.partitions.merge(part.partitions);
  // Threads that have an assignment already know more than those that have none.
  const bool knows_more =
      part.whereabouts && (!all.whereabouts || part.whereabouts->hosts().size() > all.whereabouts->hosts().size());
  if (knows_more || !all.whereabouts) all.whereabouts = std::move(part.whereabouts);
}

void take_in(StoreLags& all, StoreLags part) {
  for (auto& [store, lags] : part) all[store].merge(lags);
}

void take_in(std::vector<Metric>& all, std::vector<Metric> part) {
  all.insert(all.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
}

/// The answers of all threads, each in its place; the last one to come tells.
template <class T>
struct Answers {
  Answers(std::size_t threads, OneShot<Result<T>> reply) : parts(threads), left(threads + 1), done(std::move(reply)) {}

  void one_came() {
    if (left.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
    bool any = false;
    T all{};
    for (auto& part : parts) {
      if (!part) continue;
      if (!*part) return done(part->error());
      any = true;
      take_in(all, std::move(**part));
    }
    done(any ? Result<T>(std::move(all)) : nobody_there());
  }

  std::vector<std::optional<Result<T>>> parts;
  /// The threads, and the one who asks them.
  std::atomic<std::size_t> left;
  OneShot<Result<T>> done;
};

}  // namespace

void LocalStores::open(const Plan& plan, std::vector<Thread> threads) {
  const std::lock_guard lock(mutex_);
  plan_ = &plan;
  threads_ = std::make_shared<const std::vector<Thread>>(std::move(threads));
}

void LocalStores::add(Thread thread) {
  const std::lock_guard lock(mutex_);
  std::vector<Thread> more = *threads_;
  more.push_back(std::move(thread));
  threads_ = std::make_shared<const std::vector<Thread>>(std::move(more));
}

void LocalStores::ask(StoreQuestion question, OneShot<Result<StoreSeen>> done) const {
  if (Status running = check_running_(); !running) return done(running.error());
  if (Status exists = check_store_exists(*plan_, question.store); !exists) return done(exists.error());
  const bool global = plan_->is_global_store(question.store);
  auto asked = std::make_shared<const StoreQuestion>(std::move(question));
  const Threads threads = this->threads();
  auto answers = std::make_shared<Answers<StoreSeen>>(threads->size(), std::move(done));
  bool enough = false;
  for (std::size_t i = 0; i < threads->size(); ++i) {
    // Every thread has all of a global store.
    const bool posted = !enough && (*threads)[i].post([get = (*threads)[i].get, i, asked, answers] {
      answers->parts[i] = get().look(*asked, i);
      answers->one_came();
    });
    if (!posted) answers->one_came();
    enough |= posted && global;
  }
  answers->one_came();
}

void LocalStores::whereabouts(OneShot<Result<WhereaboutsPtr>> done) const {
  if (Status running = check_running_(); !running) return done(running.error());
  auto reply = std::make_shared<OneShot<Result<WhereaboutsPtr>>>(std::move(done));
  const Threads all = threads();
  for (const Thread& thread : *all)
    if (thread.post([get = thread.get, reply] { (*reply)(get().whereabouts()); })) return;
  (*reply)(nobody_there());
}

void LocalStores::metrics(OneShot<Result<std::vector<Metric>>> done) const {
  const Threads threads = this->threads();
  auto answers = std::make_shared<Answers<std::vector<Metric>>>(threads->size(), std::move(done));
  for (std::size_t i = 0; i < threads->size(); ++i) {
    const bool posted = (*threads)[i].post([get = (*threads)[i].get, i, answers] {
      answers->parts[i] = get().metrics();
      answers->one_came();
    });
    if (!posted) answers->one_came();
  }
  answers->one_came();
}

void LocalStores::lags(OneShot<Result<StoreLags>> done) const {
  if (Status running = check_running_(); !running) return done(running.error());
  const Threads threads = this->threads();
  auto answers = std::make_shared<Answers<StoreLags>>(threads->size(), std::move(done));
  for (std::size_t i = 0; i < threads->size(); ++i) {
    const bool posted = (*threads)[i].post([get = (*threads)[i].get, i, answers] {
      get().lags([i, answers](Result<StoreLags> lags) {
        answers->parts[i] = std::move(lags);
        answers->one_came();
      });
    });
    if (!posted) answers->one_came();
  }
  answers->one_came();
}

}  // namespace leat
