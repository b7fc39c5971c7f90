// The program of README.md.
// clang-format off
// [snippet: readme]
#include <leat/streams.h>
using namespace std::chrono_literals;

// [end]
#include "tests/docs/readme_fixture.h"
// clang-format on

namespace readme {
// [snippet: readme]
int main(int argc, char** argv) {
  leat::StreamsBuilder builder;

  builder.stream<std::string, std::string>("lines")
      .flat_map_values([](std::string_view line) { return leat::text::words(line); })
      .group_by([](const std::string& word) { return word; })
      .windowed_by(leat::TimeWindows::of_size_and_grace(10s, 2s))
      .count(leat::Materialized::as("word-counts"))
      .to_stream()
      .to("word-counts-by-window");

  return leat::App{"word-count", builder.build()}.main(argc, argv);
}
// [end]
}  // namespace readme
