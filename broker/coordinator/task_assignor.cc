#include "broker/coordinator/task_assignor.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace leat::coordinator {

namespace {

struct Task {
  std::string subtopology;
  std::int32_t partition = 0;
  auto operator<=>(const Task&) const = default;
};

/// How much each member may get: an even share, renewed as members are full.
class Share {
 public:
  Share(std::size_t tasks, std::size_t members) : tasks_(tasks), members_(members) {}
  bool leaves_room_for(std::size_t has) const { return has < size(); }
  void note(std::size_t has) {
    if (has != size()) return;
    tasks_ -= std::min(tasks_, has);
    members_ -= members_ > 0;
  }

 private:
  std::size_t size() const { return members_ == 0 ? 0 : (tasks_ + members_ - 1) / members_; }
  std::size_t tasks_, members_;
};

class Assignor {
 public:
  Assignor(const std::vector<TaskAssignorMember>& members, const std::vector<TaskAssignorSubtopology>& subtopologies,
           std::int32_t standby_replicas)
      : standby_replicas_(static_cast<std::size_t>(std::max(standby_replicas, 0))) {
    for (const TaskAssignorMember& member : members) {
      const std::size_t index = members_.size();
      members_.push_back({member.id, member.process_id, 0, 0});
      processes_[member.process_id].members.push_back(index);
      for_each(member.before.active, [&](const Task& task) { was_active_.emplace(task, index); });
      for (const TaskSet* tasks : {&member.before.standby, &member.before.warmup})
        for_each(*tasks, [&](const Task& task) { was_standby_[task].push_back(index); });
    }
    for (const TaskAssignorSubtopology& each : subtopologies)
      for (std::int32_t partition = 0; partition < each.tasks; ++partition) {
        tasks_.push_back({each.id, partition});
        if (each.is_stateful) stateful_.push_back(tasks_.back());
      }
  }

  std::map<std::string, TaskAssignment> assign() {
    assign_active();
    if (standby_replicas_ > 0) assign_standbys();
    std::map<std::string, TaskAssignment> result;
    for (const Member& member : members_) result[member.id];
    for (const auto& [task, index] : active_)
      result[members_[index].id].active[task.subtopology].insert(task.partition);
    for (const auto& [task, index] : standbys_)
      result[members_[index].id].standby[task.subtopology].insert(task.partition);
    return result;
  }

 private:
  struct Member {
    std::string id;
    std::string process_id;
    std::size_t active = 0;
    std::size_t all = 0;
  };
  struct Process {
    std::vector<std::size_t> members;
    std::size_t tasks = 0;
    std::set<Task> has;
    double load() const { return static_cast<double>(tasks) / static_cast<double>(members.size()); }
  };

  template <class Visit>
  static void for_each(const TaskSet& tasks, Visit visit) {
    for (const auto& [subtopology, partitions] : tasks)
      for (const std::int32_t partition : partitions) visit(Task{subtopology, partition});
  }

  void give(const Task& task, std::size_t index) {
    Member& member = members_[index];
    Process& process = processes_[member.process_id];
    ++member.all;
    ++process.tasks;
    process.has.insert(task);
  }

  void assign_active() {
    Share share(tasks_.size(), members_.size());
    std::vector<Task> left = tasks_;
    // Neighbouring partitions stay together: by partition while they may stay, by sub-topology when they are new.
    std::sort(left.begin(), left.end(), [](const Task& a, const Task& b) {
      return std::tie(a.partition, a.subtopology) < std::tie(b.partition, b.subtopology);
    });
    const auto keep = [&](auto holder_of) {
      std::erase_if(left, [&](const Task& task) {
        const std::optional<std::size_t> holder = holder_of(task);
        if (!holder || !share.leaves_room_for(members_[*holder].active)) return false;
        give_active(task, *holder, share);
        return true;
      });
    };
    keep([&](const Task& task) {
      const auto found = was_active_.find(task);
      return found == was_active_.end() ? std::nullopt : std::optional(found->second);
    });
    keep([&](const Task& task) { return least_loaded_of(was_standby_[task], task); });
    std::sort(left.begin(), left.end());
    for (const Task& task : left)
      if (const auto index = least_loaded(task, false)) give_active(task, *index, share);
  }
  void give_active(const Task& task, std::size_t index, Share& share) {
    give(task, index);
    active_.emplace_back(task, index);
    share.note(++members_[index].active);
  }

  void assign_standbys() {
    Share share(tasks_.size() + stateful_.size() * standby_replicas_, members_.size());
    for (const Member& member : members_) share.note(member.all);
    for (std::size_t replica = 0; replica < standby_replicas_; ++replica)
      for (auto task = stateful_.rbegin(); task != stateful_.rend(); ++task) {
        std::optional<std::size_t> index;
        if (const auto was = was_active_.find(*task);
            was != was_active_.end() && may_stand_by(was->second, *task, share))
          index = was->second;
        if (!index)
          if (const auto was = least_loaded_of(was_standby_[*task], *task); was && may_stand_by(*was, *task, share))
            index = was;
        if (!index) index = least_loaded(*task, true);
        if (!index) continue;  // every process has it already
        give(*task, *index);
        standbys_.emplace_back(*task, *index);
        share.note(members_[*index].all);
      }
  }
  bool may_stand_by(std::size_t index, const Task& task, const Share& share) {
    return !processes_[members_[index].process_id].has.contains(task) && share.leaves_room_for(members_[index].all);
  }

  std::optional<std::size_t> least_loaded_of(const std::vector<std::size_t>& candidates, const Task& task) {
    std::optional<std::size_t> best;
    for (const std::size_t index : candidates) {
      const Process& process = processes_[members_[index].process_id];
      if (process.has.contains(task)) continue;
      if (!best || process.load() < processes_[members_[*best].process_id].load()) best = index;
    }
    return best;
  }

  /// The least loaded member of the least loaded process; where it must not have the task, of those without.
  std::optional<std::size_t> least_loaded(const Task& task, bool without_it) {
    const Process* best = nullptr;
    for (const auto& [id, process] : processes_)
      if (!(without_it && process.has.contains(task)) && (best == nullptr || process.load() < best->load()))
        best = &process;
    if (best == nullptr) return std::nullopt;
    return *std::min_element(best->members.begin(), best->members.end(),
                             [&](std::size_t a, std::size_t b) { return members_[a].all < members_[b].all; });
  }

  std::size_t standby_replicas_;
  std::vector<Member> members_;
  std::map<std::string, Process> processes_;
  std::vector<Task> tasks_;
  std::vector<Task> stateful_;
  std::map<Task, std::size_t> was_active_;
  std::map<Task, std::vector<std::size_t>> was_standby_;
  std::vector<std::pair<Task, std::size_t>> active_;
  std::vector<std::pair<Task, std::size_t>> standbys_;
};

}  // namespace

std::map<std::string, TaskAssignment> assign_tasks(const std::vector<TaskAssignorMember>& members,
                                                   const std::vector<TaskAssignorSubtopology>& subtopologies,
                                                   std::int32_t standby_replicas) {
  return Assignor(members, subtopologies, standby_replicas).assign();
}

}  // namespace leat::coordinator
