import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.SlidingWindows;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.WindowedSerdes;

/** The topologies of the rows. The C++ side is bench/stream_rows_main.cc; both must build the same. */
final class Rows {
    static final String IN = "rows-in", WITH = "rows-with", OUT = "rows-out", TABLE = "rows";
    static final Serde<byte[]> BYTES = Serdes.ByteArray();

    final StreamsBuilder builder = new StreamsBuilder();
    final LongAdder seen = new LongAdder();
    final AtomicLong first = new AtomicLong();

    Topology topology(String row) {
        switch (row) {
            case "7" -> input(IN).filter((key, value) -> value[0] != '#')
                .mapValues(value -> java.util.Arrays.copyOf(value, value.length - 1))
                .to(OUT, Produced.with(BYTES, BYTES));
            case "8", "8c", "8d", "9a", "9b", "13", "13b" -> grouped()
                .count(Materialized.as("counts")).toStream().to(OUT, Produced.with(BYTES, Serdes.Long()));
            case "10a" -> windowed(TimeWindows.ofSizeAndGrace(Duration.ofMinutes(1), Duration.ofSeconds(10)));
            case "10b" -> windowed(TimeWindows.ofSizeAndGrace(Duration.ofSeconds(10), Duration.ofSeconds(20))
                .advanceBy(Duration.ofSeconds(2)));
            case "sliding" -> to(10_000, grouped()
                .windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(Duration.ofSeconds(10), Duration.ofSeconds(10)))
                .count(Materialized.as("counts")));
            case "session" -> grouped()
                .windowedBy(SessionWindows.ofInactivityGapAndGrace(Duration.ofSeconds(5), Duration.ofSeconds(10)))
                .count(Materialized.as("counts")).toStream()
                .to(OUT, Produced.with(new WindowedSerdes.SessionWindowedSerde<>(BYTES), Serdes.Long()));
            case "11" -> input(IN).join(input(WITH), Rows::joined,
                    JoinWindows.ofTimeDifferenceAndGrace(Duration.ofSeconds(10), Duration.ofSeconds(5)),
                    StreamJoined.with(BYTES, BYTES, BYTES))
                .to(OUT, Produced.with(BYTES, BYTES));
            case "12" -> {
                KTable<byte[], byte[]> table = builder.table(WITH, Consumed.with(BYTES, BYTES), Materialized.as(TABLE));
                input(IN).join(table, Rows::joined).to(OUT, Produced.with(BYTES, BYTES));
            }
            case "fk" -> {
                // Every row of the left table comes out once; the end is when they all have.
                KTable<byte[], byte[]> left = builder.stream(IN, Consumed.with(BYTES, BYTES))
                    .peek((key, value) -> begin()).toTable(Materialized.as("left"));
                KTable<byte[], byte[]> right =
                    builder.table(WITH, Consumed.with(BYTES, BYTES), Materialized.as("right"));
                counted(left.join(right, value -> java.util.Arrays.copyOf(value, 10), Rows::joined).toStream())
                    .to(OUT, Produced.with(BYTES, BYTES));
            }
            case "14" -> builder.table(IN, Consumed.with(BYTES, BYTES), Materialized.as(TABLE));
            default -> throw new IllegalArgumentException("row " + row);
        }
        return builder.build();
    }

    private void begin() {
        if (first.get() == 0) first.compareAndSet(0, System.nanoTime());
    }

    private KStream<byte[], byte[]> counted(KStream<byte[], byte[]> stream) {
        return stream.peek((key, value) -> {
            begin();
            seen.increment();
        });
    }

    private KStream<byte[], byte[]> input(String topic) {
        return counted(builder.stream(topic, Consumed.with(BYTES, BYTES)));
    }

    private KGroupedStream<byte[], byte[]> grouped() {
        return input(IN).groupByKey();
    }

    private void windowed(TimeWindows windows) {
        to(windows.sizeMs, grouped().windowedBy(windows).count(Materialized.as("counts")));
    }

    private static void to(long windowMs, KTable<Windowed<byte[]>, Long> counts) {
        counts.toStream().to(OUT,
            Produced.with(new WindowedSerdes.TimeWindowedSerde<>(BYTES, windowMs), Serdes.Long()));
    }

    /** The halves of two values. */
    private static byte[] joined(byte[] a, byte[] b) {
        byte[] both = new byte[Math.min(50, a.length) + Math.min(50, b.length)];
        System.arraycopy(a, 0, both, 0, Math.min(50, a.length));
        System.arraycopy(b, 0, both, Math.min(50, a.length), Math.min(50, b.length));
        return both;
    }
}
