#include "clients_fixture.h"

namespace leat::whole {

namespace {

constexpr std::size_t kInflatedBytesMax = 1024 * 1024;
constexpr auto kLong = std::chrono::hours(1);  // nobody gives up before the seed does
const std::string kWords[] = {"ash", "birch", "cedar", "elm", "fir"};
const std::string kReaderGroup = "reader";

void for_each_record(const client::FetchedBatch& fetched, Story& story,
                     const std::function<void(std::int64_t, Seen)>& use) {
  auto cursor = wire::RecordCursor::open(fetched.batch, fetched.block, kInflatedBytesMax);
  if (!cursor) return story.violate("a batch of " + fetched.partition.to_string() + " cannot be read");
  for (wire::RecordView record; cursor->next(record);)
    if (record.offset >= fetched.from)
      use(record.offset, {std::string(record.key.value_or("")), std::string(record.value.value_or(""))});
}

}  // namespace

void ClientProcess::open(World world) {
  connector_ = connector(world);
  cluster_ = std::make_unique<client::Cluster>(
      world, *connector_,
      client::ClusterConfig{.bootstrap = {{"broker", 9092}}, .client_id = name(), .request_timeout = 10s});
}

void ClientProcess::close() {
  cluster_.reset();
  connector_.reset();
}

void ClientProcess::when_topics_known(std::function<void()> then) {
  const auto topics = topics_of(scene_.weather);
  cluster_->refresh({topics.begin(), topics.end()}, false, [this, then = std::move(then)](Status status) mutable {
    if (!status && status.error().kind == ErrorKind::kClosed) return;
    if (status) return then();
    Loop& loop = cluster_->world().loop;
    loop.call_at(loop.now() + 50ms, [this, then = std::move(then)] { when_topics_known(then); });
  });
}

void Operator::open(World world) {
  ClientProcess::open(world);
  std::vector<client::TopicToCreate> topics;
  for (const std::string& name : topics_of(scene_.weather))
    topics.push_back({.name = name, .partitions = scene_.weather.partitions});
  client::create_topics(*cluster_, std::move(topics), world.loop.now() + kLong, [this](Status created) {
    if (!created && created.error().kind != ErrorKind::kClosed)
      scene_.story.violate("topics are not made: " + created.error().message);
    done_ = created.ok();
  });
}

void Feeder::open(World world) {
  ClientProcess::open(world);
  transactional_ = scene_.weather.transactional_feeder;
  fenced_ = false;
  begin();
}

void Feeder::close() {
  ++incarnation_;
  ready_ = false;
  transaction_.clear();
  unsettled_ = 0;
  producer_.reset();
  ClientProcess::close();
}

void Feeder::begin() {
  ++incarnation_;
  ready_ = false;
  transaction_.clear();
  unsettled_ = 0;
  client::ProducerConfig config{.linger = 2ms, .delivery_timeout = kLong, .prepare_timeout = kLong};
  if (transactional_) {
    config.transactional_id = "feeder";
    config.transaction_timeout_ms = 5000;
  }
  producer_ = std::make_unique<client::Producer>(*cluster_, config);
  producer_->prepare({kLines}, [this](Status status) {
    if (!status) return fail(status.error());
    if (!transactional_) return void(ready_ = true);
    producer_->init_transactions([this](Status initialised) {
      if (!initialised) return fail(initialised.error());
      ready_ = true;
    });
  });
}

/// What a producer cannot go on from: a new one takes its place, and what was open is left unknown.
void Feeder::fail(const Error& why) {
  if (why.kind == ErrorKind::kClosed) return;
  ready_ = false;
  if (why.kind == ErrorKind::kFenced) {
    scene_.story.tell(name() + " is fenced: " + why.message);
    fenced_ = true;
    return;
  }
  scene_.story.tell(name() + " begins anew: " + why.message);
  cluster_->world().loop.post([this, incarnation = incarnation_] {
    if (incarnation == incarnation_) begin();
  });
}

bool Feeder::done() const {
  return fenced_ || !running() ? true
                               : ready_ && unsettled_ == 0 && transaction_.empty() &&
                                     scene_.ledger.lines_written() >= static_cast<std::size_t>(scene_.weather.records);
}

void Feeder::turn() {
  if (!ready_) return;
  if (producer_->error()) return fail(*producer_->error());
  if (cluster_->world().loop.now() < next_send_) return;
  next_send_ = cluster_->world().loop.now() + scene_.weather.feed_every;
  if (transactional_ && unsettled_ > 0) return;
  if (transactional_ && !transaction_.empty() && scene_.sim.random().chance(40)) return end_transaction();
  if (scene_.ledger.lines_written() < static_cast<std::size_t>(scene_.weather.records)) return send_some();
  if (transactional_ && !transaction_.empty()) end_transaction();
}

void Feeder::send_some() {
  std::vector<std::string> lines;
  if (transactional_ && transaction_.empty()) producer_->begin_transaction();
  for (std::uint64_t count = 1 + scene_.sim.random().below(4); count > 0; --count) {
    const std::string line = scene_.ledger.write_line(kWords[scene_.sim.random().below(std::size(kWords))]);
    const std::string key = "k" + std::to_string(scene_.sim.random().below(12));
    producer_->send(producer_->topic(kLines), -1, key, line, {}, cluster_->world().loop.wall_clock_ms());
    lines.push_back(line);
  }
  if (transactional_) {
    transaction_.insert(transaction_.end(), lines.begin(), lines.end());
    return;
  }
  ++unsettled_;
  producer_->flush([this, lines, incarnation = incarnation_](Status flushed) {
    if (incarnation != incarnation_) return;
    --unsettled_;
    if (!flushed) return;
    for (const std::string& line : lines) scene_.ledger.settle(line, Ledger::Fate::kAcknowledged);
  });
}

void Feeder::end_transaction() {
  ++unsettled_;
  const auto end = [this, incarnation = incarnation_](bool commit) {
    producer_->end_transaction(commit, [this, commit, incarnation](Status ended) {
      if (incarnation != incarnation_) return;
      --unsettled_;
      if (!ended) return fail(ended.error());
      for (const std::string& line : std::exchange(transaction_, {}))
        scene_.ledger.settle(line, commit ? Ledger::Fate::kAcknowledged : Ledger::Fate::kAborted);
    });
  };
  if (scene_.sim.random().chance(scene_.weather.abort_percent)) return end(false);
  producer_->flush([this, end, incarnation = incarnation_](Status flushed) {
    if (incarnation != incarnation_) return;
    if (flushed) return end(true);
    --unsettled_;
    fail(flushed.error());
  });
}

void Reader::open(World world) {
  ClientProcess::open(world);
  when_topics_known([this] {
    std::set<TopicPartition> counts;
    for (int partition = 0; partition < scene_.weather.partitions; ++partition) counts.insert({kCounts, partition});
    client::committed_offsets(
        *cluster_, kReaderGroup, counts, cluster_->world().loop.now() + kLong,
        [this](Result<std::map<TopicPartition, client::CommittedOffset>> committed) {
          if (!committed) {
            if (committed.error().kind != ErrorKind::kClosed)
              scene_.story.violate("committed offsets are not told: " + committed.error().message);
            return;
          }
          for (const auto& [partition, offset] : *committed) {
            const auto least = scene_.ledger.committed.find(partition);
            const auto most = scene_.ledger.committing.find(partition);
            if (least != scene_.ledger.committed.end() && offset.offset < least->second)
              scene_.story.violate(fmt::format("offset {} of {} was committed, and is {} now", least->second,
                                               partition.to_string(), offset.offset));
            if (offset.offset >= 0 && (most == scene_.ledger.committing.end() || offset.offset > most->second))
              scene_.story.violate(
                  fmt::format("offset {} of {} was never committed", offset.offset, partition.to_string()));
          }
          begin(*committed);
        });
  });
}

void Reader::begin(const std::map<TopicPartition, client::CommittedOffset>& committed) {
  for (const bool read_committed : {false, true}) {
    fetchers_[read_committed] =
        std::make_unique<client::Fetcher>(*cluster_, client::FetcherConfig{.read_committed = read_committed});
    for (const std::string& topic : topics_of(scene_.weather))
      for (int partition = 0; partition < scene_.weather.partitions; ++partition) {
        const TopicPartition name{topic, partition};
        std::int64_t from = 0;
        if (const auto at = committed.find(name); at != committed.end())
          from = std::max<std::int64_t>(0, at->second.offset);
        fetchers_[read_committed]->add(name, from);
        readings_[{name, read_committed}] = &scene_.ledger.begin_reading(name, read_committed, from);
      }
  }
}

void Reader::close() {
  readings_.clear();
  for (auto& fetcher : fetchers_) fetcher.reset();
  committing_ = false;
  ClientProcess::close();
}

void Reader::turn() {
  for (const bool read_committed : {false, true})
    if (fetchers_[read_committed]) read(*fetchers_[read_committed], read_committed);
  if (fetchers_[1] && !committing_ && cluster_->world().loop.now() >= next_commit_) commit();
}

void Reader::read(client::Fetcher& fetcher, bool read_committed) {
  for (const Error& error : fetcher.take_errors()) scene_.story.violate("the reader cannot go on: " + error.message);
  for (const client::FetchedBatch& fetched : fetcher.take()) {
    Reading& reading = *readings_.at({fetched.partition, read_committed});
    for_each_record(fetched, scene_.story,
                    [&](std::int64_t offset, Seen seen) { scene_.ledger.read(reading, offset, std::move(seen)); });
  }
  for (auto& [of, reading] : readings_) {
    if (of.second != read_committed) continue;
    const auto position = fetcher.position(of.first);
    if (!position) continue;
    if (*position < reading->end)
      scene_.story.violate(
          fmt::format("the reader of {} goes back from {} to {}", of.first.to_string(), reading->end, *position));
    reading->end = *position;
  }
}

void Reader::commit() {
  next_commit_ = cluster_->world().loop.now() + 200ms;
  std::map<TopicPartition, client::OffsetToCommit> offsets;
  for (const auto& [of, reading] : readings_) {
    if (!of.second || of.first.topic != kCounts) continue;
    offsets[of.first] = {.offset = reading->end, .metadata = ""};
    auto& committing = scene_.ledger.committing[of.first];
    committing = std::max(committing, reading->end);
  }
  committing_ = true;
  client::commit_offsets(*cluster_, {.group_id = kReaderGroup}, offsets, cluster_->world().loop.now() + kLong,
                         [this, offsets](Status committed) {
                           if (!committed) {
                             if (committed.error().kind != ErrorKind::kClosed)
                               scene_.story.violate("offsets are not committed: " + committed.error().message);
                             return;
                           }
                           committing_ = false;
                           for (const auto& [partition, offset] : offsets) {
                             auto& known = scene_.ledger.committed[partition];
                             known = std::max(known, offset.offset);
                           }
                         });
}

void Auditor::open(World world) {
  ClientProcess::open(world);
  begun_ = false;
  left_ = 0;
  when_topics_known([this] {
    begun_ = true;
    left_ = 2 * topics_.size() * static_cast<std::size_t>(scene_.weather.partitions);
    for (const bool read_committed : {false, true}) begin(read_committed);
  });
}

void Auditor::begin(bool read_committed) {
  std::set<TopicPartition> partitions;
  for (const std::string& topic : topics_)
    for (int partition = 0; partition < scene_.weather.partitions; ++partition) partitions.insert({topic, partition});
  constexpr std::int64_t kLatest = -1;
  client::list_offsets(*cluster_, partitions, kLatest, read_committed, cluster_->world().loop.now() + kLong,
                       [this, read_committed](Result<std::map<TopicPartition, std::int64_t>> ends) {
                         if (!ends) return;
                         auto& fetcher = fetchers_[read_committed];
                         fetcher = std::make_unique<client::Fetcher>(
                             *cluster_, client::FetcherConfig{.read_committed = read_committed});
                         for (const auto& [partition, end] : *ends) {
                           parts_[read_committed][partition].end = end;
                           fetcher->add(partition, 0);
                         }
                       });
}

void Auditor::turn() {
  for (const bool read_committed : {false, true}) {
    auto& fetcher = fetchers_[read_committed];
    if (!fetcher) continue;
    for (const Error& error : fetcher->take_errors()) scene_.story.violate("the auditor cannot read: " + error.message);
    for (const client::FetchedBatch& fetched : fetcher->take())
      for_each_record(fetched, scene_.story, [&](std::int64_t offset, Seen seen) {
        parts_[read_committed][fetched.partition].records[offset] = std::move(seen);
      });
    for (auto& [partition, part] : parts_[read_committed]) {
      if (part.done || fetcher->position(partition).value_or(-1) < part.end) continue;
      part.done = true;
      --left_;
      scene_.ledger.take_final(partition, read_committed, part.end, part.records);
    }
  }
}

std::size_t Auditor::records(const std::string& topic) const {
  std::size_t sum = 0;
  for (const auto& [partition, part] : parts_[1])
    if (partition.topic == topic) sum += part.records.size();
  return sum;
}

void Auditor::close() {
  for (auto& parts : parts_) parts.clear();
  for (auto& fetcher : fetchers_) fetcher.reset();
  ClientProcess::close();
}

}  // namespace leat::whole
