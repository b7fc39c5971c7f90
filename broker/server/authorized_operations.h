// What may be done to a kind of resource, and the bit fields in which responses tell it to those who ask
// (Kafka: AclEntry.supportedOperations, KIP-430).
#pragma once

#include <cstdint>
#include <limits>

#include "broker/server/authorizer.h"

namespace leat::server {

inline constexpr AclOperation kTopicOperations[] = {
    AclOperation::kRead,  AclOperation::kWrite,    AclOperation::kCreate,          AclOperation::kDelete,
    AclOperation::kAlter, AclOperation::kDescribe, AclOperation::kDescribeConfigs, AclOperation::kAlterConfigs};
inline constexpr AclOperation kGroupOperations[] = {AclOperation::kRead, AclOperation::kDelete, AclOperation::kDescribe,
                                                    AclOperation::kDescribeConfigs, AclOperation::kAlterConfigs};
inline constexpr AclOperation kClusterOperations[] = {AclOperation::kCreate,          AclOperation::kAlter,
                                                      AclOperation::kDescribe,        AclOperation::kClusterAction,
                                                      AclOperation::kDescribeConfigs, AclOperation::kAlterConfigs,
                                                      AclOperation::kIdempotentWrite};

/// A bit per operation, at the place of its number.
template <class Operations, class Allowed>
constexpr std::int32_t bits_of(const Operations& operations, Allowed allowed) {
  std::int32_t bits = 0;
  for (const AclOperation operation : operations)
    if (allowed(operation)) bits |= 1 << static_cast<int>(operation);
  return bits;
}
template <class Operations>
constexpr std::int32_t bits_of(const Operations& operations) {
  return bits_of(operations, [](AclOperation) { return true; });
}

/// Takes out of a field what is not allowed; one that was not asked for stays as it is.
template <class Operations, class Allowed>
void narrow(std::int32_t& bits, const Operations& operations, Allowed allowed) {
  if (bits != std::numeric_limits<std::int32_t>::min()) bits &= bits_of(operations, allowed);
}

}  // namespace leat::server
