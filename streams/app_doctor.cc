#include "streams/app_doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "broker/tools/group_list.h"
#include "streams/commit_metadata.h"
#include "streams/internal_topics.h"
#include "streams/state_directory.h"

namespace leat {

namespace {

constexpr auto kPatience = std::chrono::seconds(5);
/// A lag below is what is under way between two commits.
constexpr std::int64_t kLagWorthTelling = 1000;

std::string plural(std::size_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::set<std::string> sources_of(const Plan& plan) {
  std::set<std::string> topics;
  for (const Subtopology& each : plan.subtopologies())
    topics.insert(each.source_topics.begin(), each.source_topics.end());
  return topics;
}

/// Hours, minutes and seconds of what is rarely exact.
std::string span_text(std::int64_t ms) {
  if (ms >= 3'600'000) return fmt::format("{} h {} min", ms / 3'600'000, ms / 60'000 % 60);
  if (ms >= 60'000) return fmt::format("{} min {} s", ms / 60'000, ms / 1000 % 60);
  return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000) : fmt::format("{} ms", ms);
}

}  // namespace

std::string time_text(std::int64_t ms) {
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, ms % 1000);
}

std::vector<Doctor::Finding> Doctor::examine() {
  look_at_settings();
  look_at_state_directory();
  if (!look_at_topology() || !look_at_broker()) return std::move(findings_);
  look_at_topics();
  look_at_group();
  look_at_offsets();
  look_at_windows();
  return std::move(findings_);
}

void Doctor::look_at_settings() {
  const auto problems = config_.problems();
  for (const std::string& each : problems) problem(each);
  if (problems.empty()) good("the settings agree with each other");
  if (config_.exactly_once() && config_.replication_factor == 1 && !config_.embedded())
    note("replication.factor=1: what one broker loses is lost, exactly_once_v2 or not; 3 is usual on a cluster");
}

bool Doctor::look_at_topology() {
  auto plan = topology_.plan({.application_id = config_.application_id,
                              .changes_apart = config_.changes_apart(),
                              .explicit_naming = config_.ensure_explicit_internal_resource_naming});
  if (!plan) {
    problem("topology: " + plan.error().message);
    return false;
  }
  plan_ = std::move(*plan);
  good(fmt::format("the topology can be run: {} source topics, {} sub-topologies", sources_of(*plan_).size(),
                   plan_->subtopologies().size()));
  return true;
}

void Doctor::look_at_state_directory() {
  Files& files = surroundings_.world.files;
  if (Status made = files.make_directories(config_.state_dir); !made) {
    problem("state.dir: " + made.error().message);
    return;
  }
  const auto opened =
      StateDirectory::open(files, surroundings_.world.random, config_.state_dir, config_.application_id);
  if (opened) {
    good("state.dir " + config_.state_dir + " is writable; it has state of " +
         plural((*opened)->tasks().size(), "task"));
  } else if (opened.error().kind == ErrorKind::kAlreadyExists) {
    note("state.dir " + config_.state_dir + " is in use: the application runs here");
  } else {
    problem("state.dir: " + opened.error().message);
  }
}

bool Doctor::look_at_broker() {
  const std::string at = config_.embedded() ? config_.embedded_listener : config_.bootstrap_servers;
  tools::Settings settings;
  settings.set("bootstrap.servers", at);
  settings.set("default.api.timeout.ms", std::to_string(std::chrono::milliseconds(kPatience).count()));
  for (const auto& [key, value] : config_.security()) settings.set(key, value);
  auto session = tools::Session::connect(surroundings_, settings);
  if (!session) {
    problem(config_.embedded()
                ? fmt::format("the embedded broker does not answer at {}: the application does not run, or listens "
                              "elsewhere (embedded.listener)",
                              at)
                : fmt::format("no broker answers at bootstrap.servers={}: {}", at, session.error().message));
    return false;
  }
  session_ = std::move(*session);
  session_->set_timeout(kPatience);
  good(fmt::format("the broker answers at {} ({})", at, plural(session_->brokers().size(), "broker")));
  return true;
}

bool Doctor::is_internal(const std::string& topic) const {
  return std::any_of(plan_->subtopologies().begin(), plan_->subtopologies().end(), [&](const Subtopology& each) {
    return each.repartition_topics.contains(topic) || each.changelog_topics.contains(topic);
  });
}

void Doctor::look_at_topics() {
  std::set<std::string> sources, sinks, internal;
  for (const Subtopology& each : plan_->subtopologies()) {
    for (const std::string& topic : each.source_topics) (is_internal(topic) ? internal : sources).insert(topic);
    for (const std::string& topic : each.sink_topics)
      if (!is_internal(topic)) sinks.insert(topic);
    for (const auto& [topic, wanted] : each.changelog_topics) internal.insert(topic);
  }
  std::set<std::string> all = sources;
  all.insert(sinks.begin(), sinks.end());
  all.insert(internal.begin(), internal.end());
  const auto known = session_->metadata(all);
  if (!known) return problem("the topics cannot be looked up: " + known.error().message);
  std::set<std::string> refused;
  for (const auto& topic : known->topics) {
    if (topic.error_code == wire::ErrorCode::kNone) {
      counts_[topic.name.value_or("")] = static_cast<std::int32_t>(topic.partitions.size());
    } else if (topic.error_code == wire::ErrorCode::kTopicAuthorizationFailed) {
      refused.insert(topic.name.value_or(""));
    }
  }
  const std::size_t before = findings_.size();
  for (const std::string& topic : refused)
    problem("topic '" + topic + "' may not be described: the principal of the application needs READ on sources and " +
            "internal topics, WRITE on sinks and internal topics, and CREATE on topics that begin with '" +
            config_.application_id + "-'");
  const auto missing = [&](const std::string& topic) { return !counts_.contains(topic) && !refused.contains(topic); };
  for (const std::string& topic : sources)
    if (missing(topic))
      problem("source topic '" + topic + "' does not exist; create it: kafka-topics --create --topic " + topic);
  for (const std::string& topic : sinks)
    if (missing(topic)) note("topic '" + topic + "', which is written to, does not exist; it must, before it starts");
  if (findings_.size() == before)
    good(plural(sources.size(), "source topic") + " and " + plural(sinks.size(), "sink topic") + " are there");
  std::map<std::string, std::int32_t> made_by_users;
  for (const auto& [topic, count] : counts_)
    if (!is_internal(topic)) made_by_users[topic] = count;
  const auto wanted = partition_counts(*plan_, made_by_users);
  if (!wanted) {
    // What is missing has been told.
    if (wanted.error().kind != ErrorKind::kNotFound) problem(wanted.error().message);
    return;
  }
  good("topics that are joined have the same number of partitions");
  std::size_t there = 0;
  for (const std::string& topic : internal) {
    const auto count = counts_.find(topic);
    if (count == counts_.end()) continue;
    ++there;
    if (count->second != wanted->at(topic))
      problem(
          fmt::format("internal topic '{}' has {} partitions and needs {}: the number of partitions of an input "
                      "has changed; 'reset' and start anew, under a new application.id where old results count",
                      topic, count->second, wanted->at(topic)));
  }
  there == internal.size() ? good(plural(there, "internal topic") + " are there")
                           : note(fmt::format("{} of {} internal topics are there; the others are made at the start",
                                              there, internal.size()));
}

void Doctor::look_at_group() {
  const auto group = tools::describe_group(*session_, config_.application_id);
  if (!group) {
    const auto code = static_cast<wire::ErrorCode>(group.error().kafka_code);
    if (code == wire::ErrorCode::kGroupAuthorizationFailed)
      return problem("group '" + config_.application_id + "' may not be described: the principal needs READ on it");
    if (code == wire::ErrorCode::kGroupIdNotFound) return note("the application has not run yet: there is no group");
    return problem("the group cannot be described: " + group.error().message);
  }
  if (group->members.empty())
    return note("group '" + group->id + "' is " + group->state + ": no instance of the application runs");
  good(fmt::format("group '{}' is {}: {}", group->id, group->state, plural(group->members.size(), "stream thread")));
  if (group->state == "PreparingRebalance" || group->state == "CompletingRebalance")
    note(
        "it is rebalancing; where that goes on, a member does not come back in time: look for long processing "
        "(max.poll.interval.ms) and at the logs of the members");
}

void Doctor::look_at_offsets() {
  const auto committed = session_->committed(config_.application_id);
  if (!committed) return problem("the committed offsets cannot be read: " + committed.error().message);
  committed_ = *committed;
  std::map<TopicPartition, std::int64_t> begins, ends_wanted;
  for (const Subtopology& each : plan_->subtopologies())
    for (const std::string& topic : each.source_topics) {
      const auto count = counts_.find(topic);
      for (std::int32_t i = 0; !each.global && count != counts_.end() && i < count->second; ++i) {
        ends_wanted[{topic, i}] = -1;
        begins[{topic, i}] = -2;
      }
    }
  std::map<TopicPartition, wire::ErrorCode> errors;
  const auto ends = session_->list_offsets(ends_wanted, config_.exactly_once(), &errors);
  const auto first = session_->list_offsets(begins, false, &errors);
  if (!ends || !first)
    return problem("the ends of the topics cannot be read: " + (ends ? first : ends).error().message);
  std::int64_t all = 0;
  for (const auto& [partition, end] : *ends) {
    const auto at = committed_.find(partition);
    const auto begin = first->find(partition);
    const std::int64_t oldest = begin != first->end() ? begin->second.offset : 0;
    if (at != committed_.end() && at->second.offset < oldest)
      problem(
          fmt::format("{}: the next record to read, {}, has been deleted; the oldest is {}. Records were lost by "
                      "retention; auto.offset.reset={} decides where it goes on",
                      partition.to_string(), at->second.offset, oldest, config_.auto_offset_reset));
    const std::int64_t lag = end.offset - (at != committed_.end() ? at->second.offset : oldest);
    if (lag > 0) behind_.insert(partition);
    all += std::max<std::int64_t>(0, lag);
    if (lag > kLagWorthTelling) note(fmt::format("{}: {} records behind", partition.to_string(), lag));
  }
  good(fmt::format("{} of input are {} records behind their ends, by what is committed",
                   plural(ends->size(), "partition"), all));
}

/// Stream time is a task's: the highest timestamp of the records that came to its partitions, and nothing else moves
/// it. It is committed beside the offsets.
void Doctor::look_at_windows() {
  struct Time {
    std::int64_t ms = -1;
    std::string of;
    bool behind = false;
  };
  for (const Subtopology& each : plan_->subtopologies()) {
    std::map<std::int32_t, Time> times;
    std::int64_t latest = -1;
    for (const std::string& topic : each.source_topics) {
      const auto count = counts_.find(topic);
      for (std::int32_t i = 0; count != counts_.end() && i < count->second; ++i) {
        Time& time = times[i];
        time.behind |= behind_.contains({topic, i});
        const auto at = committed_.find({topic, i});
        if (at == committed_.end()) continue;
        const std::int64_t ms = CommitMetadata::decode(at->second.metadata).partition_time;
        if (ms > time.ms) time = {ms, topic + "-" + std::to_string(i), time.behind};
        latest = std::max(latest, ms);
      }
    }
    for (const PlannedStore& store : each.stores) {
      const std::int64_t closes_after = store.builder->description().closes_after_ms;
      if (closes_after <= 0) continue;
      for (const auto& [partition, time] : times) {
        const std::string task = fmt::format("store '{}', task {}_{}: ", store.builder->name(), each.id, partition);
        if (time.ms < 0) {
          note(task + (time.behind ? "no record has been processed yet, so there is no window"
                                   : "no record has come to its partitions, so there is no window"));
          continue;
        }
        std::string text = fmt::format(
            "{}stream time is {} (by {}); windows that began after {} are open: one closes when stream time passes its "
            "begin by {} (size and grace)",
            task, time_text(time.ms), time.of, time_text(std::max<std::int64_t>(0, time.ms - closes_after)),
            span_text(closes_after));
        if (time.behind) {
          text += "; records wait to be processed, which will move it";
        } else if (latest - time.ms > closes_after) {
          text += fmt::format(
              "; it is {} behind the newest task and stands still: nothing comes to its partitions, and neither the "
              "wall clock nor other partitions close a window. A later record for a key of this partition does",
              span_text(latest - time.ms));
        } else {
          text += "; all records are processed, so the next one decides when";
        }
        note(std::move(text));
      }
    }
  }
}

}  // namespace leat
