import { createHash } from 'node:crypto'
import { SluiceError } from './errors.ts'
import { type Node, pathTo, walk } from './flow.ts'
import type { OperatorStream } from './operator-stream.ts'
import { newStores } from './state/stores.ts'

type Heads = Readonly<Record<'source' | 'rejected', Node>>

export interface Fingerprints {
  /** Of all that gives a pipeline's state its meaning. */
  readonly fingerprint: string
  /** By operator with state, the same of what gives that its meaning. */
  readonly keepers: Readonly<Record<string, string>>
}

/** What gives the state its meaning: operators with stores, and with options that decide what is stored, in the order of the graph. */
export function fingerprints(heads: Heads): Fingerprints {
  const named = new Set<string>()
  const keepers: Record<string, string> = {}
  const described: unknown[] = []
  for (const node of [...walk(heads.source), ...walk(heads.rejected)]) {
    const { operator } = node
    if (!operator) continue
    const stores = storesOf(operator)
    const keeps = stores.length > 0 || operator.external
    if (keeps && named.has(operator.id))
      throw new SluiceError(
        'config',
        `two operators keep ${operator.external ? 'answers' : 'state'} as '${operator.id}': give one a name of its own, as: '…'`,
      )
    if (keeps) named.add(operator.id)
    if (stores.length > 0)
      keepers[operator.id] = digest([stores, operator.meaning, meaningsBefore(node)])
    if (stores.length > 0 || operator.meaning !== undefined)
      described.push([operator.id, stores, operator.meaning])
  }
  return { fingerprint: digest(described), keepers }
}

/** What operators without state of their own say of what they hand to those that have some, such as windows. */
const meaningsBefore = (node: Node): unknown[] =>
  pathTo(node)
    .slice(0, -1)
    .filter((operator) => operator.meaning !== undefined && storesOf(operator).length === 0)
    .map(({ id, meaning }) => [id, meaning])

const digest = (described: unknown): string =>
  createHash('sha256').update(JSON.stringify(described)).digest('hex').slice(0, 16)

function storesOf(operator: OperatorStream): [string, string][] {
  const stores = newStores()
  operator.declare(stores)
  return [...stores.all].map(([name, { format }]) => [name, format])
}
