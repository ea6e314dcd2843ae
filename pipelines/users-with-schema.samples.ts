import type { Samples } from '../lib/generator/samples.ts'

/** The same users as Kafka Connect's JsonConverter writes them, with the schema in every record. */
export default {
  topic: 'test',
  partitions: 1,
  file: new URL('./users-with-schema.samples.jsonl', import.meta.url),
  options: { input: 'connect-json' },
} satisfies Samples
