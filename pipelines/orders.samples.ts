import type { Samples } from '../lib/generator/samples.ts'

/** Orders, keyed by their number; some of them change later. */
export default {
  topic: 'orders',
  partitions: 2,
  key: 'orderId',
  file: new URL('./orders.samples.jsonl', import.meta.url),
} satisfies Samples
