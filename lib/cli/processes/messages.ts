import type { MetricObjectWithValues, MetricValue } from 'prom-client'
import type { Summary } from '../../run/tally.ts'
import type { Readiness } from '../health.ts'
import type { Progress } from '../meter.ts'
import type { Verdict } from './verdict.ts'

/** What a child tells its parent now and then: that its event loop turns, and how far it is. */
export interface Tick {
  readonly kind: 'tick'
  readonly progress: Progress
  readonly readiness: Readiness
  /** What its run has come to so far; absent before its lanes begin. */
  readonly summary?: Summary
  /** Where objects go, once that is known. */
  readonly store?: string
  /** Most memory that it has had, in bytes. */
  readonly peak: number
  /** It has committed something, or come closer to a record that kills: whatever it dies of, starting it anew is of use. */
  readonly hasWorked: boolean
}

export type FromChild =
  | Tick
  /** A finite run: the number that it has found. It begins with the one that it is answered. */
  | { readonly kind: 'run'; readonly found: number }
  | { readonly kind: 'metrics'; readonly metrics: MetricObjectWithValues<MetricValue<string>>[] }
  /** It ends, and knows what that means for the next one. */
  | { readonly kind: 'verdict'; readonly verdict: Verdict }

export type FromParent =
  { readonly kind: 'run'; readonly run: number } | { readonly kind: 'metrics' }
