// Internal topics that hold anything: records {uint8 kind, uint16 key size, uint16 value size, key, value} are written
// to a log, and coordinators start on it. `kind`: bit 0 a tombstone, bit 1 of a transaction, bit 2 its end, bit 3 that
// commits.
//
// Both start; transactions that were ending have ended; a second start finds the groups and offsets of the first.
#include "base/big_endian.h"
#include "base/check.h"
#include "broker/coordinator/group_coordinator.h"
#include "broker/coordinator/transaction_coordinator.h"
#include "tests/conformance/json_lines.h"
#include "tests/conformance/vectors.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/fuzz_world.h"

namespace leat::fuzz {

namespace {

using namespace coordinator;

constexpr int kTombstone = 1;
constexpr int kTransactional = 2;
constexpr int kEnd = 4;
constexpr int kCommit = 8;
constexpr std::int64_t kProducerId = 7;

/// Takes records without looking at them.
class Writing : public StateMachine {
 public:
  void apply(const wire::RecordView&, const WriterIdentity&) override {}
};

class Partitions : public TransactionSurroundings {
 public:
  void next_producer_id(OneShot<Result<std::int64_t>> reply) override { reply(std::int64_t{1}); }
  void write_marker(const TopicPartition&, const WriterIdentity&, std::int32_t, bool,
                    OneShot<Status> written) override {
    written(Status());
  }
};

class NoTopics : public TopicCatalog {
 public:
  std::optional<CatalogTopic> catalog_topic(const std::string&) const override { return std::nullopt; }
  std::optional<CatalogTopic> catalog_topic(const Uuid&) const override { return std::nullopt; }
  std::vector<std::string> topic_names() const override { return {}; }
  std::uint64_t catalog_version() const override { return 1; }
  void make_internal_topic(const wire::streams_group::TopicInfo&, OneShot<Status> made) override { made({}); }
  std::optional<std::int32_t> group_setting(const std::string&, const std::string&) const override {
    return std::nullopt;
  }
};

std::unique_ptr<log::PartitionLog> open(FuzzWorld& around) {
  auto log = log::PartitionLog::open(around.world(), "/data/internal-0", {"internal", 0}, Uuid{1, 2}, {}, {});
  LEAT_CHECK(log.ok(), log.error().message);
  return std::move(*log);
}

void write(Runtime& runtime, BytesView input) {
  while (input.size() >= 5) {
    const int kind = input[0];
    const std::size_t key_size = load_big_endian<std::uint16_t>(input.data() + 1);
    const std::size_t value_size = load_big_endian<std::uint16_t>(input.data() + 3);
    input.remove_prefix(5);
    const BytesView key = input.substr(0, key_size);
    input.remove_prefix(key.size());
    const BytesView value = input.substr(0, value_size);
    input.remove_prefix(value.size());
    const WriterIdentity writer = kind & kTransactional ? WriterIdentity{kProducerId, 0} : WriterIdentity{};
    if (kind & kEnd) {
      runtime.write_marker({kProducerId, 0}, 0, kind & kCommit, [](Status) {});
    } else {
      std::vector<InternalRecord> records{{Bytes(key), std::nullopt}};
      if (!(kind & kTombstone)) records[0].value = Bytes(value);
      runtime.write(
          std::move(records), [](Status) {}, writer);
    }
  }
}

/// Groups, members and offsets, as text.
Bytes groups_of(FuzzWorld& around) {
  const auto log = open(around);
  NoTopics topics;
  GroupCoordinator groups(around.world(), *log, {}, topics);
  LEAT_CHECK(groups.load().ok());
  Bytes all;
  for (const auto& [id, group] : groups.groups()) {
    all += id + " " + std::to_string(group.generation) + "\n";
    for (const auto& [member_id, member] : group.members) all += "  " + member_id + "\n";
    if (const auto* offsets = groups.offsets().of_group(id))
      for (const auto& [partition, offset] : *offsets)
        all += "  " + partition.to_string() + " " + std::to_string(offset.offset) + "\n";
  }
  for (const auto& [id, group] : groups.consumers().groups())
    all += id + " " + std::to_string(group.epoch) + " " + std::to_string(group.members().size()) + "\n";
  for (const auto& [id, group] : groups.streams().groups())
    all += id + " " + std::to_string(group.epoch) + " " + std::to_string(group.members.size()) + "\n";
  return all;
}

void add_record(Bytes& input, int kind, const Bytes& key, const Bytes& value) {
  input.push_back(static_cast<char>(kind));
  append_big_endian<std::uint16_t>(input, static_cast<std::uint16_t>(key.size()));
  append_big_endian<std::uint16_t>(input, static_cast<std::uint16_t>(value.size()));
  input += key + value;
}

}  // namespace

std::vector<Bytes> seeds() {
  std::vector<Bytes> inputs;
  const std::string records = conformance::carried_vectors_directory() + "/wire/internal-records/";
  for (const char* file : {"consumer-offsets.jsonl", "transaction-state.jsonl"}) {
    std::map<std::int64_t, std::vector<Bytes>> keys;
    std::vector<std::pair<std::int64_t, Bytes>> values;
    conformance::for_each_line(records + file, [&](simdjson::dom::element line) {
      const std::int64_t type = line["type"].get_int64().value();
      const Bytes bytes = conformance::from_hex(std::string_view(line["hex"]));
      if (std::string_view(line["part"]) == "key") {
        keys[type].push_back(bytes);
      } else {
        values.emplace_back(type, bytes);
      }
    });
    Bytes input;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto& of_type = keys[values[i].first];
      add_record(input,
                 i % 5 == 4     ? kTransactional
                 : i % 11 == 10 ? kTombstone
                                : 0,
                 of_type[i % of_type.size()], values[i].second);
      if (i % 8 == 7) add_record(input, kEnd | (i % 16 == 15 ? kCommit : 0), "", "");
      if (i % 6 == 5) inputs.push_back(std::exchange(input, {}));
    }
    inputs.push_back(input);
  }
  return inputs;
}

}  // namespace leat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat;
  using namespace leat::fuzz;
  say_nothing();
  FuzzWorld around;
  {
    const auto log = open(around);
    Writing machine;
    Runtime runtime(around.world(), *log, machine);
    write(runtime, view(data, size));
    around.disk.finish_syncs();
  }
  const Bytes groups = groups_of(around);
  LEAT_CHECK(groups_of(around) == groups, "another start finds other groups");
  const auto log = open(around);
  Partitions partitions;
  TransactionCoordinator transactions(around.world(), *log, partitions, 900'000);
  LEAT_CHECK(transactions.load().ok());
  around.disk.finish_syncs();
  for (const auto& [id, transaction] : transactions.transactions()) LEAT_CHECK(!transaction.ending());
  return 0;
}
