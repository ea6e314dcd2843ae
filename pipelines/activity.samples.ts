import type { Samples } from '../lib/generator/samples.ts'

/** What customers did, keyed by customer: some of it out of order, one record that is late, five that are none. */
export default {
  topic: 'activity',
  partitions: 2,
  key: 'CustomerId',
  file: new URL('./activity.samples.jsonl', import.meta.url),
} satisfies Samples
