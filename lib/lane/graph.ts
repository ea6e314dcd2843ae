import type { Readable } from 'node:stream'
import { AnswerLog, type RecordedAnswers } from '../answers.ts'
import type { Clock } from '../clock.ts'
import type { Duration } from '../duration.ts'
import type { Collector, Merger } from '../exchange/exchange.ts'
import { openStateOf } from '../commit/record.ts'
import { type Node, pathTo, walk } from '../flow.ts'
import { Barrier, Chunk, type Item, type Message } from '../message.ts'
import type { Binding, Rejection } from '../operator.ts'
import type { OperatorStream } from '../operator-stream.ts'
import type { Blueprint } from '../pipeline.ts'
import type { LaneSink } from '../sink.ts'
import type { Store } from '../state/store.ts'
import { newStores, type Stores } from '../state/stores.ts'
import { Arrivals } from './arrivals.ts'
import { Head } from './head.ts'
import { type RejectOrder, SOURCE_NUMBER } from './reject-order.ts'
import { bySource, rejectedTwice } from './rejected.ts'
import { Repeats, SOURCE_STATE } from './repeats.ts'

/** What a graph asks of its lane. */
export interface GraphOwner {
  readonly sealed: number
  readonly clock: Clock
  readonly order: RejectOrder
  /** What an operator was answered when the epoch ran first; absent where it is to ask. */
  answersOf?(operator: string): RecordedAnswers
  bindSink(sink: LaneSink, arrived: () => void, reject: Binding['reject']): void
  /** Rejections as messages of the rejected flow; counted by the way. */
  rejected(rejections: readonly Rejection[]): Message<unknown>[]
  failed(error: Error): void
}

/** One exchange of the pipeline, as this lane takes part in it. */
export interface ExchangeEnd {
  readonly id: string
  readonly operator: OperatorStream
  /** The longest span that an event counts in, in ms of event time. */
  readonly spans: Duration
  /** Stage one: what adds up. */
  readonly collector: Collector<unknown> | undefined
  /** Stage two: what merges, and where partials are put in. */
  readonly merger: Merger<unknown> | undefined
  readonly head: Head | undefined
}

/** A sink and the operators before it, whose fates are its records' fates. */
export interface Path {
  /** The sink's id, or the exchange's. */
  readonly id: string
  readonly operators: readonly OperatorStream[]
}

/** The running streams of one stage of one lane. */
export class Graph {
  readonly source = new Head()
  readonly #rejectedHead = new Head()
  readonly operators: OperatorStream[] = []
  readonly sinks: LaneSink[] = []
  readonly exchanges: ExchangeEnd[] = []
  readonly paths: Path[] = []
  readonly repeats = new Repeats()
  /** Records of the running epoch that no operator has seen. */
  aside = 0
  /** Every store, by operator and name. */
  readonly stores = new Map<string, Store>()
  /** What operators were answered from outside in the running epoch. */
  readonly answers = new Map<string, AnswerLog>()
  readonly #owner: GraphOwner
  readonly #rejectsTaken: boolean
  readonly #streams: (Head | OperatorStream | LaneSink)[] = []
  readonly #arrivals = { main: new Arrivals(), side: new Arrivals() }
  /** Operators and sinks that may reject, numbered in the order of the graph. */
  #rejecting = 0

