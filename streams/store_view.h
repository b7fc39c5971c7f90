// StoreView<Read>: what this process has of a store, for readers on any thread (Kafka's composite read-only stores).
//
//   auto counts = streams.store<leat::ReadOnlyKeyValueStore<std::string, std::int64_t>>("counts");
//   if (!counts) return report(counts.error());                  // no such store, not running, none of it here ...
//   Result<std::optional<std::int64_t>> n = counts->get("to");
//   if (auto rows = counts->range("a", "b"))
//     for (const auto& [key, count] : *rows) ...
//   counts->ask([](auto& store) { return store.approximate_num_entries(); }, [](auto per_partition) { ... });
//
// Every call is a question of its own to the stream threads, answered between two turns of theirs: tasks may have moved
// since the last one, and then it fails and says who has them. Rows of several partitions come partition after
// partition. A range holds up its stream thread while it is read. A view must not outlive its KafkaStreams; methods
// without `ask` in their name wait for the answer and must not be called by a processor.
#pragma once

#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "state/store_reader.h"
#include "streams/store_access.h"

namespace leat {

/// Which store, and how much of it (org.apache.kafka.streams.StoreQueryParameters).
struct StoreQueryParameters {
  StoreQueryParameters(std::string store) : store_name(std::move(store)) {}
  StoreQueryParameters(const char* store) : store_name(store) {}

  StoreQueryParameters with_partition(std::int32_t number) const {
    StoreQueryParameters same = *this;
    same.partition = number;
    return same;
  }
  /// Standbys and tasks that are being restored will do: what they say may be old.
  StoreQueryParameters enable_stale_stores() const {
    StoreQueryParameters same = *this;
    same.stale_stores = true;
    return same;
  }

  std::string store_name;
  std::optional<std::int32_t> partition;
  bool stale_stores = false;
};

namespace detail {

Error wrong_type_of_store(const std::string& store);

/// The questions of all views.
template <class Read>
class StoreAsker {
 public:
  StoreAsker(const StoreAccess& access, StoreQueryParameters parameters)
      : access_(&access), parameters_(std::move(parameters)) {}

  const StoreQueryParameters& parameters() const { return parameters_; }

  /// Calls `look` with each partition's store on its stream thread, maybe several at the same time, and `done` with
  /// what it returned, a std::vector in a Result, on one of these threads.
  template <class Look, class Done>
  void ask(Look look, Done done) const {
    auto [question, answers] = prepare(std::move(look));
    access_->ask(std::move(question),
                 [answers = answers, parameters = parameters_, done = std::move(done)](Result<StoreSeen> seen) mutable {
                   done(conclude(parameters, *answers, std::move(seen)));
                 });
  }
  /// The same with waiting.
  template <class Look>
  auto gather(Look look) const {
    auto [question, answers] = prepare(std::move(look));
    return conclude(parameters_, *answers, access_->ask_and_wait(std::move(question)));
  }

 protected:
  /// Per thread, whose answers come at the same time.
  template <class R>
  struct Answers {
    struct Part {
      std::vector<R> answers;
      bool wrong_type = false;
    };
    std::vector<Part> parts;
  };

  template <class Look>
  auto prepare(Look look) const {
    using R = std::decay_t<std::invoke_result_t<Look&, Read&>>;
    auto answers = std::make_shared<Answers<R>>();
    answers->parts.resize(access_->thread_count());
    StoreQuestion question;
    question.store = parameters_.store_name;
    if (parameters_.partition) question.partitions = {*parameters_.partition};
    question.look = [answers, look = std::move(look),
                     stale = parameters_.stale_stores](const LocalStore& local) mutable {
      if (!readable(local, stale)) return;
      auto& part = answers->parts[local.thread];
      const auto reader = StoreReader<Read>::of(local.store);
      if (!reader) {
        part.wrong_type = true;
        return;
      }
      part.answers.push_back(look(*reader));
    };
    return std::pair(std::move(question), std::move(answers));
  }

