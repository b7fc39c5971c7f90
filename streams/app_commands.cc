// The commands of an App that look at a cluster or put the application back: doctor, topics, reset.
#include <fmt/format.h>

#include "base/os/process_terminal.h"
#include "base/os/real_world.h"
#include "broker/client/tcp_channel.h"
#include "broker/tools/tools.h"
#include "streams/app_arguments.h"
#include "streams/app_doctor.h"
#include "streams/embedded_broker.h"

namespace leat {

namespace {

constexpr int kFailed = 1;

int fail(const Error& error) {
  fmt::print(stderr, "{}\n", error.message);
  return kFailed;
}

bool made_by_the_application(const Plan& plan, const std::string& topic) {
  for (const Subtopology& each : plan.subtopologies())
    if (each.repartition_topics.contains(topic) || each.changelog_topics.contains(topic)) return true;
  return false;
}

std::string configs_text(const InternalTopic& topic) {
  std::string text;
  for (const auto& [key, value] : topic.config) text += fmt::format(" {}={}", key, value);
  return text;
}

}  // namespace

int App::doctor(const Arguments& arguments) {
  os::RealWorld world;
  client::TcpConnector connector(world.world());
  os::ProcessTerminal terminal;
  Doctor doctor({world.world(), connector, terminal}, arguments.config, topology_);
  int problems = 0;
  for (const Doctor::Finding& finding : doctor.examine()) {
    const char* mark = finding.kind == Doctor::Kind::kGood   ? "ok  "
                       : finding.kind == Doctor::Kind::kNote ? "note"
                                                             : "BAD ";
    problems += finding.kind == Doctor::Kind::kProblem;
    terminal.out(fmt::format("{}  {}\n", mark, finding.what));
  }
  terminal.out(problems == 0 ? "nothing keeps the application from working\n"
                             : fmt::format("{} problem{} to be solved\n", problems, problems == 1 ? "" : "s"));
  return problems == 0 ? 0 : kFailed;
}

int App::topics(const Arguments& arguments) {
  auto plan = topology_.plan({.application_id = arguments.config.application_id});
  if (!plan) return fail(plan.error());
  std::set<std::string> sources, sinks;
  for (const Subtopology& each : plan->subtopologies()) {
    for (const std::string& topic : each.source_topics)
      if (!made_by_the_application(*plan, topic)) sources.insert(topic);
    for (const std::string& topic : each.sink_topics)
      if (!made_by_the_application(*plan, topic)) sinks.insert(topic);
  }
  for (const std::string& topic : sources) fmt::print("source       {}\n", topic);
  for (const Subtopology& each : plan->subtopologies())
    for (const TopicPattern& pattern : each.source_patterns) fmt::print("source       /{}/\n", pattern.text());
  for (const Subtopology& each : plan->subtopologies())
    for (const auto& [name, topic] : each.repartition_topics)
      fmt::print("repartition  {}{}\n", name, configs_text(topic));
  for (const Subtopology& each : plan->subtopologies())
    for (const auto& [name, topic] : each.changelog_topics)
      fmt::print("changelog    {}{}\n", name, configs_text(topic));
  for (const std::string& topic : sinks) fmt::print("sink         {}\n", topic);
  return 0;
}

/// Offsets of the input topics back to their beginnings, no internal topics, no state on this machine.
int App::reset(const Arguments& arguments) {
  StreamsConfig config = arguments.config;
  auto plan = topology_.plan({.application_id = config.application_id});
  if (!plan) return fail(plan.error());
  std::vector<std::string> inputs;
  for (const Subtopology& each : plan->subtopologies())
    for (const std::string& topic : each.source_topics)
      if (!each.global && !made_by_the_application(*plan, topic)) inputs.push_back(topic);
  std::unique_ptr<EmbeddedBroker> broker;
  std::string address = config.bootstrap_servers;
  if (config.embedded()) {
    config.embedded_listener = "127.0.0.1:0";
    auto started = EmbeddedBroker::start(config);
    if (!started)
      return fail({started.error().kind, started.error().message + "; the application must not run while it is reset"});
    broker = std::move(*started);
    address = broker->address();
  }
  os::RealWorld world;
  client::TcpConnector connector(world.world());
  std::vector<std::string> words{"--application-id", config.application_id, "--bootstrap-server", address};
  if (!inputs.empty()) words.insert(words.end(), {"--input-topics", fmt::format("{}", fmt::join(inputs, ","))});
  if (arguments.dry_run) words.push_back("--dry-run");
  if (arguments.force) words.push_back("--force");
  const tools::Tool* tool = tools::find("kafka-streams-application-reset");
  LEAT_CHECK(tool != nullptr);
  {
    os::ProcessTerminal terminal;
    if (const int code = tools::run(*tool, {world.world(), connector, terminal}, words); code != 0) return code;
  }
  Files& files = world.world().files;
  std::vector<std::string> directories{config.state_dir + "/" + config.application_id};
  for (int worker = 1; files.exists(fmt::format("{}/worker-{}", config.state_dir, worker)); ++worker)
    directories.push_back(fmt::format("{}/worker-{}/{}", config.state_dir, worker, config.application_id));
  for (const std::string& directory : directories) {
    if (!files.exists(directory)) continue;
    fmt::print("{} {}\n", arguments.dry_run ? "Would remove" : "Removing", directory);
    if (arguments.dry_run) continue;
    if (auto removed = files.remove_directory(directory); !removed) return fail(removed.error());
  }
  return 0;
}

}  // namespace leat
