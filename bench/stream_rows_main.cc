// Our side of `./dev bench peers`: runs one row's topology on the embedded broker over the input that bench/peers has
// loaded, and prints the seconds from the first record to the last one, and to the end of a clean close, which commits
// everything. Row 14 prints the seconds from the start to RUNNING and a sum over the restored store instead. The
// topologies are those of bench/peers/src/Rows.java.
//
//   build/bin/stream_rows ROW RECORDS [setting=value]...
#include <fmt/format.h>
#include <leat/streams.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "base/crc32c.h"
#include "base/os/real_world.h"

using namespace std::chrono_literals;

namespace {

using leat::Bytes;
using leat::BytesView;
using Stream = leat::KStream<Bytes, Bytes>;

/// Records that have been seen, counted per thread: a counter that all share would be what the row measures.
class Progress {
 public:
  explicit Progress(leat::os::RealWorld& world) : world_(world) {}

  void note() {
    thread_local Count& mine = counts_[threads_.fetch_add(1) % counts_.size()];
    const std::uint64_t seen = mine.seen.load(std::memory_order_relaxed);
    if (seen == 0) begin();
    mine.seen.store(seen + 1, std::memory_order_relaxed);
  }
  std::uint64_t seen() const {
    std::uint64_t all = 0;
    for (const Count& count : counts_) all += count.seen.load(std::memory_order_relaxed);
    return all;
  }
  void begin() {
    if (!begun_.exchange(true)) first_ = world_.loop().now();
  }
  /// When the first record was seen. After a record was.
  leat::Instant first() const { return first_; }