  template <class R>
  static Result<std::vector<R>> conclude(const StoreQueryParameters& parameters, Answers<R>& answers,
                                         Result<StoreSeen> seen) {
    if (!seen) return seen.error();
    std::set<std::int32_t> partitions;
    if (parameters.partition) partitions = {*parameters.partition};
    LEAT_RETURN_IF_ERROR(check_readable(parameters.store_name, partitions, parameters.stale_stores, *seen));
    std::vector<R> all;
    for (auto& part : answers.parts) {
      if (part.wrong_type) return wrong_type_of_store(parameters.store_name);
      std::move(part.answers.begin(), part.answers.end(), std::back_inserter(all));
    }
    return all;
  }

  /// Of the partitions, each of which has some.
  template <class Look>
  auto rows(Look look) const {
    using Rows = std::decay_t<std::invoke_result_t<Look&, Read&>>;
    auto parts = gather(std::move(look));
    if (!parts) return Result<Rows>(parts.error());
    Rows all;
    for (Rows& part : *parts) std::move(part.begin(), part.end(), std::back_inserter(all));
    return Result<Rows>(std::move(all));
  }
  /// Of the one partition that has it.
  template <class Look>
  auto first(Look look) const {
    using Found = std::decay_t<std::invoke_result_t<Look&, Read&>>;
    auto parts = gather(std::move(look));
    if (!parts) return Result<Found>(parts.error());
    for (Found& part : *parts)
      if (part) return Result<Found>(std::move(part));
    return Result<Found>(Found());
  }

  const StoreAccess* access_;
  StoreQueryParameters parameters_;
};

template <class K, class V>
std::vector<KeyAndValue<K, V>> all_of(KeyValueIterator<K, V> rows) {
  std::vector<KeyAndValue<K, V>> all;
  while (const auto* row = rows.next()) all.push_back(*row);
  return all;
}

}  // namespace detail

template <class Read>
class StoreView;

template <class K, class V>
class StoreView<ReadOnlyKeyValueStore<K, V>> : public detail::StoreAsker<ReadOnlyKeyValueStore<K, V>> {
 public:
  using Read = ReadOnlyKeyValueStore<K, V>;
  using Rows = std::vector<KeyAndValue<K, V>>;
  using detail::StoreAsker<Read>::StoreAsker;

  /// Nothing where none of the partitions here has the key; who has it, `query_metadata_for_key` tells.
  Result<std::optional<V>> get(const K& key) const {
    return this->first([key](Read& store) { return store.get(key); });
  }
  Result<Rows> range(std::optional<K> from, std::optional<K> to) const {
    return this->rows(
        [from = std::move(from), to = std::move(to)](Read& store) { return detail::all_of(store.range(from, to)); });
  }
  Result<Rows> reverse_range(std::optional<K> from, std::optional<K> to) const {
    return this->rows([from = std::move(from), to = std::move(to)](Read& store) {
      return detail::all_of(store.reverse_range(from, to));
    });
  }
  Result<Rows> all() const { return range(std::nullopt, std::nullopt); }
  Result<Rows> reverse_all() const { return reverse_range(std::nullopt, std::nullopt); }
  Result<Rows> prefix_scan(BytesView prefix) const {
    return this->rows([prefix = Bytes(prefix)](Read& store) { return detail::all_of(store.prefix_scan(prefix)); });
  }
  Result<std::int64_t> approximate_num_entries() const {
    auto parts = this->gather([](Read& store) { return store.approximate_num_entries(); });
    if (!parts) return parts.error();
    std::int64_t sum = 0;
    for (const std::int64_t part : *parts) sum += part;
    return sum;
  }
};

template <class K, class V>
class StoreView<ReadOnlyWindowStore<K, V>> : public detail::StoreAsker<ReadOnlyWindowStore<K, V>> {
 public:
  using Read = ReadOnlyWindowStore<K, V>;
  using OfKey = std::vector<KeyAndValue<Timestamp, V>>;
  using Rows = std::vector<KeyAndValue<Windowed<K>, V>>;
  using detail::StoreAsker<Read>::StoreAsker;

