import { isUtf8 } from 'node:buffer'

/** What the job reads of an event. */
export interface Event {
  readonly eventGuid: string
  readonly timestamp: number
  readonly country?: string | null
  readonly device_type?: string | null
  readonly action?: string | null
  readonly page?: string | null
  readonly category?: string | null
  readonly user_id?: string | null
  readonly value: number
  readonly session_duration: number
}

const YEAR_2000 = Date.UTC(2000, 0)
const HOUR = 3_600_000

/** Read an event; undefined for what is none, or is too far ahead of its record's timestamp. */
export function readEvent(value: Buffer | null, recordedAt: number): Event | undefined {
  if (value === null || !isUtf8(value)) return undefined
  let event: Event
  try {
    event = JSON.parse(value.toString()) as Event
  } catch {
    return undefined
  }
  return isSound(event) && event.timestamp <= recordedAt + HOUR ? event : undefined
}

const isSound = (event: Event | null): event is Event =>
  event !== null &&
  typeof event === 'object' &&
  typeof event.eventGuid === 'string' &&
  event.eventGuid !== '' &&
  Number.isSafeInteger(event.timestamp) &&
  event.timestamp >= YEAR_2000 &&
  isOptionalText(event.country) &&
  isOptionalText(event.device_type) &&
  isOptionalText(event.action) &&
  isOptionalText(event.page) &&
  isOptionalText(event.category) &&
  isOptionalText(event.user_id) &&
  Number.isFinite(event.value) &&
  Number.isFinite(event.session_duration)

const isOptionalText = (value: unknown): boolean =>
  typeof value === 'string' || value === null || value === undefined
