import type { EventSchema } from '../lib/generator/schema.ts'

/** Visitors for whoever has none yet. */
export default {
  from: '2025-03-17T00:00:00Z',
  events: 1_000,
  columns: [
    { name: 'id', type: 'uuid' },
    { name: 'at', type: 'timestamp' },
    { name: 'name', type: 'string', cardinality: 10 },
  ],
} satisfies EventSchema
