// TopicCollector: what the tasks of a stream thread write, into the batches of its producer.
#pragma once

#include <string>
#include <vector>

#include "broker/client/producer.h"
#include "state/record_collector.h"

namespace leat {

class TopicCollector : public RecordCollector {
 public:
  /// `producer` must outlive the collector and know every topic that is written to.
  TopicCollector(Loop& loop, client::Producer& producer) : loop_(loop), producer_(producer) {}

  void send(const Outgoing& record) override;
  std::int32_t partition_count(std::string_view topic) override { return find(topic).partition_count(); }

  /// The first topic that was written to without being known, which fails the tasks.
  const std::optional<Error>& error() const { return error_; }

 private:
  client::Producer::Topic& find(std::string_view name);

  /// Sinks and changelogs pass the same text each time, so its address mostly tells the topic.
  struct Known {
    std::string_view name;
    client::Producer::Topic* topic;
  };

  Loop& loop_;
  client::Producer& producer_;
  std::vector<Known> known_;
  std::vector<wire::RecordHeader> headers_;
  std::optional<Error> error_;
};

}  // namespace leat
