import type { Difference } from './trace/difference.ts'

/** What is wrong, as a reader of the objects would say it. */
export type FindingKind =
  /** Something that the ledger lists is not there, or records of the log were never read. */
  | 'lost'
  /** Rows that the ledger does not list are visible, or something is listed twice. */
  | 'doubled'
  /** Bytes are not those that were written. */
  | 'altered'
  /** A commit record does not agree with itself, or with the records around it. */
  | 'contradiction'
  /** Run again, an epoch comes to something else than its record says. */
  | 'different'

/** One thing that is wrong: what, where, and what a person can do. */
export interface Finding {
  readonly kind: FindingKind
  /** A key, or a lane and a record of its chain. */
  readonly where: string
  readonly what: string
  readonly advice: string
  /** Of an altered object: where its rows begin to differ, if the log tells. */
  readonly difference?: Difference
}

/** What helps against damage. */
export const RESTORE = 'restore it from a version of the bucket or a backup'

/** Findings that are kept; all are counted. */
const KEPT = 1_000

/** Collects findings. Holds a thousand of them, so that a bucket that was emptied does not fill the memory. */
export class Findings {
  readonly #kept: Finding[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  get isFull(): boolean {
    return this.#count >= KEPT
  }

  get kept(): readonly Finding[] {
    return this.#kept
  }

  add(finding: Finding): void {
    this.#count++
    if (this.#kept.length < KEPT) this.#kept.push(finding)
  }
}
