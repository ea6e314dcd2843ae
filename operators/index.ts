export { batch, type BatchOptions } from './batch.ts'
export { dedupe, type DedupeOptions } from './dedupe.ts'
export { enrich, type EnrichOptions, type LookUpOptions, type OnFailure } from './enrich.ts'
export { eventTime, type EventTimeOptions } from './event-time.ts'
export { filter } from './filter.ts'
export { flatMap } from './flat-map.ts'
export { each, fields, keyBy, type Keyed, type Keying } from './key-by.ts'
export { map } from './map.ts'
export { parse, type ParseOptions, type ParsePlainOptions } from './parse.ts'
export { type Aggregate, reduce, type ReduceOptions } from './reduce.ts'
export { reducer, type ReducerDefinition } from './reducer.ts'
export { count, distinct, max, mean, min, type Reducer, sum } from './reducers.ts'
export type { StandardSchema } from '../lib/standard-schema.ts'
export { validate, type ValidateOptions } from './validate.ts'
export { window, type Windowed, type WindowOptions } from './window.ts'
export {
  type Assigner,
  hopping,
  type HoppingOptions,
  tumbling,
  type TumblingOptions,
} from './windows.ts'
