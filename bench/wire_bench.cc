// The protocol alone: the messages of the hot path, batches, checksum and codecs. Nothing here touches disk or network.
#include <benchmark/benchmark.h>

#include <string>

#include "base/crc32c.h"
#include "base/random.h"
#include "broker/wire/header.h"
#include "broker/wire/messages/fetch.h"
#include "broker/wire/messages/metadata.h"
#include "broker/wire/messages/produce.h"
#include "broker/wire/record_batch.h"

namespace leat::wire {

namespace {

constexpr int kProduceVersion = 12;
constexpr int kFetchVersion = 12;
constexpr int kMetadataVersion = 12;
constexpr int kRecords = 1'000;
constexpr std::size_t kInflatedBytesMax = 64 << 20;

/// A value of `size` bytes as JSON is: it compresses about threefold.
std::string value_of(Random& random, std::size_t size) {
  std::string value;
  while (value.size() < size)
    value += R"({"id":)" + std::to_string(random.below(100'000)) + R"(,"state":"paid","amount":)";
  value.resize(size);
  return value;
}

Buf make_batch(Codec codec, int records = kRecords, std::size_t value_bytes = 100) {
  Random random(1);
  BatchBuilder builder(256 * 1024);
  for (int i = 0; i < records; ++i)
    builder.append(1'700'000'000'000 + i, "key-" + std::to_string(random.below(10'000)), value_of(random, value_bytes));
  return builder.seal({.codec = codec});
}

ProduceRequest produce_request() {
  ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 30'000;
  auto& topic = request.topic_data.emplace_back();
  topic.name = "orders";
  for (int i = 0; i < 4; ++i) {
    auto& partition = topic.partition_data.emplace_back();
    partition.index = i;
    partition.records = make_batch(Codec::kNone, 100);
  }
  return request;
}

FetchResponse fetch_response() {
  FetchResponse response;
  auto& topic = response.responses.emplace_back();
  topic.topic = "orders";
  for (int i = 0; i < 4; ++i) {
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = i;
    partition.high_watermark = partition.last_stable_offset = 1'000'000;
    partition.records = make_batch(Codec::kNone, 100);
  }
  return response;
}

FetchRequest fetch_request() {
  FetchRequest request;
  request.max_bytes = 50 << 20;
  auto& topic = request.topics.emplace_back();
  topic.topic = "orders";
  for (int i = 0; i < 16; ++i) {
    auto& partition = topic.partitions.emplace_back();
    partition.partition = i;
    partition.fetch_offset = 1'000'000;
    partition.partition_max_bytes = 1 << 20;
  }
  return request;
}

MetadataResponse metadata_response() {
  MetadataResponse response;
  auto& topic = response.topics.emplace_back();
  topic.name = "orders";
  for (int i = 0; i < 16; ++i) {
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = i;
    partition.replica_nodes = partition.isr_nodes = {1};
  }
  return response;
}

template <class Message>
void encode_message(benchmark::State& state, const Message& message, int version) {
  for (auto _ : state) benchmark::DoNotOptimize(encode(message, version));
  state.SetItemsProcessed(state.iterations());
}

template <class Message>
void decode_message(benchmark::State& state, const Message& message, int version) {
  const Buf body = encode(message, version).flatten();
  for (auto _ : state) benchmark::DoNotOptimize(decode<Message>(body, version));
  state.SetItemsProcessed(state.iterations());
}

void Build(benchmark::State& state) {
  Random random(1);
  const std::string value = value_of(random, static_cast<std::size_t>(state.range(0)));
  BatchBuilder builder(static_cast<std::size_t>(kRecords * (state.range(0) + 32)));
  for (auto _ : state) {
    for (int i = 0; i < kRecords; ++i) builder.append(1'700'000'000'000 + i, "key-1234", value);
    benchmark::DoNotOptimize(builder.seal({}));
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
  state.SetBytesProcessed(state.iterations() * kRecords * state.range(0));
}
BENCHMARK(Build)->Arg(10)->Arg(100)->Arg(1000);

void Iterate(benchmark::State& state, Codec codec) {
  const Buf block = make_batch(codec);
  const auto batch = BatchView::parse(block.view());
  std::int64_t bytes = 0;
  for (auto _ : state) {
    auto cursor = RecordCursor::open(*batch, block, kInflatedBytesMax);
    for (RecordView record; cursor->next(record);) bytes += static_cast<std::int64_t>(record.value->size());
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
  state.SetBytesProcessed(bytes);
}

void Crc32c(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(crc32c(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(Crc32c)->Arg(64)->Arg(1024)->Arg(64 * 1024)->Arg(1 << 20);

void Compress(benchmark::State& state, Codec codec) {
  const Buf plain = make_batch(Codec::kNone);
  std::size_t size = 0;
  for (auto _ : state) size = compress(codec, plain.view(), 0).size();
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(plain.size()));
  state.counters["ratio"] = static_cast<double>(plain.size()) / static_cast<double>(size);
}

void Inflate(benchmark::State& state, Codec codec) {
  const Buf plain = make_batch(Codec::kNone);
  const Buf packed = compress(codec, plain.view(), 0);
  for (auto _ : state) benchmark::DoNotOptimize(decompress(codec, packed.view(), kInflatedBytesMax));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(plain.size()));
}

const bool kRegistered = [] {
  const auto message = [](const std::string& name, const auto& value, int version) {
    benchmark::RegisterBenchmark(("Encode/" + name).c_str(),
                                 [=](benchmark::State& state) { encode_message(state, value, version); });
    benchmark::RegisterBenchmark(("Decode/" + name).c_str(),
                                 [=](benchmark::State& state) { decode_message(state, value, version); });
  };
  message("ProduceRequest_4_partitions", produce_request(), kProduceVersion);
  message("FetchRequest_16_partitions", fetch_request(), kFetchVersion);
  message("FetchResponse_4_partitions", fetch_response(), kFetchVersion);
  message("MetadataResponse_16_partitions", metadata_response(), kMetadataVersion);
  for (const Codec codec : {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    const std::string of(name(codec));
    benchmark::RegisterBenchmark(("Iterate/" + of).c_str(), Iterate, codec);
    if (codec == Codec::kNone) continue;
    benchmark::RegisterBenchmark(("Compress/" + of).c_str(), Compress, codec);
    benchmark::RegisterBenchmark(("Inflate/" + of).c_str(), Inflate, codec);
  }
  return true;
}();

}  // namespace

}  // namespace leat::wire

BENCHMARK_MAIN();
