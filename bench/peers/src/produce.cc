// Row 1 of the comparison: librdkafka's producer, which is the same for both brokers. Built by bench/peers/run.
//
//   produce HOST:PORT TOPIC RECORDS [BYTES]     prints records per second, acknowledged by all
//
// Settings are those of `rdkafka_performance -P -a -1 -X linger.ms=50 -X batch.num.messages=10000`.
#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

long long failed = 0, acknowledged = 0;

void delivered(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  message->err ? ++failed : ++acknowledged;
}

void set(rd_kafka_conf_t* config, const char* key, const char* value) {
  char why[512];
  if (rd_kafka_conf_set(config, key, value, why, sizeof(why)) != RD_KAFKA_CONF_OK) {
    std::fprintf(stderr, "produce: %s\n", why);
    std::exit(1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: produce HOST:PORT TOPIC RECORDS [BYTES]\n");
    return 2;
  }
  const long long records = std::atoll(argv[3]);
  const std::string value(argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 100, 'v');
  rd_kafka_conf_t* config = rd_kafka_conf_new();
  set(config, "bootstrap.servers", argv[1]);
  set(config, "acks", "all");
  set(config, "linger.ms", "50");
  set(config, "batch.num.messages", "10000");
  set(config, "queue.buffering.max.messages", "500000");
  rd_kafka_conf_set_dr_msg_cb(config, delivered);
  char why[512];
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, config, why, sizeof(why));
  if (producer == nullptr) {
    std::fprintf(stderr, "produce: %s\n", why);
    return 1;
  }
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, argv[2], nullptr);
  // What a first connection and the metadata take is not the row's business.
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(producer, 0, topic, &metadata, 10'000) == RD_KAFKA_RESP_ERR_NO_ERROR)
    rd_kafka_metadata_destroy(metadata);
  const auto begun = std::chrono::steady_clock::now();
  for (long long sent = 0; sent < records;) {
    if (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, const_cast<char*>(value.data()),
                         value.size(), nullptr, 0, nullptr) == 0) {
      if (++sent % 1000 == 0) rd_kafka_poll(producer, 0);
    } else {
      rd_kafka_poll(producer, 10);  // the queue is full
    }
  }
  rd_kafka_flush(producer, 120'000);
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  if (failed > 0 || acknowledged != records) {
    std::fprintf(stderr, "produce: %lld of %lld acknowledged\n", acknowledged, records);
    return 1;
  }
  std::printf("records=%lld seconds=%.3f per_second=%.0f\n", records, took, static_cast<double>(records) / took);
  return 0;
}
