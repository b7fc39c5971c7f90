// WordTable: what the store of the word count holds, on the screen: the words of the latest windows while the text
// flows, and the totals at the end.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "streams/kafka_streams.h"

class WordTable {
 public:
  /// Reads the store; leaves what is known as it is where there is none now.
  void look(const leat::KafkaStreams& streams) {
    const auto counts = streams.store<leat::ReadOnlyWindowStore<std::string, std::int64_t>>("word-counts");
    if (!counts) return;
    const auto rows = counts->all();
    if (!rows) return;
    windows_.clear();
    for (const auto& [key, count] : *rows) windows_[key.window.start][key.key] = count;
  }

  std::size_t words() const {
    std::size_t sum = 0;
    for (const auto& [start, counts] : windows_)
      for (const auto& [word, count] : counts) sum += static_cast<std::size_t>(count);
    return sum;
  }

  /// The three latest windows with their five most frequent words, over what was shown before where this is a terminal.
  void show(std::size_t lines_sent, std::size_t lines) {
    const bool terminal = ::isatty(STDOUT_FILENO) != 0;
    if (!terminal && shown_ && lines_sent - last_shown_ < lines / 8) return;
    last_shown_ = lines_sent;
    if (terminal && shown_) std::printf("\033[%dA", kWindows + 1);
    shown_ = true;
    if (terminal) std::printf("\033[K");
    std::printf("%zu of %zu lines, %zu words counted in %zu windows of 10 s\n", lines_sent, lines, words(),
                windows_.size());
    auto window = windows_.size() > kWindows ? std::prev(windows_.end(), kWindows) : windows_.begin();
    for (int i = 0; i < kWindows; ++i) {
      if (terminal) std::printf("\033[K");
      if (window != windows_.end()) {
        std::printf("  window %4lld s: ", static_cast<long long>((window->first - windows_.begin()->first) / 1000));
        for (const auto& [word, count] : most_frequent(window->second, 5))
          std::printf(" %s %lld ", word.c_str(), static_cast<long long>(count));
        ++window;
      }
      std::printf("\n");
    }
    std::fflush(stdout);
  }

  void show_total(std::size_t most) const {
    std::map<std::string, std::int64_t> totals;
    for (const auto& [start, counts] : windows_)
      for (const auto& [word, count] : counts) totals[word] += count;
    std::printf("\n%zu words, %zu different ones, in %zu windows. The most frequent:\n", words(), totals.size(),
                windows_.size());
    for (const auto& [word, count] : most_frequent(totals, most))
      std::printf("%10lld  %s\n", static_cast<long long>(count), word.c_str());
  }

 private:
  static constexpr int kWindows = 3;

  static std::vector<std::pair<std::string, std::int64_t>> most_frequent(
      const std::map<std::string, std::int64_t>& counts, std::size_t most) {
    std::vector<std::pair<std::string, std::int64_t>> sorted(counts.begin(), counts.end());
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    sorted.resize(std::min(sorted.size(), most));
    return sorted;
  }

  std::map<std::int64_t, std::map<std::string, std::int64_t>> windows_;
  std::size_t last_shown_ = 0;
  bool shown_ = false;
};
