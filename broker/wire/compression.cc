#include "broker/wire/compression.h"

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>

#include "base/big_endian.h"

namespace leat::wire {

namespace {

constexpr std::array<std::string_view, 5> kNames{"none", "gzip", "snappy", "lz4", "zstd"};

/// "\x82SNAPPY\0", then two int32 versions, then blocks of int32 size and a raw snappy block.
constexpr std::string_view kSnappyStreamMagic{"\x82SNAPPY\0", 8};
constexpr std::size_t kSnappyStreamHeaderBytes = 16;
constexpr std::size_t kSnappyBlockBytes = 32 * 1024;
/// Three bytes of a raw snappy block stand for 64 at most.
constexpr std::size_t kSnappyGrowthMax = 22;
constexpr int kGzipWindowBits = 15 + 16;

Error malformed(Codec codec) { return {ErrorKind::kCorrupt, "records are no " + std::string(name(codec)) + " stream"}; }
Error too_large(std::size_t bytes_max) {
  return {ErrorKind::kCorrupt, "records inflate to more than " + std::to_string(bytes_max) + " bytes"};
}

/// Output that grows by doubling up to a bound, and one byte more: so a decoder that has filled the bound exactly can
/// go on to the end of its stream, and one that would write beyond it shows.
class Growing {
 public:
  Growing(std::size_t bytes_expected, std::size_t bytes_max)
      : bytes_max_(bytes_max), block_(Buf::allocate(std::min(std::max(kBytesMin, bytes_expected), bytes_max + 1))) {}

  char* at() { return block_.mutable_data() + size_; }
  std::size_t room() const { return block_.size() - size_; }
  void wrote(std::size_t bytes) { size_ += bytes; }
  bool fits(std::size_t bytes) const { return bytes <= bytes_max_ - std::min(size_, bytes_max_); }
  bool beyond_bound() const { return size_ > bytes_max_; }
  /// Makes room for `bytes` at least; false at the bound.
  bool grow(std::size_t bytes = 1) {
    if (block_.size() > bytes_max_) return room() >= bytes;
    Buf larger = Buf::allocate(std::min(bytes_max_ + 1, std::max(block_.size() * 2, size_ + bytes)));
    std::memcpy(larger.mutable_data(), block_.data(), size_);
    block_ = std::move(larger);
    return room() >= bytes;
  }
  Result<Buf> take() {
    if (beyond_bound()) return too_large(bytes_max_);
    return block_.slice(0, size_);
  }

 private:
  static constexpr std::size_t kBytesMin = 64;

