#include "broker/server/fetch_sessions.h"

namespace leat::server {

FetchSession* FetchSessions::create(Random& random) {
  if (sessions_max_ <= 0) return nullptr;
  if (sessions_.size() >= static_cast<std::size_t>(sessions_max_)) {
    by_id_.erase(sessions_.front().id);
    sessions_.pop_front();
  }
  FetchSession& session = sessions_.emplace_back();
  do session.id = static_cast<std::int32_t>(random.below(0x7fffffff) + 1);
  while (by_id_.contains(session.id));
  by_id_[session.id] = std::prev(sessions_.end());
  return &session;
}

FetchSession* FetchSessions::find(std::int32_t id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return nullptr;
  sessions_.splice(sessions_.end(), sessions_, found->second);
  return &*found->second;
}

void FetchSessions::close(std::int32_t id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  sessions_.erase(found->second);
  by_id_.erase(found);
}

}  // namespace leat::server
