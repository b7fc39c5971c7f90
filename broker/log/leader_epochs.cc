#include "broker/log/leader_epochs.h"

#include <algorithm>
#include <sstream>

namespace leat::log {

bool LeaderEpochs::parse(BytesView text) {
  std::istringstream lines{std::string(text)};
  std::int64_t version = -1, count = -1;
  lines >> version >> count;
  for (Start start{}; version == 0 && lines >> start.epoch >> start.offset;) {
    if (start.epoch <= latest() || start.offset < 0) break;
    starts_.push_back(start);
  }
  const bool whole = version == 0 && count == static_cast<std::int64_t>(starts_.size());
  if (!whole) starts_.clear();
  return whole;
}

Bytes LeaderEpochs::text() const {
  std::string text = "0\n" + std::to_string(starts_.size()) + "\n";
  for (const Start& start : starts_) text += std::to_string(start.epoch) + " " + std::to_string(start.offset) + "\n";
  return text;
}

bool LeaderEpochs::begin(std::int32_t epoch, std::int64_t offset) {
  if (epoch <= latest()) return false;
  while (!starts_.empty() && starts_.back().offset >= offset) starts_.pop_back();
  starts_.push_back({epoch, offset});
  return true;
}

std::int32_t LeaderEpochs::at(std::int64_t offset) const {
  std::int32_t epoch = -1;
  for (const Start& start : starts_)
    if (start.offset <= offset) epoch = start.epoch;
  return epoch;
}

LeaderEpochs::EndOffset LeaderEpochs::end_of(std::int32_t epoch, std::int64_t log_end_offset) const {
  if (epoch < 0 || epoch > latest()) return {};
  if (epoch == latest()) return {epoch, log_end_offset};
  const auto next = std::find_if(starts_.begin(), starts_.end(), [&](const Start& each) { return each.epoch > epoch; });
  // Older than everything that is known: its records ended where those known begin.
  return {next == starts_.begin() ? epoch : std::prev(next)->epoch, next->offset};
}

}  // namespace leat::log
