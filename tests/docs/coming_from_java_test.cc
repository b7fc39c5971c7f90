// The program of docs/guide/coming_from_java.md.
#include <gmock/gmock.h>
#include <leat/testing.h>

namespace {

using namespace std::chrono_literals;

TEST(ComingFromJava, ThePageViewsOfTheTutorial) {
  // [snippet: java-program]
  leat::StreamsBuilder builder;

  auto regions = builder.table<std::string, std::string>("user-regions", leat::Materialized::as("regions"));

  builder.stream<std::string, std::string>("page-views")
      .left_join(regions, [](const std::string& /*page*/,
                             const std::optional<std::string>& region) { return region.value_or("unknown"); })
      .group_by([](const std::string& region) { return region; })
      .windowed_by(leat::TimeWindows::of_size_and_grace(5min, 1min))
      .count(leat::Materialized::as("views-by-region"))
      .to_stream()
      .to("views-by-region-window");
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  driver.input_topic<std::string, std::string>("user-regions").pipe_input("ann", "north", 0s);
  auto views = driver.input_topic<std::string, std::string>("page-views");
  views.pipe_input("ann", "/home", 1s);
  views.pipe_input("bob", "/home", 2s);
  EXPECT_THAT((driver.output_topic<leat::Windowed<std::string>, std::int64_t>("views-by-region-window")
                   .read_key_values_to_map()),
              testing::ElementsAre(testing::Pair(leat::window("north", 0s, 5min), 1),
                                   testing::Pair(leat::window("unknown", 0s, 5min), 1)));
}

}  // namespace
