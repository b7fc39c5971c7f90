#include "streams/assignor/rack_costs.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/check.h"

namespace leat {

namespace {

constexpr std::int64_t kFar = std::numeric_limits<std::int64_t>::max() / 4;
/// More than all traffic together: a share that is too large is the first to be made smaller.
constexpr std::int64_t kTooMany = 1'000'000'000;

using Assignment = std::map<std::string, std::set<TaskId>>;

class Costs {
 public:
  Costs(const std::vector<GroupMember>& members, const Racks& racks, RackCosts costs, const Assignment& before)
      : racks_(racks), costs_(costs) {
    for (const GroupMember& member : members) process_of_[member.id] = member.process_id;
    for (const auto& [id, tasks] : before)
      for (const TaskId& task : tasks) process_before_[task] = process_of_.at(id);
  }

  std::int64_t of(const TaskId& task, const std::string& member) const {
    const std::string& rack = racks_.of_member.at(member);
    std::int64_t cost = 0;
    for (const std::set<std::string>& replicas : racks_.of_task.at(task))
      if (!replicas.contains(rack)) cost += costs_.traffic;
    const auto before = process_before_.find(task);
    if (before == process_before_.end() || before->second != process_of_.at(member)) cost += costs_.non_overlap;
    return cost;
  }

 private:
  const Racks& racks_;
  RackCosts costs_;
  std::map<std::string, Uuid> process_of_;
  std::map<TaskId, Uuid> process_before_;
};

/// The places of tasks and the edges between them. A place is a member's part of one group of tasks (a sub-topology, or
/// all tasks together); behind the places there is a node for each member, over which its groups exchange room.
class Exchange {
 public:
  Exchange(const Costs& costs, const std::set<TaskId>& tasks, RackStrategy strategy, const Assignment& given_to) {
    for (const TaskId& task : tasks)
      for (const auto& [id, given] : given_to) cost_of_[task].push_back(costs.of(task, id));
    std::map<int, std::size_t> group_of;
    for (const TaskId& task : tasks)
      group_of.try_emplace(strategy == RackStrategy::kBalanceSubtopology ? task.subtopology : 0, group_of.size());
    groups_ = group_of.size();
    std::vector<std::size_t> group_sizes(groups_);
    for (const auto& [id, given] : given_to) {
      members_.push_back(id);
      places_.resize(members_.size() * groups_);
      for (const TaskId& task : given) {
        if (!tasks.contains(task)) continue;
        const std::size_t group = group_of.at(strategy == RackStrategy::kBalanceSubtopology ? task.subtopology : 0);
        places_[(members_.size() - 1) * groups_ + group].insert(task);
        ++group_sizes[group];
      }
    }
    for (std::size_t member = 0; member < members_.size(); ++member) {
      std::size_t all = 0;
      for (std::size_t group = 0; group < groups_; ++group) all += places_[member * groups_ + group].size();
      for (std::size_t group = 0; group < groups_; ++group)
        shares_.push_back((all * group_sizes[group] + tasks.size() - 1) / tasks.size());
    }
  }

  /// Makes the assignment cheaper by one ring; false when it cannot.
  bool improve() {
    find_edges();
    const auto ring = negative_ring();
    for (const Edge* edge : ring) {
      if (!edge->task) continue;
      places_[edge->from].erase(*edge->task);
      places_[edge->to].insert(*edge->task);
    }
    return !ring.empty();
  }

  void put(const std::set<TaskId>& tasks, Assignment& given_to) const {
    for (auto& [id, given] : given_to) std::erase_if(given, [&](const TaskId& task) { return tasks.contains(task); });
    for (std::size_t place = 0; place < places_.size(); ++place)
      given_to.at(members_[place / groups_]).insert(places_[place].begin(), places_[place].end());
  }

 private:
  struct Edge {
    std::size_t from = 0, to = 0;
    std::int64_t weight = 0;
    std::optional<TaskId> task = {};
  };

  std::size_t node_of(std::size_t member) const { return places_.size() + member; }

