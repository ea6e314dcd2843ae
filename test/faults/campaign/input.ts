export const PARTITIONS = 4

const START = Date.parse('2025-03-17T08:00:00Z')

/** Event time from one record of a partition to the next, in ms. */
const STEP = 20
const SENSORS = 7

/**
 * Which reading the nth record of a partition holds: the nth, or again one from shortly before, or from long before.
 *
 * Input that can convict says where it stands: each record's key is its n, and each reading's id its number.
 */
export function readingAt(n: number): number {
  if (n % 101 === 100 && n >= 5_000) return n - 5_000
  return n % 53 === 52 ? n - 7 : n
}

/** Whether the nth record of a partition is cut off. */
export const isCutOff = (n: number): boolean => n % 997 === 996

export const isPictured = (reading: number): boolean => reading % 5_000 === 2_500

export const timeOf = (reading: number): number => START + reading * STEP

export const sensorOf = (reading: number): string => `sensor-${reading % SENSORS}`

export const valueOf = (partition: number, reading: number): number =>
  ((reading * 37 + partition) % 10_007) / 10

/** A reading as JSON. */
export const textOf = (partition: number, reading: number): string =>
  `{"id":"${partition}-${reading}","at":${timeOf(reading)},"sensor":"${sensorOf(reading)}",` +
  `"value":${valueOf(partition, reading)},"pictured":${isPictured(reading)}}`

/** The nth record's value. */
export function recordText(partition: number, n: number): string {
  const text = textOf(partition, readingAt(n))
  return isCutOff(n) ? text.slice(0, -9) : text
}
