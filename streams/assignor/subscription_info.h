// SubscriptionInfo: what a member of a streams group tells the leader when it joins. Byte-compatible with Kafka
// Streams 4.3 (org.apache.kafka.streams.processor.internals.assignment.SubscriptionInfo), so Java members and ours
// can share a group.
//
//   v1, v2   version processId prevTasks standbyTasks [v2: endpoint]
//   v3 - v6  version latest processId prevTasks standbyTasks endpoint
//   v7 - v9  version latest processId endpoint {subtopology {partition offsetSum}} [v8: unique] [v9: error]
//   v10, v11 version latest processId endpoint {subtopology partition offsetSum name} unique error [v11: tags]
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/uuid.h"
#include "streams/assignor/task_id.h"

namespace leat {

struct SubscriptionInfo {
  static constexpr std::int32_t kVersionLatest = 11;
  /// In place of an offset sum: an active task that is running has nothing to restore.
  static constexpr std::int64_t kLatestOffset = -2;
  /// In place of an offset sum: a task whose state is there but whose offsets are not known.
  static constexpr std::int64_t kUnknownOffsetSum = -3;

  std::int32_t version = kVersionLatest;
  std::int32_t version_latest_supported = kVersionLatest;
  /// One per process (in the state directory), so that the leader knows which members share a disk.
  Uuid process_id;
  /// `application.server`, host:port for interactive queries; empty where there is none.
  std::string user_endpoint;
  /// Every task whose state lies here: kLatestOffset for active ones, else the sum of its changelog offsets.
  std::map<TaskId, std::int64_t> task_offset_sums;
  /// Changes to force a rejoin although nothing else has.
  std::int8_t unique_field = 0;
  std::int32_t error_code = 0;
  std::map<std::string, std::string> client_tags;

  bool operator==(const SubscriptionInfo&) const = default;
  Bytes encode() const;
  static Result<SubscriptionInfo> decode(BytesView bytes);
};

}  // namespace leat