 private:
  struct alignas(64) Count {
    std::atomic<std::uint64_t> seen{0};
  };
  leat::os::RealWorld& world_;
  std::array<Count, 64> counts_;
  std::atomic<std::size_t> threads_{0};
  std::atomic<bool> begun_{false};
  leat::Instant first_;
};

Stream counted(Progress& progress, const Stream& stream) {
  return stream.peek([&](BytesView, BytesView) { progress.note(); });
}

/// The halves of two values, as all joins of the rows put them together.
Bytes joined(BytesView a, BytesView b) {
  Bytes both(a.substr(0, 50));
  return both.append(b.substr(0, 50));
}

template <class Windowed>
void count_to_out(const Windowed& windowed) {
  windowed.count(leat::Materialized::as("counts")).to_stream().to("rows-out");
}

bool windowed_row(const std::string& row, const Stream& in) {
  if (row == "10a") {
    count_to_out(in.group_by_key().windowed_by(leat::TimeWindows::of_size_and_grace(1min, 10s)));
  } else if (row == "10b") {
    count_to_out(in.group_by_key().windowed_by(leat::TimeWindows::of_size_and_grace(10s, 20s).advance_by(2s)));
  } else if (row == "session") {
    count_to_out(in.group_by_key().windowed_by(leat::SessionWindows::of_inactivity_gap_and_grace(5s, 10s)));
  } else if (row == "sliding") {
    count_to_out(in.group_by_key().windowed_by(leat::SlidingWindows::of_time_difference_and_grace(10s, 10s)));
  } else {
    return false;
  }
  return true;
}

bool join_row(const std::string& row, leat::StreamsBuilder& builder, Progress& progress) {
  if (row == "11") {
    const Stream left = counted(progress, builder.stream<Bytes, Bytes>("rows-in"));
    const Stream right = counted(progress, builder.stream<Bytes, Bytes>("rows-with"));
    left.join(right, joined, leat::JoinWindows::of_time_difference_and_grace(10s, 5s)).to("rows-out");
  } else if (row == "12") {
    const auto table = builder.table<Bytes, Bytes>("rows-with", leat::Materialized::as("rows"));
    counted(progress, builder.stream<Bytes, Bytes>("rows-in")).join(table, joined).to("rows-out");
  } else if (row == "fk") {
    // Every row of the left table comes out once; the end is when they all have.
    const auto left = builder.stream<Bytes, Bytes>("rows-in")
                          .peek([&](BytesView, BytesView) { progress.begin(); })
                          .to_table(leat::Materialized::as("left"));
    const auto right = builder.table<Bytes, Bytes>("rows-with", leat::Materialized::as("right"));
    const auto foreign_key = [](const Bytes& value) { return value.substr(0, 10); };
    counted(progress, left.join(right, foreign_key, joined).to_stream()).to("rows-out");
  } else if (row == "14") {
    builder.table<Bytes, Bytes>("rows-in", leat::Materialized::as("rows"));
  } else {
    return false;
  }
  return true;
}

leat::Topology topology(const std::string& row, Progress& progress) {
  leat::StreamsBuilder builder;
  if (join_row(row, builder, progress)) return builder.build();
  const Stream in = counted(progress, builder.stream<Bytes, Bytes>("rows-in"));
  if (row == "7") {
    in.filter([](BytesView, BytesView value) { return value.front() != '#'; })
        .map_values([](BytesView value) { return value.substr(0, value.size() - 1); })
        .to("rows-out");
  } else if (row[0] == '8' || row[0] == '9' || row.starts_with("13")) {
    in.group_by_key().count(leat::Materialized::as("counts")).to_stream().to("rows-out");
  } else if (!windowed_row(row, in)) {
    fmt::print(stderr, "there is no row {}\n", row);
    std::exit(2);
  }
  return builder.build();
}

double seconds(leat::Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// How many rows the restored store has, and a sum over them that does not depend on their order.
void print_store(const leat::KafkaStreams& streams) {
  using Rows = leat::ReadOnlyKeyValueStore<Bytes, Bytes>;
  struct Sum {
    std::uint64_t rows = 0, all = 0;
  };
  const auto store = streams.store<Rows>("rows");
  if (!store) return fmt::print(stderr, "{}\n", store.error().message);
  std::atomic<bool> done{false};
  store->ask(
      [](Rows& rows) {
        Sum sum;
        auto all = rows.all();
        while (const auto* row = all.next()) {
          const std::uint32_t key = leat::crc32c_extend(leat::crc32c(row->key), BytesView("\0", 1));
          sum.all += leat::crc32c_extend(key, row->value);
          ++sum.rows;
        }
        return sum;
      },
      [&](const leat::Result<std::vector<Sum>>& sums) {
        Sum all;
        if (sums)
          for (const Sum& sum : *sums) all.rows += sum.rows, all.all += sum.all;
        fmt::print("records={} all={:016x}\n", all.rows, all.all);
        done = true;
      });
  while (!done) std::this_thread::yield();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: stream_rows ROW RECORDS [setting=value]...\n");
    return 2;
  }
  leat::os::RealWorld world;
  Progress progress(world);
  const std::string row = argv[1];
  const std::uint64_t records = std::strtoull(argv[2], nullptr, 10);
  leat::StreamsConfig config{.application_id = "rows"};
  config.embedded_listener.clear();
  for (int i = 3; i < argc; ++i) {
    const std::string setting = argv[i];
    const auto equals = setting.find('=');
    if (auto set = config.set(setting.substr(0, equals), setting.substr(equals + 1)); !set) {
      fmt::print(stderr, "{}\n", set.error().message);
      return 2;
    }
  }
  leat::KafkaStreams streams(topology(row, progress), config);
  const leat::Instant begun = world.loop().now();
  if (auto started = streams.start(); !started) {
    fmt::print(stderr, "{}\n", started.error().message);
    return 1;
  }
  using State = leat::KafkaStreams::State;
  const bool restores = row == "14";
  const auto at_end = [&] { return restores ? streams.state() == State::kRunning : progress.seen() >= records; };
  while (!at_end() && streams.state() != State::kError) world.loop().run_once(1ms);
  const leat::Instant processed = world.loop().now();
  if (restores) {
    fmt::print("committed_s={:.3f}\n", seconds(processed - begun));
    print_store(streams);
  }
  streams.close(60s);
  if (!restores)
    fmt::print("processed_s={:.3f} committed_s={:.3f}\n", seconds(processed - progress.first()),
               seconds(world.loop().now() - progress.first()));
  return streams.error() ? 0 : 1;
}