  std::size_t bytes_max_;
  Buf block_;
  std::size_t size_ = 0;
};

Buf compress_gzip(BytesView bytes, std::size_t prefix) {
  z_stream stream{};
  LEAT_CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindowBits, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  const std::size_t bound = deflateBound(&stream, bytes.size());
  Buf out = Buf::allocate(prefix + bound);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.mutable_data() + prefix);
  stream.avail_out = static_cast<uInt>(bound);
  LEAT_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  const std::size_t size = stream.total_out;
  deflateEnd(&stream);
  return out.slice(0, prefix + size);
}

Result<Buf> decompress_gzip(BytesView bytes, std::size_t bytes_max) {
  z_stream stream{};
  LEAT_CHECK(inflateInit2(&stream, kGzipWindowBits) == Z_OK);
  const auto end = std::unique_ptr<z_stream, int (*)(z_stream*)>(&stream, &inflateEnd);
  Growing out(bytes.size() * 4, bytes_max);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  while (true) {
    if (out.room() == 0 && !out.grow()) return too_large(bytes_max);
    const std::size_t room = out.room();
    stream.next_out = reinterpret_cast<Bytef*>(out.at());
    stream.avail_out = static_cast<uInt>(room);
    const int status = inflate(&stream, Z_NO_FLUSH);
    out.wrote(room - stream.avail_out);
    if (status == Z_STREAM_END) {
      // Several members may follow each other; anything else behind the stream is ignored, as Kafka ignores it.
      if (stream.avail_in < 2 || stream.next_in[0] != 0x1f || stream.next_in[1] != 0x8b) return out.take();
      inflateReset(&stream);
    } else if (status != Z_OK && !(status == Z_BUF_ERROR && stream.avail_out == 0)) {
      return malformed(Codec::kGzip);
    }
  }
}

Buf compress_snappy(BytesView bytes, std::size_t prefix) {
  const std::size_t blocks = bytes.size() / kSnappyBlockBytes + 1;
  Buf out =
      Buf::allocate(prefix + kSnappyStreamHeaderBytes + blocks * (4 + snappy_max_compressed_length(kSnappyBlockBytes)));
  char* at = out.mutable_data() + prefix;
  std::memcpy(at, kSnappyStreamMagic.data(), kSnappyStreamMagic.size());
  store_big_endian<std::int32_t>(at + 8, 1);
  store_big_endian<std::int32_t>(at + 12, 1);
  at += kSnappyStreamHeaderBytes;
  while (!bytes.empty()) {
    const BytesView block = bytes.substr(0, kSnappyBlockBytes);
    std::size_t size = snappy_max_compressed_length(block.size());
    LEAT_CHECK(snappy_compress(block.data(), block.size(), at + 4, &size) == SNAPPY_OK);
    store_big_endian<std::int32_t>(at, static_cast<std::int32_t>(size));
    at += 4 + size;
    bytes.remove_prefix(block.size());
  }
  return out.slice(0, static_cast<std::size_t>(at - out.data()));
}

Status decompress_snappy_block(BytesView block, Growing& out, std::size_t bytes_max) {
  std::size_t size = 0;
  if (snappy_uncompressed_length(block.data(), block.size(), &size) != SNAPPY_OK) return malformed(Codec::kSnappy);
  // The block says how large it will be: a lie is found before memory is taken for it.
  if (size / kSnappyGrowthMax > block.size()) return malformed(Codec::kSnappy);
  if (!out.fits(size)) return too_large(bytes_max);
  if (out.room() < size) out.grow(size);
  std::size_t room = out.room();
  if (snappy_uncompress(block.data(), block.size(), out.at(), &room) != SNAPPY_OK) return malformed(Codec::kSnappy);
  out.wrote(room);
  return {};
}

Result<Buf> decompress_snappy(BytesView bytes, std::size_t bytes_max) {
  Growing out(bytes.size() * 3, bytes_max);
  if (!bytes.starts_with(kSnappyStreamMagic)) {
    LEAT_RETURN_IF_ERROR(decompress_snappy_block(bytes, out, bytes_max));
    return out.take();
  }
  if (bytes.size() < kSnappyStreamHeaderBytes) return malformed(Codec::kSnappy);
  bytes.remove_prefix(kSnappyStreamHeaderBytes);
  while (bytes.size() >= sizeof(std::int32_t)) {
    const auto size = load_big_endian<std::uint32_t>(bytes.data());
    bytes.remove_prefix(sizeof(size));
    if (size > bytes.size()) return malformed(Codec::kSnappy);
    LEAT_RETURN_IF_ERROR(decompress_snappy_block(bytes.substr(0, size), out, bytes_max));
    bytes.remove_prefix(size);
  }
  return out.take();
}

Buf compress_lz4(BytesView bytes, std::size_t prefix) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockSizeID = LZ4F_max64KB;
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  const std::size_t bound = LZ4F_compressFrameBound(bytes.size(), &preferences);
  Buf out = Buf::allocate(prefix + bound);
  const std::size_t size =
      LZ4F_compressFrame(out.mutable_data() + prefix, bound, bytes.data(), bytes.size(), &preferences);
  LEAT_CHECK(!LZ4F_isError(size));
  return out.slice(0, prefix + size);
}

