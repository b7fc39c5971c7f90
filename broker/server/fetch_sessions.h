// FetchSessions: incremental fetches (KIP-227). A session remembers the partitions that a consumer fetches and what it
// was told last, so that requests carry only changes, and responses only partitions with news.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "base/uuid.h"
#include "broker/wire/error_code.h"
#include "broker/wire/messages/fetch.h"
#include "broker/wire/topic_partition.h"

namespace leat::server {

/// A partition that is fetched, with what the consumer was told of it last.
struct FetchedPartition {
  TopicPartition partition;
  Uuid topic_id;
  wire::FetchRequest::FetchTopic::FetchPartition wanted;
  std::int64_t high_watermark_told = -1;
  std::int64_t log_start_told = -1;
  /// The fetch that is parked on it found it there.
  bool was_there = false;
};

struct FetchSession {
  std::int32_t id = 0;
  std::int32_t next_epoch = 1;
  bool uses_topic_ids = false;
  std::vector<FetchedPartition> partitions;
};

class FetchSessions {
 public:
  explicit FetchSessions(std::int32_t sessions_max) : sessions_max_(sessions_max) {}

  /// A new session; the one that was not used for longest makes room. Null where there are to be none.
  FetchSession* create(Random& random);
  /// The session, or null; it counts as used now.
  FetchSession* find(std::int32_t id);
  void close(std::int32_t id);

 private:
  std::int32_t sessions_max_;
  std::list<FetchSession> sessions_;  ///< least recently used first
  std::unordered_map<std::int32_t, std::list<FetchSession>::iterator> by_id_;
};

}  // namespace leat::server
