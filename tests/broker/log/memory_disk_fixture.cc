#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/broker/log/memory_disk.h"

namespace leat::log {

namespace {

std::string parent_of(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

}  // namespace

class MemoryFile : public File {
 public:
  MemoryFile(MemoryDisk& disk, std::shared_ptr<MemoryDisk::Node> node, std::string path, bool holds_lock)
      : disk_(disk), node_(std::move(node)), path_(std::move(path)), holds_lock_(holds_lock) {}
  ~MemoryFile() override {
    if (holds_lock_) node_->locked = false;
  }

  Result<std::size_t> read_at(std::uint64_t position, char* to, std::size_t size) override {
    LEAT_RETURN_IF_ERROR(disk_.step("read of " + path_));
    if (position >= node_->content.size()) return std::size_t{0};
    return node_->content.copy(to, size, position);
  }
  Status write_at(std::uint64_t position, const BufChain& bytes) override {
    Bytes all;
    for (const Buf& slice : bytes.slices()) all.append(slice.view());
    const Status status = disk_.step("write to " + path_);
    if (!status) all.resize(all.size() / 2);
    if (node_->content.size() < position + all.size()) node_->content.resize(position + all.size());
    node_->content.replace(position, all.size(), all);
    return status;
  }
  Status truncate(std::uint64_t size) override {
    LEAT_RETURN_IF_ERROR(disk_.step("truncation of " + path_));
    node_->content.resize(size);
    return {};
  }
  Result<std::uint64_t> size() override {
    LEAT_RETURN_IF_ERROR(disk_.step("look at " + path_));
    return static_cast<std::uint64_t>(node_->content.size());
  }
  void sync(OneShot<Status> done) override {
    Status status = disk_.step("sync of " + path_);
    disk_.syncs_.push_back({node_, node_->content, std::move(done), std::move(status)});
  }
  Status sync_now() override {
    LEAT_RETURN_IF_ERROR(disk_.step("sync of " + path_));
    node_->durable = node_->content;
    for (auto& sync : disk_.syncs_)
      if (sync.node == node_) sync.content = node_->content;
    return {};
  }

