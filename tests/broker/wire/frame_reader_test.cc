// FrameReader: the same frames whatever pieces they come in.
#include "broker/wire/frame_reader.h"

#include <cstring>

#include "base/big_endian.h"
#include "tests/broker/wire/wire_fixture.h"

namespace leat::wire {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t kFrameBytesMax = 100'000;
constexpr std::size_t kChunkBytes = 16 * 1024;

class Received : public FrameReceiver {
 public:
  void on_frame(Buf frame) override {
    EXPECT_THAT(ends, IsEmpty()) << "no frame comes after the end";
    frames.emplace_back(frame.view());
  }
  void on_end(const Error& why) override { ends.push_back(why.message); }

  std::vector<Bytes> frames;
  std::vector<std::string> ends;
};

Bytes with_length(const Bytes& frame) {
  Bytes bytes;
  append_big_endian<std::int32_t>(bytes, static_cast<std::int32_t>(frame.size()));
  return bytes + frame;
}

/// Gives `bytes` to the reader in pieces of at most `piece`, or of random sizes.
void feed(FrameReader& reader, BytesView bytes, const std::function<std::size_t()>& piece) {
  while (!bytes.empty()) {
    const std::span<char> room = reader.prepare();
    ASSERT_FALSE(room.empty()) << "there is always room";
    const std::size_t size = std::min({room.size(), bytes.size(), piece()});
    std::memcpy(room.data(), bytes.data(), size);
    reader.received(size);
    bytes.remove_prefix(size);
  }
}

TEST(FrameReader, FindsTheSameFramesInPiecesOfAnySize) {
  Draw draw(5);
  std::vector<Bytes> frames;
  Bytes stream;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{4}, kChunkBytes - 5, kChunkBytes - 4, kChunkBytes - 3, kChunkBytes,
        std::size_t{3}, std::size_t{0}, kFrameBytesMax, std::size_t{17}})
    frames.push_back(draw.bytes(size));
  for (int i = 0; i < 300; ++i) frames.push_back(draw.bytes(draw.below(draw.one_in(20) ? 40'000 : 60)));
  for (const Bytes& frame : frames) stream += with_length(frame);
  for (const std::size_t piece : {1, 3, 4, 5, 1000, 16'383, 16'384, 1'000'000}) {
    Received received;
    FrameReader reader(received, kFrameBytesMax);
    feed(reader, stream, [&] { return static_cast<std::size_t>(piece); });
    ASSERT_TRUE(received.frames == frames) << "in pieces of " << piece;
    EXPECT_THAT(received.ends, IsEmpty());
  }
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Draw pieces(seed);
    Received received;
    FrameReader reader(received, kFrameBytesMax);
    feed(reader, stream, [&] { return 1 + pieces.below(pieces.one_in(3) ? 9 : 20'000); });
    ASSERT_TRUE(received.frames == frames) << "seed " << seed;
  }
}

TEST(FrameReader, EndsOnceAtAnImpossibleLength) {
  for (const std::int32_t length :
       {-1, std::numeric_limits<std::int32_t>::min(), 100'001, std::numeric_limits<std::int32_t>::max()}) {
    Received received;
    FrameReader reader(received, kFrameBytesMax);
    Bytes stream = with_length("good");
    append_big_endian<std::int32_t>(stream, length);
    stream += with_length("unseen");
    feed(reader, stream, [] { return std::size_t{7}; });
    reader.closed({ErrorKind::kUnavailable, "gone"});
    EXPECT_THAT(received.frames, ElementsAre("good"));
    EXPECT_THAT(received.ends, ElementsAre(HasSubstr(std::to_string(length)))) << "told once, and says which length";
  }
}

TEST(FrameReader, TellsThatTheConnectionIsGoneInTheMiddleOfAFrame) {
  Received received;
  FrameReader reader(received, kFrameBytesMax);
  feed(reader, BytesView(with_length(Bytes(50'000, 'x'))).substr(0, 30'000), [] { return std::size_t{10'000}; });
  reader.closed({ErrorKind::kUnavailable, "gone"});
  EXPECT_THAT(received.frames, IsEmpty());
  EXPECT_THAT(received.ends, ElementsAre("gone"));
}

TEST(FrameReader, ReadsBackWhatIsPutBehindItsLength) {
  BufChain frame(Buf::copy_of("one "));
  frame.append(Buf::copy_of("frame"));
  Received received;
  FrameReader reader(received, kFrameBytesMax);
  feed(reader, wire::with_length(frame).flatten().view(), [] { return std::size_t{1}; });
  EXPECT_THAT(received.frames, ElementsAre("one frame"));
}

}  // namespace
}  // namespace leat::wire
