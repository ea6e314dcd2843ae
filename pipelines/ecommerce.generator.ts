import type { EventSchema } from '../lib/generator/schema.ts'

/**
 * What generated events look like. Edit it: `npm run produce:ecommerce` and `npm run pipeline:ecommerce` without a broker make their events by it.
 * The cardinality of a column is how many different values it takes.
 */
export default {
  from: '2025-03-17T00:00:00Z',
  columns: [
    { name: 'eventGuid', type: 'uuid' },
    { name: 'timestamp', type: 'timestamp' },
    { name: 'country', type: 'string', cardinality: 50 },
    { name: 'is_returning', type: 'boolean', cardinality: 2 },
    { name: 'user_id', type: 'string', cardinality: 1_000 },
    { name: 'action', type: 'string', cardinality: 5 },
    { name: 'device_type', type: 'string', cardinality: 3 },
    { name: 'page', type: 'string', cardinality: 20 },
    { name: 'category', type: 'string', cardinality: 25 },
    { name: 'value', type: 'float', cardinality: 2 ** 32 },
    { name: 'session_duration', type: 'integer', cardinality: 600 },
  ],
} satisfies EventSchema
