/** The test kit: operators and whole pipelines on virtual time, with no broker and no store. Part of the product. */
export { failing, type FaultRule, lostAnswer, slow } from './testing/faults.ts'
export {
  type AppendCall,
  type AppendFault,
  faultyProducer,
  type FaultyProducerOptions,
} from './testing/faulty-producer.ts'
export {
  faultyStore,
  type FaultyStoreOptions,
  type StoreCall,
  type StoreMethod,
} from './testing/faulty-store.ts'
export { feed, type Feed } from './testing/feed.ts'
export {
  at,
  barrier,
  clock,
  crash,
  type Crash,
  type Input,
  type Origin,
  restart,
  type Restart,
  watermark,
} from './testing/input.ts'
export { type Assignment, everything, shared } from './testing/memory-group.ts'
export { type MemoryLog, memoryLog, type MemoryLogOptions } from './testing/memory-log.ts'
export {
  type MemoryStore,
  memoryStore,
  type MemoryStoreOptions,
  type StoredObject,
} from './testing/memory-store.ts'
export { memoryFiles, type MemoryFiles } from './testing/memory-files.ts'
export type { Fed } from './testing/operator-run.ts'
export type { Outcome } from './testing/outcome.ts'
export type { IntoOptions } from './testing/pipeline-run.ts'
export {
  type Fate,
  type Moment,
  type ProcessCall,
  type ProcessOptions,
  TestProcess,
} from './testing/process.ts'
export type { Fault, Trouble } from './testing/trouble.ts'
export { type VirtualClock, virtualClock } from './testing/virtual-clock.ts'
