import type { Clock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import type { Producer } from '../ports.ts'
import { type Fault, suffer, type Trouble } from './trouble.ts'

/** One call of `append`. */
export interface AppendCall {
  /** Which of all, from 1. */
  readonly number: number
  readonly records: number
}

/** Trouble before an append, after it, or when half of its records are written. */
export interface AppendFault extends Fault {
  readonly middle?: Trouble
}

export interface FaultyProducerOptions {
  /** For waiting. */
  readonly clock: Clock
  /** Asked for every append, in the order in which they are made. */
  readonly fault: (call: AppendCall) => AppendFault | undefined
}

/** Another producer with faults. */
export function faultyProducer(
  producer: Producer,
  { clock, fault }: FaultyProducerOptions,
): Producer {
  let number = 0
  const failure = (what: string) => () =>
    new SluiceError('service', `${what}: append to a faulty producer`)
  return {
    get partitions() {
      return producer.partitions
    },
    async append(records) {
      const call = { number: ++number, records: records.length }
      const { before, middle, after } = fault(call) ?? {}
      await suffer(before, clock, failure('failure'))
      const half = middle === undefined ? 0 : records.length >> 1
      if (half > 0) await producer.append(records.slice(0, half))
      await suffer(middle, clock, failure('failure in the middle'))
      await producer.append(records.slice(half))
      await suffer(after, clock, failure('lost answer'))
    },
    close: () => producer.close(),
  }
}
