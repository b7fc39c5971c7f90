// Plan: a topology ready to run - which sub-topologies there are, what they read and write, which internal topics they
// need with which settings, what must be co-partitioned - and the way to bring one of them into being for a task.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "state/store_builder.h"
#include "topology/node.h"
#include "topology/options.h"

namespace leat {

struct InternalTopic {
  enum class Kind { kRepartition, kChangelog, kWindowedChangelog, kVersionedChangelog };
  std::string name;
  Kind kind = Kind::kRepartition;
  /// Set where the program says how many; else the count follows from the sources.
  std::optional<std::int32_t> partitions;
  /// Settings Kafka Streams creates the topic with.
  std::map<std::string, std::string> config;
};

/// A regular expression (ECMAScript's syntax) that the whole name of a topic has to match.
class TopicPattern {
 public:
  explicit TopicPattern(std::string text);
  const std::string& text() const { return text_; }
  bool matches(const std::string& topic) const { return matches_ && matches_(topic); }
  /// kInvalidArgument where the text is no regular expression; then nothing matches.
  Status status() const;

 private:
  std::string text_;
  std::function<bool(const std::string&)> matches_;
  std::string problem_;
};

/// A store of a sub-topology and its changelog.
struct PlannedStore {
  StoreBuilderPtr builder;
  /// Empty: not logged. A source topic where the store of a table reads its own topic back.
  std::string changelog_topic;
  /// Whether the changelog is a source topic: then nothing is written to it.
  bool changelog_is_source = false;
  bool global = false;
};

/// Topic names carry the application id where they are internal.
struct Subtopology {
  int id = 0;
  /// Subtopologies that only feed a global store make no tasks.
  bool global = false;
  std::set<std::string> source_topics;
  /// Sources by pattern. Which topics they read is known at run time (Plan::matched_topics).
  std::vector<TopicPattern> source_patterns;
  /// Where reading begins without a committed offset, for topics whose source says so (Consumed::with_offset_reset).
  std::map<std::string, AutoOffsetReset> offset_resets;
  std::set<std::string> sink_topics;
  std::map<std::string, InternalTopic> repartition_topics;
  std::map<std::string, InternalTopic> changelog_topics;
  std::vector<PlannedStore> stores;
  /// Positions in the topology's list of nodes, in topological order.
  std::vector<std::size_t> nodes;

  /// Whether a source reads the topic, by its name or by a pattern.
  bool reads(const std::string& topic) const;
};

/// The nodes and stores of one task, wired. The task opens the stores, initialises the nodes in order, and feeds the
/// sources.
struct TopologyInstance {
  struct Store {
    std::unique_ptr<StateStore> store;
    PlannedStore planned;
  };
  std::vector<std::unique_ptr<Node>> nodes;
  std::vector<Store> stores;
  /// The source node of a topic.
  std::map<std::string, SourceNode*, std::less<>> sources;
  std::vector<std::pair<TopicPattern, SourceNode*>> pattern_sources;
  /// Nodes without children.
  std::vector<Node*> ends;
  /// The names of the stores a node is connected to.
  std::map<const Node*, std::set<std::string, std::less<>>> connections;
};

struct PlanOptions {
  std::string application_id;
  /// Added to the retention of windowed changelogs (windowstore.changelog.additional.retention.ms).
  std::int64_t additional_retention_ms = 86'400'000;
  /// NodeBuild's; Kafka has two internal configs, __emit.interval.ms.kstreams.outer.join.spurious.results.fix__ and
  /// __emit.interval.ms.kstreams.windowed.aggregation__.
  std::int64_t emit_interval_ms = 1000;
  /// NodeBuild's: upgrade.from below 3.5 (KIP-904).
  bool changes_apart = false;
  /// Of sources that do not say theirs (default.timestamp.extractor).
  OnInvalidTimestamp on_invalid_timestamp = OnInvalidTimestamp::kFail;
  /// Refuses stores and repartition topics whose names are generated (ensure.explicit.internal.resource.naming,
  /// KIP-1111): they shift when the program is edited, and it does not find its state again.
  bool explicit_naming = false;
};

class Topology;

class Plan {
 public:
  const std::vector<Subtopology>& subtopologies() const { return subtopologies_; }
  /// Sets of source topics that must have the same number of partitions.
  const std::vector<std::set<std::string>>& copartition_groups() const { return copartition_groups_; }
  bool has_patterns() const;
  /// Those of the topics that sources read by pattern. Left out are topics that a source names, the internal topics of
  /// the program (Kafka Streams does read them, and goes round in a circle) and Kafka's own (`__...`). An error where
  /// the patterns of two sources match the same topic.
  Result<std::set<std::string>> matched_topics(const std::set<std::string>& among) const;
  /// The topics that the sub-topology reads, by name or by pattern, of those whose partitions are known.
  std::set<std::string> sources_of(const Subtopology& part, const std::map<std::string, std::int32_t>& counts) const;
  /// Whether it is a repartition topic, or a changelog that is no source topic.
  bool is_internal(const std::string& topic) const;
  /// Kafka's TopologyDescription as text.
  const std::string& description() const { return description_; }

  /// A new set of nodes and stores for one task of the sub-topology; `id` is one of subtopologies().
  TopologyInstance instantiate(int id) const;
  /// All sub-topologies that make tasks as one, as the test driver has them.
  TopologyInstance instantiate_all() const;
  /// What keeps the global stores, as one; their topics.
  bool has_global() const;
  std::set<std::string> global_topics() const;
  TopologyInstance instantiate_global() const;
  bool is_global_store(std::string_view store) const;

 private:
  friend class Topology;
  TopologyInstance instantiate(const std::vector<const Subtopology*>& parts) const;

  std::shared_ptr<const Topology> topology_;
  PlanOptions options_;
  std::vector<Subtopology> subtopologies_;
  std::vector<std::set<std::string>> copartition_groups_;
  std::string description_;
};

}  // namespace leat
