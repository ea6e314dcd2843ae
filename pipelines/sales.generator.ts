import type { EventSchema } from '../lib/generator/schema.ts'

/** What generated sales look like: `npm run produce:sales` and `npm run pipeline:sales` without a broker make their events by it. */
export default {
  from: '2025-03-17T00:00:00Z',
  columns: [
    { name: 'saleId', type: 'uuid' },
    { name: 'soldAt', type: 'timestamp' },
    { name: 'country', type: 'string', cardinality: 12 },
    { name: 'product', type: 'string', cardinality: 200 },
    { name: 'amount', type: 'float', cardinality: 10_000 },
  ],
} satisfies EventSchema
