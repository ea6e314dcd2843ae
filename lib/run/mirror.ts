import type { MirrorEntry } from '../ports.ts'
import type { LaneStatus } from '../lane/reading.ts'

/** What a lane tells the others through its mirrored offset. */
export interface MirroredLane {
  readonly index: number
  readonly watermark: number
  readonly status: LaneStatus
}

const STATUSES: readonly string[] = ['active', 'idle', 'ended'] satisfies LaneStatus[]

export const writeMirror = ({ index, watermark, status }: MirroredLane): string =>
  `v1;i=${index};w=${watermark};s=${status}`

/** Undefined for what some other tool has committed. */
export function readMirror({ metadata }: MirrorEntry): MirroredLane | undefined {
  const [version, ...fields] = metadata.split(';')
  if (version !== 'v1') return undefined
  const values = new Map(fields.map((field) => field.split('=', 2) as [string, string]))
  const status = values.get('s') ?? ''
  const watermark = Number(values.get('w'))
  if (!STATUSES.includes(status) || Number.isNaN(watermark)) return undefined
  return { index: Number(values.get('i')), watermark, status: status as LaneStatus }
}

/**
 * The watermark that an idle lane may take over: the lowest of the lanes that are neither idle nor ended. Where there is none, event time goes on at
 * the speed of the wall clock from the highest that any lane has reached. What is stale is lower, which is safe.
 *
 * @param partitions how many lanes there are; one that has mirrored nothing counts as active and holds everything back
 * @param quiet ms since something last came, or since the lane last asked
 */
export function watermarkToAdopt(
  lanes: readonly MirroredLane[],
  partitions: number,
  own: number,
  quiet: number,
): number | undefined {
  if (lanes.length < partitions) return undefined
  const active = lanes.filter(({ status }) => status === 'active')
  if (active.length > 0) return Math.min(...active.map(({ watermark }) => watermark))
  const highest = Math.max(own, ...lanes.map(({ watermark }) => watermark))
  return own < highest ? highest : own + quiet
}
