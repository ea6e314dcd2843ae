/** What a number counts since 1970. */
export type TimeUnit = 's' | 'ms' | 'us' | 'ns'

/** How many of a unit a millisecond has. */
const PER_MILLISECOND: Readonly<Record<TimeUnit, number>> = { s: 1e-3, ms: 1, us: 1e3, ns: 1e6 }

export const isTimeUnit = (unit: string): unit is TimeUnit => Object.hasOwn(PER_MILLISECOND, unit)

/** Milliseconds since the epoch, rounded down, of a number in a unit, or of its decimal text; undefined for what is no number. */
export function readEpoch(value: unknown, unit: TimeUnit): number | undefined {
  if (typeof value === 'number') return ofNumber(value, unit)
  if (typeof value === 'bigint') return ofBigint(value, unit)
  if (typeof value !== 'string' || !/^-?\d{1,30}(\.\d{1,30})?$/.test(value)) return undefined
  return value.includes('.') ? ofNumber(Number(value), unit) : ofBigint(BigInt(value), unit)
}

function ofBigint(value: bigint, unit: TimeUnit): number {
  if (unit === 's') return Number(value * 1_000n)
  const divisor = BigInt(PER_MILLISECOND[unit])
  const isBelow = value < 0n && value % divisor !== 0n
  return Number(value / divisor) - (isBelow ? 1 : 0)
}

/** Parts of seconds are rounded to microseconds, about what a double holds of them, before they are rounded down. */
const ofNumber = (value: number, unit: TimeUnit): number =>
  unit === 's' && !Number.isInteger(value)
    ? Math.floor(Math.round(value * 1e6) / 1e3)
    : unit === 's'
      ? value * 1e3
      : Math.floor(value / PER_MILLISECOND[unit])
