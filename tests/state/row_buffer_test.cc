// The tables in memory below the stores, against std::map.
#include "state/row_buffer.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "state/rows_of_key.h"

namespace leat::detail {
namespace {

/// Keys with much in common, of many lengths, so that every way to compare them is taken.
std::string some_key(std::mt19937& random) {
  static const std::string kBeginnings[] = {"", "key-", std::string("\0\0\1", 3), "key-0000000", "\xff\xff"};
  std::string key = kBeginnings[random() % std::size(kBeginnings)];
  for (std::size_t more = random() % 4; more > 0; --more) key += std::to_string(random() % 40);
  if (random() % 5 == 0) key.append(random() % 50, '\0');
  return key;
}

TEST(SortedIndex, HasTheOrderOfAMapUnderRandomChanges) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    std::set<std::string> kept;  // the index borrows its keys
    std::map<std::string_view, int> expected;
    SortedIndex<int> index;
    for (int step = 0; step < 3000; ++step) {
      const BytesView key = *kept.insert(some_key(random)).first;
      if (expected.erase(key) > 0) {
        index.erase(key);
      } else {
        expected.emplace(key, step);
        index.emplace(key, step);
      }
      const std::string probe = some_key(random);
      const auto same = [&](auto found, auto wanted) {
        ASSERT_EQ(found == index.end(), wanted == expected.end());
        if (wanted == expected.end()) return;
        ASSERT_EQ(found->first, wanted->first);
        ASSERT_EQ(found->second, wanted->second);
      };
      same(index.lower_bound(probe), expected.lower_bound(probe));
      same(index.upper_bound(probe), expected.upper_bound(probe));
      same(index.find(key), expected.find(key));
    }
    auto at = index.begin();
    for (const auto& [key, value] : expected) {
      ASSERT_EQ(at->first, key);
      ++at;
    }
    ASSERT_EQ(at, index.end());
    for (auto back = expected.rbegin(); back != expected.rend(); ++back) ASSERT_EQ((--at)->first, back->first);
    ASSERT_EQ(at, index.begin());
  }
}

TEST(RowsOfKey, HasEachKeysRowsInTheOrderOfTheirTimes) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    std::map<std::string, std::map<RowTimes, int>> expected;
    RowsOfKey<int> rows;
    const auto some_times = [&](int step) {
      // Mostly ascending, as streams are.
      return RowTimes{random() % 8 == 0 ? random() % 3000 : static_cast<std::uint64_t>(step), random() % 3};
    };
    for (int step = 0; step < 3000; ++step) {
      const std::string key = random() % 2 == 0 ? "hot" : some_key(random);
      auto& of_key = expected[key];
      if (!of_key.empty() && random() % 3 == 0) {
        const auto gone = random() % 2 == 0 ? of_key.begin() : std::prev(of_key.end());
        rows.erase(key, gone->first);
        of_key.erase(gone);
      } else if (const RowTimes times = some_times(step); of_key.emplace(times, step).second) {
        rows.insert(key, times, step);
      }
      const RowTimes from = some_times(step), to = some_times(step);
      auto wanted = of_key.lower_bound(from);
      for (const auto& item : rows.between(key, from, to)) {
        ASSERT_NE(wanted, of_key.end());
        ASSERT_EQ(item.times, wanted->first);
        ASSERT_EQ(item.row, wanted->second);
        ++wanted;
      }
      ASSERT_TRUE(wanted == of_key.end() || wanted->first > to || wanted->first < from);
    }
  }
}

/// A buffer, and what it should hold: committed rows, and those that are pending on top. Rows that the disk has got and
/// that were deleted are unknown.
class Model {
 public:
  explicit Model(unsigned seed) : random_(seed) {}

  void step() {
    const unsigned what = random_() % 100;
    if (what < 80) {
      write(some_key(random_));
    } else if (what < 88) {
      buffer_.commit();
      committed_ = now_;
    } else if (what < 94) {
      buffer_.discard();
      now_ = committed_;
    } else if (what < 99) {
      save(false);
    } else {
      save(true);
    }
    check(some_key(random_));
  }
  void check_all() {
    std::map<std::string, std::optional<std::string>> found;
    for (const auto& [key, row] : buffer_.ordered()) {
      if (row->there) found.emplace(key, row->has_value ? std::optional<std::string>(row->value.view()) : std::nullopt);
    }
    EXPECT_EQ(found, now_);
  }

 private:
  using Rows = std::map<std::string, std::optional<std::string>>;

  void write(const std::string& key) {
    if (random_() % 4 == 0) {
      buffer_.put(key, std::nullopt);
      now_[key] = std::nullopt;
    } else {
      const std::string value(random_() % 60, static_cast<char>('a' + random_() % 26));
      buffer_.put(key, value);
      now_[key] = value;
    }
    unsaved_.insert(key);
  }
  void save(bool forget) {
    buffer_.commit();
    std::vector<std::string> keys;
    for (const auto* row : buffer_.unsaved()) keys.emplace_back(row->key.view());
    EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
    for (const std::string& key : keys) EXPECT_TRUE(unsaved_.contains(key));
    buffer_.saved();
    EXPECT_EQ(buffer_.unsaved_bytes(), 0u);
    std::erase_if(now_, [](const auto& row) { return !row.second; });
    if (forget) {
      buffer_.forget();
      now_.clear();
    }
    unsaved_.clear();
    committed_ = now_;
  }
  void check(const std::string& key) {
    const auto* row = buffer_.find(key);
    const auto wanted = now_.find(key);
    ASSERT_EQ(row != nullptr, wanted != now_.end());
    if (!row) return;
    ASSERT_EQ(row->has_value, wanted->second.has_value());
    if (row->has_value) {
      ASSERT_EQ(row->value.view(), *wanted->second);
    }
  }

  std::mt19937 random_;
  RowBuffer buffer_;
  Rows now_, committed_;
  std::set<std::string> unsaved_;
};

TEST(RowBuffer, KnowsWhatWasWrittenCommittedAndGivenUp) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    Model model(seed);
    for (int step = 0; step < 1000; ++step) {
      model.step();
      if (step % 250 == 0) model.check_all();
    }
    model.check_all();
  }
}

TEST(RowBuffer, DropsRowsThatAreDeletedOnTheDisk) {
  RowBuffer buffer;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 100; ++i) {
      const std::string key = std::to_string(round) + "-" + std::to_string(i);
      buffer.put(key, "value");
      buffer.put(key, std::nullopt);
    }
    buffer.commit();
    buffer.saved();
  }
  EXPECT_LT(buffer.size(), 300u);
}

}  // namespace
}  // namespace leat::detail