  Result<std::optional<V>> fetch(const K& key, Timestamp start) const {
    return this->first([key, start](Read& store) { return store.fetch(key, start); });
  }
  Result<OfKey> fetch(const K& key, Timestamp from, Timestamp to) const {
    return this->rows([=](Read& store) { return detail::all_of(store.fetch(key, from, to)); });
  }
  Result<OfKey> backward_fetch(const K& key, Timestamp from, Timestamp to) const {
    return this->rows([=](Read& store) { return detail::all_of(store.backward_fetch(key, from, to)); });
  }
  Result<Rows> fetch_range(std::optional<K> from_key, std::optional<K> to_key, Timestamp from, Timestamp to) const {
    return this->rows([=](Read& store) { return detail::all_of(store.fetch_range(from_key, to_key, from, to)); });
  }
  Result<Rows> backward_fetch_range(std::optional<K> from_key, std::optional<K> to_key, Timestamp from,
                                    Timestamp to) const {
    return this->rows(
        [=](Read& store) { return detail::all_of(store.backward_fetch_range(from_key, to_key, from, to)); });
  }
  Result<Rows> fetch_all(Timestamp from, Timestamp to) const {
    return fetch_range(std::nullopt, std::nullopt, from, to);
  }
  Result<Rows> backward_fetch_all(Timestamp from, Timestamp to) const {
    return backward_fetch_range(std::nullopt, std::nullopt, from, to);
  }
  Result<Rows> all() const {
    return this->rows([](Read& store) { return detail::all_of(store.all()); });
  }
  Result<Rows> backward_all() const {
    return this->rows([](Read& store) { return detail::all_of(store.backward_all()); });
  }
};

template <class K, class V>
class StoreView<ReadOnlySessionStore<K, V>> : public detail::StoreAsker<ReadOnlySessionStore<K, V>> {
 public:
  using Read = ReadOnlySessionStore<K, V>;
  using Rows = std::vector<KeyAndValue<Windowed<K>, V>>;
  using detail::StoreAsker<Read>::StoreAsker;

  Result<std::optional<V>> fetch_session(const K& key, Timestamp start, Timestamp end) const {
    return this->first([=](Read& store) { return store.fetch_session(key, start, end); });
  }
  Result<Rows> fetch(const K& key) const { return fetch(key, key); }
  Result<Rows> backward_fetch(const K& key) const { return backward_fetch(key, key); }
  Result<Rows> fetch(std::optional<K> from_key, std::optional<K> to_key) const {
    return this->rows([=](Read& store) { return detail::all_of(store.fetch(from_key, to_key)); });
  }
  Result<Rows> backward_fetch(std::optional<K> from_key, std::optional<K> to_key) const {
    return this->rows([=](Read& store) { return detail::all_of(store.backward_fetch(from_key, to_key)); });
  }
  Result<Rows> find_sessions(std::optional<K> from_key, std::optional<K> to_key, Timestamp earliest_end,
                             Timestamp latest_start) const {
    return this->rows(
        [=](Read& store) { return detail::all_of(store.find_sessions(from_key, to_key, earliest_end, latest_start)); });
  }
  Result<Rows> backward_find_sessions(std::optional<K> from_key, std::optional<K> to_key, Timestamp earliest_end,
                                      Timestamp latest_start) const {
    return this->rows([=](Read& store) {
      return detail::all_of(store.backward_find_sessions(from_key, to_key, earliest_end, latest_start));
    });
  }
};

/// Kafka's first queries cannot ask versioned stores.
template <class K, class V>
class StoreView<ReadOnlyVersionedStore<K, V>> : public detail::StoreAsker<ReadOnlyVersionedStore<K, V>> {
 public:
  using Read = ReadOnlyVersionedStore<K, V>;
  using Version = VersionedRecord<V>;
  using detail::StoreAsker<Read>::StoreAsker;

  Result<std::optional<Version>> get(const K& key) const {
    return this->first([key](Read& store) { return store.get(key); });
  }
  Result<std::optional<Version>> get(const K& key, Timestamp as_of) const {
    return this->first([key, as_of](Read& store) { return store.get(key, as_of); });
  }
  Result<std::vector<Version>> history(const K& key, Timestamp from, Timestamp to) const {
    return this->rows([=](Read& store) { return store.history(key, from, to); });
  }
};

}  // namespace leat
