interface Produced {
  readonly partition: number
  readonly headers?: Readonly<Record<string, unknown>> | undefined
}

/**
 * What a reader has of a topic that drops repeats as the README says, and shares no code with the runtime: of each partition it remembers, for every
 * instance and lane, the highest commit and ordinal, and drops what is not higher.
 */
export function withoutRepeats<R extends Produced>(records: readonly R[]): R[] {
  const highest = new Map<string, readonly [number, number]>()
  return records.filter(({ partition, headers }) => {
    const header = (name: string): string => String(headers?.[`sluice-${name}`])
    const lane = `${partition} ${header('instance')} ${header('lane')}`
    const [commit, ordinal] = [Number(header('commit')), Number(header('ordinal'))]
    const [lastCommit, lastOrdinal] = highest.get(lane) ?? [-1, -1]
    if (commit < lastCommit || (commit === lastCommit && ordinal <= lastOrdinal)) return false
    highest.set(lane, [commit, ordinal])
    return true
  })
}
