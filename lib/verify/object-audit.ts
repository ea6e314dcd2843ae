import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { TOKEN } from '../commit/publish.ts'
import type { Segment, StagedObject } from '../commit/record.ts'
import type { ObjectStore } from '../ports.ts'
import { retry } from '../retry.ts'
import { readContent } from './rows.ts'

/** What has become of something that a record lists. */
export type Verdict =
  | { readonly state: 'sound' }
  /** It is there with its size and its token, and was not read. */
  | { readonly state: 'unread' }
  | { readonly state: 'missing' }
  | { readonly state: 'altered'; readonly how: string }

/** How much of a bundle is read at a time, in bytes. */
const PIECE = 4 * 1024 * 1024

/** What has become of something that was read. */
export type ReadVerdict = Exclude<Verdict, { readonly state: 'unread' }>

const sound: ReadVerdict = { state: 'sound' }
const unread: Verdict = { state: 'unread' }
const missing: ReadVerdict = { state: 'missing' }
const altered = (how: string): ReadVerdict => ({ state: 'altered', how })

/** Look whether an object is at its key, is ours, and has the bytes and rows that its record says, as far as that can be told with or without reading it. */
export async function auditObject(
  object: StagedObject,
  store: ObjectStore,
  clock: Clock,
  isRead = true,
): Promise<Verdict> {
  return retry(
    async () => {
      const there = await store.head(object.key)
      if (!there) return missing
      if (there.size !== object.bytes)
        return altered(`it has ${there.size} bytes, it was written with ${object.bytes}`)
      const token = there.metadata[TOKEN]
      if (!isRead) return token === object.token ? unread : bearing(token)
      const chunks = await store.read(object.key)
      if (!chunks) return missing
      const { bytes, sha256, rows } = await readContent(chunks, object)
      if (sha256 !== object.sha256)
        return altered(
          typeof rows === 'string'
            ? `its ${bytes} bytes are others than were written: ${rows}`
            : `its ${bytes} bytes are others than were written`,
        )
      if (rows !== undefined && rows !== object.rows)
        return altered(
          typeof rows === 'string'
            ? `its bytes are as written, but ${rows}`
            : `it has ${rows} rows, its record says ${object.rows}`,
        )
      return token === object.token ? sound : bearing(token, 'its bytes are right, but ')
    },
    { clock },
  )
}

const bearing = (token: string | undefined, but = ''): Verdict =>
  altered(
    token === undefined
      ? `${but}its metadata is gone (${TOKEN})`
      : `${but}it bears the token of another object: ${token}`,
  )

/** Look whether a span of a bundle is there with its bytes. */
export async function auditSegment(
  { bundle, from, to, sha256 }: Segment,
  store: ObjectStore,
  clock: Clock,
): Promise<ReadVerdict> {
  const hash = createHash('sha256')
  for (let at = from; at < to; at += PIECE) {
    const range = { from: at, to: Math.min(to, at + PIECE) }
    const piece = await retry(() => store.get(bundle, range), { clock })
    if (!piece) return missing
    hash.update(piece)
  }
  return hash.digest('hex') === sha256 ? sound : altered('its bytes are others than were written')
}

/** Whether what an object is made of is there, with its bytes. An upload cannot be asked without ending it. */
export async function isStaged(
  { staged, sha256 }: StagedObject,
  store: ObjectStore,
  clock: Clock,
): Promise<boolean> {
  if (staged.in === 'upload') return true
  const segments = staged.in === 'bundles' ? staged.segments : [{ ...staged, sha256 }]
  for (const segment of segments)
    if ((await auditSegment(segment, store, clock)).state !== 'sound') return false
  return true
}
