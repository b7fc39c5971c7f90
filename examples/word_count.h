// The topology of the windowed word count, shared by the app, the demo and the tests.
#pragma once

#include <leat/streams.h>

#include <chrono>
#include <string>
#include <string_view>

inline leat::Topology word_count_topology() {
  using namespace std::chrono_literals;
  leat::StreamsBuilder builder;

  builder.stream<std::string, std::string>("lines")
      .flat_map_values([](std::string_view line) { return leat::text::words(line); })
      .group_by([](const std::string& word) { return word; })
      .windowed_by(leat::TimeWindows::of_size_and_grace(10s, 2s))
      .count(leat::Materialized::as("word-counts"))
      .to_stream()
      .to("word-counts-by-window");

  return builder.build();
}
