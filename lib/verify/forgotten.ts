import type { StagedObject } from '../commit/record.ts'
import { type Declaration, declarationOf } from './declarations.ts'

/** What has become of the objects of one declaration. */
export interface ForgottenReport extends Pick<
  Declaration,
  'prefix' | 'reason' | 'by' | 'at' | 'index'
> {
  /** Objects that are gone, as was declared, and their rows. */
  readonly objects: number
  readonly rows: number
  /** Objects that readers still see. */
  readonly stillThere: number
}

interface Tally {
  objects: number
  rows: number
  stillThere: number
}

/** Counts what was deleted on purpose, by declaration. */
export class Forgotten {
  readonly #declarations: readonly Declaration[]
  readonly #tallies: ReadonlyMap<Declaration, Tally>

  constructor(declarations: readonly Declaration[]) {
    this.#declarations = declarations
    this.#tallies = new Map(
      declarations.map((declaration) => [declaration, { objects: 0, rows: 0, stillThere: 0 }]),
    )
  }

  get reports(): ForgottenReport[] {
    return [...this.#tallies].map(([{ index, prefix, reason, by, at }, tally]) => ({
      index,
      prefix,
      reason,
      by,
      at,
      ...tally,
    }))
  }

  /** An object is not there: says whether that was declared, and counts it. */
  excuses(object: StagedObject, lane: string, commit: number): boolean {
    const tally = this.#of(object, lane, commit)
    if (!tally) return false
    tally.objects++
    tally.rows += object.rows
    return true
  }

  /** An object is there. */
  found(object: StagedObject, lane: string, commit: number): void {
    const tally = this.#of(object, lane, commit)
    if (tally) tally.stillThere++
  }

  #of({ key }: StagedObject, lane: string, commit: number): Tally | undefined {
    const declaration = declarationOf(key, lane, commit, this.#declarations)
    return declaration && this.#tallies.get(declaration)
  }
}
