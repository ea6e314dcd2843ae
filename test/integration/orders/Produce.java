import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Base64;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's own producer, with a codec of one's choice: sends what standard input says, a record a line, as partition, a tab, and the value in base64 or nothing for
 * null; after an empty line it says how many it has sent. {@code Produce <broker> <topic> <codec>}.
 */
public class Produce {
  public static void main(String[] args) throws Exception {
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers", args[0],
            "compression.type", args[2],
            "linger.ms", "5",
            "batch.size", "100000",
            "key.serializer", ByteArraySerializer.class,
            "value.serializer", ByteArraySerializer.class);
    long sent = 0;
    try (var producer = new KafkaProducer<byte[], byte[]>(config);
        var input = new BufferedReader(new InputStreamReader(System.in))) {
      for (String line; (line = input.readLine()) != null; ) {
        if (line.isEmpty()) {
          producer.flush();
          System.out.println(sent);
          continue;
        }
        String[] parts = line.split("\t", -1);
        byte[] value = parts[1].isEmpty() ? null : Base64.getDecoder().decode(parts[1]);
        producer.send(new ProducerRecord<>(args[1], Integer.parseInt(parts[0]), null, value));
        sent++;
      }
    }
  }
}
