// Record batches, one behind the other. Their checksums are made right first: a producer may send a good checksum over
// anything. Records that can be read can be built again.
#include "base/check.h"
#include "broker/wire/record_batch.h"
#include "tests/conformance/json_lines.h"
#include "tests/conformance/vectors.h"
#include "tests/fuzz/fuzz_target.h"

namespace leat::fuzz {

namespace {

constexpr std::size_t kInflatedBytesMax = 1024 * 1024;

void batch(const wire::BatchView& view, const Buf& owner) {
  LEAT_CHECK(view.crc_matches());
  auto cursor = wire::RecordCursor::open(view, owner, kInflatedBytesMax);
  if (!cursor) return;
  wire::BatchBuilder builder;
  std::vector<wire::RecordView> records;
  for (wire::RecordView record; cursor->next(record);) {
    std::vector<wire::RecordHeader> headers;
    if (!record.headers(headers)) return;
    (void)wire::control_type(record);
    builder.append(record.timestamp, record.key, record.value, headers);
    records.push_back(record);
  }
  if (!cursor->ok() || records.empty()) return;
  const Buf again = builder.seal({});
  auto second = wire::RecordCursor::open(*wire::BatchView::parse(again.view()), again, kInflatedBytesMax);
  LEAT_CHECK(second.ok());
  wire::RecordView record;
  for (const wire::RecordView& first : records) {
    LEAT_CHECK(second->next(record));
    LEAT_CHECK(record.key == first.key && record.value == first.value && record.timestamp == first.timestamp);
  }
  LEAT_CHECK(second->ok());
}

}  // namespace

std::vector<Bytes> seeds() {
  std::vector<Bytes> inputs;
  const std::string batches = conformance::carried_vectors_directory() + "/wire/batches/";
  for (const char* file : {"valid.jsonl", "verdicts.jsonl"})
    conformance::for_each_line(batches + file, [&](simdjson::dom::element line) {
      inputs.push_back(conformance::from_hex(std::string_view(line["hex"])));
    });
  return inputs;
}

}  // namespace leat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat;
  Buf block = Buf::copy_of(fuzz::view(data, size));
  for (std::size_t at = 0; at < size;) {
    const auto parsed = wire::BatchView::parse(block.view().substr(at));
    if (!parsed) break;
    wire::BatchStamp(block.mutable_data() + at).seal(parsed->size());
    fuzz::batch(*parsed, block);
    at += parsed->size();
  }
  return 0;
}
