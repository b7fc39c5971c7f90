// TopicCollector: what the tasks of a stream thread write, into the batches of its producer.
//
// Topics that a topology names are known from the start. One that a sink's extractor names is looked up when it is
// written to first; its records wait meanwhile, and so do commits (`settle`) and processing (`waiting`).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/client/producer.h"
#include "state/record_collector.h"
#include "streams/error_handlers.h"

namespace leat {

class TopicCollector : public RecordCollector {
 public:
  /// `producer` must outlive the collector, which is the one who hears of the batches that the broker refuses. A topic
  /// is looked for `look_up_timeout` long: Kafka's max.block.ms, or less where a transaction would end meanwhile.
  TopicCollector(Loop& loop, client::Producer& producer, ErrorHandlers handlers, Duration look_up_timeout);
  ~TopicCollector() override;

  void send(const Outgoing& record) override;
  std::int32_t partition_count(std::string_view topic) override { return find(topic).partition_count(); }
  void send_when_known(const Outgoing& record, Choose choose) override;

  /// Whether records wait for a topic.
  bool waiting() const { return !parked_.empty(); }
  /// Replies when none waits any more; an error is that of `error`.
  void settle(OneShot<Status> done);
  /// Records that the production handler let go.
  std::int64_t dropped() const { return dropped_; }
  /// Why the tasks fail: a record could not be written, and the production handler did not let it go.
  const std::optional<Error>& error() const { return error_; }

 private:
  /// A record that waits, with all its bytes.
  struct Parked {
    std::optional<Bytes> key;
    std::optional<Bytes> value;
    Headers headers;
    std::int64_t timestamp = 0;
    std::optional<std::int32_t> partition;
    Choose choose;
    std::string from;
  };
  /// Sinks and changelogs pass the same text each time, so its address mostly tells the topic.
  struct Known {
    std::string_view name;
    client::Producer::Topic* topic;
  };

  client::Producer::Topic& find(std::string_view name);
  std::int64_t timestamp_of(const Outgoing& record) const;
  void looked_up(const std::string& topic, const Status& found);
  void send_parked(client::Producer::Topic& topic, const Parked& record);
  bool on_refused(const client::Producer::Topic& topic, std::int32_t partition, const Buf& batch, const Error& why);
  /// Asks the handler and sends the dead letter. False: the tasks fail, with `error_`.
  bool let_go(const FailedSend& failed, const Error& why);

  Loop& loop_;
  client::Producer& producer_;
  ErrorHandlers handlers_;
  Duration look_up_timeout_;
  std::vector<Known> known_;
  std::vector<wire::RecordHeader> headers_;
  std::map<std::string, std::deque<Parked>, std::less<>> parked_;
  std::vector<OneShot<Status>> settling_;
  std::optional<Error> error_;
  std::int64_t dropped_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat
