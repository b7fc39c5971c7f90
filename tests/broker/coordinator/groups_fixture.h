// Groups of one coordinator, with words for what members do.
#pragma once

#include "tests/broker/coordinator/coordinator_fixture.h"

namespace leat::coordinator {

/// Topics as a test says they are.
class FakeTopics : public TopicCatalog {
 public:
  /// Makes it, or gives it more partitions.
  void set(const std::string& name, std::int32_t partitions) {
    CatalogTopic& topic = topics_[name];
    if (topic.id.is_zero()) topic.id = {0x5678, ++ids_};
    topic.name = name;
    topic.partitions = partitions;
    ++version_;
  }
  void remove(const std::string& name) {
    topics_.erase(name);
    ++version_;
  }
  std::optional<CatalogTopic> catalog_topic(const std::string& name) const override {
    const auto found = topics_.find(name);
    return found == topics_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<CatalogTopic> catalog_topic(const Uuid& id) const override {
    for (const auto& [name, topic] : topics_)
      if (topic.id == id) return topic;
    return std::nullopt;
  }
  std::vector<std::string> topic_names() const override {
    std::vector<std::string> names;
    for (const auto& [name, topic] : topics_) names.push_back(name);
    return names;
  }
  std::uint64_t catalog_version() const override { return version_; }
  void make_internal_topic(const wire::streams_group::TopicInfo& topic, OneShot<Status> made) override {
    set(topic.name, topic.partitions);
    made({});
  }
  std::optional<std::int32_t> group_setting(const std::string& /*group*/, const std::string& name) const override {
    const auto found = settings.find(name);
    return found == settings.end() ? std::nullopt : std::optional(found->second);
  }

  std::map<std::string, std::int32_t> settings;

 private:
  std::map<std::string, CatalogTopic> topics_;
  std::uint64_t ids_ = 0;
  std::uint64_t version_ = 1;
};

using JoinSlot = std::shared_ptr<std::optional<wire::JoinGroupResponse>>;
using SyncSlot = std::shared_ptr<std::optional<wire::SyncGroupResponse>>;

struct JoinSpec {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::vector<std::string> protocols{"range"};
  std::string metadata = "topics";
  std::int32_t session_timeout_ms = 10'000;
  std::int32_t rebalance_timeout_ms = 30'000;
  int version = 3;  ///< before a member id was required
  std::string group = "g";
};

class GroupsTest : public CoordinatorTest {
 protected:
  explicit GroupsTest(std::uint64_t seed = 3) : CoordinatorTest(seed) {
    config.initial_rebalance_delay_ms = 0;
    start();
  }
  ~GroupsTest() override { stop(); }

  void start();
  void stop() {
    groups.reset();
    log.reset();
  }
  void kill_and_start();
  void power_loss_and_start();

  JoinSlot join(const JoinSpec& spec = {});
  wire::JoinGroupResponse joined(const JoinSpec& spec = {}) { return told(join(spec)); }
  SyncSlot sync(const wire::JoinGroupResponse& who, const std::map<std::string, std::string>& assignments = {},
                std::optional<std::string> instance = {});
  wire::SyncGroupResponse synced(const wire::JoinGroupResponse& who,
                                 const std::map<std::string, std::string>& assignments = {}) {
    return told(sync(who, assignments));
  }
  std::string heartbeat(const wire::JoinGroupResponse& who, std::optional<std::string> instance = {}) {
    return said(groups->heartbeat("g", {who.member_id, instance, who.generation_id}));
  }
  template <class Response>
  Response told(const std::shared_ptr<std::optional<Response>>& slot) {
    EXPECT_TRUE(sim.run_until([&] { return slot->has_value(); }, 60s)) << "no answer";
    return slot->value_or(Response{});
  }
  /// Two members in a stable group; the first is its leader.
  void two_members();

  Status commit(int partition, std::int64_t offset, const WriterIdentity& writer = {}, const std::string& group = "g");
  Status end_transaction(std::int64_t producer_id, bool commit);
  /// The committed offset, or -1.
  std::int64_t committed(int partition, const std::string& group = "g") const;
  const Group& group() const { return *groups->find("g"); }
  std::string state() const { return std::string(name(group().state)); }

  GroupConfig config;
  FakeTopics topics;
  std::unique_ptr<GroupCoordinator> groups;
  wire::JoinGroupResponse first, second;
};

/// What of groups and offsets must be the same after a replay.
std::string hard_state(const GroupCoordinator& groups);

}  // namespace leat::coordinator
