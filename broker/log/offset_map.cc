#include "broker/log/offset_map.h"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"

namespace leat::log {

namespace {

constexpr std::size_t kSlotsAtFirst = 1024;

}  // namespace

class OffsetMap::Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()), algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)) {
    LEAT_CHECK(context_ != nullptr && algorithm_ != nullptr, "OpenSSL knows SHA-256");
  }
  ~Digest() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(algorithm_);
  }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  void of(BytesView bytes, unsigned char* to) {
    EVP_DigestInit_ex2(context_, algorithm_, nullptr);
    EVP_DigestUpdate(context_, bytes.data(), bytes.size());
    EVP_DigestFinal_ex(context_, to, nullptr);
  }

 private:
  EVP_MD_CTX* context_;
  EVP_MD* algorithm_;
};

OffsetMap::OffsetMap(std::size_t bytes_max)
    : digest_(std::make_unique<Digest>()),
      slots_max_(std::max(kSlotsAtFirst, std::bit_floor(bytes_max / sizeof(Slot)))) {
  slots_.assign(kSlotsAtFirst, Slot{{0, 0}, -1});
}

OffsetMap::~OffsetMap() = default;

OffsetMap::Slot OffsetMap::hashed(BytesView key) const {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  digest_->of(key, bytes);
  Slot slot{{0, 0}, -1};
  std::memcpy(slot.hash, bytes, sizeof slot.hash);
  return slot;
}

std::size_t OffsetMap::slot_of(const Slot& wanted) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = wanted.hash[0] & mask;
  while (slots_[at].offset >= 0 && std::memcmp(slots_[at].hash, wanted.hash, sizeof wanted.hash) != 0)
    at = (at + 1) & mask;
  return at;
}

bool OffsetMap::put(BytesView key, std::int64_t offset) {
  Slot slot = hashed(key);
  slot.offset = offset;
  std::size_t at = slot_of(slot);
  if (slots_[at].offset < 0) {
    if (size_ + 1 > slots_.size() / 4 * 3) {
      if (slots_.size() >= slots_max_) return false;
      grow();
      at = slot_of(slot);
    }
    ++size_;
  }
  slots_[at] = slot;
  return true;
}

std::int64_t OffsetMap::find(BytesView key) const { return slots_[slot_of(hashed(key))].offset; }

void OffsetMap::grow() {
  std::vector<Slot> old(slots_.size() * 2, Slot{{0, 0}, -1});
  old.swap(slots_);
  for (const Slot& slot : old)
    if (slot.offset >= 0) slots_[slot_of(slot)] = slot;
}

}  // namespace leat::log
