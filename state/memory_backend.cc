#include <map>

#include "state/state_backend.h"

namespace leat {

namespace {

class MemoryBackend final : public StateBackend {
 public:
  RowTable& table(const std::string& name) override { return tables_[name]; }
  void drop_table(const std::string& name) override { tables_.erase(name); }
  std::vector<std::string> table_names() const override {
    std::vector<std::string> names;
    for (const auto& [name, table] : tables_) names.push_back(name);
    return names;
  }
  Status install(const std::map<std::string, std::int64_t>& changelog_offsets) override {
    for (const auto& [topic, offset] : changelog_offsets) offsets_[topic] = offset;
    return {};
  }
  const std::map<std::string, std::int64_t>& changelog_offsets() const override { return offsets_; }
  void discard_uncommitted() override {
    tables_.clear();
    offsets_.clear();
  }
  std::size_t uncommitted_bytes() const override { return 0; }
  Status status() const override { return {}; }

 private:
  std::map<std::string, MemoryTable> tables_;
  std::map<std::string, std::int64_t> offsets_;
};

}  // namespace

std::unique_ptr<StateBackend> StateBackend::in_memory() { return std::make_unique<MemoryBackend>(); }

}  // namespace leat
