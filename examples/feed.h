// Feed: sends the lines of a text to a topic, each 10 ms of its own time behind the line before. All go to one
// partition, so they stay in order and no window closes too early.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "base/os/real_world.h"
#include "broker/client/producer.h"
#include "broker/client/tcp_channel.h"
#include "topology/text.h"

class Feed {
 public:
  Feed(const std::string& broker, const std::string& topic, const std::string& file)
      : cluster_(world_.world(), connector_, {.bootstrap = *leat::client::parse_bootstrap_servers(broker)}),
        producer_(cluster_, {.linger = std::chrono::milliseconds(1)}),
        topic_(producer_.topic(topic)) {
    std::ifstream text(file);
    for (std::string line; std::getline(text, line);) {
      words_ += leat::text::words(line).size();
      lines_.push_back(std::move(line));
    }
    producer_.prepare({topic}, [this](leat::Status ready) { ready_ = ready.ok(); });
  }

  /// Sends for about this long, then returns.
  void send_for(leat::Duration time) {
    const leat::Instant until = world_.loop().now() + time;
    for (int sent = 0; ready_ && sent < kLinesPerCall && next_ < lines_.size(); ++sent, ++next_)
      producer_.send(topic_, 0, std::nullopt, leat::BytesView(lines_[next_]), {},
                     kStartMs + static_cast<std::int64_t>(next_) * kMsPerLine);
    do world_.loop().run_once(until - world_.loop().now());
    while (world_.loop().now() < until);
  }
  bool done() const { return next_ == lines_.size(); }
  std::size_t lines() const { return lines_.size(); }
  std::size_t lines_sent() const { return next_; }
  std::size_t words() const { return words_; }

 private:
  static constexpr int kLinesPerCall = 2000;
  static constexpr std::int64_t kMsPerLine = 10;
  static constexpr std::int64_t kStartMs = 1'700'000'000'000;

  leat::os::RealWorld world_;
  leat::client::TcpConnector connector_{world_.world()};
  leat::client::Cluster cluster_;
  leat::client::Producer producer_;
  leat::client::Producer::Topic& topic_;
  std::vector<std::string> lines_;
  std::size_t words_ = 0;
  std::size_t next_ = 0;
  bool ready_ = false;
};
