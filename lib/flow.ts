import { SluiceError } from './errors.ts'
import { checkNeeds } from './flow-needs.ts'
import type { Operator } from './operator.ts'
import type { OperatorStream } from './operator-stream.ts'
import type { LaneSink, Sink } from './sink.ts'
import type { Selection } from './topics.ts'

/** A point of the graph, and what follows it. */
export interface Node {
  /** The operator here; none at the source and at the head of the rejected flow. */
  readonly operator: OperatorStream | undefined
  readonly parent: Node | undefined
  readonly children: Node[]
  readonly sinks: LaneSink[]
}

export const newNode = (operator?: OperatorStream, parent?: Node): Node => {
  const node = { operator, parent, children: [], sinks: [] }
  parent?.children.push(node)
  return node
}

/** A stream under construction. To branch, name a flow and use the name twice. */
export class Flow<out T> {
  declare protected readonly type: T
  readonly #node: Node

  constructor(node: Node) {
    this.#node = node
  }

  /** Send every message through an operator. */
  through<O>(operator: Operator<T, O>): Flow<O> {
    return new Flow<O>(newNode(operator, this.#node))
  }

  /** End this branch in a sink. A flow may end in several. */
  to(sink: Sink<T>): void {
    this.#node.sinks.push(sink)
  }
}

/** A node and all that follows it, the node first. */
export function* walk(node: Node): Generator<Node> {
  yield node
  for (const child of node.children) yield* walk(child)
}

/** The operators from the head of the graph to a node, in order. */
export function pathTo(node: Node): OperatorStream[] {
  const path: OperatorStream[] = []
  for (let at: Node | undefined = node; at; at = at.parent)
    if (at.operator) path.unshift(at.operator)
  return path
}

/**
 * Refuse a graph that cannot run.
 *
 * @throws SluiceError 'config', saying which operator or sink is wrong
 */
export function check(heads: { source: Node; rejected: Node }): void {
  const nodes = [...walk(heads.source), ...walk(heads.rejected)]
  once(
    nodes.flatMap(({ operator }) => operator ?? []),
    (operator) =>
      `the operator ${operator.id} is used twice: call ${operator.operatorName}(…) once for each place`,
  )
  const sinks = nodes.flatMap((node) => node.sinks)
  once(sinks, (sink) => `the sink ${sink.place} is used twice: make a sink for each flow`)
  for (const node of nodes) checkEnds(node, heads.rejected)
  checkPlaces(sinks)
  checkFixedNames(sinks)
  for (const node of nodes) checkExchange(node, heads.rejected)
  for (const node of nodes) checkSpans(node)
  const aside = new Set(walk(heads.rejected))
  for (const node of nodes) checkNeeds({ ...node, path: pathTo(node), isRejected: aside.has(node) })
}

function once<T>(things: readonly T[], complaint: (thing: T) => string): void {
  const seen = new Set<T>()
  for (const thing of things) {
    if (seen.has(thing)) throw new SluiceError('config', complaint(thing))
    seen.add(thing)
  }
}

function checkEnds(node: Node, rejected: Node): void {
  if (node === rejected || node.children.length > 0 || node.sinks.length > 0) return
  const where = node.operator ? `the flow after ${node.operator.id}` : 'the source'
  throw new SluiceError('config', `${where} has no sink: end it with .to(…), or take it out`)
}

function checkPlaces(sinks: readonly LaneSink[]): void {
  const ids = new Set<string>()
  for (const { id, place, topic } of sinks) {
    if (ids.has(id))
      throw new SluiceError(
        'config',
        `two sinks write to ${place}: give one another ${topic === undefined ? 'prefix' : 'topic'}`,
      )
    ids.add(id)
  }
}

function checkFixedNames(sinks: readonly LaneSink[]): void {
  const fixed = sinks.find(({ hasFixedName }) => hasFixedName)
  if (!fixed) return
  throw new SluiceError(
    'config',
    `name of ${fixed.place} is the same for all objects of a folder, and objects are never overwritten: put the first offset, or the commit and the ordinal, into it; ` +
      `or, where the topic is keyed by what tells folders apart, say name: once({ of: … })`,
  )
}

function checkExchange(node: Node, rejected: Node): void {
  if (!node.operator?.exchange) return
  const earlier = pathTo(node).find((other) => other !== node.operator && other.exchange)
  if (earlier)
    throw new SluiceError(
      'config',
      `${node.operator.id} follows ${earlier.id}: results of a reduce cannot be reduced again in one pipeline`,
    )
  if ([...walk(rejected)].includes(node))
    throw new SluiceError(
      'config',
      `${node.operator.id} is in the rejected flow, which cannot be reduced`,
    )
}

/** A duplicate must not count twice in one window because its first has been forgotten. */
function checkSpans(node: Node): void {
  const { spans } = node.operator ?? {}
  if (spans === undefined) return
  for (const earlier of pathTo(node))
    if (earlier.remembers !== undefined && earlier.remembers < spans)
      throw new SluiceError(
        'config',
        `${earlier.id} remembers ${earlier.remembers} ms, less than the ${spans} ms that a window of ${node.operator?.id} takes events for: ` +
          `a duplicate in one window would count twice. Make within longer or the window shorter`,
      )
}

/**
 * Refuse names that are written once where two lanes could write the same one: events are not exchanged between lanes.
 *
 * @param isKeyed whether the pipeline says what its topic is keyed by
 * @throws SluiceError 'config'
 */
export function checkOnce(isKeyed: boolean, heads: { source: Node; rejected: Node }): void {
  const isWrittenOnce = ({ writesOnce }: LaneSink): boolean => writesOnce === true
  const wrong = (sink: LaneSink, what: string): SluiceError =>
    new SluiceError(
      'config',
      `name of ${sink.place} is once(…), ${what}. Take template(…), or leave name out`,
    )
  for (const node of walk(heads.rejected))
    for (const sink of node.sinks.filter(isWrittenOnce))
      throw wrong(sink, 'and rejected events are in any partition: two lanes could write one name')
  for (const node of walk(heads.source))
    for (const sink of node.sinks.filter(isWrittenOnce)) {
      const exchange = pathTo(node).find((operator) => operator.exchange)
      if (exchange)
        throw wrong(
          sink,
          `which is for records of the topic: results of ${exchange.id} come from none`,
        )
      if (!isKeyed)
        throw wrong(
          sink,
          'and nothing says what the topic is keyed by. Two lanes could write one name, since events are not exchanged between lanes: ' +
            'where the topic is keyed by what the name is made of, say kafka({ topic, keyedBy: (event) => … })',
        )
    }
}

/**
 * Refuse names that are the same for objects of two topics.
 *
 * @throws SluiceError 'config'
 */
export function checkNames(wanted: Selection, heads: { source: Node; rejected: Node }): void {
  if (!(wanted instanceof RegExp) && wanted.length === 1) return
  const nodes = [...walk(heads.source), ...walk(heads.rejected)]
  const same = nodes.flatMap(({ sinks }) => sinks).find((sink) => sink.tellsTopicsApart === false)
  if (!same) return
  throw new SluiceError(
    'config',
    `the pipeline reads several topics, and name of ${same.place} is the same for objects of two of them: ` +
      (same.writesOnce ? 'once(…) is for one topic' : 'put the topic or the lane into it'),
  )
}
