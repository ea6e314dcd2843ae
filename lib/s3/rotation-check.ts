import { days } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import { zoneOf } from '../zone.ts'
import { checkKnown } from '../argument-check.ts'
import type { Rotation } from './rotation.ts'

/** Limits, and what they are counted in. What is neither says more about one of them. */
const LIMITS = {
  records: 'count',
  bytes: 'count',
  every: 'time',
  idle: 'time',
  span: 'time',
  watermark: 'time',
  maxOpen: 'count',
} as const

type Limit = keyof typeof LIMITS

const KNOWN: Readonly<Record<keyof Rotation, true>> = {
  records: true,
  bytes: true,
  every: true,
  idle: true,
  span: true,
  watermark: true,
  maxOpen: true,
  aligned: true,
  zone: true,
}

const names = Object.keys(LIMITS) as Limit[]

/**
 * Refuse limits that no object can keep.
 *
 * @throws SluiceError 'config' that names the option, or both where two contradict
 */
export function checkRotation(rotation: Rotation): void {
  checkKnown('rotate', rotation, KNOWN)
  const { every, aligned = false, zone, watermark } = rotation
  const stated = names.filter((name) => rotation[name] !== undefined)
  if (stated.length === 0)
    throw wrong(
      `rotate states no limit: give ${listed(names)}, or leave rotate out to finish objects at every commit`,
    )
  for (const name of stated) checkLimit(name, rotation[name])
  if (aligned && every === undefined)
    throw wrong('rotate.aligned needs rotate.every, the time from one end to the next: give both')
  if (aligned) checkPeriod('every', every as number)
  if (watermark !== undefined) checkPeriod('watermark', watermark)
  if (zone === undefined) return
  zoneOf(zone)
  if (!aligned && watermark === undefined)
    throw wrong(
      'rotate.zone says whose midnight rotate.aligned and rotate.watermark count from: give one of them, or leave zone out',
    )
}

/** Whether a rotation asks for event time, and by which option. */
export const eventTimeLimit = ({ span, watermark }: Rotation): string | undefined => {
  if (span !== undefined) return 'rotate.span'
  return watermark === undefined ? undefined : 'rotate.watermark'
}

function checkLimit(name: Limit, limit: unknown): void {
  const counted = LIMITS[name] === 'count'
  const fit = counted ? Number.isSafeInteger(limit) : Number.isFinite(limit)
  if (fit && (limit as number) > 0) return
  const wanted = counted ? 'a whole number from 1' : 'a time above 0 ms'
  throw wrong(`rotate.${name} is ${String(limit)}: it has to be ${wanted}`)
}

function checkPeriod(name: 'every' | 'watermark', period: number): void {
  if (Number.isSafeInteger(period) && days(1) % period === 0) return
  const remedy = name === 'every' ? ', or leave rotate.aligned out' : ''
  throw wrong(
    `rotate.${name} is ${period} ms, which does not divide a day, and its ends count from midnight: take minutes(10), hours(1) or days(1)${remedy}`,
  )
}

const listed = (words: readonly string[]): string =>
  `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`

const wrong = (what: string): SluiceError => new SluiceError('config', what)
