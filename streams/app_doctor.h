// Doctor: looks at everything an application needs and says what is wrong, with the way out: settings, topology, state
// directory, broker, permissions, topics, co-partitioning, the group and its lag, and why a window is still open.
//
//   Doctor doctor({world, connector, terminal}, config, topology);
//   for (const Doctor::Finding& finding : doctor.examine()) ...
//
// It changes nothing, and asks questions of a cluster only: the application may run meanwhile, or not.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/tools/session.h"
#include "streams/streams_config.h"
#include "topology/topology.h"

namespace leat {

class Doctor {
 public:
  enum class Kind {
    kGood,
    kNote,     ///< worth knowing
    kProblem,  ///< keeps the application from working, or will
  };
  struct Finding {
    Kind kind;
    std::string what;
  };

  Doctor(const tools::Surroundings& surroundings, const StreamsConfig& config, const Topology& topology)
      : surroundings_(surroundings), config_(config), topology_(topology) {}

  /// Looks as far as what it finds allows.
  std::vector<Finding> examine();

 private:
  void good(std::string what) { findings_.push_back({Kind::kGood, std::move(what)}); }
  void note(std::string what) { findings_.push_back({Kind::kNote, std::move(what)}); }
  void problem(std::string what) { findings_.push_back({Kind::kProblem, std::move(what)}); }

  void look_at_settings();
  bool look_at_topology();
  void look_at_state_directory();
  bool look_at_broker();
  void look_at_topics();
  void look_at_group();
  void look_at_offsets();
  void look_at_windows();
  bool is_internal(const std::string& topic) const;

  tools::Surroundings surroundings_;
  const StreamsConfig& config_;
  const Topology& topology_;
  std::optional<Plan> plan_;
  std::unique_ptr<tools::Session> session_;
  /// Partitions of the topics that are there.
  std::map<std::string, std::int32_t> counts_;
  std::map<TopicPartition, tools::Session::Committed> committed_;
  /// Partitions whose end is ahead of what is committed.
  std::set<TopicPartition> behind_;
  std::vector<Finding> findings_;
};

/// Times for people: 2023-11-14T22:13:20.000Z.
std::string time_text(std::int64_t ms);

}  // namespace leat
