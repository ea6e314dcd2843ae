/** A partition of a topic: what one lane reads. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Topics by name, with the number of their partitions, which count from 0. */
export type Topics = ReadonlyMap<string, number>

/** Which topics are wanted: these, or all whose name the pattern matches. */
export type Selection = readonly string[] | RegExp

/** A partition as text, `views-0`: what follows the last `-` is its number, so that no two have the same. */
export const idOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`

/** What `idOf` made. */
export function fromId(id: string): TopicPartition {
  const dash = id.lastIndexOf('-')
  return { topic: id.slice(0, dash), partition: Number(id.slice(dash + 1)) }
}

/** All partitions, by topic and number: the same order for the same topics. */
export const partitionsOf = (topics: Topics): TopicPartition[] =>
  [...topics]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([topic, count]) =>
      Array.from({ length: count }, (_, partition) => ({ topic, partition })),
    )

/** What any of them knows of: partitions are only ever added to a topic. */
export function unionOf(all: Iterable<Topics>): Topics {
  const union = new Map<string, number>()
  for (const topics of all)
    for (const [topic, count] of topics) union.set(topic, Math.max(count, union.get(topic) ?? 0))
  return union
}

/** Whether a topic can have this name. */
export const isTopicName = (name: string): boolean =>
  /^[A-Za-z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..'

/** Whether `wanted` names a topic. A pattern's flag `g` makes no difference. */
export const selects = (wanted: Selection, topic: string): boolean =>
  wanted instanceof RegExp ? topic.search(wanted) >= 0 : wanted.includes(topic)

/** For messages and keys: `a, b` or `/^orders\./`. */
export const showSelection = (wanted: Selection): string =>
  wanted instanceof RegExp ? String(wanted) : wanted.join(', ')
