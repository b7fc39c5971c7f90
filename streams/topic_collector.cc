#include "streams/topic_collector.h"

namespace leat {

client::Producer::Topic& TopicCollector::find(std::string_view name) {
  for (const Known& known : known_)
    if (known.name.data() == name.data() && known.name.size() == name.size()) return *known.topic;
  client::Producer::Topic& topic = producer_.topic(std::string(name));
  constexpr std::size_t kKnownMax = 64;
  if (known_.size() >= kKnownMax) known_.clear();
  known_.push_back({name, &topic});
  return topic;
}

void TopicCollector::send(const Outgoing& record) {
  client::Producer::Topic* topic = &find(record.topic);
  // The address may have been used for another topic's name since.
  if (topic->name() != record.topic) {
    known_.clear();
    topic = &find(record.topic);
  }
  if (topic->partition_count() == 0) {
    if (!error_)
      error_ = Error{ErrorKind::kNotFound, std::string(record.from) + " writes to topic '" + std::string(record.topic) +
                                               "', which was not there at the start; create it and start again"};
    return;
  }
  headers_.clear();
  if (record.headers)
    for (const Header& header : *record.headers)
      headers_.push_back({header.name, header.value ? std::optional<BytesView>(*header.value) : std::nullopt});
  producer_.send(*topic, record.partition.value_or(-1), record.key, record.value, headers_,
                 record.timestamp ? *record.timestamp : loop_.wall_clock_ms());
}

}  // namespace leat
