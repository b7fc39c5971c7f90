// Page views per region: a stream of views by user is joined with a table of users' regions, then counted per region in
// windows of five minutes that begin every minute.
//
//   page-views     key: user   value: page
//   user-regions   key: user   value: region          (a table: the last region of a user holds)
//   views-by-region-window     key: region and window  value: count
#include <leat/streams.h>

#include <chrono>
#include <string>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  leat::StreamsBuilder builder;
  auto regions = builder.table<std::string, std::string>("user-regions", leat::Materialized::as("regions"));

  builder.stream<std::string, std::string>("page-views")
      .left_join(regions, [](const std::string& /*page*/,
                             const std::optional<std::string>& region) { return region.value_or("unknown"); })
      .group_by([](const std::string& region) { return region; })
      .windowed_by(leat::TimeWindows::of_size_and_grace(5min, 1min).advance_by(1min))
      .count(leat::Materialized::as("views-by-region"))
      .to_stream()
      .to("views-by-region-window");

  return leat::App{"page-views", builder.build()}.main(argc, argv);
}
