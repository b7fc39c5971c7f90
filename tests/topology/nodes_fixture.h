// One task of a topology without a runtime: records go in, what the sinks send comes out. Stores are not opened.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "topology/topology.h"

namespace leat::test {

class Pipe final : private NodeRuntime, private RecordCollector {
 public:
  struct Sent {
    std::string topic;
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::int64_t timestamp;
    bool operator==(const Sent&) const = default;
  };
  using Text = std::optional<std::string>;

  /// Requires that the topology is right.
  explicit Pipe(const Topology& topology);

  /// Feeds one record; the text of the failure where the task would fail, else empty.
  std::string feed(const std::string& topic, Text key, Text value, std::int64_t timestamp = 0, Headers headers = {});

  /// What was sent since the last call.
  std::vector<Sent> sent() { return std::exchange(sent_, {}); }
  /// Whether errors of processing lose the record instead of failing.
  bool continues = false;
  std::map<DropCause, int> drops;

 private:
  const std::string& application_id() const override { return application_id_; }
  std::string task_id() const override { return "0_0"; }
  std::int32_t partition() const override { return 0; }
  const std::map<std::string, std::string>& app_configs() const override { return app_configs_; }
  Result<std::string> state_dir() override { return std::string("/state"); }
  StateStore* store(const Node& node, std::string_view name) override;
  RecordCollector& collector() override { return *this; }
  RecordContext& context() override { return context_; }
  std::int64_t current_stream_time_ms() const override { return stream_time_; }
  std::int64_t current_system_time_ms() const override { return 0; }
  Cancellable schedule(Node&, std::optional<std::int64_t>, std::int64_t, PunctuationType,
                       std::function<void(Timestamp)>) override {
    return {};
  }
  void request_commit() override {}
  std::optional<std::int64_t> processor_metadata(const std::string&) const override { return std::nullopt; }
  void keep_processor_metadata(const std::string&, std::int64_t) override {}
  void dropped(const Node&, DropCause cause) override { ++drops[cause]; }
  StreamsMetrics& metrics() override { return metrics_; }
  bool on_processing_error(const Node&, const RecordContext&, std::exception_ptr) override { return continues; }
  bool on_serialization_error(const Node&, const RecordContext&, std::string_view, bool, std::exception_ptr) override {
    return continues;
  }
  void send(const Outgoing& record) override;
  std::int32_t partition_count(std::string_view) override { return 1; }
  void send_when_known(const Outgoing& record, Choose) override { send(record); }

  std::string application_id_ = "app";
  StreamsMetrics metrics_{RecordingLevel::kInfo, "pipe"};
  std::map<std::string, std::string> app_configs_;
  TopologyInstance instance_;
  RecordContext context_;
  std::int64_t stream_time_ = -1;
  std::vector<Sent> sent_;
};

}  // namespace leat::test
