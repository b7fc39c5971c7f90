import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The input of the rows: the same bytes at every load of a row. */
final class Load implements AutoCloseable {
    static final int PARTITIONS = 4;
    static final String CHANGELOG = "rows-" + Rows.TABLE + "-changelog";
    static final long START = 1_700_000_040_000L;  // the start of a minute
    static final int TABLE_ROWS = 1_000_000, FOREIGN_ROWS = 10_000;

    private long state = 42;
    private final byte[] noise = new byte[1 << 16];
    private final KafkaProducer<byte[], byte[]> producer;

    Load(String bootstrap) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            // The records' time lies years back; retention would take them before they are summed up.
            Map<String, String> keep = Map.of("retention.ms", "-1"), compact = Map.of("cleanup.policy", "compact");
            List<NewTopic> topics = Stream.of(Rows.IN, Rows.WITH, Rows.OUT, CHANGELOG).map(name ->
                new NewTopic(name, PARTITIONS, (short) 1).configs(name.equals(CHANGELOG) ? compact : keep)).toList();
            admin.createTopics(topics).all().get();
        }
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        config.put("linger.ms", "50");
        config.put("batch.size", "131072");
        config.put("buffer.memory", "134217728");
        producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
        for (int i = 0; i < noise.length; i++) noise[i] = (byte) ('a' + below(26));
    }

    void row(String row, long records) {
        switch (row) {
            case "11" -> streams(records);
            case "12" -> {
                for (int i = 0; i < TABLE_ROWS; i++) send(Rows.WITH, START - 1, key(i), value());
                for (long i = 0; i < records; i++) send(Rows.IN, START + i / 10, key(below(TABLE_ROWS)), value());
            }
            case "fk" -> {
                for (int i = 0; i < FOREIGN_ROWS; i++) send(Rows.WITH, START - 1, key(i), value());
                for (long i = 0; i < records; i++) {
                    byte[] value = value();
                    System.arraycopy(key(below(FOREIGN_ROWS)), 0, value, 0, 10);
                    send(Rows.IN, START + i / 10, bytes(String.format("left-%08d", i)), value);
                }
            }
            case "14" -> {
                for (long i = 0; i < records; i++) send(CHANGELOG, START, bytes(String.format("%016x", mixed(i))), value());
            }
            case "9a", "9b" -> counted(records, 10_000_000);
            case "10a", "10b", "session", "sliding" -> counted(records, 100_000);
            default -> counted(records, 10_000);
        }
    }

    /** Ten records per millisecond, 5 % of them late by less than 5 seconds. */
    private void counted(long records, int keys) {
        for (long i = 0; i < records; i++) {
            byte[] key = key(below(keys)), value = value();
            boolean late = below(100) < 5;
            send(Rows.IN, Math.max(START + i / 10 - (late ? below(5000) : 0), START), key, value);
        }
    }

    /** Two streams of five records per millisecond each: within 10 seconds a record finds one partner on average. */
    private void streams(long records) {
        for (long i = 0; i < records; i++) send(i % 2 == 0 ? Rows.IN : Rows.WITH, START + i / 10, key(below(100_000)), value());
    }

    private void send(String topic, long timestamp, byte[] key, byte[] value) {
        producer.send(new ProducerRecord<>(topic, null, timestamp, key, value));
    }

    private byte[] value() {
        int from = below(noise.length - 100);
        return java.util.Arrays.copyOfRange(noise, from, from + 100);
    }

    private static byte[] key(int number) {
        byte[] key = bytes("key-000000");
        for (int at = key.length - 1; number > 0 && at > 2; number /= 10) key[at--] = (byte) ('0' + number % 10);
        return key;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** SplitMix64. */
    private static long mixed(long z) {
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    private int below(int bound) {
        return (int) Long.remainderUnsigned(mixed(state += 0x9e3779b97f4a7c15L), bound);
    }

    @Override
    public void close() {
        producer.close();
    }
}
