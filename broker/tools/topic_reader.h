// TopicReader: what the consuming tools read with: partitions given to it, or those that a group gives it. Offsets of
// what was read are committed for a group, every `auto_commit_interval` and at the end.
//
//   TopicReader reader(session, config);
//   reader.subscribe({"orders"});
//   for (auto& fetched : reader.take()) { ...; reader.read_up_to(fetched.partition, next_offset); }
//   reader.close();
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/client/fetcher.h"
#include "broker/client/membership.h"
#include "broker/client/range_assignor.h"
#include "broker/tools/session.h"

namespace leat::tools {

struct ReaderConfig {
  client::FetcherConfig fetch;
  /// Empty: no group; every partition of the topics is read from where `fetch.reset` says.
  client::MembershipConfig group;
  bool auto_commit = true;
  Duration auto_commit_interval = std::chrono::seconds(5);

  /// From consumer settings under Kafka's names; kInvalidArgument for values that are none.
  static Result<ReaderConfig> from(const Settings& settings);
};

class TopicReader : private client::RebalanceListener {
 public:
  TopicReader(Session& session, ReaderConfig config);
  ~TopicReader() override = default;

  /// One partition, from an offset (-1 the end, -2 the beginning).
  Status assign(const TopicPartition& partition, std::int64_t offset);
  /// Topics with all their partitions, or the group's share of them.
  Status subscribe(const std::set<std::string>& topics);
  bool subscribed() const { return subscribed_; }

  /// What has come since the last call; runs the loop up to `wait_at_most` for it.
  std::vector<client::FetchedBatch> take(Duration wait_at_most);
  /// Everything before `offset` counts as read.
  void read_up_to(const TopicPartition& partition, std::int64_t offset) { read_[partition] = offset; }
  /// Why nothing more will come, if so.
  std::optional<Error> error();
  /// Commits and leaves the group.
  Status close();
  /// When the group last gave partitions, and how many times.
  Duration rebalance_time() const { return rebalance_time_; }

 private:
  void on_rebalance(OneShot<Status> ready) override;
  void on_assigned(const std::vector<TopicPartition>& added) override;
  void on_revoked(const std::vector<TopicPartition>& revoked, OneShot<Status> done) override;
  void on_lost(const std::vector<TopicPartition>& lost) override;
  void commit(OneShot<Status> done);

  Session& session_;
  ReaderConfig config_;
  client::Fetcher fetcher_;
  client::RangeAssignor assignor_;
  std::unique_ptr<client::Membership> membership_;
  std::map<TopicPartition, std::int64_t> read_;
  std::map<TopicPartition, std::int64_t> committed_;
  Instant next_commit_;
  Instant rebalance_since_;
  Duration rebalance_time_{};
  bool committing_ = false;
  bool subscribed_ = false;
  std::optional<Error> error_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat::tools
