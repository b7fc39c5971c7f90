// The demo: feeds a text to the windowed word count on the embedded broker, and shows the table while it fills.
//
//   build/bin/demo examples/data/shakespeare.txt
//
// One line of the text is one record, 10 ms of its own time behind the line before, so that the text lasts ten minutes
// or so and a window holds a thousand lines. Ends with the most frequent words of all windows; exit code 0.
#include <leat/streams.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "examples/feed.h"
#include "examples/word_count.h"
#include "examples/word_table.h"

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: demo FILE [DATA_DIR]\n"), 2;
  leat::StreamsConfig config;
  config.application_id = "word-count-demo";
  config.state_dir = argc > 2 ? argv[2] : "data/demo";
  config.embedded_listener = "127.0.0.1:0";  // any free port
  config.processing_guarantee = leat::ProcessingGuarantee::kExactlyOnceV2;

  leat::KafkaStreams streams{word_count_topology(), config};
  if (auto started = streams.start(); !started) return std::fprintf(stderr, "%s\n", started.error().message.c_str()), 1;
  std::printf("A broker listens at %s; the word count runs against it.\n", streams.broker_address().c_str());

  Feed feed(streams.broker_address(), "lines", argv[1]);
  WordTable table;
  while (!feed.done() || streams.state() != leat::KafkaStreams::State::kRunning || table.words() < feed.words()) {
    if (streams.state() == leat::KafkaStreams::State::kError)
      return std::fprintf(stderr, "%s\n", streams.error().error().message.c_str()), 1;
    feed.send_for(100ms);
    table.look(streams);
    table.show(feed.lines_sent(), feed.lines());
  }
  table.show_total(10);
  std::printf(
      "\nLook further:  examples/word_count.h is the whole topology.\n"
      "  build/bin/word_count run                    runs it as an app with a broker of its own at 127.0.0.1:9092,\n"
      "                                              and shows its counts live at the address that it prints\n"
      "  kcat -b 127.0.0.1:9092 -P -t lines          feeds it;   kcat -C -t word-counts-by-window   reads it\n"
      "  build/bin/word_count run --workers 3        the same with three worker processes\n"
      "  README.md, examples/README.md               what else there is\n");
  return streams.close(10s) ? 0 : 1;
}
