#include "base/buf.h"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <random>

namespace leat {
namespace {

/// Fills a block to its last byte, so that one that is too small is noticed by its neighbours.
void fill(Buf& block, char with) { std::memset(block.mutable_data(), with, block.size()); }
bool is_filled(const Buf& block, char with) { return block.view().find_first_not_of(with) == BytesView::npos; }

TEST(Buf, BlocksOfAllSizesAreTheirOwnHoweverOftenTheyAreUsedAgain) {
  std::mt19937 random(7);
  std::deque<std::pair<Buf, char>> blocks;
  for (int step = 0; step < 4000; ++step) {
    const std::size_t doubling = std::size_t{1} << (10 + random() % 13);
    Buf block = Buf::allocate(doubling + random() % doubling - random() % 3);
    const char with = static_cast<char>('a' + step % 26);
    fill(block, with);
    blocks.emplace_back(block.slice(random() % 100), with);
    if (blocks.size() < 12) continue;
    const std::size_t at = random() % blocks.size();
    ASSERT_TRUE(is_filled(blocks[at].first, blocks[at].second));
    blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(at));
  }
  for (const auto& [block, with] : blocks) ASSERT_TRUE(is_filled(block, with));
}

TEST(Buf, ASliceKeepsTheBlockFromBeingUsedAgain) {
  Buf slice;
  {
    Buf block = Buf::allocate(100'000);
    fill(block, 'x');
    slice = block.slice(99'000);
  }
  for (int i = 0; i < 100; ++i) {
    Buf other = Buf::allocate(100'000);
    fill(other, 'y');
  }
  EXPECT_TRUE(is_filled(slice, 'x'));
  EXPECT_TRUE(slice.unique());
}

}  // namespace
}  // namespace leat