 private:
  MemoryDisk& disk_;
  std::shared_ptr<MemoryDisk::Node> node_;
  std::string path_;
  bool holds_lock_;
};

Status MemoryDisk::step(const std::string& what) {
  if (fail_at_ == 0) return {};
  if (fail_at_ > 1) {
    --fail_at_;
    return {};
  }
  failed_ = true;
  if (!for_good_) fail_at_ = 0;
  return Error{failure_, what + ": the test wants it to fail"};
}

void MemoryDisk::fail_at(std::size_t n, ErrorKind kind, bool for_good) {
  fail_at_ = n;
  failure_ = kind;
  for_good_ = for_good;
  failed_ = false;
}

Result<std::unique_ptr<File>> MemoryDisk::open(const std::string& path, OpenMode mode) {
  LEAT_RETURN_IF_ERROR(step("opening " + path));
  auto& node = names_[path];
  if (!node) {
    if (mode != OpenMode::kCreate || !directories_.contains(parent_of(path))) {
      names_.erase(path);
      return Error{ErrorKind::kNotFound, path + " is not there"};
    }
    node = std::make_shared<Node>();
  }
  return std::unique_ptr<File>(new MemoryFile(*this, node, path, false));
}

Status MemoryDisk::remove(const std::string& path) {
  LEAT_RETURN_IF_ERROR(step("removal of " + path));
  return names_.erase(path) ? Status{} : Error{ErrorKind::kNotFound, path + " is not there"};
}

Status MemoryDisk::rename(const std::string& from, const std::string& to) {
  LEAT_RETURN_IF_ERROR(step("renaming of " + from));
  if (directories_.contains(from)) {
    const auto moved = [&](const std::string& each) { return to + each.substr(from.size()); };
    const auto inside = [&](const std::string& each) { return each == from || each.starts_with(from + "/"); };
    for (const auto& each : std::map(names_))
      if (inside(each.first)) names_.erase(each.first), names_[moved(each.first)] = each.second;
    for (const std::string& each : std::set(directories_))
      if (inside(each)) directories_.erase(each), directories_.insert(moved(each));
    return {};
  }
  auto node = names_.extract(from);
  if (!node) return Error{ErrorKind::kNotFound, from + " is not there"};
  names_[to] = node.mapped();
  return {};
}

bool MemoryDisk::exists(const std::string& path) { return names_.contains(path) || directories_.contains(path); }

Result<std::vector<std::string>> MemoryDisk::list(const std::string& directory) {
  LEAT_RETURN_IF_ERROR(step("listing of " + directory));
  std::vector<std::string> found;
  for (const auto& [path, node] : names_)
    if (parent_of(path) == directory) found.push_back(path.substr(directory.size() + 1));
  for (const std::string& path : directories_)
    if (parent_of(path) == directory) found.push_back(path.substr(directory.size() + 1));
  return found;
}

Status MemoryDisk::make_directories(const std::string& path) {
  LEAT_RETURN_IF_ERROR(step("making " + path));
  for (std::string each = path; !each.empty() && each != "/"; each = parent_of(each)) directories_.insert(each);
  return {};
}

Status MemoryDisk::remove_directory(const std::string& path) {
  LEAT_RETURN_IF_ERROR(step("removal of " + path));
  const auto inside = [&](const std::string& each) { return each == path || each.starts_with(path + "/"); };
  std::erase_if(names_, [&](const auto& each) { return inside(each.first); });
  std::erase_if(directories_, inside);
  return {};
}

Status MemoryDisk::sync_directory(const std::string& path) {
  LEAT_RETURN_IF_ERROR(step("sync of " + path));
  std::erase_if(durable_names_, [&](const auto& each) { return parent_of(each.first) == path; });
  std::erase_if(durable_directories_, [&](const std::string& each) { return parent_of(each) == path; });
  for (const auto& each : names_)
    if (parent_of(each.first) == path) durable_names_.insert(each);
  for (const std::string& each : directories_)
    if (parent_of(each) == path) durable_directories_.insert(each);
  return {};
}

Result<std::unique_ptr<File>> MemoryDisk::lock(const std::string& path) {
  LEAT_RETURN_IF_ERROR(step("lock of " + path));
  auto& node = names_[path];
  if (!node) node = std::make_shared<Node>();
  if (node->locked) return Error{ErrorKind::kAlreadyExists, path + " is locked"};
  node->locked = true;
  return std::unique_ptr<File>(new MemoryFile(*this, node, path, true));
}

void MemoryDisk::finish_syncs() {
  while (!syncs_.empty()) {
    Sync sync = std::move(syncs_.front());
    syncs_.erase(syncs_.begin());
    if (sync.status) sync.node->durable = std::move(sync.content);
    sync.done(std::move(sync.status));
  }
}

void MemoryDisk::crash(Random* random) {
  for (Sync& sync : std::exchange(syncs_, {})) sync.done = {};
  const auto is_durable = [&](const std::string& path) {
    for (std::string each = path; !each.empty() && each != "/"; each = parent_of(each))
      if (!durable_directories_.contains(each) && parent_of(each) != "/") return false;
    return true;
  };
  std::erase_if(directories_, [&](const std::string& each) { return !is_durable(each); });
  names_.clear();
  for (auto& [path, node] : durable_names_) {
    if (!is_durable(parent_of(path))) continue;
    Bytes kept = node->durable;
    if (random && node->content.size() > kept.size()) {
      const Bytes end = node->content.substr(kept.size(), random->below(node->content.size() - kept.size() + 1));
      kept += end;
      if (random->chance(30) && !end.empty()) {
        const std::size_t at = kept.size() - 1 - random->below(end.size());
        const std::size_t size = std::min<std::size_t>(kept.size() - at, 1 + random->below(64));
        kept.replace(at, size, size, '\0');
      }
    }
    names_[path] = std::make_shared<Node>(Node{kept, kept});
  }
  durable_names_ = names_;
  durable_directories_ = directories_;
  fail_at_ = 0;
}

Bytes& MemoryDisk::content(const std::string& path) {
  LEAT_CHECK(names_.contains(path), path);
  return names_[path]->content;
}

void MemoryDisk::import(const std::string& real_directory, const std::string& to) {
  LEAT_CHECK(make_directories(to).ok());
  for (const auto& entry : std::filesystem::directory_iterator(real_directory)) {
    const std::string path = to + "/" + entry.path().filename().string();
    if (entry.is_directory()) {
      import(entry.path().string(), path);
      continue;
    }
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    names_[path] = std::make_shared<Node>(Node{content.str(), content.str()});
  }
  durable_names_ = names_;
  durable_directories_ = directories_;
}

void MemoryDisk::export_to(const std::string& directory, const std::string& real_directory) {
  std::filesystem::create_directories(real_directory);
  for (const auto& [path, node] : names_)
    if (parent_of(path) == directory)
      std::ofstream(real_directory + path.substr(directory.size()), std::ios::binary) << node->content;
}

}  // namespace leat::log
