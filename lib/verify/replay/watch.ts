import type { Readable } from 'node:stream'
import type { Graph } from '../../lane/graph.ts'
import { Chunk, type Item, type Message } from '../../message.ts'
import type { Rejection } from '../../operator.ts'
import type { PlacedRow } from '../../sink.ts'

/** Told of what becomes of messages when an epoch runs again. */
export interface Watch {
  placed?(row: PlacedRow): void
  rejected?(rejection: Rejection): void
  /** What the source, or an operator, has sent on. */
  sent?(by: Readable, messages: readonly Message<unknown>[]): void
}

/** Tell of what the streams of a lane send on, if anybody asks. */
export function watchStreams({ source, operators }: Graph, watch: Watch): void {
  if (!watch.sent) return
  for (const stream of [source, ...operators])
    stream.on('data', (item: Item<unknown>) => {
      if (item instanceof Chunk) watch.sent?.(stream, item.messages)
    })
}
