// uint8 codec, then a stream: it inflates within its bound or is refused, and what came out is compressed and inflated
// to the same bytes.
#include "base/check.h"
#include "broker/wire/compression.h"
#include "tests/fuzz/fuzz_target.h"

namespace leat::fuzz {

std::vector<Bytes> seeds() {
  std::vector<Bytes> inputs;
  for (int codec = 0; codec <= 4; ++codec)
    for (const Bytes& plain : {Bytes(), Bytes("a"), Bytes(3'000, 'z'),
                               Bytes("some words, and some words again, and again"), Bytes("\0\1\2\3\xff\xfe\x80", 7)})
      inputs.push_back(static_cast<char>(codec) +
                       Bytes(wire::compress(static_cast<wire::Codec>(codec), plain, 0).view()));
  inputs.push_back("\2\5\x10hello");  // a raw snappy block
  return inputs;
}

}  // namespace leat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat;
  constexpr std::size_t kInflatedBytesMax = 256 * 1024;
  if (size == 0) return 0;
  const auto codec = static_cast<wire::Codec>(data[0] % 5);
  const auto plain = wire::decompress(codec, fuzz::view(data + 1, size - 1), kInflatedBytesMax);
  if (!plain) return 0;
  LEAT_CHECK(codec == wire::Codec::kNone || plain->size() <= kInflatedBytesMax);
  const Buf again = wire::compress(codec, plain->view(), 0);
  const auto back = wire::decompress(codec, again.view(), plain->size());
  LEAT_CHECK(back.ok() && *back == *plain);
  return 0;
}