Result<Buf> decompress_lz4(BytesView bytes, std::size_t bytes_max) {
  LZ4F_dctx* context = nullptr;
  LEAT_CHECK(!LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)));
  const auto end =
      std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)>(context, &LZ4F_freeDecompressionContext);
  Growing out(bytes.size() * 3, bytes_max);
  while (true) {
    if (out.room() == 0 && !out.grow()) return too_large(bytes_max);
    std::size_t written = out.room();
    std::size_t read = bytes.size();
    const std::size_t more = LZ4F_decompress(context, out.at(), &written, bytes.data(), &read, nullptr);
    if (LZ4F_isError(more)) return malformed(Codec::kLz4);
    out.wrote(written);
    bytes.remove_prefix(read);
    if (more == 0) return out.take();
    if (read == 0 && written == 0 && out.room() > 0) return malformed(Codec::kLz4);  // the frame is cut off
  }
}

Buf compress_zstd(BytesView bytes, std::size_t prefix) {
  const std::size_t bound = ZSTD_compressBound(bytes.size());
  Buf out = Buf::allocate(prefix + bound);
  const std::size_t size =
      ZSTD_compress(out.mutable_data() + prefix, bound, bytes.data(), bytes.size(), ZSTD_CLEVEL_DEFAULT);
  LEAT_CHECK(!ZSTD_isError(size));
  return out.slice(0, prefix + size);
}

Result<Buf> decompress_zstd(BytesView bytes, std::size_t bytes_max) {
  const auto stream =
      std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)>(ZSTD_createDStream(), &ZSTD_freeDStream);
  Growing out(bytes.size() * 4, bytes_max);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  while (true) {
    if (out.room() == 0 && !out.grow()) return too_large(bytes_max);
    ZSTD_outBuffer to{out.at(), out.room(), 0};
    const std::size_t read_before = in.pos;
    const std::size_t more = ZSTD_decompressStream(stream.get(), &to, &in);
    if (ZSTD_isError(more)) return malformed(Codec::kZstd);
    out.wrote(to.pos);
    if (more == 0 && in.pos == in.size) return out.take();
    if (in.pos == read_before && to.pos == 0 && out.room() > 0) return malformed(Codec::kZstd);  // cut off
  }
}

}  // namespace

std::string_view name(Codec codec) { return kNames[static_cast<std::size_t>(codec)]; }

Result<Codec> parse_codec(std::string_view text) {
  const auto found = std::find(kNames.begin(), kNames.end(), text);
  if (found != kNames.end()) return static_cast<Codec>(found - kNames.begin());
  return Error{ErrorKind::kInvalidArgument, "'" + std::string(text) + "' is no codec: none, gzip, snappy, lz4 or zstd"};
}

Buf compress(Codec codec, BytesView bytes, std::size_t prefix) {
  switch (codec) {
    case Codec::kGzip: return compress_gzip(bytes, prefix);
    case Codec::kSnappy: return compress_snappy(bytes, prefix);
    case Codec::kLz4: return compress_lz4(bytes, prefix);
    case Codec::kZstd: return compress_zstd(bytes, prefix);
    case Codec::kNone: break;
  }
  Buf out = Buf::allocate(prefix + bytes.size());
  if (!bytes.empty()) std::memcpy(out.mutable_data() + prefix, bytes.data(), bytes.size());
  return out;
}

Result<Buf> decompress(Codec codec, BytesView bytes, std::size_t bytes_max) {
  switch (codec) {
    case Codec::kGzip: return decompress_gzip(bytes, bytes_max);
    case Codec::kSnappy: return decompress_snappy(bytes, bytes_max);
    case Codec::kLz4: return decompress_lz4(bytes, bytes_max);
    case Codec::kZstd: return decompress_zstd(bytes, bytes_max);
    case Codec::kNone: break;
  }
  return Buf::copy_of(bytes);
}

}  // namespace leat::wire
