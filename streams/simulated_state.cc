#include "streams/simulated_state.h"

namespace leat::sim {

namespace {

/// How many installs a crash may take back.
constexpr std::size_t kVersionsMax = 4;

class SimulatedBackend final : public StateBackend {
 public:
  explicit SimulatedBackend(std::shared_ptr<SimulatedState::Directory> saved) : saved_(std::move(saved)) {
    saved_->open = true;
    discard_uncommitted();
  }
  ~SimulatedBackend() override { saved_->open = false; }

  RowTable& table(const std::string& name) override { return now_.tables[name]; }
  void drop_table(const std::string& name) override { now_.tables.erase(name); }
  std::vector<std::string> table_names() const override {
    std::vector<std::string> names;
    for (const auto& [name, table] : now_.tables) names.push_back(name);
    return names;
  }
  Status install(const std::map<std::string, std::int64_t>& changelog_offsets) override {
    for (const auto& [topic, offset] : changelog_offsets) now_.offsets[topic] = offset;
    saved_->versions.push_back(std::make_shared<SimulatedState::Version>(now_));
    if (saved_->versions.size() > kVersionsMax) saved_->versions.erase(saved_->versions.begin());
    return {};
  }
  const std::map<std::string, std::int64_t>& changelog_offsets() const override { return now_.offsets; }
  void discard_uncommitted() override {
    now_ = saved_->versions.empty() ? SimulatedState::Version() : *saved_->versions.back();
  }
  std::size_t uncommitted_bytes() const override { return 0; }
  Status status() const override { return {}; }

 private:
  std::shared_ptr<SimulatedState::Directory> saved_;
  SimulatedState::Version now_;
};

}  // namespace

Result<std::unique_ptr<StateBackend>> SimulatedState::open(const std::string& path) {
  auto& directory = directories_[path];
  if (!directory) directory = std::make_shared<Directory>();
  if (directory->open) return Error{ErrorKind::kAlreadyExists, path + " is in use by another thread"};
  return std::unique_ptr<StateBackend>(new SimulatedBackend(directory));
}

void SimulatedState::crash(Random& random) {
  for (auto& [path, directory] : directories_) {
    const std::size_t kept = random.below(directory->versions.size() + 1);
    // Where nothing older is known, all of it is gone. Whoever still has the directory open has a dead one.
    auto left = std::make_shared<Directory>();
    left->versions.assign(directory->versions.begin(), directory->versions.begin() + static_cast<std::ptrdiff_t>(kept));
    directory = std::move(left);
  }
}

}  // namespace leat::sim
