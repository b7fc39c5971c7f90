// leat: the standalone broker, and the console tools of Kafka's tutorials.
//
//   leat broker --config server.properties [--env] [--override key=value]...
//   kafka-server-start.sh server.properties                         the same, by a link of that name
//   leat broker ctl [--dir LOG_DIR] stop|start|logs NODE          a node of a broker with test.virtual.nodes
//   leat topic create orders -p 4                                  and group, produce, consume, tail
//   leat kafka-topics --list --bootstrap-server localhost:9092
//   kafka-topics.sh --list --bootstrap-server localhost:9092        by a link of that name
//
// The broker prints `READY host:port node=N listener=NAME` for every listener once it answers.
// SIGTERM and SIGINT stop it cleanly.
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "base/did_you_mean.h"
#include "base/os/process_terminal.h"
#include "base/os/real_world.h"
#include "broker/client/tcp_channel.h"
#include "broker/server/broker.h"
#include "broker/server/config_environment.h"
#include "broker/server/node_control.h"
#include "broker/tools/commands.h"
#include "broker/tools/tools.h"

namespace {

constexpr int kUsage = 2;

int usage() {
  std::fputs(
      "leat broker --config FILE [--env] [--override KEY=VALUE]...\n"
      "    Runs a broker until SIGTERM. FILE is a server.properties with Kafka's keys; without --config the\n"
      "    defaults hold: PLAINTEXT://127.0.0.1:9092, data in /tmp/kafka-logs. --env takes settings from\n"
      "    variables KAFKA_*, as Kafka's images do: KAFKA_LOG_DIRS=/data is log.dirs=/data.\n"
      "leat topic|group|produce|consume|tail ...\n",
      stderr);
  for (const leat::tools::Command* each : leat::tools::all_commands())
    std::fprintf(stderr, "      %-26s %s\n", std::string(each->name).c_str(), std::string(each->purpose).c_str());
  std::fputs(
      "leat TOOL [OPTION]...\n"
      "    Runs a console tool; TOOL --help prints its options. The tools, with or without .sh:\n",
      stderr);
  for (const leat::tools::Tool* tool : leat::tools::all())
    std::fprintf(stderr, "      %-26s %s\n", std::string(tool->name).c_str(), std::string(tool->purpose).c_str());
  return kUsage;
}

int unknown(std::string_view word) {
  std::vector<std::string_view> words = {"broker"};
  for (const leat::tools::Command* each : leat::tools::all_commands())
    words.push_back(each->name.substr(0, each->name.find(' ')));
  for (const leat::tools::Tool* tool : leat::tools::all()) words.push_back(tool->name);
  if (!word.empty())
    std::fprintf(stderr, "leat: there is no '%s'.%s\n", std::string(word).c_str(),
                 leat::did_you_mean(word, words).c_str());
  return usage();
}

int fail(const leat::Error& error) {
  std::fprintf(stderr, "leat: %s\n", error.message.c_str());
  return 1;
}

int run_broker(const std::string& config_file, const std::vector<std::string>& overrides) {
  leat::os::RealWorld world;
  leat::Bytes text;
  if (!config_file.empty()) {
    auto read = leat::read_file(world.world().files, config_file);
    if (!read) return fail(read.error());
    text = std::move(*read);
  }
  auto config = leat::server::BrokerConfig::parse(text, overrides);
  if (!config) return fail(config.error());
  leat::set_log_format(config->log_format);
  auto broker = leat::server::Broker::open(world.world(), *config);
  if (!broker) return fail(broker.error());
  if (auto listening = (*broker)->listen(); !listening) return fail(listening.error());
  std::unique_ptr<leat::server::NodeControl> control;
  if (config->given.contains("test.virtual.nodes")) {
    auto opened = leat::server::NodeControl::open(**broker);
    if (!opened) return fail(opened.error());
    control = std::move(*opened);
  }
  for (const auto& listener : (*broker)->listening())
    std::printf("READY %s:%u node=%d listener=%s\n", listener.at.host.c_str(), listener.at.port, listener.node,
                listener.name.c_str());
  std::fflush(stdout);
  leat::os::TerminationSignal signal(world.loop(), [&] { world.loop().stop(); });
  world.loop().run();
  if (auto closed = (*broker)->shut_down(); !closed) return fail(closed.error());
  return 0;
}

/// leat broker ctl [--dir LOG_DIR] stop|start|logs NODE
int control_node(int argc, char** argv) {
  std::string log_dir = leat::server::BrokerConfig().log_dir;
  std::vector<std::string> words;
  for (int i = 0; i < argc; ++i) {
    if (std::strcmp(argv[i], "--dir") == 0 && i + 1 < argc) {
      log_dir = argv[++i];
    } else {
      words.emplace_back(argv[i]);
    }
  }
  if (words.size() != 2) {
    std::fputs("USAGE: leat broker ctl [--dir LOG_DIR] stop|start|logs NODE\n", stderr);
    return kUsage;
  }
  leat::os::RealWorld world(leat::Duration::zero());
  int status = 0;
  leat::server::ask_node_control(world.world(), log_dir, words[0], words[1], [&](leat::Result<std::string> said) {
    if (said) {
      std::fputs(said->c_str(), stdout);
    } else {
      status = fail(said.error());
    }
    world.loop().stop();
  });
  world.loop().run();
  return status;
}

/// leat topic create orders ...
int run_command(const std::vector<std::string>& args) {
  leat::os::RealWorld world(leat::Duration::zero());
  leat::client::TcpConnector connector(world.world());
  leat::os::ProcessTerminal terminal;
  return leat::tools::run_command({world.world(), connector, terminal}, args);
}

int run_tool(const leat::tools::Tool& tool, int argc, char** argv) {
  leat::os::RealWorld world(leat::Duration::zero());
  leat::client::TcpConnector connector(world.world());
  leat::os::ProcessTerminal terminal;
  const std::vector<std::string> args(argv, argv + argc);
  return leat::tools::run(tool, {world.world(), connector, terminal}, args);
}

/// kafka-server-start.sh [-daemon] server.properties [--override key=value]...
int start_server(int argc, char** argv) {
  bool in_background = false;
  std::string config_file;
  std::vector<std::string> overrides;
  for (int i = 0; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "-daemon") {
      in_background = true;
    } else if (word == "--override" && i + 1 < argc) {
      overrides.emplace_back(argv[++i]);
    } else if (config_file.empty() && !word.starts_with("-")) {
      config_file = word;
    } else {
      std::fprintf(stderr, "kafka-server-start: unknown option %s\n", word.c_str());
      config_file.clear();
      break;
    }
  }
  if (config_file.empty()) {
    std::fputs("USAGE: kafka-server-start [-daemon] server.properties [--override property=value]*\n", stderr);
    return 1;
  }
  if (in_background && ::daemon(1, 0) != 0) {
    std::perror("kafka-server-start -daemon");
    return 1;
  }
  return run_broker(config_file, overrides);
}

