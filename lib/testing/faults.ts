import type { Duration } from '../duration.ts'
import type { StoreCall, StoreMethod } from './faulty-store.ts'
import type { Fault } from './trouble.ts'

/** Decides what goes wrong with a request to the store; undefined when nothing does. */
export type FaultRule = (call: StoreCall) => Fault | undefined

/** Every request, or every one of a method, takes so many ms. */
export const slow =
  (ms: Duration, method?: StoreMethod): FaultRule =>
  (call) =>
    method === undefined || call.method === method ? { before: ms } : undefined

/** The nth request, or the nth of a method, fails as a store does that is there again soon. From 1. */
export const failing = (nth: number, method?: StoreMethod): FaultRule =>
  onNth(nth, method, { before: 'fail' })

/** The nth request, or the nth of a method, is carried out, but its answer gets lost. From 1. */
export const lostAnswer = (nth: number, method?: StoreMethod): FaultRule =>
  onNth(nth, method, { after: 'fail' })

const onNth =
  (nth: number, method: StoreMethod | undefined, fault: Fault): FaultRule =>
  (call) =>
    (method === undefined ? call.number : call.method === method && call.nth) === nth
      ? fault
      : undefined

/** All rules at once: a request suffers what the first one says that has something to say. */
export const anyOf =
  (rules: readonly FaultRule[]): FaultRule =>
  (call) => {
    for (const rule of rules) {
      const fault = rule(call)
      if (fault) return fault
    }
    return undefined
  }
