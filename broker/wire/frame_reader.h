// FrameReader: cuts what a connection reads into frames (int32 length, then that many bytes).
//
// Bytes are read into a small chunk of the reader's own; a frame that is whole in it is copied out, one that is larger
// gets a block of its size that the rest is read into directly. So a burst of small requests takes one read, and a
// large produce request is not copied but for its first kilobytes.
#pragma once

#include <cstdint>
#include <memory>

#include "base/buf.h"
#include "base/net.h"

namespace leat::wire {

/// A frame as it goes over a connection: behind its length.
BufChain with_length(BufChain frame);

/// What a FrameReader reports. Neither call may destroy the reader.
class FrameReceiver {
 public:
  virtual ~FrameReceiver() = default;
  virtual void on_frame(Buf frame) = 0;
  /// The connection is gone, or must be closed because the peer sent an impossible length (kCorrupt). Called once;
  /// no frame comes after it.
  virtual void on_end(const Error& why) = 0;
};

class FrameReader : public ConnectionReader {
 public:
  /// `receiver` must outlive the reader.
  FrameReader(FrameReceiver& receiver, std::size_t frame_bytes_max);

  std::span<char> prepare() override;
  void received(std::size_t size) override;
  void closed(const Error& why) override;
  /// For the frames that begin from here on.
  void set_frame_bytes_max(std::size_t bytes) { frame_bytes_max_ = bytes; }

 private:
  static constexpr std::size_t kLengthBytes = 4;
  static constexpr std::size_t kChunkBytes = 16 * 1024;

  void cut_chunk();
  void end(const Error& why);

  FrameReceiver& receiver_;
  std::size_t frame_bytes_max_;
  bool ended_ = false;
  std::unique_ptr<char[]> chunk_;
  std::size_t chunk_begin_ = 0;
  std::size_t chunk_end_ = 0;
  /// The large frame that is being read, if any.
  Buf frame_;
  std::size_t frame_read_ = 0;
};

}  // namespace leat::wire
