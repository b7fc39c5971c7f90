// The console tools on one machine of the simulated world and a broker on another.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/sim/sim_world.h"
#include "base/terminal.h"
#include "broker/client/tcp_channel.h"
#include "broker/server/broker.h"
#include "broker/tools/tools.h"

namespace leat::tools {

/// What is piped in, and what was printed.
class ScriptedTerminal : public Terminal {
 public:
  void out(std::string_view text) override { printed.append(text); }
  void err(std::string_view text) override { complained.append(text); }
  void flush() override {}
  bool listened_to() const override { return true; }
  Input read(Duration) override { return {std::exchange(piped, {}), true}; }
  bool interactive() const override { return false; }
  bool interrupted() const override { return false; }

  std::string piped, printed, complained;
};

class ToolsTest : public testing::Test {
 protected:
  ToolsTest();
  ~ToolsTest() override { broker.reset(); }

  struct Outcome {
    int code = 0;
    std::string out;
    std::string err;
  };
  /// Runs a command line, words separated by blanks; the bootstrap server is added.
  Outcome run(const std::string& command, std::string piped = {});
  /// The same for a tool that asks no broker.
  Outcome run_offline(const std::string& command) { return run_words(command, {}, {}); }
  /// The same, with what it prints to stdout; fails the test where the exit code is not 0.
  std::string print(const std::string& command, std::string piped = {});
  void write_file(const std::string& path, std::string_view content);
  Outcome run_words(const std::string& command, std::vector<std::string> args, std::string piped);

  sim::SimWorld sim;
  World here;
  client::TcpConnector connector;
  std::unique_ptr<server::Broker> broker;
};

}  // namespace leat::tools
