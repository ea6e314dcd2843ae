import { fc } from '@fast-check/ava'
import { Barrier, Chunk, type Item, type Message, Watermark } from '../../lib/message.ts'
import type { Operator, Rejection } from '../../lib/operator.ts'
import type { OperatorStream } from '../../lib/operator-stream.ts'
import { newStores, type Stores } from '../../lib/state/stores.ts'

/** How often a lane's input is cut into chunks, into epochs, and how often an epoch is followed by a restart: after how many messages each. */
export interface Cuts {
  chunk: number
  epoch: number
  restart: number
}

export const cuts: fc.Arbitrary<Cuts> = fc.record({
  chunk: fc.integer({ min: 1, max: 9 }),
  epoch: fc.integer({ min: 1, max: 20 }),
  restart: fc.integer({ min: 1, max: 30 }),
})

/** What a chain of operators made of its input. */
export interface Outcome {
  readonly messages: Message<unknown>[]
  readonly rejected: Rejection[]
}

type Build = () => Operator<never, unknown>[]

/** A chain of operators on stores that are written by deltas and read back by a restart. */
class Lane {
  readonly outcome: Outcome = { messages: [], rejected: [] }
  readonly #build: Build
  readonly #written = new Map<string, Uint8Array[]>()
  #stores = new Map<string, Stores>()
  #operators: OperatorStream[] = []
  #arrived: () => void = () => undefined

  constructor(build: Build) {
    this.#build = build
    this.restart()
  }

  /** Forget everything but what was written. */
  restart(): void {
    for (const operator of this.#operators) operator.destroy()
    this.#operators = this.#build()
    this.#stores = new Map(this.#operators.map((operator) => [operator.id, newStores()]))
    for (const operator of this.#operators)
      operator.bind({
        state: this.#stores.get(operator.id) as Stores,
        reject: (rejections) => void this.outcome.rejected.push(...rejections),
      })
    for (const [id, store] of this.#all())
      for (const bytes of this.#written.get(id) ?? []) store.apply(bytes)
    this.#operators.reduce((upstream, operator) => upstream.pipe(operator))
    this.#operators.at(-1)?.on('data', (item: Item<unknown>) => this.#take(item))
  }

  /** Work through an epoch's items and write what they changed. */
  async epoch(items: Item<unknown>[]): Promise<void> {
    const arrived = new Promise<void>((resolve) => (this.#arrived = resolve))
    for (const item of [...items, new Barrier(0)]) this.#operators[0]?.write(item)
    await arrived
    for (const [id, store] of this.#all()) {
      const delta = store.delta()
      if (delta) this.#written.set(id, [...(this.#written.get(id) ?? []), delta.bytes])
    }
  }

  #take(item: Item<unknown>): void {
    if (item instanceof Chunk) this.outcome.messages.push(...item.messages)
    if (item instanceof Barrier) this.#arrived()
  }

  *#all() {
    for (const [id, { all }] of this.#stores)
      for (const [name, store] of all) yield [`${id}/${name}`, store] as const
  }
}

/** Run messages through a chain, to the end of a finite stream, cut as told; uncut without. */
export async function runLane(
  build: Build,
  messages: readonly Message<unknown>[],
  { chunk, epoch, restart }: Cuts = { chunk: 500, epoch: Infinity, restart: Infinity },
): Promise<Outcome> {
  const lane = new Lane(build)
  let items: Item<unknown>[] = []
  let sinceRestart = 0
  for (let from = 0; from < messages.length; from += chunk) {
    items.push(new Chunk(messages.slice(from, from + chunk)))
    sinceRestart += chunk
    if (items.length * chunk < epoch) continue
    await lane.epoch(items)
    items = []
    if (sinceRestart < restart) continue
    lane.restart()
    sinceRestart = 0
  }
  await lane.epoch([...items, new Watermark(Infinity)])
  return lane.outcome
}
