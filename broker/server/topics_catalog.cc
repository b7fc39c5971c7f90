// What coordinators ask of topics (coordinator::TopicCatalog).
#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "broker/server/topics.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

std::optional<coordinator::CatalogTopic> in_catalog(const Topic* topic) {
  if (topic == nullptr) return std::nullopt;
  return coordinator::CatalogTopic{topic->id, topic->name, static_cast<std::int32_t>(topic->partitions.size())};
}

}  // namespace

std::optional<coordinator::CatalogTopic> Topics::catalog_topic(const std::string& name) const {
  const auto found = topics_.find(name);
  return in_catalog(found == topics_.end() ? nullptr : found->second.get());
}

std::optional<coordinator::CatalogTopic> Topics::catalog_topic(const Uuid& id) const {
  const auto found = by_id_.find(id);
  return in_catalog(found == by_id_.end() ? nullptr : found->second);
}

std::vector<std::string> Topics::topic_names() const {
  std::vector<std::string> names;
  for (const auto& [name, topic] : topics_) names.push_back(name);
  return names;
}

void Topics::make_internal_topic(const wire::streams_group::TopicInfo& topic, OneShot<Status> made) {
  NewTopic wanted{.name = topic.name, .partitions = topic.partitions, .configs = {}};
  for (const auto& config : topic.topic_configs) wanted.configs[config.key] = config.value;
  const TopicVerdict verdict = judge(wanted);
  if (verdict.error == ErrorCode::kNone) return create(wanted, std::move(made));
  log_line(LogLevel::kWarn, "topics", "an internal topic of a streams group is not made",
           {{"topic", topic.name}, {"why", verdict.message}});
  made(Error{ErrorKind::kKafka, verdict.message, static_cast<int>(verdict.error)});
}

std::optional<std::int32_t> Topics::group_setting(const std::string& group_id, const std::string& name) const {
  const auto find_in = [&](ResourceType type, const std::string& resource,
                           const std::string& key) -> std::optional<std::int32_t> {
    const Settings::Values& configs = settings_.configs(type, resource);
    const auto found = configs.find(key);
    if (found == configs.end()) return std::nullopt;
    const std::string& text = found->second;
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} ? std::optional(value) : std::nullopt;
  };
  if (const auto own = find_in(ResourceType::kGroup, group_id, name)) return own;
  // What was set for this broker, or for all, while it ran.
  if (const auto of_broker = find_in(ResourceType::kBroker, std::to_string(config_.node_id), "group." + name))
    return of_broker;
  return find_in(ResourceType::kBroker, "", "group." + name);
}

}  // namespace leat::server
