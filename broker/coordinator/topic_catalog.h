// TopicCatalog: what coordinators know of topics and of the settings of groups. The server's topics are one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/function.h"
#include "base/result.h"
#include "base/uuid.h"
#include "broker/wire/messages/streams_group_types.h"

namespace leat::coordinator {

struct CatalogTopic {
  Uuid id;
  std::string name;
  std::int32_t partitions = 0;
};

class TopicCatalog {
 public:
  virtual ~TopicCatalog() = default;

  virtual std::optional<CatalogTopic> catalog_topic(const std::string& name) const = 0;
  virtual std::optional<CatalogTopic> catalog_topic(const Uuid& id) const = 0;
  virtual std::vector<std::string> topic_names() const = 0;
  /// Another number whenever a topic has come, gone or grown.
  virtual std::uint64_t catalog_version() const = 0;
  /// Makes an internal topic that a streams group is in need of; replies when it is durable, or why it is not made.
  virtual void make_internal_topic(const wire::streams_group::TopicInfo& topic, OneShot<Status> made) = 0;
  /// A setting that the group has of its own, such as consumer.session.timeout.ms, or that was set for all groups while
  /// the broker ran.
  virtual std::optional<std::int32_t> group_setting(const std::string& group_id, const std::string& name) const = 0;
};

}  // namespace leat::coordinator
