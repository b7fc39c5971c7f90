#include "broker/tools/producing.h"

#include <fmt/format.h>

namespace leat::tools {

Result<client::ProducerConfig> producer_config(const Settings& settings) {
  client::ProducerConfig config;
  const std::string acks = settings.get("acks", "all");
  if (acks != "all" && acks != "-1" && acks != "1" && acks != "0")
    return Error{ErrorKind::kInvalidArgument, fmt::format("acks={} must be one of all, -1, 0, 1", acks)};
  config.acks = acks == "all" || acks == "-1" ? -1 : 1;
  LEAT_ASSIGN_OR_RETURN(const std::int64_t linger_ms, settings.number("linger.ms", 5));
  config.linger = std::chrono::milliseconds(linger_ms);
  LEAT_ASSIGN_OR_RETURN(const std::int64_t batch_bytes, settings.number("batch.size", 16 * 1024));
  config.batch_bytes = static_cast<std::size_t>(std::max<std::int64_t>(batch_bytes, 1));
  LEAT_ASSIGN_OR_RETURN(const std::int64_t buffer_bytes, settings.number("buffer.memory", 32 * 1024 * 1024));
  config.buffer_bytes = static_cast<std::size_t>(std::max<std::int64_t>(buffer_bytes, 1));
  LEAT_ASSIGN_OR_RETURN(config.codec, wire::parse_codec(settings.get("compression.type", "none")));
  LEAT_ASSIGN_OR_RETURN(const std::int64_t delivery_ms, settings.number("delivery.timeout.ms", 120'000));
  config.delivery_timeout = std::chrono::milliseconds(delivery_ms);
  LEAT_ASSIGN_OR_RETURN(const std::int64_t block_ms, settings.number("max.block.ms", 60'000));
  config.prepare_timeout = std::chrono::milliseconds(block_ms);
  config.transactional_id = settings.get("transactional.id");
  LEAT_ASSIGN_OR_RETURN(const std::int64_t transaction_ms, settings.number("transaction.timeout.ms", 60'000));
  config.transaction_timeout_ms = static_cast<std::int32_t>(transaction_ms);
  return config;
}

Result<std::unique_ptr<client::Producer>> make_producer(Session& session, client::ProducerConfig config,
                                                        const std::string& topic) {
  const bool transactional = !config.transactional_id.empty();
  auto producer = std::make_unique<client::Producer>(session.cluster(), std::move(config));
  const Status ready = session.wait<Status>([&](OneShot<Status> done) { producer->prepare({topic}, std::move(done)); });
  LEAT_RETURN_IF_ERROR(ready);
  if (transactional) {
    const Status first =
        session.wait<Status>([&](OneShot<Status> done) { producer->init_transactions(std::move(done)); });
    LEAT_RETURN_IF_ERROR(first);
  }
  return producer;
}

Status flush(Session& session, client::Producer& producer) {
  return session.wait<Status>([&](OneShot<Status> done) { producer.flush(std::move(done)); });
}

void make_room(Session& session, client::Producer& producer) {
  while (producer.full() && !producer.error()) session.loop().run_once(std::chrono::milliseconds(100));
}

}  // namespace leat::tools
