/** What a sensor has measured. */
export interface Reading {
  readonly id: string
  readonly at: number
  readonly sensor: string
  readonly value: number
  /** Of these there is a picture, a megabyte of it. */
  readonly pictured: boolean
}

/** A record of the topic: a reading, or what is left of one. */
export interface InputRecord {
  readonly partition: number
  readonly key: string
  readonly value: string
}

const START = Date.parse('2025-03-17T08:00:00Z')
const MINUTE = 60_000

/**
 * Input that can convict: each id says where it stands. Of every 17 records one is cut off, of every 11 one repeats the id of an earlier one of its
 * partition. Event time goes on by a minute a record, and back by at most three.
 *
 * @param records of each partition
 * @param from how many of each partition there are already
 */
export function inputOf(partitions: number, records: number, from = 0): InputRecord[] {
  return Array.from({ length: records }, (_, i) => from + i).flatMap((n) =>
    Array.from({ length: partitions }, (_, partition) => {
      const reading = readingOf(partition, n % 11 === 10 ? n - 3 : n)
      const value = JSON.stringify(reading)
      return { partition, key: reading.sensor, value: n % 17 === 16 ? value.slice(0, -9) : value }
    }),
  )
}

const readingOf = (partition: number, n: number): Reading => ({
  id: `${partition}-${n}`,
  at: START + n * MINUTE,
  sensor: `sensor-${n % 7}`,
  value: (n * 37 + partition) / 10,
  pictured: n % 40 === 5,
})
