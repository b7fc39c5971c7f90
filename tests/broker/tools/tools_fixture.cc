#include "tools_fixture.h"

#include <sstream>

namespace leat::tools {

ToolsTest::ToolsTest() : sim(29), here(sim.process("client")), connector(here) {
  server::BrokerConfig config;
  config.log_dir = "/data";
  config.listeners = {{.name = "PLAINTEXT", .at = {"broker", 9092}, .advertised = {"broker", 9092}}};
  config.offsets_topic_partitions = config.transaction_topic_partitions = 1;
  config.group.initial_rebalance_delay_ms = 0;
  auto opened = server::Broker::open(sim.process("broker"), config);
  LEAT_CHECK(opened.ok(), opened.error().message);
  broker = std::move(*opened);
  const Status listening = broker->listen();
  LEAT_CHECK(listening.ok(), listening.error().message);
}

ToolsTest::Outcome ToolsTest::run(const std::string& command, std::string piped) {
  return run_words(command, {"--bootstrap-server", "broker:9092"}, std::move(piped));
}

ToolsTest::Outcome ToolsTest::run_words(const std::string& command, std::vector<std::string> args, std::string piped) {
  std::istringstream words(command);
  std::string name, word;
  words >> name;
  while (words >> word) args.push_back(word);
  const Tool* tool = find(name);
  LEAT_CHECK(tool != nullptr, name);
  ScriptedTerminal terminal;
  terminal.piped = std::move(piped);
  const int code = tools::run(*tool, {here, connector, terminal}, args);
  return {code, terminal.printed, terminal.complained};
}

std::string ToolsTest::print(const std::string& command, std::string piped) {
  const Outcome outcome = run(command, std::move(piped));
  EXPECT_EQ(outcome.code, 0) << command << "\n" << outcome.out << outcome.err;
  return outcome.out;
}

void ToolsTest::write_file(const std::string& path, std::string_view content) {
  const Status written = write_file_atomically(here.files, path, content);
  LEAT_CHECK(written.ok(), written.error().message);
}

}  // namespace leat::tools