  void find_edges() {
    edges_.clear();
    for (std::size_t from = 0; from < places_.size(); ++from) {
      const std::size_t mine = from / groups_, group = from % groups_;
      for (std::size_t other = 0; other < members_.size(); ++other) {
        if (other == mine || places_[from].empty()) continue;
        Edge best{from, other * groups_ + group, kFar};
        for (const TaskId& task : places_[from]) {
          const auto& costs = cost_of_.at(task);
          const std::int64_t more = costs[other] - costs[mine];
          if (more < best.weight) best = {from, best.to, more, task};
        }
        edges_.push_back(best);
      }
      const std::size_t size = places_[from].size(), share = shares_[from];
      if (size < share) edges_.push_back({from, node_of(mine), 0});
      if (size > 0) edges_.push_back({node_of(mine), from, size > share ? -kTooMany : 0});
    }
  }

  /// Bellman and Ford, from everywhere at once; the edges of a ring, or none.
  std::vector<const Edge*> negative_ring() const {
    const std::size_t nodes = places_.size() + members_.size();
    std::vector<std::int64_t> weight(nodes, 0);
    std::vector<const Edge*> by(nodes, nullptr);
    const Edge* last = nullptr;
    for (std::size_t round = 0; round <= nodes; ++round) {
      last = nullptr;
      for (const Edge& edge : edges_) {
        if (weight[edge.from] + edge.weight >= weight[edge.to]) continue;
        weight[edge.to] = weight[edge.from] + edge.weight;
        by[edge.to] = last = &edge;
      }
      if (last == nullptr) return {};
    }
    // Whatever still changes hangs behind a ring: as many steps back as there are nodes lead into it.
    std::size_t at = last->to;
    for (std::size_t i = 0; i < nodes; ++i) at = by[at]->from;
    std::vector<const Edge*> ring;
    for (std::size_t node = at; ring.empty() || node != at; node = by[node]->from) ring.push_back(by[node]);
    return ring;
  }

  std::map<TaskId, std::vector<std::int64_t>> cost_of_;  ///< by member
  std::size_t groups_ = 0;
  std::vector<std::string> members_;
  std::vector<std::set<TaskId>> places_;  ///< by member and group
  std::vector<std::size_t> shares_;       ///< how many tasks of the group the member may have, in the same order
  std::vector<Edge> edges_;
};

}  // namespace

bool Racks::complete(const std::vector<GroupMember>& members, const std::set<TaskId>& tasks) const {
  std::map<Uuid, std::string> of_process;
  for (const GroupMember& member : members) {
    const auto rack = of_member.find(member.id);
    if (rack == of_member.end() || rack->second.empty()) return false;
    if (of_process.try_emplace(member.process_id, rack->second).first->second != rack->second) return false;
  }
  return std::all_of(tasks.begin(), tasks.end(), [this](const TaskId& task) {
    const auto racks = of_task.find(task);
    return racks != of_task.end() && !racks->second.empty() &&
           std::none_of(racks->second.begin(), racks->second.end(), [](const auto& each) { return each.empty(); });
  });
}

std::int64_t rack_cost(const std::vector<GroupMember>& members, const std::set<TaskId>& tasks, const Racks& racks,
                       RackCosts costs, const Assignment& before, const Assignment& given_to) {
  const Costs of(members, racks, costs, before);
  std::int64_t cost = 0;
  for (const auto& [id, given] : given_to)
    for (const TaskId& task : given)
      if (tasks.contains(task)) cost += of.of(task, id);
  return cost;
}

void exchange_tasks(const std::vector<GroupMember>& members, const std::set<TaskId>& tasks, const Racks& racks,
                    RackCosts costs, RackStrategy strategy, Assignment& given_to) {
  LEAT_CHECK(racks.complete(members, tasks), "tasks are placed by racks that are known");
  if (tasks.empty() || strategy == RackStrategy::kNone) return;
  const Assignment before = given_to;
  const Costs of(members, racks, costs, before);
  Exchange exchange(of, tasks, strategy, given_to);
  while (exchange.improve()) {
  }
  exchange.put(tasks, given_to);
}

}  // namespace leat
