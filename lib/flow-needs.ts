import { SluiceError } from './errors.ts'
import type { OperatorStream } from './operator-stream.ts'
import type { LaneSink } from './sink.ts'

/** What stands at a point of the graph, and before it. */
interface Place {
  readonly operator: OperatorStream | undefined
  readonly sinks: readonly LaneSink[]
  /** The operators on the way there, its own the last. */
  readonly path: readonly OperatorStream[]
  readonly isRejected: boolean
}

/**
 * Refuse what asks for something that no message there has: every one of them would be rejected, or wait for ever.
 *
 * @throws SluiceError 'config' that names the option, and what to put before it
 */
export function checkNeeds(place: Place): void {
  const { operator, sinks, path, isRejected } = place
  const isTimed = path.some(({ idle }) => idle !== undefined)
  if (operator && !isRejected) {
    if (!isTimed) checkTimeless(operator)
    checkColumns(operator, path)
  }
  for (const sink of sinks) {
    if (!isTimed) checkTimelessSink(sink, isRejected)
    if (path.some(({ exchange }) => exchange)) checkOfResults(sink)
  }
}

function checkTimeless({ id, spans, remembers }: OperatorStream): void {
  const option =
    spans !== undefined ? 'its windows' : remembers !== undefined ? 'within' : undefined
  if (option === undefined) return
  throw wrong(`${id} counts ${option} in event time, ${NOBODY_SETS}`)
}

/** Messages of the rejected flow have a time, and no watermark goes by it. */
function checkTimelessSink({ needsEventTime, goesBy, place }: LaneSink, isRejected: boolean): void {
  if (needsEventTime !== undefined)
    throw wrong(
      `${needsEventTime} of ${place} needs event time, ${isRejected ? 'which the rejected flow does not have: leave it out' : NOBODY_SETS}`,
    )
  const option = isRejected ? undefined : goesBy?.['event time']
  if (option === 'partitionBy')
    throw wrong(
      `partitionBy of ${place} goes by event time, ${NOBODY_SETS}, or say by: 'record', by: 'tick' or a field`,
    )
  if (option !== undefined)
    throw wrong(`${option} of ${place} holds event time, ${NOBODY_SETS}, or leave it out`)
}

const NOBODY_SETS = 'which no operator before it sets: put eventTime(…) there'

function checkOfResults({ place, goesBy, namesResultsAlike }: LaneSink): void {
  if (goesBy?.record !== undefined)
    throw wrong(
      `${goesBy.record} of ${place} goes by the record of an event, and results of reduce come from none: go by a field, or by event time`,
    )
  if (namesResultsAlike)
    throw wrong(
      `name of ${place} goes by offsets, and results of reduce have none, so that all of a folder would be called alike: put the commit and the ordinal into it, or leave name out`,
    )
}

/** A result would have one column for two things. */
function checkColumns(
  { id, exchange, columns }: OperatorStream,
  path: readonly OperatorStream[],
): void {
  if (!exchange) return
  const key = path.slice(0, -1).findLast((earlier) => earlier.columns.length > 0)
  const twice = columns.find((column) => key?.columns.includes(column))
  if (twice === undefined) return
  throw wrong(
    `a result of ${id} has the column ${twice} from ${key?.id} already: give that reducer another name`,
  )
}

const wrong = (what: string): SluiceError => new SluiceError('config', what)
