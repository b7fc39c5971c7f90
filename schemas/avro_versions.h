// AvroVersions: the schemas that values of one serde were written with, by id. Used by all threads; a version that is
// known is found without a lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "schemas/avro_schema.h"
#include "schemas/schema_registry.h"

namespace leat::detail {

class AvroVersions {
 public:
  /// The registry must outlive this.
  explicit AvroVersions(SchemaRegistry& registry) : registry_(registry) {}
  ~AvroVersions();
  AvroVersions(const AvroVersions&) = delete;

  Status add(std::int32_t id, const Schema& schema);
  /// Asks the registry for what is not known yet.
  Result<const AvroType*> find(std::int32_t id);

 private:
  /// Versions are added in front and stay until the end.
  struct Version {
    std::int32_t id;
    std::unique_ptr<const AvroSchema> schema;
    const Version* next;
  };
  const AvroType* known(std::int32_t id) const;

  SchemaRegistry& registry_;
  std::mutex adding_;
  std::atomic<const Version*> first_{nullptr};
};

}  // namespace leat::detail
