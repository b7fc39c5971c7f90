#include "saved_state_fixture.h"

namespace leat::whole {

namespace {

/// How many installs a crash may take back.
constexpr std::size_t kVersionsMax = 4;

class SavedBackend final : public StateBackend {
 public:
  explicit SavedBackend(std::shared_ptr<SavedState::Versions> saved) : saved_(std::move(saved)) {
    discard_uncommitted();
  }

  RowTable& table(const std::string& name) override { return now_.tables[name]; }
  void drop_table(const std::string& name) override { now_.tables.erase(name); }
  std::vector<std::string> table_names() const override {
    std::vector<std::string> names;
    for (const auto& [name, table] : now_.tables) names.push_back(name);
    return names;
  }
  Status install(const std::map<std::string, std::int64_t>& changelog_offsets) override {
    for (const auto& [topic, offset] : changelog_offsets) now_.offsets[topic] = offset;
    saved_->push_back(std::make_shared<SavedState::Version>(now_));
    if (saved_->size() > kVersionsMax) saved_->erase(saved_->begin());
    return {};
  }
  const std::map<std::string, std::int64_t>& changelog_offsets() const override { return now_.offsets; }
  void discard_uncommitted() override { now_ = saved_->empty() ? SavedState::Version() : *saved_->back(); }
  std::size_t uncommitted_bytes() const override { return 0; }
  Status status() const override { return {}; }

 private:
  std::shared_ptr<SavedState::Versions> saved_;
  SavedState::Version now_;
};

}  // namespace

std::unique_ptr<StateBackend> SavedState::open(const std::string& directory) {
  auto& versions = directories_[directory];
  if (!versions) versions = std::make_shared<Versions>();
  return std::make_unique<SavedBackend>(versions);
}

void SavedState::crash(Random& random) {
  for (auto& [directory, versions] : directories_) {
    const std::size_t kept = random.below(versions->size() + 1);
    // Where nothing older is known, all of it is gone.
    versions = std::make_shared<Versions>(versions->begin(), versions->begin() + static_cast<std::ptrdiff_t>(kept));
  }
}

}  // namespace leat::whole