  constructor(blueprint: Blueprint, stage: 1 | 2, owner: GraphOwner) {
    this.#owner = owner
    const { source, rejected } = blueprint.heads
    this.#rejectsTaken = rejected.children.length > 0 || rejected.sinks.length > 0
    if (stage === 1) {
      this.stores.set(SOURCE_STATE, this.repeats.store)
      this.#streams.push(this.source)
      this.#connect(source, this.source, 'main')
    } else {
      for (const node of walk(source)) if (node.operator?.exchange) this.#merge(node)
    }
    this.#streams.push(this.#rejectedHead)
    this.#connect(rejected, this.#rejectedHead, 'side')
    for (const stream of this.#streams) stream.on('error', (error: Error) => owner.failed(error))
  }

  get takesRejects(): boolean {
    return this.#rejectsTaken
  }

  /** The lane's watermark: the lowest of those that operators have set; `-Infinity` where none does. */
  get watermark(): number {
    const clocks = this.operators.filter(({ idle }) => idle !== undefined)
    return clocks.length === 0 ? -Infinity : Math.min(...clocks.map(({ watermark }) => watermark))
  }

  /** How long the lane waits for input before it counts as idle; undefined when no operator sets event time. */
  get idle(): number | undefined {
    const idle = this.operators.flatMap((operator) => operator.idle ?? [])
    return idle.length === 0 ? undefined : Math.max(...idle)
  }

  /** Bytes of memory that totals and answers of the running epoch take, roughly. */
  get held(): number {
    const holders = [...this.exchanges.map(({ collector }) => collector), ...this.answers.values()]
    return holders.reduce((sum, holder) => sum + (holder?.held ?? 0), 0)
  }

  /** Tick at which the first open object is to be closed though no more rows come; where that is not by now, perhaps an earlier one. */
  due(now: number): number {
    return Math.min(Infinity, ...this.sinks.map((sink) => sink.due(now)))
  }

  /** Send a barrier after everything that was fed; resolves when every sink has it, the rejected flow's last. */
  async barrier(barrier: Barrier): Promise<void> {
    const heads = this.exchanges.flatMap(({ head }) => head ?? [])
    if (heads.length === 0) heads.push(this.source)
    await this.#arrivals.main.ofAll(async () => {
      for (const head of heads) await head.feed(barrier)
    })
    await this.#feedRejected(this.#owner.order.rest())
    await this.#arrivals.side.ofAll(async () => this.#rejectedHead.feed(barrier))
  }

  /** Put records into the rejected flow that no operator is to see. */
  async setAside(messages: readonly Message<unknown>[], reason: string): Promise<void> {
    this.aside += messages.length
    await this.#feedRejected(this.#owner.order.admit(SOURCE_NUMBER, bySource(messages, reason)))
  }

  destroy(): void {
    for (const stream of this.#streams) stream.destroy()
  }

  #connect(node: Node, upstream: Readable, side: 'main' | 'side'): void {
    for (const sink of node.sinks) this.#end(node, sink, upstream, side)
    for (const child of node.children) {
      const operator = child.operator as OperatorStream
      upstream.pipe(operator)
      if (operator.exchange) this.#collect(child, operator)
      else {
        this.#bind(operator, side)
        this.#connect(child, operator, side)
      }
    }
    if (node.sinks.length === 0 && node.children.length === 0) upstream.resume()
  }

  #end(node: Node, sink: LaneSink, upstream: Readable, side: 'main' | 'side'): void {
    const { arrived } = this.#arrivals[side]
    this.#owner.bindSink(sink, arrived, this.#rejectFrom(side))
    this.#arrivals[side].add()
    upstream.pipe(sink)
    this.sinks.push(sink)
    if (sink.table) this.stores.set(openStateOf(sink.id), sink.table)
    this.#streams.push(sink)
    if (side === 'main')
      this.paths.push({ id: sink.id, operators: pathTo(node).filter(this.#isHere) })
  }

  /** Stage two has only what follows an exchange. */
  #isHere = (operator: OperatorStream): boolean => this.operators.includes(operator)

  #collect(node: Node, operator: OperatorStream): void {
    let collector: Collector<unknown> | undefined
    this.#bind(
      operator,
      'main',
      (state) => (collector = operator.exchange?.collect(state) as Collector<unknown>),
    )
    this.exchanges.push({ ...endOf(node, operator), collector, merger: undefined, head: undefined })
    this.#arrivals.main.add()
    operator.on('data', (item: Item<unknown>) => {
      if (item instanceof Barrier) this.#arrivals.main.arrived()
    })
    this.paths.push({ id: operator.id, operators: pathTo(node).filter(this.#isHere) })
  }

  #merge(node: Node): void {
    const operator = node.operator as OperatorStream
    let merger: Merger<unknown> | undefined
    this.#bind(
      operator,
      'main',
      (state) => (merger = operator.exchange?.merge(state) as Merger<unknown>),
    )
    const head = new Head()
    this.#streams.push(head)
    this.exchanges.push({ ...endOf(node, operator), collector: undefined, merger, head })
    head.pipe(operator)
    this.#connect(node, operator, 'main')
  }

  #bind(
    operator: OperatorStream,
    side: 'main' | 'side',
    start?: Parameters<OperatorStream['bind']>[1],
  ): void {
    const stores: Stores = newStores(this.#owner.sealed)
    const answers = operator.external ? this.#answersOf(operator) : undefined
    const binding: Binding = {
      state: stores,
      clock: this.#owner.clock,
      ...(answers && { answers }),
      reject: this.#rejectFrom(side),
    }
    operator.bind(binding, start)
    for (const [name, store] of stores.all) this.stores.set(`${operator.id}/${name}`, store)
    this.operators.push(operator)
    this.#streams.push(operator)
  }

  #answersOf({ id }: OperatorStream): AnswerLog | RecordedAnswers {
    const recorded = this.#owner.answersOf?.(id)
    if (recorded) return recorded
    const answers = new AnswerLog()
    this.answers.set(id, answers)
    return answers
  }

  #rejectFrom(side: 'main' | 'side'): Binding['reject'] {
    if (side === 'side') return (rejections) => Promise.reject(rejectedTwice(rejections))
    const number = this.#rejecting++
    return (rejections) => this.#feedRejected(this.#owner.order.admit(number, rejections))
  }

  /** Put rejections into the rejected flow; a promise asks to wait for room. */
  #feedRejected(rejections: readonly Rejection[]): Promise<void> | undefined {
    try {
      const messages = rejections.length > 0 ? this.#owner.rejected(rejections) : []
      return messages.length > 0 ? this.#rejectedHead.feed(new Chunk(messages)) : undefined
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }
}

const endOf = (
  node: Node,
  operator: OperatorStream,
): Pick<ExchangeEnd, 'id' | 'operator' | 'spans'> => ({
  id: operator.id,
  operator,
  spans: Math.max(0, ...pathTo(node).map(({ spans = 0 }) => spans)),
})
