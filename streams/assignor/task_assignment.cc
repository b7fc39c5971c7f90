#include "streams/assignor/task_assignment.h"

#include <algorithm>

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
  assigner.keep_with_state(unassigned);
  assigner.place_rest(unassigned);
  return assigner.take();
}

}  // namespace leat
