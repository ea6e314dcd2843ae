import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Makes topics as Kafka's own clients do, and prints, one JSON document a line, what a consumer of
 * committed records reads of them: the record, or where a partition ends.
 */
public class OtherTopics {
  static String brokers;
  static Admin admin;

  /** What has been sent to the topic that is being made. */
  static final List<Future<RecordMetadata>> sent = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    brokers = args[0];
    admin = Admin.create(Map.of("bootstrap.servers", brokers));
    for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) compressed(codec);
    recompressed();
    shapes();
    appendTime();
    compacted();
    transactions();
    System.out.flush();
    Runtime.getRuntime().halt(0); // the last transaction stays open
  }

  static void compressed(String codec) throws Exception {
    String topic = create(codec, 2, Map.of());
    try (var producer = producer(Map.of("compression.type", codec, "batch.size", "300000"))) {
      for (int i = 0; i < 3_000; i++) send(producer, new ProducerRecord<>(topic, key(i), text(i)));
      send(producer, new ProducerRecord<>(topic, key(1), random(300_000)));
      producer.flush();
      send(producer, new ProducerRecord<>(topic, key(2), bytes("alone")));
    }
    print(topic);
  }

  /** The broker compresses anew what comes with another codec. */
  static void recompressed() throws Exception {
    String topic = create("recompressed", 1, Map.of("compression.type", "lz4"));
    try (var producer = producer(Map.of("compression.type", "gzip"))) {
      for (int i = 0; i < 500; i++) send(producer, new ProducerRecord<>(topic, key(i), text(i)));
    }
    print(topic);
  }

  static void shapes() throws Exception {
    String topic = create("shapes", 1, Map.of());
    byte[] binary = {0, -1, 10, -128, 127};
    try (var producer = producer(Map.of())) {
      List<Header> headers = new ArrayList<>();
      headers.add(new RecordHeader("once", bytes("1")));
      headers.add(new RecordHeader("twice", bytes("a")));
      headers.add(new RecordHeader("twice", binary));
      headers.add(new RecordHeader("null", null));
      headers.add(new RecordHeader("", new byte[0]));
      headers.add(new RecordHeader("null", bytes("not null")));
      headers.add(new RecordHeader("имя", bytes("значение")));
      send(producer, new ProducerRecord<>(topic, 0, 1_700_000_000_000L, binary, binary, headers));
      send(producer, new ProducerRecord<>(topic, 0, 0L, bytes("tombstone"), null, List.of()));
      send(producer, new ProducerRecord<>(topic, 0, null, null, bytes("no key")));
      send(producer, new ProducerRecord<>(topic, 0, null, new byte[0], new byte[0]));
      send(producer, new ProducerRecord<byte[], byte[]>(topic, (byte[]) null));
    }
    print(topic);
  }

  static void appendTime() throws Exception {
    String topic = create("append-time", 1, Map.of("message.timestamp.type", "LogAppendTime"));
    try (var producer = producer(Map.of("compression.type", "zstd"))) {
      for (int i = 0; i < 100; i++)
        send(producer, new ProducerRecord<>(topic, 0, 1_000L + i, key(i), text(i)));
    }
    print(topic);
  }

  /** Gaps within batches, and batches of which nothing is left. */
  static void compacted() throws Exception {
    Map<String, String> policy =
        Map.of(
            "cleanup.policy", "compact",
            "segment.ms", "200",
            "min.cleanable.dirty.ratio", "0.01",
            "delete.retention.ms", "100");
    String topic = create("compacted", 1, policy);
    int written = 0;
    try (var producer = producer(Map.of("compression.type", "snappy"))) {
      do {
        for (int i = 0; i < 200; i++, written++) {
          byte[] value = i % 50 == 49 ? null : text(written);
          send(producer, new ProducerRecord<>(topic, bytes("key " + i % 60), value));
        }
        producer.flush();
        Thread.sleep(300);
      } while (read(topic, false) > written / 2);
    }
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    AlterConfigOp keep =
        new AlterConfigOp(new ConfigEntry("cleanup.policy", "delete"), AlterConfigOp.OpType.SET);
    admin.incrementalAlterConfigs(Map.of(resource, List.of(keep))).all().get();
    Thread.sleep(1_000); // what is being compacted still ends
    print(topic);
  }

  static void transactions() throws Exception {
    String topic = create("transactions", 1, Map.of());
    var plain = producer(Map.of());
    var one = transactional("one");
    var two = transactional("two");
    send(plain, topic, "before");
    one.beginTransaction();
    send(one, topic, "committed");
    two.beginTransaction();
    send(two, topic, "aborted, between");
    send(one, topic, "committed as well");
    send(plain, topic, "in between");
    one.commitTransaction();
    send(two, topic, "aborted, after the other's commit");
    two.abortTransaction();
    for (int i = 0; i < 10; i++) {
      one.beginTransaction();
      send(one, topic, "round " + i);
      if (i % 3 == 0) one.abortTransaction();
      else one.commitTransaction();
    }
    two.beginTransaction();
    send(two, topic, "committed by the one that aborted before");
    two.commitTransaction();
    one.beginTransaction();
    send(one, topic, "open at the end");
    send(plain, topic, "behind what is open");
    print(topic);
  }

  static void send(KafkaProducer<byte[], byte[]> producer, String topic, String value)
      throws Exception {
    for (int i = 0; i < 3; i++)
      send(producer, new ProducerRecord<>(topic, bytes(value), bytes(value + " " + i)));
    producer.flush();
  }

  static void send(
      KafkaProducer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record) {
    sent.add(producer.send(record));
  }

  static KafkaProducer<byte[], byte[]> transactional(String id) {
    var producer =
        producer(
            Map.of(
                "transactional.id", id,
                "transaction.timeout.ms", "900000",
                "compression.type", "lz4"));
    producer.initTransactions();
    return producer;
  }

  static KafkaProducer<byte[], byte[]> producer(Map<String, Object> settings) {
    Map<String, Object> all = new HashMap<>(settings);
    all.put("bootstrap.servers", brokers);
    all.put("linger.ms", "20");
    all.put("delivery.timeout.ms", "600000"); // a machine may stand still
    return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
  }

  static String create(String topic, int partitions, Map<String, String> configs)
      throws Exception {
    NewTopic wanted = new NewTopic(topic, partitions, (short) 1).configs(configs);
    admin.createTopics(List.of(wanted)).all().get();
    return topic;
  }

  static void print(String topic) throws Exception {
    for (var record : sent) record.get(); // a topic that lacks some is none to read
    sent.clear();
    read(topic, true);
  }

  /** Returns how many records there are, up to the last stable offset. */
  static int read(String topic, boolean printing) {
    int count = 0;
    Map<String, Object> settings =
        Map.of("bootstrap.servers", brokers, "isolation.level", "read_committed");
    var bytes = new ByteArrayDeserializer();
    try (var consumer = new KafkaConsumer<byte[], byte[]>(settings, bytes, bytes)) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .collect(Collectors.toList());
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue()))
        for (var record : consumer.poll(java.time.Duration.ofMillis(100))) {
          count++;
          if (printing) System.out.println(json(record));
        }
      if (printing)
        ends.forEach(
            (at, end) ->
                System.out.printf(
                    "{\"topic\":\"%s\",\"partition\":%d,\"end\":%d}%n", topic, at.partition(), end));
    }
    return count;
  }

  static String json(ConsumerRecord<byte[], byte[]> record) {
    List<String> headers = new ArrayList<>();
    for (Header header : record.headers())
      headers.add("[" + base64(bytes(header.key())) + "," + base64(header.value()) + "]");
    return String.format(
        "{\"topic\":\"%s\",\"partition\":%d,\"offset\":%d,\"timestamp\":%d,\"key\":%s,\"value\":%s,\"headers\":%s}",
        record.topic(),
        record.partition(),
        record.offset(),
        record.timestamp(),
        base64(record.key()),
        base64(record.value()),
        headers);
  }

  static String base64(byte[] bytes) {
    return bytes == null ? "null" : '"' + Base64.getEncoder().encodeToString(bytes) + '"';
  }

  static byte[] key(int i) {
    return i % 7 == 0 ? null : bytes("key " + i % 100);
  }

  /** Of many lengths, and easy to compress. */
  static byte[] text(int i) {
    return bytes(("event " + i + " of many. ").repeat(i % 120));
  }

  static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(7).nextBytes(bytes);
    return bytes;
  }

  static byte[] bytes(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }
}
