// What an application knows of who has which stores and keys.
#include "streams/kafka_streams.h"

namespace leat {

Result<std::vector<StreamsMetadata>> KafkaStreams::metadata_for_all_streams_clients() const {
  LEAT_ASSIGN_OR_RETURN(const WhereaboutsPtr where, access().whereabouts_and_wait());
  return where->all();
}
Result<std::vector<StreamsMetadata>> KafkaStreams::streams_metadata_for_store(const std::string& store) const {
  LEAT_ASSIGN_OR_RETURN(const WhereaboutsPtr where, access().whereabouts_and_wait());
  LEAT_RETURN_IF_ERROR(where->check_store(store));
  return where->for_store(store);
}
Result<KeyQueryMetadata> KafkaStreams::metadata_for_key_bytes(const std::string& store, BytesView key) const {
  LEAT_ASSIGN_OR_RETURN(const WhereaboutsPtr where, access().whereabouts_and_wait());
  return where->for_key(store, key);
}
Result<KeyQueryMetadata> KafkaStreams::query_metadata_for_partition(const std::string& store,
                                                                    std::int32_t partition) const {
  LEAT_ASSIGN_OR_RETURN(const WhereaboutsPtr where, access().whereabouts_and_wait());
  return where->for_partition(store, partition);
}
Result<StoreLags> KafkaStreams::all_local_store_partition_lags() const { return access().lags_and_wait(); }

}  // namespace leat
