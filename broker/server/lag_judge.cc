#include "broker/server/lag_judge.h"

#include <algorithm>
#include <iterator>

namespace leat::server {

std::string_view name(LagStatus status) {
  switch (status) {
    case LagStatus::kNotFound: return "NOTFOUND";
    case LagStatus::kOk: return "OK";
    case LagStatus::kWarn: return "WARN";
    case LagStatus::kError: return "ERR";
    case LagStatus::kStop: return "STOP";
    case LagStatus::kStall: return "STALL";
    case LagStatus::kRewind: return "REWIND";
  }
  return "?";
}

void LagJudge::note(const std::string& group, const TopicPartition& partition, const Commit& commit) {
  Window& window = windows_[{group, partition}];
  window.noted = true;
  if (!window.commits.empty() && window.commits.back().timestamp_ms == commit.timestamp_ms) return;
  if (window.commits.size() == kCommitsMax) window.commits.pop_front();
  window.commits.push_back(commit);
}

void LagJudge::forget_others() {
  for (auto it = windows_.begin(); it != windows_.end();)
    it = std::exchange(it->second.noted, false) ? std::next(it) : windows_.erase(it);
}

LagStatus LagJudge::judge(const std::string& group, const TopicPartition& partition, std::int64_t lag_now,
                          std::int64_t now_ms) const {
  const auto found = windows_.find({group, partition});
  if (lag_now <= 0 || found == windows_.end()) return LagStatus::kOk;
  const std::deque<Commit>& commits = found->second.commits;
  // One commit alone says nothing of how often there should be one.
  const std::int64_t silence_ms_max =
      commits.size() == 1 ? std::chrono::duration_cast<std::chrono::milliseconds>(kInterval).count() * kCommitsMax
                          : commits.back().timestamp_ms - commits.front().timestamp_ms;
  if (now_ms - commits.back().timestamp_ms > silence_ms_max) return LagStatus::kStop;
  if (commits.size() == 1 || std::any_of(commits.begin(), commits.end(), [](const Commit& c) { return c.lag <= 0; }))
    return LagStatus::kOk;
  const auto any_pair = [&](auto bad) {
    return std::adjacent_find(commits.begin(), commits.end(), bad) != commits.end();
  };
  if (any_pair([](const Commit& a, const Commit& b) { return b.offset < a.offset; })) return LagStatus::kRewind;
  if (!any_pair([](const Commit& a, const Commit& b) { return b.offset != a.offset; })) return LagStatus::kStall;
  if (!any_pair([](const Commit& a, const Commit& b) { return b.lag < a.lag; })) return LagStatus::kWarn;
  return LagStatus::kOk;
}

}  // namespace leat::server
