import type { Samples } from '../lib/generator/samples.ts'

/** Six users, in the topic that the `users-*` pipelines read. */
export default {
  topic: 'test',
  partitions: 1,
  file: new URL('./users.samples.jsonl', import.meta.url),
  options: { input: 'json' },
} satisfies Samples
