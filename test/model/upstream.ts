// The upstream lanes of an exchange, as their reader sees them: numbered records, each with the
// partials of its epoch, its watermark and, in the last one, `ended`.
//
// All records are there from the beginning: to a reader, one that is not written yet is the same as
// one that it does not read yet, and lane.ts has shown that each is written once, and complete.

/** What an epoch contributes: the windows of its events, in order. A claim contributes nothing. */
export type Epoch = readonly number[] | 'claim'

export interface UpstreamRecord {
  /** The events whose partials the record holds, by their number in the lane. */
  events: readonly number[]
  /** Windows below it are complete in this lane; all of them, once the lane has ended. */
  watermark: number
}

export interface UpstreamLane {
  /** The window of each event. */
  windows: readonly number[]
  records: readonly UpstreamRecord[]
}

/**
 * The upstream lanes that have written these epochs, `ended` with the last one of each.
 *
 * @param repeatPartials whether a claim record (wrongly) copies its predecessor's partials
 */
export function upstreamLanes(
  lanes: readonly (readonly Epoch[])[],
  repeatPartials: boolean,
): UpstreamLane[] {
  const end = windowCount(lanes)
  return lanes.map((epochs) => {
    const windows: number[] = []
    const records: UpstreamRecord[] = []
    for (const epoch of epochs) {
      const repeated = repeatPartials ? records.at(-1)?.events : undefined
      const events = epoch === 'claim' ? (repeated ?? []) : numbers(windows.length, epoch.length)
      if (epoch !== 'claim') windows.push(...epoch)
      records.push({ events, watermark: windows.at(-1) ?? 0 })
    }
    const last = records.pop()!
    return { windows, records: [...records, { ...last, watermark: end }] }
  })
}

/** The number of windows that some event is in. */
export function windowCount(lanes: readonly (readonly Epoch[])[]): number {
  return 1 + Math.max(...lanes.flat().flatMap((epoch) => (epoch === 'claim' ? [] : epoch)))
}

function numbers(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, nth) => from + nth)
}

/** For each upstream lane, the index of a record. */
export type Vector = readonly number[]

/** The vectors that are ahead of one by at most `stride` records a lane, by one at least. */
export function vectorsAfter(
  from: Vector,
  lanes: readonly UpstreamLane[],
  stride: number,
): Vector[] {
  let vectors: Vector[] = [[]]
  for (const [lane, { records }] of lanes.entries()) {
    const first = from[lane]!
    const choices = numbers(first, Math.min(stride, records.length - first) + 1)
    vectors = vectors.flatMap((vector) => choices.map((to) => [...vector, to]))
  }
  return vectors.filter((to) => to.some((index, lane) => index > from[lane]!))
}

/** Lane by lane, the highest index of several vectors. */
export function highest(vectors: readonly Vector[]): Vector {
  return vectors[0]!.map((_, lane) => Math.max(...vectors.map((vector) => vector[lane]!)))
}

/** Lane by lane, the lowest index of several vectors. */
export function lowest(vectors: readonly Vector[]): Vector {
  return vectors[0]!.map((_, lane) => Math.min(...vectors.map((vector) => vector[lane]!)))
}
