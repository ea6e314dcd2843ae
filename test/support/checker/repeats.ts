interface Produced {
  readonly partition: number
  readonly headers?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Knows the repeats in a topic as the README says, and shares no code with the runtime: of each partition it remembers, for every instance and lane, the
 * highest commit and ordinal, and what is not higher is a repeat.
 */
export class Repeats {
  readonly #highest = new Map<string, readonly [commit: number, ordinal: number]>()

  /** Whether the next record of its partition is one. */
  has({ partition, headers }: Produced): boolean {
    const header = (name: string): string => String(headers?.[`sluice-${name}`])
    const lane = `${partition} ${header('instance')} ${header('lane')}`
    const [commit, ordinal] = [Number(header('commit')), Number(header('ordinal'))]
    const [lastCommit, lastOrdinal] = this.#highest.get(lane) ?? [-1, -1]
    if (commit < lastCommit || (commit === lastCommit && ordinal <= lastOrdinal)) return true
    this.#highest.set(lane, [commit, ordinal])
    return false
  }
}

/** What a reader has of a topic that drops repeats. */
export function withoutRepeats<R extends Produced>(records: readonly R[]): R[] {
  const repeats = new Repeats()
  return records.filter((record) => !repeats.has(record))
}
