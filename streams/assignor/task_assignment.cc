#include "streams/assignor/task_assignment.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"

namespace leat {

namespace {

class Assigner {
 public:
  Assigner(const std::vector<GroupMember>& members, const std::set<TaskId>& tasks) : members_(members) {
    share_max_ = (tasks.size() + members.size() - 1) / members.size();
    // With a remainder only some members may have the larger share, so that no one is left with two less.
    larger_shares_left_ = tasks.size() % members.size() == 0 ? members.size() : tasks.size() % members.size();
    for (const GroupMember& member : members) assignment_[member.id];
  }

  void keep_with_owner(std::set<TaskId>& unassigned) {
    place(unassigned, [](const GroupMember& member, const TaskId& task) { return member.owned_tasks.contains(task); });
  }
  /// A standby that runs has little left to restore; the one that is furthest has least.
  void promote_standbys(std::set<TaskId>& unassigned) {
    std::map<TaskId, std::int64_t> furthest;
    for (const GroupMember& member : members_)
      for (const auto& [task, sum] : member.task_offset_sums)
        if (sum >= 0) furthest[task] = std::max(furthest[task], sum);
    place(unassigned, [&](const GroupMember& member, const TaskId& task) {
      const auto sum = member.task_offset_sums.find(task);
      return sum != member.task_offset_sums.end() && sum->second >= 0 && sum->second == furthest.at(task);
    });
  }
  void keep_with_state(std::set<TaskId>& unassigned) {
    place(unassigned,
          [](const GroupMember& member, const TaskId& task) { return member.task_offset_sums.contains(task); });
  }
  void place_rest(std::set<TaskId>& unassigned) {
    place(unassigned, [](const GroupMember&, const TaskId&) { return true; });
    LEAT_CHECK(unassigned.empty());
  }

  std::map<std::string, std::set<TaskId>> take() { return std::move(assignment_); }

 private:
  template <class Wanted>
  void place(std::set<TaskId>& unassigned, Wanted wanted) {
    for (auto task = unassigned.begin(); task != unassigned.end();) {
      const GroupMember* best = nullptr;
      for (const GroupMember& member : members_)
        if (wanted(member, *task) && has_room(member) && (best == nullptr || better(member, *best, *task)))
          best = &member;
      if (best == nullptr) {
        ++task;
        continue;
      }
      auto& mine = assignment_[best->id];
      mine.insert(*task);
      if (mine.size() == share_max_) --larger_shares_left_;
      task = unassigned.erase(task);
    }
  }

  bool has_room(const GroupMember& member) const {
    const std::size_t size = assignment_.at(member.id).size();
    return size + 1 < share_max_ || (size + 1 == share_max_ && larger_shares_left_ > 0);
  }

  /// Fewer tasks of the same sub-topology first, then fewer tasks.
  bool better(const GroupMember& a, const GroupMember& b, const TaskId& task) const {
    const auto siblings = [&](const GroupMember& member) {
      const auto& mine = assignment_.at(member.id);
      return std::count_if(mine.begin(), mine.end(),
                           [&](const TaskId& other) { return other.subtopology == task.subtopology; });
    };
    if (siblings(a) != siblings(b)) return siblings(a) < siblings(b);
    return assignment_.at(a.id).size() < assignment_.at(b.id).size();
  }

