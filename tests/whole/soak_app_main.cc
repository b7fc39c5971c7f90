// The app of the soak test: counts every key over a repartition, so that a record crosses two transactions and a store.
#include <leat/streams.h>

#include <string>

int main(int argc, char** argv) {
  leat::StreamsBuilder builder;
  builder.stream<std::string, std::string>("soak-in")
      .map([](const std::string& key, const std::string& value) {
        return std::pair{value, key};
      })
      .group_by([](const std::string& key) { return key; })
      .count(leat::Materialized::as("soak-counts"))
      .to_stream()
      .to("soak-out");
  return leat::App{"soak", builder.build()}.main(argc, argv);
}
