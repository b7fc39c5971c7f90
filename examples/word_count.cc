// How often does each word occur, in windows of ten seconds? The main job of the README.
//
//   build/bin/word_count run                      # brings its own broker on localhost:9092
//   kcat -b localhost:9092 -P -t lines            # type some lines
//   kcat -b localhost:9092 -C -t word-counts-by-window -f '%k %s\n' ...
#include "examples/word_count.h"

int main(int argc, char** argv) { return leat::App{"word-count", word_count_topology()}.main(argc, argv); }
