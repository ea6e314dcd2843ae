// One lane that ends in a topic: the messages of an epoch are produced after its commit, by whoever
// owns the lane then, and a reader of the topic drops what it takes for a repeat.
//
// Modelled, beside what owner.ts says: epochs of 1 or 2 records, cut anew by every attempt; one
// message a record, numbered by commit and ordinal; every message is appended on its own, the next
// when the one before it is acknowledged; an append whose answer is lost, applied at once, or on
// its way until any later time; a topic that gets a second partition, with the messages of each
// record then going to the other one. The reader reads each message when it is appended: what it
// makes of a log depends on the order of the log alone.
//
// Not modelled: batches of messages (one that is applied as a whole is several appends that nothing
// came between), brokers that lose what they acknowledged, compaction, a reader that crashes.
import {
  type Bounds,
  canonicalChain,
  chainOutcome,
  type ChainRecord,
  type ChainState,
  enter,
  initialChain,
  wrongStop,
} from './chain.ts'
import type { Model, Step } from './explore.ts'
import type { StagedObject } from './objects.ts'
import { chainSteps, type Published, publishing, type Rules } from './owner.ts'

/** One wrong way each; the model must find a counter-example for every one of them. */
export const messageMistakes = {
  'forgetful-reader': 'a reader takes every message that it has not just had',
  'ordinals-alone': 'a reader remembers the highest ordinal, whatever commit it is of',
  'produce-first': 'messages are produced before their commit',
  'produce-later': 'record i + 1 is committed before all messages of record i are produced',
  unacknowledged: 'a message is sent before the one in front of it is acknowledged',
  'partitions-anew': 'a repeat goes where its key belongs by now, not where the message went',
} as const

export type MessageMistake = keyof typeof messageMistakes

export interface MessageBounds extends Bounds {
  /** Records in the log. */
  records: number
  /** How often the topic gets another partition: never, or once. */
  widenings: number
}

interface MessageRecord extends ChainRecord {
  /** The offset of the first record that no epoch has taken. */
  next: number
  commit: number
  /** How many partitions the topic had when the newest commit was staged. */
  partitions: number
}

/** A message, by the record that it was made of. */
interface Message {
  row: number
  commit: number
  ordinal: number
  partitions: number
}

/** What a reader has of one partition. */
interface Reader {
  /** Commit and ordinal of the highest message, or of the last one. */
  last: readonly [number, number]
  taken: readonly number[]
}

interface MessageState extends ChainState<MessageRecord, Message> {
  partitions: number
  readers: readonly Reader[]
  /** Appends whose senders have given up waiting: they may still be applied. */
  late: readonly Message[]
}

/** The model of one lane that produces, right or with one mistake in it. */
export function messageModel(bounds: MessageBounds, mistake?: MessageMistake): Model<MessageState> {
  const rules: Rules<MessageState, MessageRecord> = {
    bounds,
    mistake: mistake === 'produce-later' ? 'commit-ahead' : mistake,
    claim: ({ newest }) => newest,
    recorded: (record) => record,
    draft: (record) => ({ ...record, pending: [], overdue: 0 }),
    run: (state, index, draft) => barriers(state, index, draft, bounds.records, rules),
    publish: (state, id) => appends(state, id, bounds, mistake),
  }
  const newest = { next: 0, commit: 0, partitions: 1, pending: [], overdue: 0, ended: false }
  const reader: Reader = { last: [-1, -1], taken: [] }
  return {
    initial: { ...initialChain(newest), partitions: 1, readers: [reader, reader], late: [] },
    *steps(state) {
      yield* chainSteps<MessageRecord, Message, MessageState>(state, rules)
      for (const [at, message] of state.late.entries()) {
        const late = state.late.toSpliced(at, 1)
        yield {
          label: `log: the late append of ${nameOf(message)}`,
          state: appended({ ...state, late }, message, mistake),
        }
      }
      if (state.partitions <= bounds.widenings)
        yield { label: 'topic: one more partition', state: { ...state, partitions: 2 } }
    },
    canonical,
    violation: (state) => harm(state, bounds) ?? wrongStop(state, mistake === undefined),
    outcome: (state) => chainOutcome(state, bounds),
  }
}

