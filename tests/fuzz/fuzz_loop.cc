// Runs a fuzz target over its seeds and mutations of them, and writes the seeds down for libFuzzer.
//
//   NAME_fuzz_loop [--runs N] [--seed S] [--write-corpus DIR] [FILE...]
//
// The input that is under way lies in NAME_fuzz_loop.last until it is done: after a crash, give it as FILE.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/random.h"
#include "tests/fuzz/fuzz_target.h"

namespace leat::fuzz {

namespace {

constexpr std::size_t kInputBytesMax = 64 * 1024;

void run(const Bytes& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

/// One small change: what truncation, flipped bits and lengths that lie look like.
void mutate(Bytes& bytes, Random& random, const std::vector<Bytes>& others) {
  static constexpr unsigned char kOdd[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0xfe, 0x0f, 0x40};
  const auto at = [&] { return bytes.empty() ? 0 : random.below(bytes.size()); };
  switch (random.below(8)) {
    case 0: bytes.resize(at()); return;
    case 1:
      if (!bytes.empty()) bytes[at()] ^= static_cast<char>(1 << random.below(8));
      return;
    case 2:
      if (!bytes.empty()) bytes[at()] = static_cast<char>(random.next());
      return;
    case 3:
      for (std::size_t i = at(), n = random.below(5); n > 0 && i < bytes.size(); ++i, --n)
        bytes[i] = static_cast<char>(kOdd[random.below(sizeof(kOdd))]);
      return;
    case 4: bytes.insert(at(), random.below(9), static_cast<char>(kOdd[random.below(sizeof(kOdd))])); return;
    case 5: bytes.erase(at(), random.below(9)); return;
    case 6: bytes.insert(at(), bytes.substr(at(), random.below(40))); return;
    default: {
      const Bytes& other = others[random.below(others.size())];
      bytes.replace(at(), random.below(40), other.substr(other.empty() ? 0 : random.below(other.size()), 40));
    }
  }
}

int write_corpus(const std::filesystem::path& directory, const std::vector<Bytes>& inputs) {
  std::filesystem::create_directories(directory);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    std::ofstream(directory / fmt::format("seed-{}", i), std::ios::binary) << inputs[i];
  fmt::print("{} inputs in {}\n", inputs.size(), directory.string());
  return 0;
}

}  // namespace

}  // namespace leat::fuzz

int main(int argc, char** argv) {
  using namespace leat::fuzz;
  const auto inputs = seeds();
  std::uint64_t runs = 5'000;
  std::uint64_t seed = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    if (option == "--write-corpus") return write_corpus(value, inputs);
    if (option == "--runs") {
      runs = std::stoull(value), ++i;
    } else if (option == "--seed") {
      seed = std::stoull(value), ++i;
    } else {
      std::ifstream file(option, std::ios::binary);
      run(leat::Bytes(std::istreambuf_iterator<char>(file), {}));
      return 0;
    }
  }
  if (inputs.empty()) {
    fmt::print("there are no seeds\n");
    return 1;
  }
  const std::string last = std::string(argv[0]) + ".last";
  for (const auto& input : inputs) run(input);
  leat::Random random(seed);
  for (std::uint64_t i = 0; i < runs; ++i) {
    leat::Bytes input = inputs[random.below(inputs.size())];
    for (std::uint64_t n = random.below(6) + 1; n > 0; --n) mutate(input, random, inputs);
    if (input.size() > kInputBytesMax) input.resize(kInputBytesMax);
    std::ofstream(last, std::ios::binary) << input;
    run(input);
  }
  std::filesystem::remove(last);
  fmt::print("{} seeds and {} mutations\n", inputs.size(), runs);
  return 0;
}
