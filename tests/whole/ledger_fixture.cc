#include "ledger_fixture.h"

#include <set>

#include "base/big_endian.h"

namespace leat::whole {

std::vector<std::string> topics_of(const Weather& weather) {
  std::vector<std::string> topics{kLines, kCopies, kCounts};
  if (weather.joins) topics.push_back(kPairs);
  return topics;
}

std::string Ledger::write_line(const std::string& word) {
  const int id = static_cast<int>(lines_.size());
  lines_[id] = {.word = word};
  return word + " " + std::to_string(id);
}

int Ledger::id_of(const std::string& line) { return std::stoi(line.substr(line.find(' ') + 1)); }

Reading& Ledger::begin_reading(const TopicPartition& partition, bool read_committed, std::int64_t from) {
  readings_.push_back(std::make_unique<Reading>(
      Reading{.partition = partition, .read_committed = read_committed, .begin = from, .end = from, .records = {}}));
  return *readings_.back();
}

void Ledger::read(Reading& reading, std::int64_t offset, Seen seen) {
  if (offset < reading.end)
    story_.violate(fmt::format("{} gave offset {} behind {}", reading.partition.to_string(), offset, reading.end - 1));
  reading.end = offset + 1;
  reading.records[offset] = std::move(seen);
}

void Ledger::take_final(const TopicPartition& partition, bool read_committed, std::int64_t end, SeenByOffset records) {
  ends_[{partition, read_committed}] = end;
  final_[{partition, read_committed}] = std::move(records);
}

const SeenByOffset& Ledger::final_of(const std::string& topic, int partition, bool read_committed) const {
  return final_.at({{topic, partition}, read_committed});
}

std::size_t Ledger::records_of(const std::string& topic) const {
  std::size_t sum = 0;
  for (const auto& [of, records] : final_)
    if (of.first.topic == topic && of.second) sum += records.size();
  return sum;
}

std::map<std::string, std::int64_t> Ledger::last_counts() const {
  std::map<std::string, std::int64_t> counts;
  for (const auto& [of, records] : final_)
    if (of.first.topic == kCounts && of.second)
      for (const auto& [offset, seen] : records) counts[seen.key] = load_big_endian<std::int64_t>(seen.value.data());
  return counts;
}

bool Ledger::complete(const Weather& weather) const {
  if (weather.joins) {
    const auto found = pairs();
    for (const auto& [of, records] : final_)
      if (of.first.topic == kLines && of.second)
        for (const auto& [offset, seen] : records)
          if (!found.contains(seen.value)) return false;
  }
  if (!weather.at_least_once && records_of(kCopies) < records_of(kLines)) return false;
  std::set<std::string> copies;
  for (const auto& [of, records] : final_)
    if (of.first.topic == kCopies && of.second)
      for (const auto& [offset, seen] : records) copies.insert(seen.value);
  for (const auto& [of, records] : final_)
    if (of.first.topic == kLines && of.second)
      for (const auto& [offset, seen] : records)
        if (!copies.contains(seen.value)) return false;
  const auto last = last_counts();
  for (const auto& [word, count] : true_counts())
    if (!last.contains(word) || last.at(word) < count) return false;
  return true;
}

std::string Ledger::progress() const {
  std::string text =
      fmt::format("{} lines, {} copies, {} pairs, counts", records_of(kLines), records_of(kCopies), records_of(kPairs));
  const auto last = last_counts();
  for (const auto& [word, count] : true_counts())
    text += fmt::format(" {} {}/{}", word, last.contains(word) ? last.at(word) : 0, count);
  return text;
}

std::map<std::string, std::int64_t> Ledger::true_counts() const {
  std::map<std::string, std::int64_t> counts;
  for (const auto& [of, records] : final_)
    if (of.first.topic == kLines && of.second)
      for (const auto& [offset, seen] : records) ++counts[seen.value.substr(0, seen.value.find(' '))];
  return counts;
}

void Ledger::check(const Weather& weather) {
  // At least once, there may be more to come: what was done twice.
  check_readings(weather.at_least_once);
  check_lines(weather.partitions, !weather.transactional_feeder);
  if (weather.joins) check_pairs(weather);
  if (weather.at_least_once) return check_nothing_is_missing(weather.partitions);
  check_copies(weather.partitions);
  check_counts(weather.partitions, weather.record_caches);
}

std::map<std::string, int> Ledger::pairs() const {
  std::map<std::string, int> pairs;
  for (const auto& [of, records] : final_)
    if (of.first.topic == kPairs && of.second)
      for (const auto& [offset, seen] : records) ++pairs[seen.key];
  return pairs;
}

/// Every line meets its copy, wherever both have been meanwhile, and does so once.
void Ledger::check_pairs(const Weather& weather) {
  std::set<std::string> lines;
  for (const auto& [of, records] : final_)
    if (of.first.topic == kLines && of.second)
      for (const auto& [offset, seen] : records) lines.insert(seen.value);
  const auto found = pairs();
  for (const std::string& line : lines)
    if (!found.contains(line)) return story_.violate("'" + line + "' has not met its copy");
  if (weather.at_least_once) return;
  for (const auto& [line, times] : found) {
    if (!lines.contains(line)) return story_.violate("'" + line + "' has met its copy, and is no line");
    if (times != 1) return story_.violate(fmt::format("'{}' has met its copy {} times", line, times));
  }
}

/// At least once: every line is copied to its partition, and the first copies are in the order of the lines. Aborted
/// lines may be copied too: such an app reads what is not committed.
void Ledger::check_nothing_is_missing(int partitions) {
  for (int partition = 0; partition < partitions; ++partition) {
    std::set<std::string> left;
    for (const auto& [offset, seen] : final_of(kLines, partition, true)) left.insert(seen.value);
    std::vector<std::string> copies;
    for (const auto& [offset, seen] : final_of(kCopies, partition, true))
      if (left.erase(seen.value) > 0) copies.push_back(seen.value);
    std::size_t i = 0;
    for (const auto& [offset, seen] : final_of(kLines, partition, true)) {
      if (i >= copies.size() || copies[i] != seen.value)
        return story_.violate(fmt::format("copies-{} {} '{}'", partition,
                                          left.contains(seen.value) ? "lacks" : "has at another place", seen.value));
      ++i;
    }
  }
}

void Ledger::check_lines(int partitions, bool dense) {
  std::set<int> found;
  for (int partition = 0; partition < partitions; ++partition) {
    std::int64_t next = 0;
    int last = -1;
    for (const auto& [offset, seen] : final_of(kLines, partition, true)) {
      const int id = id_of(seen.value);
      const std::string where = fmt::format("lines-{} offset {}: '{}'", partition, offset, seen.value);
      if (dense && offset != next) story_.violate(fmt::format("{} comes behind a gap from {} on", where, next));
      next = offset + 1;
      if (!lines_.contains(id) || lines_[id].word + " " + std::to_string(id) != seen.value)
        story_.violate(where + " was never sent");
      if (!found.insert(id).second) story_.violate(where + " is there twice");
      if (id < last) story_.violate(fmt::format("{} comes behind id {}, which was sent later", where, last));
      last = id;
      if (lines_[id].fate == Fate::kAborted) story_.violate(where + " was aborted, and can be read");
    }
  }
  for (const auto& [id, line] : lines_)
    if (line.fate == Fate::kAcknowledged && !found.contains(id))
      story_.violate(fmt::format("line '{} {}' was acknowledged, and is lost", line.word, id));
}

void Ledger::check_copies(int partitions) {
  for (int partition = 0; partition < partitions; ++partition) {
    std::vector<std::string> lines, copies;
    for (const auto& [offset, seen] : final_of(kLines, partition, true)) lines.push_back(seen.value);
    for (const auto& [offset, seen] : final_of(kCopies, partition, true)) copies.push_back(seen.value);
    for (std::size_t i = 0; i < std::max(lines.size(), copies.size()); ++i) {
      const std::string line = i < lines.size() ? "'" + lines[i] + "'" : "nothing";
      const std::string copy = i < copies.size() ? "'" + copies[i] + "'" : "nothing";
      if (line != copy)
        return story_.violate(fmt::format("copies-{} is no copy of lines-{}: its record number {} is {}, and not {}",
                                          partition, partition, i, copy, line));
    }
  }
}

void Ledger::check_counts(int partitions, bool record_caches) {
  std::map<std::string, std::int64_t> last;
  for (int partition = 0; partition < partitions; ++partition)
    for (const auto& [offset, seen] : final_of(kCounts, partition, true)) {
      const std::int64_t count = load_big_endian<std::int64_t>(seen.value.data());
      const std::int64_t before = last[seen.key];
      if (record_caches ? count <= before : count != before + 1)
        story_.violate(
            fmt::format("counts-{} offset {}: '{}' has {} behind {}", partition, offset, seen.key, count, before));
      last[seen.key] = count;
    }
  for (const auto& [word, count] : true_counts())
    if (last[word] != count)
      story_.violate(fmt::format("'{}' came {} times, and is counted {} times", word, count, last[word]));
}

/// Whoever has read has read what is there: nothing went away, and nothing came to be where a reader had passed.
void Ledger::check_readings(bool may_go_on) {
  for (const auto& reading : readings_) {
    const auto& now = final_of(reading->partition.topic, reading->partition.partition, reading->read_committed);
    const std::string who =
        fmt::format("{} ({}) was read from {} to {}", reading->partition.to_string(),
                    reading->read_committed ? "committed" : "uncommitted", reading->begin, reading->end);
    const std::int64_t end = ends_.at({reading->partition, reading->read_committed});
    for (const auto& [offset, seen] : reading->records) {
      if (offset >= end && may_go_on) break;
      const auto still = now.find(offset);
      if (still == now.end())
        return story_.violate(fmt::format("{}, and offset {} ('{}') is not there any more", who, offset, seen.value));
      if (still->second != seen)
        return story_.violate(
            fmt::format("{}, and offset {} was '{}' and is '{}' now", who, offset, seen.value, still->second.value));
    }
    for (auto at = now.lower_bound(reading->begin); at != now.end() && at->first < reading->end; ++at)
      if (!reading->records.contains(at->first))
        return story_.violate(fmt::format("{}, and offset {} ('{}') did not come", who, at->first, at->second.value));
  }
}

}  // namespace leat::whole
