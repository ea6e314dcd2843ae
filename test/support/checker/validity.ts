import { HOUR, type LogRecord, type Settings } from './world.ts'

export interface Event {
  readonly eventGuid: string
  readonly timestamp: number
  readonly value: number
  readonly session_duration: number
  readonly [field: string]: unknown
}

/** Why a record is not a valid event. */
export type Invalid =
  | { readonly because: 'null' | 'empty' | 'large' | 'utf8' | 'json' | 'future' }
  /** The fields whose problems must all be named; none where the whole is not an object. */
  | { readonly because: 'shape'; readonly fields: readonly string[] }

export type Judgement =
  /** `row` is what the archive has to hold. */
  | { readonly event: Event; readonly row: Buffer }
  | { readonly event?: undefined; readonly invalid: Invalid }

const YEAR_2000 = 946_684_800_000
const TEXTS = ['country', 'device_type', 'action', 'page', 'category', 'user_id']
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Whether a record is an event of the shop, by the words of the specification. */
export function judge({ value, timestamp }: LogRecord, { maxRecordBytes }: Settings): Judgement {
  if (value === null) return { invalid: { because: 'null' } }
  if (value.length === 0) return { invalid: { because: 'empty' } }
  if (value.length > maxRecordBytes) return { invalid: { because: 'large' } }
  let text: string
  try {
    text = strict.decode(value)
  } catch {
    return { invalid: { because: 'utf8' } }
  }
  const marked = text.startsWith('\uFEFF')
  let parsed: unknown
  try {
    parsed = JSON.parse(marked ? text.slice(1) : text)
  } catch {
    return { invalid: { because: 'json' } }
  }
  const fields = badFields(parsed)
  if (fields) return { invalid: { because: 'shape', fields } }
  const event = parsed as Event
  if (timestamp >= 0 && event.timestamp > timestamp + HOUR)
    return { invalid: { because: 'future' } }
  return { event, row: marked ? Buffer.from(JSON.stringify(event)) : trimmed(value) }
}

function badFields(parsed: unknown): string[] | undefined {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return []
  const object = parsed as Record<string, unknown>
  const bad: string[] = []
  const require = (field: string, fits: boolean): void => void (fits || bad.push(field))
  const { eventGuid, timestamp } = object
  require('eventGuid', typeof eventGuid === 'string' && eventGuid !== '')
  require('timestamp', Number.isSafeInteger(timestamp) && (timestamp as number) >= YEAR_2000)
  for (const field of ['value', 'session_duration']) require(field, Number.isFinite(object[field]))
  for (const field of TEXTS) {
    const text = object[field] ?? null
    require(field, text === null || typeof text === 'string')
  }
  return bad.length > 0 ? bad : undefined
}

const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d])

/** Without the white space that JSON allows around a value: in an array it belongs to nobody. */
export function trimmed(bytes: Buffer): Buffer {
  let [from, to] = [0, bytes.length]
  while (from < to && BLANK.has(bytes[from]!)) from++
  while (to > from && BLANK.has(bytes[to - 1]!)) to--
  return bytes.subarray(from, to)
}
