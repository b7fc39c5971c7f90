#include "base/sim/sim_disk.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/check.h"

namespace leat::sim {

SimInode::Sector& SimInode::touch(std::uint64_t sector) {
  auto [at, added] = unsynced_.try_emplace(sector);
  if (added) {
    // An untouched sector is as it was at the last sync, as far as the file reached then.
    const std::uint64_t begin = sector * sector_bytes_;
    const std::uint64_t end = std::min<std::uint64_t>({begin + sector_bytes_, durable_size_, bytes_.size()});
    if (begin < end) at->second.durable = bytes_.substr(begin, end - begin);
  }
  at->second.version = ++versions_;
  at->second.lost = false;
  return at->second;
}

void SimInode::write(std::uint64_t position, BytesView bytes) {
  if (bytes.empty()) return;
  const std::uint64_t end = position + bytes.size();
  for (std::uint64_t sector = position / sector_bytes_; sector * sector_bytes_ < end; ++sector) touch(sector);
  if (bytes_.size() < end) bytes_.resize(end);
  bytes_.replace(position, bytes.size(), bytes);
}

void SimInode::truncate(std::uint64_t size) {
  for (std::uint64_t sector = size / sector_bytes_; sector * sector_bytes_ < bytes_.size(); ++sector) touch(sector);
  bytes_.resize(size);
}

SimInode::SyncPoint SimInode::begin_sync() {
  SyncPoint point{++syncs_begun_, bytes_.size(), {}};
  for (const auto& [number, sector] : unsynced_) {
    if (sector.lost) continue;
    const std::uint64_t begin = number * sector_bytes_;
    point.sectors[number] = {sector.version, begin < bytes_.size() ? bytes_.substr(begin, sector_bytes_) : Bytes{}};
  }
  return point;
}

void SimInode::end_sync(const SyncPoint& point) {
  if (point.number < sync_ended_) return;  // a later one, which covers this one, was faster
  sync_ended_ = point.number;
  durable_size_ = point.size;
  for (const auto& [number, version_and_content] : point.sectors) {
    const auto sector = unsynced_.find(number);
    if (sector == unsynced_.end()) continue;
    if (sector->second.version == version_and_content.first) {
      unsynced_.erase(sector);
    } else {
      sector->second.durable = version_and_content.second;
    }
  }
}

void SimInode::fail_sync() {
  for (auto& [number, sector] : unsynced_) sector.lost = true;
}

void SimInode::lose_power(Random& random, const SimOptions& options) {
  std::uint64_t size = random.chance(50) ? durable_size_ : bytes_.size();
  if (bytes_.size() > durable_size_ && random.chance(33)) {
    size = durable_size_ + random.below(bytes_.size() - durable_size_);
  }
  bytes_.resize(std::max<std::uint64_t>(bytes_.size(), durable_size_));
  for (auto& [number, sector] : unsynced_) {
    const std::uint64_t begin = number * sector_bytes_;
    if (begin >= bytes_.size()) continue;
    const std::size_t length = std::min<std::uint64_t>(sector_bytes_, bytes_.size() - begin);
    std::size_t kept = 0;
    if (!sector.lost && random.chance(options.sector_kept_percent)) {
      kept = length;
    } else if (!sector.lost && random.chance(options.sector_torn_percent)) {
      kept = random.below(length + 1);
    }
    sector.durable.resize(length);
    bytes_.replace(begin + kept, length - kept, sector.durable, kept, length - kept);
  }
  bytes_.resize(size);
  durable_size_ = size;
  unsynced_.clear();
}

std::string normal_path(const std::string& path) {
  std::string normal = std::filesystem::path(path).lexically_normal().string();
  while (!normal.empty() && normal.back() == '/') normal.pop_back();
  return normal == "." ? std::string{} : normal;
}

std::string parent_path(const std::string& normal) {
  const std::size_t slash = normal.rfind('/');
  return slash == std::string::npos ? std::string{} : normal.substr(0, slash);
}

namespace {

bool is_below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path[directory.size()] == '/' && path.starts_with(directory);
}

/// Whether a change of one name means something to the other: the same, or a directory above it.
bool related(const std::string& a, const std::string& b) {
  return !a.empty() && !b.empty() && (a == b || is_below(a, b) || is_below(b, a));
}

}  // namespace

SimDisk::SimDisk(Scheduler& scheduler, std::string host) : scheduler_(scheduler), host_(std::move(host)) {
  sector_bytes_ = scheduler.options().sector_bytes;
  if (sector_bytes_ == 0) sector_bytes_ = std::size_t{512} << scheduler.random().below(4);
}

void SimDisk::fail_operation(std::uint64_t number) { fail_at_ = operations_ + number; }
void SimDisk::fail_operations_from(std::uint64_t number) { fail_from_ = operations_ + number; }

