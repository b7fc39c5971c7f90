import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;

/**
 * The Kafka Streams side of the comparison: fills the input, runs a row, and sums up results, all over the Kafka
 * protocol, so that `load` and `sum` serve both brokers. The C++ side of the rows is bench/stream_rows_main.cc; both
 * must build the same topologies.
 */
public class Peer {
    static final String IN = "rows-in", OUT = "rows-out";
    static final int PARTITIONS = 4;

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "load" -> load(args[1], args[2], Long.parseLong(args[3]));
            case "run" -> run(args[1], args[2], Long.parseLong(args[3]), Arrays.copyOfRange(args, 4, args.length));
            case "sum" -> sum(args[1]);
            default -> throw new IllegalArgumentException("load|run|sum, not " + args[0]);
        }
    }

    /** SplitMix64, so that every load of a row writes the same bytes. */
    static final class Draw {
        long state = 42;

        long next() {
            long z = (state += 0x9e3779b97f4a7c15L);
            z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
            z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
            return z ^ (z >>> 31);
        }

        int below(int bound) {
            return (int) Long.remainderUnsigned(next(), bound);
        }
    }

    static void load(String bootstrap, String row, long records) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            // The records' time lies years back; retention would take them before they are summed up.
            Map<String, String> keep = Map.of("retention.ms", "-1");
            admin.createTopics(List.of(new NewTopic(IN, PARTITIONS, (short) 1).configs(keep),
                new NewTopic(OUT, PARTITIONS, (short) 1).configs(keep))).all().get();
        }
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        config.put("linger.ms", "50");
        config.put("batch.size", "131072");
        config.put("buffer.memory", "134217728");
        int keys = row.equals("10a") ? 100_000 : 10_000;
        Draw draw = new Draw();
        byte[] noise = new byte[1 << 16];
        for (int i = 0; i < noise.length; i++) noise[i] = (byte) ('a' + draw.below(26));
        long start = 1_700_000_040_000L;  // the start of a minute
        try (KafkaProducer<byte[], byte[]> producer =
                 new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (long i = 0; i < records; i++) {
                int key = draw.below(keys);
                int from = draw.below(noise.length - 100);
                boolean late = draw.below(100) < 5;
                long timestamp = start + i / 10 - (late ? draw.below(5000) : 0);
                producer.send(new ProducerRecord<>(IN, null, Math.max(timestamp, start),
                    String.format("key-%06d", key).getBytes(StandardCharsets.US_ASCII),
                    Arrays.copyOfRange(noise, from, from + 100)));
            }
        }
    }

    static Topology topology(String row, AtomicLong seen, AtomicLong first) {
        StreamsBuilder builder = new StreamsBuilder();
        KStream<byte[], byte[]> in = builder.stream(IN, Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()));
        in = in.peek((key, value) -> {
            if (seen.incrementAndGet() == 1) first.set(System.nanoTime());
        });
        switch (row) {
            case "7" -> in.filter((key, value) -> value[0] != '#')
                .mapValues(value -> Arrays.copyOf(value, value.length - 1))
                .to(OUT, Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));
            case "8", "8c", "13" -> in.groupByKey()
                .count(Materialized.as("counts"))
                .toStream()
                .to(OUT, Produced.with(Serdes.ByteArray(), Serdes.Long()));
            case "10a" -> in.groupByKey()
                .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMinutes(1), Duration.ofSeconds(10)))
                .count(Materialized.as("counts"))
                .toStream()
                .to(OUT, Produced.with(new WindowedSerdes.TimeWindowedSerde<>(Serdes.ByteArray(), 60_000),
                    Serdes.Long()));
            default -> throw new IllegalArgumentException("row " + row);
        }
        return builder.build();
    }

    /** Prints the seconds from the first record to the end of a clean close, which commits everything. */
    static void run(String bootstrap, String row, long records, String[] settings) throws Exception {
        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, "rows");
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "1000");
        config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        for (String setting : settings) {
            int at = setting.indexOf('=');
            config.put(setting.substring(0, at), setting.substring(at + 1));
        }
        AtomicLong seen = new AtomicLong(), first = new AtomicLong();
        KafkaStreams streams = new KafkaStreams(topology(row, seen, first), config);
        streams.start();
        while (seen.get() < records) Thread.sleep(2);
        long processed = System.nanoTime();
        streams.close();
        long closed = System.nanoTime();
        System.out.printf("processed_s=%.3f committed_s=%.3f%n", (processed - first.get()) / 1e9,
            (closed - first.get()) / 1e9);
    }

    /** An order-insensitive sum over the last value of every key of the output (for row 7, over all records). */
    static void sum(String bootstrap) {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed",
            "max.poll.records", 50_000, "fetch.max.bytes", 50_000_000);
        Map<String, Long> last = new HashMap<>();
        long records = 0;
        long sumOfAll = 0;
        try (KafkaConsumer<byte[], byte[]> consumer =
                 new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> all = consumer.partitionsFor(OUT).stream()
                .map(p -> new TopicPartition(OUT, p.partition())).toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            while (all.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    CRC32C crc = new CRC32C();
                    crc.update(record.key());
                    crc.update(0);
                    crc.update(record.value());
                    records++;
                    sumOfAll += crc.getValue();
                    last.put(new String(record.key(), StandardCharsets.ISO_8859_1), crc.getValue());
                }
            }
        }
        long sum = 0;
        for (long value : last.values()) sum += value;
        System.out.printf("keys=%d last_values=%016x%n", last.size(), sum);
        System.out.printf("records=%d all=%016x%n", records, sumOfAll);
    }
}