/// KAFKA_* variables, as Kafka's images have them.
std::vector<std::string> settings_of_the_environment() {
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) variables.emplace_back(*each);
  return leat::server::settings_of_environment(variables);
}

bool is_named(std::string_view program, std::string_view name) {
  program.remove_prefix(program.rfind('/') + 1);
  return program == name || program == std::string(name) + ".sh";
}

}  // namespace

int main(int argc, char** argv) {
  if (is_named(argv[0], "kafka-server-start")) return start_server(argc - 1, argv + 1);
  if (argc > 1 && is_named(argv[1], "kafka-server-start")) return start_server(argc - 2, argv + 2);
  if (const auto* tool = leat::tools::find(argv[0])) return run_tool(*tool, argc - 1, argv + 1);
  if (argc > 1)
    if (const auto* tool = leat::tools::find(argv[1])) return run_tool(*tool, argc - 2, argv + 2);
  if (argc > 1 && leat::tools::is_command(argv[1])) return run_command({argv + 1, argv + argc});
  if (argc > 1 && (std::strcmp(argv[1], "--help") == 0 || std::strcmp(argv[1], "help") == 0)) return usage(), 0;
  if (argc < 2 || std::strcmp(argv[1], "broker") != 0) return unknown(argc < 2 ? "" : argv[1]);
  if (argc > 2 && std::strcmp(argv[2], "ctl") == 0) return control_node(argc - 3, argv + 3);
  std::string config_file;
  std::vector<std::string> overrides;
  for (int i = 2; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--config" && i + 1 < argc) {
      config_file = argv[++i];
    } else if (option == "--override" && i + 1 < argc) {
      overrides.emplace_back(argv[++i]);
    } else if (option == "--env") {
      overrides = settings_of_the_environment();
    } else {
      std::fprintf(stderr, "leat broker: unknown option %s\n", option.c_str());
      return usage();
    }
  }
  return run_broker(config_file, overrides);
}