/** Every way in which a running owner can end its epoch now. */
function* barriers(
  state: MessageState,
  index: number,
  draft: MessageRecord,
  records: number,
  rules: Rules<MessageState, MessageRecord>,
): Generator<Step<MessageState>> {
  const commit = draft.commit + 1
  const { partitions } = state
  for (let next = draft.next + 1; next <= Math.min(records, draft.next + 2); next++) {
    const staged = Array.from({ length: next - draft.next }, (_, ordinal) =>
      stagedAs({ row: draft.next + ordinal, commit, ordinal, partitions }),
    )
    const fresh = staged.map((_, nth) => state.objects.length + nth)
    const pending = [...draft.pending, ...fresh]
    const record = { ...draft, next, commit, partitions, pending, ended: next === records }
    const phase =
      rules.mistake === 'produce-first'
        ? publishing(record, 0, false, rules)
        : ({ at: 'writing', write: 'commit', record, checked: false } as const)
    yield {
      label: `barrier of [${draft.next},${next})`,
      state: { ...enter(state, index, phase), objects: [...state.objects, ...staged] },
    }
  }
}

const stagedAs = (content: Message): StagedObject<Message> => ({
  key: nameOf(content),
  content,
  staging: 'bundle',
  state: 'staged',
})

const nameOf = ({ row, commit, ordinal }: Message): string => `${row} (${commit}.${ordinal})`

/** What can come of producing one message. */
function* appends(
  state: MessageState,
  id: number,
  bounds: MessageBounds,
  mistake: MessageMistake | undefined,
): Generator<Published<MessageState>> {
  const message = state.objects[id]!.content
  const label = `produce ${nameOf(message)}`
  yield { label, state: appended(state, message, mistake), result: 'published' }
  if (state.lostAnswers >= bounds.lostAnswers) return
  const unsure = { ...state, lostAnswers: state.lostAnswers + 1, late: [...state.late, message] }
  yield {
    label: `${label}, on its way, answer lost`,
    state: unsure,
    result: mistake === 'unacknowledged' ? 'published' : 'unanswered',
  }
}

/** The topic has one more message, and its reader has read it. */
function appended(
  state: MessageState,
  message: Message,
  mistake: MessageMistake | undefined,
): MessageState {
  const { partitions } = mistake === 'partitions-anew' ? state : message
  const partition = partitions - 1
  const { last, taken } = state.readers[partition]!
  const reader: Reader = isRepeat(message, last, mistake)
    ? { last, taken }
    : { last: [message.commit, message.ordinal], taken: [...taken, message.row] }
  return { ...state, readers: state.readers.with(partition, reader) }
}

function isRepeat(
  { commit, ordinal }: Message,
  [lastCommit, lastOrdinal]: readonly [number, number],
  mistake: MessageMistake | undefined,
): boolean {
  if (mistake === 'forgetful-reader') return commit === lastCommit && ordinal === lastOrdinal
  if (mistake === 'ordinals-alone') return ordinal <= lastOrdinal
  return commit < lastCommit || (commit === lastCommit && ordinal <= lastOrdinal)
}

/** What a reader would suffer: a message doubled, out of order, or lost. */
function harm(
  { readers, owners, late }: MessageState,
  { records }: MessageBounds,
): string | undefined {
  const all = readers.flatMap(({ taken }) => taken)
  const twice = all.find((row, at) => all.indexOf(row) !== at)
  if (twice !== undefined) return `the message of record ${twice} is read twice`
  for (const { taken } of readers)
    for (const [at, row] of taken.entries())
      if (at > 0 && row < taken[at - 1]!) return `the message of record ${row} is read late`
  if (late.length > 0 || !owners.some(({ phase }) => phase.at === 'ended')) return undefined
  for (let row = 0; row < records; row++)
    if (!all.includes(row)) return `the run ended, and the message of record ${row} is lost`
}

/** Messages that nobody has to produce any more are forgotten: the readers know what became of them. */
function canonical(state: MessageState): MessageState {
  const representative = canonicalChain<MessageRecord, Message, MessageState>(state)
  const late = state.late.toSorted((a, b) => a.commit - b.commit || a.ordinal - b.ordinal)
  return { ...representative, late }
}
