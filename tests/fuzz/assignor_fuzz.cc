// What the members of a Streams group tell each other: 'S' subscription data, 'A' assignment data.
#include "base/check.h"
#include "streams/assignor/assignment_info.h"
#include "streams/assignor/subscription_info.h"
#include "tests/fuzz/fuzz_target.h"

namespace leat::fuzz {

namespace {

template <class Info>
void expect_stable(BytesView bytes) {
  const auto first = Info::decode(bytes);
  if (!first) return;
  const Bytes encoded = first->encode();
  const auto second = Info::decode(encoded);
  LEAT_CHECK(second.ok(), "what was encoded is not decoded");
  LEAT_CHECK(second->encode() == encoded, "encoding is not stable");
}

}  // namespace

std::vector<Bytes> seeds() {
  SubscriptionInfo subscription;
  AssignmentInfo assignment;
  std::vector<Bytes> inputs{"S" + subscription.encode(), "A" + assignment.encode()};
  subscription.process_id = {1, 2};
  subscription.user_endpoint = "host:80";
  subscription.task_offset_sums = {{TaskId{0, 1}, SubscriptionInfo::kLatestOffset}, {TaskId{1, 0}, 7}};
  subscription.client_tags = {{"zone", "a"}};
  assignment.active_tasks = {TaskId{0, 1}, TaskId{1, 0}};
  assignment.standby_tasks = {{TaskId{0, 0}, {{"orders", 0}}}};
  assignment.partitions_by_host = {{HostInfo{"host", 80}, {{"orders", 1}, {"orders", 2}}}};
  for (int version = 1; version <= SubscriptionInfo::kVersionLatest; ++version) {
    subscription.version = assignment.version = version;
    inputs.push_back("S" + subscription.encode());
    inputs.push_back("A" + assignment.encode());
  }
  return inputs;
}

}  // namespace leat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat;
  if (size == 0) return 0;
  const BytesView rest = fuzz::view(data + 1, size - 1);
  data[0] == 'S' ? fuzz::expect_stable<SubscriptionInfo>(rest) : fuzz::expect_stable<AssignmentInfo>(rest);
  return 0;
}
