#include "broker/wire/frame_reader.h"

#include <cstring>

#include "base/big_endian.h"

namespace leat::wire {

BufChain with_length(BufChain frame) {
  Buf length = Buf::allocate(sizeof(std::int32_t));
  store_big_endian(length.mutable_data(), static_cast<std::int32_t>(frame.size()));
  BufChain whole(std::move(length));
  whole.append(std::move(frame));
  return whole;
}

FrameReader::FrameReader(FrameReceiver& receiver, std::size_t frame_bytes_max)
    : receiver_(receiver), frame_bytes_max_(frame_bytes_max), chunk_(std::make_unique<char[]>(kChunkBytes)) {}

std::span<char> FrameReader::prepare() {
  if (!frame_.empty()) return {frame_.mutable_data() + frame_read_, frame_.size() - frame_read_};
  return {chunk_.get() + chunk_end_, kChunkBytes - chunk_end_};
}

void FrameReader::received(std::size_t size) {
  if (ended_) return;
  if (frame_.empty()) {
    chunk_end_ += size;
    return cut_chunk();
  }
  frame_read_ += size;
  if (frame_read_ < frame_.size()) return;
  frame_read_ = 0;
  receiver_.on_frame(std::exchange(frame_, Buf()));
}

void FrameReader::cut_chunk() {
  while (!ended_ && chunk_end_ - chunk_begin_ >= kLengthBytes) {
    const char* const at = chunk_.get() + chunk_begin_;
    const auto length = load_big_endian<std::int32_t>(at);
    if (length < 0 || static_cast<std::size_t>(length) > frame_bytes_max_)
      return end({ErrorKind::kCorrupt, "a frame of " + std::to_string(length) + " bytes; at most " +
                                           std::to_string(frame_bytes_max_) + " are taken"});
    const auto size = static_cast<std::size_t>(length);
    const std::size_t here = chunk_end_ - chunk_begin_ - kLengthBytes;
    if (here >= size) {
      chunk_begin_ += kLengthBytes + size;
      receiver_.on_frame(Buf::copy_of({at + kLengthBytes, size}));
      continue;
    }
    if (kLengthBytes + size <= kChunkBytes) break;
    frame_ = Buf::allocate(size);
    std::memcpy(frame_.mutable_data(), at + kLengthBytes, here);
    frame_read_ = here;
    chunk_begin_ = chunk_end_;
    break;
  }
  std::memmove(chunk_.get(), chunk_.get() + chunk_begin_, chunk_end_ - chunk_begin_);
  chunk_end_ -= std::exchange(chunk_begin_, 0);
}

void FrameReader::closed(const Error& why) { end(why); }

void FrameReader::end(const Error& why) {
  if (!std::exchange(ended_, true)) receiver_.on_end(why);
}

}  // namespace leat::wire
