import type { Clock } from '../clock.ts'
import { systemPrefix } from '../commit/chain.ts'
import { overdueIn } from '../commit/pending.ts'
import type { CommitRecord } from '../commit/record.ts'
import { days } from '../duration.ts'
import { showDuration } from '../options.ts'
import { type LifecycleRule, type ObjectStore, StoreError } from '../ports.ts'
import { idOf } from '../topics.ts'

/** An upload waits between its beginning and its commit, and after it while the store or every process is away: for less than this, mostly. */
const SAFE = days(2)

/** A rule of the bucket that removes what a record may still need. */
export interface DangerousRule {
  readonly id: string
  readonly what: string
  readonly advice: string
}

/**
 * Rules that abort uploads too soon, or delete what is the pipeline's own.
 *
 * @param name of the instance
 * @param prefixes of its sinks
 */
export function dangerousRules(
  rules: readonly LifecycleRule[],
  name: string,
  prefixes: readonly string[],
): DangerousRule[] {
  const own = systemPrefix(name)
  const folders = [own, ...prefixes.map((prefix) => (prefix === '' ? '' : `${prefix}/`))]
  return rules.flatMap((rule) => {
    const { id, prefix, abortsAfter = Infinity, expiresAfter } = rule
    const found: DangerousRule[] = []
    if (abortsAfter < SAFE && folders.some((folder) => meet(prefix, folder)))
      found.push({
        id,
        what: `it removes uploads under '${prefix}' that are not completed ${showDuration(abortsAfter)} after they were begun, also those of objects that are committed`,
        advice: 'let it wait for 7 days',
      })
    if (expiresAfter !== undefined && meet(prefix, own))
      found.push({
        id,
        what: `it deletes objects under '${prefix}' ${showDuration(expiresAfter)} after they were written, also the pipeline's records and state under ${own}`,
        advice: 'limit it to the prefixes of the sinks',
      })
    return found
  })
}

/** Whether some key begins with both. */
const meet = (one: string, other: string): boolean => one.startsWith(other) || other.startsWith(one)

/** Tell, when a run begins, of the bucket's rules that may cost it data. */
export async function warnOfRules(
  store: ObjectStore,
  name: string,
  prefixes: readonly string[],
  note: (text: string) => void,
): Promise<void> {
  const rules = await store.lifecycle().catch(unlessStoreFails)
  for (const { id, what, advice } of dangerousRules(rules ?? [], name, prefixes))
    note(`lifecycle rule '${id}' of ${store.place}: ${what}; ${advice}`)
}

/** A run does without. */
function unlessStoreFails(error: unknown): undefined {
  if (!(error instanceof StoreError)) throw error
}

/** Tell, when a run begins, of what was committed long ago and waits in uploads still. It becomes visible when its lane is claimed. */
export async function warnOfWaiting(
  newest: readonly CommitRecord[],
  store: ObjectStore,
  clock: Clock,
  note: (text: string) => void,
): Promise<void> {
  for (const record of newest) {
    const waiting = await overdueIn(record, store, clock)
    if (!waiting) continue
    const { first, count, since } = waiting
    note(
      `${idOf(record.lane)}: ${count} objects were committed at ${new Date(since).toISOString()} and are not visible yet, such as ${first.key}: ` +
        'they wait in uploads until their lane is claimed, and are lost where the store removes these before',
    )
  }
}
