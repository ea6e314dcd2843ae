/** A change of the text of one file of `lib/`, for one process. */
export interface Patch {
  /** URL of the file. */
  readonly file: string
  /** Stands in it exactly once. */
  readonly text: string
  readonly instead: string
}

const patch = (path: string, text: string, instead: string): Patch => ({
  file: new URL(`../../../lib/${path}`, import.meta.url).href,
  text,
  instead,
})

export const OF_RUNS: Readonly<Record<string, readonly Patch[]>> = {
  /** A run in folders has no end either, unless it is asked for. */
  endless: [
    patch('cli/run-here.ts', 'untilEnd: given.untilEnd ?? embedded', 'untilEnd: given.untilEnd'),
  ],
  /** What is done every 30 seconds is done every 50 ms, and state is written anew every 4 epochs: bundles are soon without use. */
  'busy-upkeep': [
    patch('run/upkeep.ts', 'const MIRROR_EVERY = 5_000', 'const MIRROR_EVERY = 50'),
    patch('run/upkeep.ts', 'const COLLECT_EVERY = 30_000', 'const COLLECT_EVERY = 50'),
    patch('state/snapshot.ts', 'const MOST_SEGMENTS = 64', 'const MOST_SEGMENTS = 4'),
  ],
  /** The group is told what is committed five times a second, not every 5 seconds. */
  'busy-mirror': [patch('run/upkeep.ts', 'const MIRROR_EVERY = 5_000', 'const MIRROR_EVERY = 200')],
  /** A group waits for a member that is silent for longer than a test may last. */
  'long-session': [
    patch('kafka/membership.ts', 'SESSION_TIMEOUT = 10_000', 'SESSION_TIMEOUT = 900_000'),
    patch('kafka/membership.ts', 'REBALANCE_TIMEOUT = 60_000', 'REBALANCE_TIMEOUT = 900_000'),
  ],
  /** Whoever is told to stop gives up after 3 s, not 20. */
  'short-drain': [
    patch('cli/stop.ts', 'DRAIN: Duration = seconds(20)', 'DRAIN: Duration = seconds(3)'),
  ],
  /** A pipeline is not ready after a second of failures, not 30. */
  impatient: [
    patch('cli/health.ts', 'PATIENCE: Duration = seconds(30)', 'PATIENCE: Duration = seconds(1)'),
  ],
  /** Of what a broker hands out every batch comes twice and behind an older one, and some come late: another may have come instead by then. */
  'unsteady-fetches': [
    patch(
      'kafka/readers.ts',
      'deliver: (batch) => listener.batch(batch),',
      `deliver: ((all = []) => (batch) => {
        all.push(batch)
        const old = all[Math.floor(Math.random() * all.length)]
        const deliver = () => [old, batch, batch].forEach((one) => listener.batch(one))
        if (Math.random() < 0.5) setTimeout(deliver, 30)
        else deliver()
      })(),`,
    ),
  ],
  /** Topics that have come, gone or been made anew are seen within 200 ms, not 20 seconds. */
  'busy-lookout': [
    patch(
      'run/lookout.ts',
      'const LOOK_EVERY: Duration = seconds(20)',
      'const LOOK_EVERY: Duration = 200',
    ),
  ],
}

/** Where a commit writes its record. */
const APPEND = 'await this.#append(record)'
const OURS = "if (there.record.token === record.token) return { outcome: 'ours', stored: there }"
const CREATE =
  "return await this.#store.put(key, bytes, { ifAbsent: true, contentType: 'application/json' })"

/** The commit protocol with one mistake each: every one of them was made by somebody. A test has to turn red. */
export const WRONG_VARIANTS = {
  /** Kafka Connect's sinks: a file is visible before its offsets are committed. */
  'publish-first': [
    patch('lane/session.ts', APPEND, `await this.#publisher.publish(record, bundle)\n${APPEND}`),
  ],
  /** A commit is taken from whoever is a member of the group, as a broker does. */
  'kafka-commit': [
    patch(
      'commit/chain.ts',
      CREATE,
      "return await this.#store.put(key, bytes, { contentType: 'application/json' })",
    ),
  ],
  /** The condition is looked at first, and the record written then. */
  'racy-cas': [
    patch(
      'commit/chain.ts',
      CREATE,
      `if (await this.#store.head(key)) return 'exists'
      return await this.#store.put(key, bytes, { contentType: 'application/json' })`,
    ),
  ],
  /** A record that is there already is taken for one's own, sent twice. */
  '412-is-ok': [
    patch('commit/chain.ts', OURS, "return { outcome: 'ours', stored: decode(bytes) }"),
  ],
  /** What is to be published is remembered, and not in the record. */
  'no-pending': [
    patch(
      'lane/session.ts',
      'await this.#chain.append(record, this.#abort.signal)',
      'await this.#chain.append({ ...record, objects: [], outbox: [] }, this.#abort.signal)',
    ),
    patch(
      'lane/session.ts',
      'this.#stored = appended.stored\n',
      `const { objects, outbox = [] } = record
    this.#stored = { ...appended.stored, record: { ...appended.stored.record, objects, outbox } }\n`,
    ),
  ],
  /** An upload whose completion has failed is aborted, as upload helpers do. */
  'abort-doubt': [
    patch(
      'commit/publish.ts',
      'await store.completeUpload(key, staged.uploadId, staged.parts)',
      `await store
      .completeUpload(key, staged.uploadId, staged.parts)
      .catch(async (error) => {
        await store.abortUpload(key, staged.uploadId)
        throw error
      })`,
    ),
  ],
  /** Who claims a lane aborts all uploads that are open, for they can only be of somebody dead. */
  janitor: [
    patch(
      's3/departure.ts',
      'retry(() => store.createUpload(key, upload), options)',
      `retry(() => store.createUpload(key, upload), options).then((id) => {
      ;(globalThis.uploads ??= []).push([key, id])
      return id
    })`,
    ),
    patch(
      'lane/session.ts',
      'await session.#append({ ...claim, owner: session.#owner, prefixes })',
      `await session.#append({ ...claim, owner: session.#owner, prefixes })
      for (const [key, id] of globalThis.uploads?.splice(0) ?? [])
        await environment.store.abortUpload(key, id)`,
    ),
  ],
  /** An object whose upload is gone is passed over. */
  'expiry-given-up': [
    patch(
      'commit/publish.ts',
      "throw outcome === 'exists'",
      "if (outcome === 'exists') throw outcome === 'exists'",
    ),
  ],
} satisfies Readonly<Record<string, readonly Patch[]>>

/** @throws Error for a name that there is not */
export function patchesOf(names: string): Patch[] {
  return names
    .split(',')
    .filter((name) => name !== '')
    .flatMap((name) => {
      const found = { ...OF_RUNS, ...WRONG_VARIANTS }[name]
      if (!found) throw new Error(`there is no patch ${name}`)
      return found
    })
}

/** @throws Error for a patch that does not fit, so that none is without effect unnoticed */
export function patched(source: string, patches: readonly Patch[], place: string): string {
  return patches.reduce((text, { text: before, instead }) => {
    const times = text.split(before).length - 1
    if (times !== 1) throw new Error(`a patch does not fit: ${place} has ${times} times ${before}`)
    return text.replace(before, () => instead)
  }, source)
}
