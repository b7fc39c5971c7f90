// Ledger: what the clients know - what was sent and with which answer, what was read where - and what must be true of
// it. It outlives the processes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/wire/topic_partition.h"
#include "story.h"
#include "weather_fixture.h"

namespace leat::whole {

inline const std::string kLines = "lines";    ///< what goes in: "<word> <id>"
inline const std::string kCopies = "copies";  ///< every line again
inline const std::string kCounts = "counts";  ///< how often each word has come, by word
inline const std::string kPairs = "pairs";    ///< where the weather has joins: every line with its copy, by line

/// What a record says, as far as the checks look at it.
struct Seen {
  std::string key;
  std::string value;
  bool operator==(const Seen&) const = default;
};
using SeenByOffset = std::map<std::int64_t, Seen>;

/// One reader's way through a partition: from where, what came, up to where.
struct Reading {
  TopicPartition partition;
  bool read_committed = false;
  std::int64_t begin = 0;
  std::int64_t end = 0;
  SeenByOffset records;
};

/// The topics that are read to their ends.
std::vector<std::string> topics_of(const Weather& weather);

class Ledger {
 public:
  explicit Ledger(Story& story) : story_(story) {}

  enum class Fate { kUnknown, kAcknowledged, kAborted };
  struct Line {
    std::string word;
    Fate fate = Fate::kUnknown;
  };

  /// A new line, to be sent next.
  std::string write_line(const std::string& word);
  void settle(const std::string& line, Fate fate) { lines_[id_of(line)].fate = fate; }
  std::size_t lines_written() const { return lines_.size(); }

  /// Begins a reading; it stays the ledger's.
  Reading& begin_reading(const TopicPartition& partition, bool read_committed, std::int64_t from);
  void read(Reading& reading, std::int64_t offset, Seen seen);

  /// All records of a partition, as they are at the end.
  void take_final(const TopicPartition& partition, bool read_committed, std::int64_t end, SeenByOffset records);
  std::size_t expected_lines() const { return records_of(kLines); }
  /// Whether every line has been copied and counted, by what `take_final` was told last.
  bool complete(const Weather& weather) const;
  std::string progress() const;
  /// All that must be true at the end, about what `take_final` was told.
  void check(const Weather& weather);
  /// Word counts by what `lines` holds.
  std::map<std::string, std::int64_t> true_counts() const;

  /// Offsets that the reader has committed with an answer, and with or without one.
  std::map<TopicPartition, std::int64_t> committed;
  std::map<TopicPartition, std::int64_t> committing;

 private:
  std::size_t records_of(const std::string& topic) const;
  std::map<std::string, std::int64_t> last_counts() const;
  static int id_of(const std::string& line);
  void check_lines(int partitions, bool dense);
  void check_copies(int partitions);
  void check_counts(int partitions, bool record_caches);
  void check_nothing_is_missing(int partitions);
  void check_pairs(const Weather& weather);
  std::map<std::string, int> pairs() const;
  void check_readings(bool may_go_on);
  const SeenByOffset& final_of(const std::string& topic, int partition, bool read_committed) const;

  Story& story_;
  std::map<int, Line> lines_;
  std::vector<std::unique_ptr<Reading>> readings_;
  std::map<std::pair<TopicPartition, bool>, SeenByOffset> final_;
  std::map<std::pair<TopicPartition, bool>, std::int64_t> ends_;
};

}  // namespace leat::whole
