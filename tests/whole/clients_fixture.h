// The clients of the simulation: who makes the topics, who writes the lines, who reads what is there.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/client/fetcher.h"
#include "broker/client/offsets.h"
#include "broker/client/producer.h"
#include "process_fixture.h"

namespace leat::whole {

/// A process with one connection to the cluster.
class ClientProcess : public Process {
 public:
  using Process::Process;

 protected:
  void open(World world) override;
  void close() override;
  /// Runs `then` when the topics of the simulation are known.
  void when_topics_known(std::function<void()> then);

  std::unique_ptr<wire::Connector> connector_;
  std::unique_ptr<client::Cluster> cluster_;
};

/// Makes the topics.
class Operator : public ClientProcess {
 public:
  explicit Operator(Scene scene) : ClientProcess(scene, "operator") {}
  ~Operator() override { kill(); }
  bool done() const { return done_; }

 private:
  void open(World world) override;
  bool done_ = false;
};

/// Writes lines, some at a time: as an idempotent producer, or in transactions of which some are aborted. What it was
/// promised about them goes to the ledger.
class Feeder : public ClientProcess {
 public:
  Feeder(Scene scene, std::string name) : ClientProcess(scene, std::move(name)) {}
  ~Feeder() override { kill(); }
  /// All lines are written, and nothing is open; or another one has taken its place.
  bool done() const;
  bool fenced() const { return fenced_; }

 private:
  void open(World world) override;
  void close() override;
  void turn() override;
  void begin();
  void send_some();
  void end_transaction();
  void fail(const Error& why);

  std::unique_ptr<client::Producer> producer_;
  bool ready_ = false;
  bool transactional_ = false;
  bool fenced_ = false;
  std::vector<std::string> transaction_;  ///< lines of the open transaction
  std::size_t unsettled_ = 0;             ///< sends and ends that are not answered
  Instant next_send_{};
  std::uint64_t incarnation_ = 0;
};

/// Reads all topics as they grow, and commits where it is now and then; after a restart it goes on from there.
class Reader : public ClientProcess {
 public:
  explicit Reader(Scene scene) : ClientProcess(scene, "reader") {}
  ~Reader() override { kill(); }

 private:
  void open(World world) override;
  void close() override;
  void turn() override;
  void begin(const std::map<TopicPartition, client::CommittedOffset>& committed);
  void read(client::Fetcher& fetcher, bool read_committed);
  void commit();

  std::unique_ptr<client::Fetcher> fetchers_[2];  ///< uncommitted, committed
  std::map<std::pair<TopicPartition, bool>, Reading*> readings_;
  bool committing_ = false;
  Instant next_commit_{};
};

/// At the end: reads topics from their start to their end, and tells the ledger.
class Auditor : public ClientProcess {
 public:
  Auditor(Scene scene, std::vector<std::string> topics) : ClientProcess(scene, "auditor"), topics_(std::move(topics)) {}
  ~Auditor() override { kill(); }
  bool done() const { return begun_ && left_ == 0; }
  /// Records that were read of a topic under read_committed.
  std::size_t records(const std::string& topic) const;

 private:
  struct Part {
    std::int64_t end = -1;
    bool done = false;
    SeenByOffset records;
  };
  void open(World world) override;
  void close() override;
  void turn() override;
  void begin(bool read_committed);

  std::vector<std::string> topics_;
  std::unique_ptr<client::Fetcher> fetchers_[2];
  std::map<TopicPartition, Part> parts_[2];
  bool begun_ = false;
  std::size_t left_ = 0;
};

}  // namespace leat::whole
