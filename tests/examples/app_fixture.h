// An example as its users run it: a process with a broker of its own, fed and read over the Kafka protocol.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/http.h"
#include "base/os/child_process.h"
#include "base/os/real_world.h"
#include "broker/client/fetcher.h"
#include "broker/client/offsets.h"
#include "broker/client/producer.h"
#include "broker/client/tcp_channel.h"

namespace leat {

struct Produced {
  std::string key;
  std::string value;
  std::int64_t timestamp;
};

/// What a shell command prints to stdout; it must succeed.
std::string output_of(const std::string& command);

class App : public testing::Test {
 protected:
  App()
      : directory_(std::filesystem::temp_directory_path() /
                   ("leat-example-" + std::to_string(world_.world().random.next()))) {}
  ~App() override {
    process_.reset();
    std::filesystem::remove_all(directory_);
  }

  /// Starts build/bin/NAME and waits until its input topics are there.
  void start(const std::string& name, const std::set<std::string>& inputs);
  void produce(const std::string& topic, const std::vector<Produced>& records);
  /// What `NAME query ARGUMENTS` prints; tried until `enough` says so.
  std::string query_until(const std::string& arguments, const std::function<bool(const std::string&)>& enough);
  /// What the application answers over HTTP.
  HttpResponse get(const std::string& target);
  /// Reads a topic until `enough` says so of the last value of each key.
  std::map<std::string, std::string> read_until(
      const std::string& topic, const std::function<bool(const std::map<std::string, std::string>&)>& enough);

 private:
  void run_until(const std::function<bool()>& done);

  std::string name_;
  os::RealWorld world_;
  client::TcpConnector connector_{world_.world()};
  std::filesystem::path directory_;
  std::optional<os::ChildProcess> process_;
  std::unique_ptr<client::Cluster> cluster_;
  std::unique_ptr<client::Producer> producer_;
};

}  // namespace leat
