// OnInvalidTimestamp: Kafka's timestamp extractors that come with it.
#pragma once

namespace leat {

/// What to do about a record whose own timestamp is negative (KIP-530, and Kafka's timestamp extractors of these
/// names).
enum class OnInvalidTimestamp {
  kDefault,           ///< as default.timestamp.extractor says
  kFail,              ///< the task fails (FailOnInvalidTimestamp, Kafka's default)
  kLogAndSkip,        ///< the record is dropped and counted (LogAndSkipOnInvalidTimestamp)
  kUsePartitionTime,  ///< it gets the highest time of its partition so far; fails where there is none yet
  kUseWallClock,      ///< valid or not: every record gets the time at which it is read (WallclockTimestampExtractor)
};

}  // namespace leat