  const std::vector<GroupMember>& members_;
  std::size_t share_max_ = 0;
  std::size_t larger_shares_left_ = 0;
  std::map<std::string, std::set<TaskId>> assignment_;
};

}  // namespace

std::map<std::string, std::set<TaskId>> assign_tasks(std::vector<GroupMember> members, const std::set<TaskId>& tasks) {
  LEAT_CHECK(!members.empty());
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  Assigner assigner(members, tasks);
  std::set<TaskId> unassigned = tasks;
  assigner.keep_with_owner(unassigned);
  assigner.promote_standbys(unassigned);
  assigner.keep_with_state(unassigned);
  assigner.place_rest(unassigned);
  return assigner.take();
}

std::map<std::string, std::set<TaskId>> hold_back_moves(const std::vector<GroupMember>& members,
                                                        const Recovery& recovery,
                                                        std::map<std::string, std::set<TaskId>>& given_to) {
  std::map<TaskId, const GroupMember*> owner_of;
  std::map<std::string, const GroupMember*> by_id;
  std::map<std::pair<Uuid, TaskId>, std::int64_t> known;  // the state of a process is that of all its members
  for (const GroupMember& member : members) {
    by_id[member.id] = &member;
    for (const TaskId& task : member.owned_tasks) owner_of[task] = &member;
    for (const auto& [task, sum] : member.task_offset_sums) {
      std::int64_t& best = known[{member.process_id, task}];
      best = std::max(best, sum);
    }
  }
  std::map<std::string, std::set<TaskId>> warmups;
  std::map<std::string, std::set<TaskId>> given_back;
  int left = recovery.warmups_max;
  for (auto& [id, tasks] : given_to)
    for (auto task = tasks.begin(); task != tasks.end();) {
      const auto owner = owner_of.find(*task);
      const auto end = recovery.end_offset_sums.find(*task);
      const Uuid& process = by_id.at(id)->process_id;
      // Within a process the state is the same.
      const bool moves = owner != owner_of.end() && owner->second->process_id != process;
      if (!moves || end == recovery.end_offset_sums.end() ||
          end->second - known[{process, *task}] <= recovery.acceptable_lag) {
        ++task;
        continue;
      }
      given_back[owner->second->id].insert(*task);
      if (left-- > 0) warmups[id].insert(*task);
      task = tasks.erase(task);
    }
  for (auto& [id, tasks] : given_back) given_to[id].merge(tasks);
  return warmups;
}

std::map<std::string, std::set<TaskId>> assign_standbys(std::vector<GroupMember> members, const std::set<TaskId>& tasks,
                                                        const std::map<std::string, std::set<TaskId>>& active,
                                                        int replicas, const std::vector<std::string>& apart_by) {
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  std::map<std::string, std::set<TaskId>> standbys;
  const std::size_t wanted = tasks.size() * static_cast<std::size_t>(replicas);
  const std::size_t share_max = members.empty() ? 0 : (wanted + members.size() - 1) / members.size();
  for (const TaskId& task : tasks) {
    std::set<Uuid> taken;
    std::map<std::string, std::set<std::string>> tags_taken;
    const auto take = [&](const GroupMember& member) {
      taken.insert(member.process_id);
      for (const auto& [key, value] : member.tags) tags_taken[key].insert(value);
    };
    // Who does not say where it is may be anywhere.
    const auto tags_shared = [&](const GroupMember& member) {
      return std::count_if(apart_by.begin(), apart_by.end(), [&](const std::string& key) {
        const auto value = member.tags.find(key);
        return value == member.tags.end() || tags_taken[key].contains(value->second);
      });
    };
    for (const GroupMember& member : members) {
      const auto given = active.find(member.id);
      if (member.owned_tasks.contains(task) || (given != active.end() && given->second.contains(task))) take(member);
    }
    for (int replica = 0; replica < replicas; ++replica) {
      // In this order: apart from the others, room for it, state that is up to date, any state, fewest standbys, fewest
      // tasks.
      using Rank = std::tuple<std::ptrdiff_t, bool, bool, bool, std::size_t, std::size_t>;
      const GroupMember* best = nullptr;
      Rank best_rank;
      for (const GroupMember& member : members) {
        if (taken.contains(member.process_id)) continue;
        const std::size_t load = standbys[member.id].size();
        const auto state = member.task_offset_sums.find(task);
        const bool has_state = state != member.task_offset_sums.end();
        const auto given = active.find(member.id);
        const Rank rank{tags_shared(member),
                        load >= share_max,
                        !(has_state && state->second >= 0),
                        !has_state,
                        load,
                        given == active.end() ? 0 : given->second.size()};
        if (best == nullptr || rank < best_rank) {
          best = &member;
          best_rank = rank;
        }
      }
      if (best == nullptr) break;
      standbys[best->id].insert(task);
      take(*best);
    }
  }
  return standbys;
}

}  // namespace leat
