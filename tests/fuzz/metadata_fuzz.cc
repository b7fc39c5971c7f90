// A metadata log that holds anything: values of records {uint16 size, value} are written to it, and a broker's topics
// and settings start on it. They start, and find the same at the next start.
#include "base/big_endian.h"
#include "base/check.h"
#include "broker/coordinator/state_machine.h"
#include "broker/server/topics.h"
#include "broker/wire/records/admin_records.h"
#include "broker/wire/records/metadata_records.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/fuzz_world.h"

namespace leat::fuzz {

namespace {

/// Takes records without looking at them.
class Writing : public coordinator::StateMachine {
 public:
  void apply(const wire::RecordView&, const coordinator::WriterIdentity&) override {}
};

void write(FuzzWorld& around, log::LogDirectory& directory, BytesView input) {
  auto log = directory.open_log({"__cluster_metadata", 0}, Uuid{0, 1}, {}, 0);
  LEAT_CHECK(log.ok(), log.error().message);
  Writing machine;
  coordinator::Runtime runtime(around.world(), **log, machine);
  while (input.size() >= sizeof(std::uint16_t)) {
    const std::size_t size = load_big_endian<std::uint16_t>(input.data());
    input.remove_prefix(sizeof(std::uint16_t));
    const BytesView value = input.substr(0, size);
    input.remove_prefix(value.size());
    std::vector<coordinator::InternalRecord> records{{Bytes(), Bytes(value)}};
    runtime.write(std::move(records), [](Status) {});
  }
  around.disk.finish_syncs();
  LEAT_CHECK((*log)->close().ok());
}

/// Topics, partitions and settings, as text.
Bytes found_by(FuzzWorld& around, log::LogDirectory& directory) {
  server::BrokerConfig config;
  config.log_dir = "/data";
  const server::Nodes nodes(config);
  auto topics = server::Topics::open(around.world(), directory, config, nodes);
  if (!topics) return topics.error().message;
  Bytes all;
  for (const auto& [name, topic] : (*topics)->all()) {
    all += name + " " + std::to_string(topic->partitions.size()) + "\n";
    LEAT_CHECK(topic->leader_epochs.size() == topic->partitions.size());
    LEAT_CHECK(topic->replicas.size() == topic->partitions.size());
    for (const auto& [key, value] : topic->configs) all += "  " + key + "=" + value + "\n";
  }
  const server::Settings& settings = (*topics)->settings();
  all += std::to_string(settings.quotas().size()) + " " + std::to_string(settings.scram().size()) + " " +
         std::to_string(settings.acls().size());
  around.disk.finish_syncs();
  LEAT_CHECK((*topics)->close().ok());
  return all;
}

template <class Record>
void add(Bytes& input, const Record& record) {
  const Bytes value = *server::metadata_record(record).value;
  append_big_endian<std::uint16_t>(input, static_cast<std::uint16_t>(value.size()));
  input += value;
}

}  // namespace

std::vector<Bytes> seeds() {
  Bytes topics, settings;
  wire::TopicRecord topic;
  topic.name = "orders";
  topic.topic_id = {1, 2};
  add(topics, topic);
  wire::ConfigRecord config;
  config.resource_type = 2;
  config.resource_name = "orders";
  config.name = "retention.ms";
  config.value = "1000";
  add(topics, config);
  wire::PartitionRecord partition;
  partition.topic_id = topic.topic_id;
  partition.replicas = partition.isr = {0};
  for (partition.partition_id = 0; partition.partition_id < 3; ++partition.partition_id) add(topics, partition);
  wire::PartitionChangeRecord change;
  change.topic_id = topic.topic_id;
  change.partition_id = 1;
  change.leader = 0;
  change.replicas.emplace({0});
  add(topics, change);
  Bytes removed = topics;
  wire::RemoveTopicRecord remove;
  remove.topic_id = topic.topic_id;
  add(removed, remove);
  wire::ClientQuotaRecord quota;
  quota.entity.push_back({"user", "ann"});
  quota.key = "producer_byte_rate";
  quota.value = 1000;
  add(settings, quota);
  config.resource_type = 4;
  config.resource_name = "";
  add(settings, config);
  wire::FeatureLevelRecord feature;
  feature.name = "group.version";
  feature.feature_level = 1;
  add(settings, feature);
  wire::UserScramCredentialRecord credential;
  credential.name = "ann";
  credential.mechanism = 1;
  add(settings, credential);
  return {topics, removed, settings, topics + settings};
}

}  // namespace leat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat;
  using namespace leat::fuzz;
  say_nothing();
  FuzzWorld around;
  auto directory = log::LogDirectory::open(around.world(), "/data", 0);
  LEAT_CHECK(directory.ok(), directory.error().message);
  write(around, **directory, view(data, size));
  const Bytes first = found_by(around, **directory);
  LEAT_CHECK(found_by(around, **directory) == first, "another start finds other topics");
  return 0;
}
