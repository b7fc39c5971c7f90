import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.QueryableStoreTypes;

/**
 * The Kafka Streams side of the comparison: fills the input, runs a row, and sums up results, all over the Kafka
 * protocol, so that `load` and `sum` serve both brokers.
 */
public class Peer {
    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "load" -> {
                try (Load load = new Load(args[1])) {
                    load.row(args[2], Long.parseLong(args[3]));
                }
            }
            case "run" -> run(args[1], args[2], Long.parseLong(args[3]), Arrays.copyOfRange(args, 4, args.length));
            case "sum" -> sum(args[1]);
            default -> throw new IllegalArgumentException("load|run|sum, not " + args[0]);
        }
    }

    /**
     * Prints the seconds from the first record to the end of a clean close, which commits everything; for row 14 those
     * from the start to RUNNING, and a sum over the restored store.
     */
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
        Rows rows = new Rows();
        Topology topology = rows.topology(row);
        KafkaStreams streams = new KafkaStreams(topology, config);
        boolean restores = row.equals("14");
        long begun = System.nanoTime();
        streams.start();
        while (restores ? streams.state() != KafkaStreams.State.RUNNING : rows.seen.sum() < records) Thread.sleep(2);
        long processed = System.nanoTime();
        if (restores) {
            System.out.printf("committed_s=%.3f%n", (processed - begun) / 1e9);
            printStore(streams);
        }
        streams.close();
        long closed = System.nanoTime();
        if (!restores) {
            System.out.printf("processed_s=%.3f committed_s=%.3f%n", (processed - rows.first.get()) / 1e9,
                (closed - rows.first.get()) / 1e9);
        }
    }

    static void printStore(KafkaStreams streams) {
        long records = 0, all = 0;
        try (KeyValueIterator<byte[], byte[]> rows = streams.store(StoreQueryParameters.fromNameAndType(Rows.TABLE,
                 QueryableStoreTypes.<byte[], byte[]>keyValueStore())).all()) {
            while (rows.hasNext()) {
                KeyValue<byte[], byte[]> row = rows.next();
                records++;
                all += checksum(row.key, row.value);
            }
        }
        System.out.printf("records=%d all=%016x%n", records, all);
    }

    private static long checksum(byte[] key, byte[] value) {
        CRC32C crc = new CRC32C();
        crc.update(key);
        crc.update(0);
        crc.update(value);
        return crc.getValue();
    }

    /**
     * Order-insensitive sums over all records of the output, and over the last value of every key that has one: a
     * session that was merged into another was put out in between by one side and maybe not by the other.
     */
    static void sum(String bootstrap) {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed",
            "max.poll.records", 50_000, "fetch.max.bytes", 50_000_000);
        Map<String, Long> last = new HashMap<>();
        long records = 0;
        long sumOfAll = 0;
        try (KafkaConsumer<byte[], byte[]> consumer =
                 new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> all = consumer.partitionsFor(Rows.OUT).stream()
                .map(p -> new TopicPartition(Rows.OUT, p.partition())).toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            while (all.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    String key = new String(record.key(), java.nio.charset.StandardCharsets.ISO_8859_1);
                    records++;
                    if (record.value() == null) {
                        last.remove(key);
                        continue;
                    }
                    long checksum = checksum(record.key(), record.value());
                    sumOfAll += checksum;
                    last.put(key, checksum);
                }
            }
        }
        long sum = 0;
        for (long value : last.values()) sum += value;
        System.out.printf("keys=%d last_values=%016x%n", last.size(), sum);
        System.out.printf("records=%d all=%016x%n", records, sumOfAll);
    }
}