void SimDisk::clear_faults() {
  fail_at_ = fail_from_ = 0;
  capacity_bytes_ = UINT64_MAX;
  read_only_ = syncs_fail_ = false;
}

Status SimDisk::admit(Kind kind, const std::string& doing, const std::string& path) {
  ++operations_;
  scheduler_.trace(static_cast<std::uint64_t>(kind), operations_);
  scheduler_.trace(path);
  const std::string what = doing + " " + path + " on " + host_;
  const bool stopped = fail_from_ != 0 && operations_ >= fail_from_;
  if (stopped || operations_ == fail_at_ || scheduler_.random().chance(scheduler_.options().io_error_percent) ||
      (kind == Kind::kSync && syncs_fail_)) {
    return Error{ErrorKind::kIo, what + ": input/output error (simulated)"};
  }
  if (kind == Kind::kWrite && read_only_) {
    return Error{ErrorKind::kIo, what + ": read-only file system (simulated)"};
  }
  return {};
}

bool SimDisk::is_directory(const std::string& path) const {
  if (path.empty()) return true;
  const auto at = names_.find(path);
  return at != names_.end() && at->second == nullptr;
}

void SimDisk::apply(Names& names, const Change& change) {
  const bool has_place = change.to.empty() || parent_path(change.to).empty() || names.contains(parent_path(change.to));
  if (!has_place) return;
  if (change.from.empty()) {
    names[change.to] = change.inode;
    return;
  }
  Names moved;
  for (auto name = names.begin(); name != names.end();) {
    const bool hit = name->first == change.from || is_below(name->first, change.from);
    if (hit && !change.to.empty()) moved[change.to + name->first.substr(change.from.size())] = name->second;
    name = hit ? names.erase(name) : std::next(name);
  }
  for (auto& [name, inode] : moved) names[name] = inode;
}

void SimDisk::change(Change change) {
  apply(names_, change);
  unsynced_.push_back(std::move(change));
}

InodePtr SimDisk::make_file(const std::string& path) {
  auto inode = std::make_shared<SimInode>(sector_bytes_);
  change({"", path, inode});
  return inode;
}

void SimDisk::make_directory(const std::string& path) { change({"", path, nullptr}); }
void SimDisk::remove(const std::string& path) { change({path, "", nullptr}); }
void SimDisk::rename(const std::string& from, const std::string& to) { change({from, to, nullptr}); }

void SimDisk::sync_directory(const std::string& path) {
  // From the newest change back: those of names in this directory, the way to it, and all that these build on.
  std::vector<std::string> needed;
  std::vector<bool> chosen(unsynced_.size());
  for (std::size_t i = unsynced_.size(); i-- > 0;) {
    const Change& change = unsynced_[i];
    const auto here = [&](const std::string& name) { return !name.empty() && parent_path(name) == path; };
    const bool way = change.from.empty() && (change.to == path || is_below(path, change.to));
    chosen[i] = here(change.from) || here(change.to) || way ||
                std::any_of(needed.begin(), needed.end(), [&](const std::string& name) {
                  return related(name, change.from) || related(name, change.to);
                });
    if (!chosen[i]) continue;
    if (!change.from.empty()) needed.push_back(change.from);
    if (!change.to.empty()) needed.push_back(change.to);
  }
  std::vector<Change> left;
  for (std::size_t i = 0; i < unsynced_.size(); ++i) {
    if (chosen[i]) {
      apply(durable_names_, unsynced_[i]);
    } else {
      left.push_back(std::move(unsynced_[i]));
    }
  }
  unsynced_ = std::move(left);
}

bool SimDisk::has_room(std::uint64_t bytes) const {
  return capacity_bytes_ == UINT64_MAX || bytes_used() + bytes <= capacity_bytes_;
}

std::uint64_t SimDisk::bytes_used() const {
  std::uint64_t used = 0;
  for (const auto& [name, inode] : names_) used += inode ? inode->bytes().size() : 0;
  return used;
}

void SimDisk::release_locks() {
  for (auto& [name, inode] : names_) {
    if (inode) inode->locked = false;
  }
}

void SimDisk::lose_power() {
  std::vector<std::string> lost;
  for (const Change& change : unsynced_) {
    const bool builds_on_lost = std::any_of(lost.begin(), lost.end(), [&](const std::string& name) {
      return related(name, change.from) || related(name, change.to);
    });
    if (builds_on_lost || scheduler_.random().chance(scheduler_.options().name_lost_percent)) {
      if (!change.from.empty()) lost.push_back(change.from);
      if (!change.to.empty()) lost.push_back(change.to);
    } else {
      apply(durable_names_, change);
    }
  }
  unsynced_.clear();
  names_ = durable_names_;
  std::set<SimInode*> seen;
  for (auto& [name, inode] : names_) {
    if (inode && seen.insert(inode.get()).second) inode->lose_power(scheduler_.random(), scheduler_.options());
  }
  release_locks();
}

}  // namespace leat::sim
