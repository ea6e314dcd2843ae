import { type Duration, minutes } from '../duration.ts'

/** Longest silence that any request is allowed. */
const LONGEST: Duration = minutes(5)
/** A store may say nothing while it puts an object together from its parts: what it may take for that, in usual silences, at first. */
const COMPLETING = 4
/** Smaller bodies get through within 20 seconds on a line of 13 KB a second: what silences them is no slow line. */
const SMALL: number = 256 * 1024

/** What a request does: completes an upload, or sends a body of so many bytes. */
export type Sends = 'completion' | number

/**
 * How long a connection in use may carry nothing before its request is given up.
 *
 * The system takes a body of some MB in at once and sends it bit by bit, of which the process sees nothing: on a slow line a large
 * body is silent for longer than a small one, and nobody knows for how long before. So a request of its kind that was given up is allowed twice as much the
 * next time, up to five minutes, and half as much again after one that needed less than a quarter. Kinds are completions, and bodies from 256 KiB on by size, to a power
 * of two: what small requests meet says nothing about large ones, nor the other way round. All others have the usual silence, always.
 *
 * Where connections break without a word, a kind is given up at the latest after as long again as that has lasted.
 */
export class Patience {
  readonly #usual: Duration
  readonly #learned = new Map<string, Duration>()

  constructor(usual: Duration) {
    this.#usual = usual
  }

  allowed(sends: Sends): Duration {
    return this.#learned.get(kindOf(sends)) ?? this.#first(sends)
  }

  /** A request was given up, that had been allowed so much. */
  gaveUp(sends: Sends, allowed: Duration): void {
    const kind = kindOf(sends)
    if (kind === SMALL_REQUEST) return
    const next = Math.max(this.allowed(sends), Math.min(LONGEST, 2 * allowed))
    this.#learned.set(kind, next)
  }

  /** A request was answered after so long. */
  answered(sends: Sends, took: Duration): void {
    const allowed = this.allowed(sends)
    if (allowed > this.#first(sends) && took < allowed / 4)
      this.#learned.set(kindOf(sends), Math.max(this.#first(sends), allowed / 2))
  }

  #first(sends: Sends): Duration {
    return sends === 'completion' ? COMPLETING * this.#usual : this.#usual
  }
}

const SMALL_REQUEST = 'small'

const kindOf = (sends: Sends): string =>
  sends === 'completion'
    ? sends
    : sends < SMALL
      ? SMALL_REQUEST
      : String(Math.floor(Math.log2(sends)))
