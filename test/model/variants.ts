// The protocol, and what is wrong on purpose: each variant with bounds that suffice to break it,
// and with the harm it does.
import {
  type ExchangeBounds,
  type ExchangeMistake,
  exchangeMistakes,
  exchangeModel,
} from './exchange.ts'
import { explore, type Exploration } from './explore.ts'
import { type HuntMistake, huntMistakes, huntModel } from './hunt.ts'
import { type LaneBounds, type LaneMistake, laneMistakes, laneModel } from './lane.ts'
import {
  type MessageBounds,
  type MessageMistake,
  messageMistakes,
  messageModel,
} from './messages.ts'
import { type RivalMistake, rivalMistakes, rivalsModel } from './rivals.ts'
import type { Epoch } from './upstream.ts'

export interface Variant {
  name: string
  /** What is done wrong. */
  meaning: string
  /** The violation that its shortest trace ends in. */
  violation: string
  find: () => Exploration
}

const faultless = { claims: 2, kills: 0, lostAnswers: 0, expiries: 0, edits: 0 }

const lane: LaneBounds = { ...faultless, records: 2, growth: 0 }

/** Two windows; a claim between two epochs, whole windows in one record. */
export const upstream: readonly (readonly Epoch[])[] = [[[0], 'claim', [1]], [[0, 1]]]

const exchange: ExchangeBounds = { ...faultless, upstream, stride: 1 }

const wrongStop = 'and the store had done nothing wrong'

const wrongLanes: Variant[] = [
  laneVariant('publish-first', 'record 1 is visible twice'),
  laneVariant('no-pending', 'the run ended, and record 0 is lost'),
  laneVariant('commit-ahead', 'the run ended, and record 0 is lost'),
  laneVariant('abort-doubt', `the lane stopped (an object is lost), ${wrongStop}`, {
    lostAnswers: 1,
  }),
  laneVariant('kafka-commit', 'the run ended, and record 1 is lost'),
  laneVariant('racy-cas', 'the run ended, and record 1 is lost'),
  laneVariant('412-is-ok', 'the run ended, and record 1 is lost'),
  laneVariant('janitor', `the lane stopped (an object is lost), ${wrongStop}`),
  laneVariant('expiry-given-up', 'the run ended, and record 0 is lost', { expiries: 1 }),
  laneVariant('put-unconditionally', 'an object that a reader had rewritten was overwritten', {
    edits: 1,
  }),
  laneVariant('carried-not-copied', 'the run ended, and record 0 is lost', { kills: 1 }),
  laneVariant('ended-early', 'the run ended, and record 1 is lost'),
  laneVariant('until-reread', 'the run ended at 2, and again at 3', { growth: 1 }),
]

const wrongExchanges: Variant[] = [
  exchangeVariant('vector-apart', 'window 0 counts event 0 of lane 1 2 times'),
  exchangeVariant('claim-repeats-partials', 'window 0 counts event 0 of lane 0 2 times'),
  exchangeVariant('emit-by-mirror', 'window 0 counts event 0 of lane 1 0 times'),
  exchangeVariant('seal-early', 'window 0 counts event 0 of lane 0 0 times'),
  exchangeVariant(
    'delete-merged',
    `the lane stopped (an upstream record is deleted), ${wrongStop}`,
    { kills: 1 },
  ),
  exchangeVariant(
    'delete-committed',
    'a result is lost, and the partials to rebuild it from are deleted',
    { expiries: 1 },
  ),
  exchangeVariant(
    'missing-is-lost',
    `the lane stopped (an upstream record is deleted), ${wrongStop}`,
  ),
]

const messages: MessageBounds = { ...faultless, records: 3, widenings: 0 }

const wrongMessages: Variant[] = [
  messageVariant('forgetful-reader', 'the message of record 0 is read twice', { lostAnswers: 1 }),
  messageVariant('ordinals-alone', 'the run ended, and the message of record 1 is lost'),
  messageVariant('produce-first', 'the message of record 1 is read twice'),
  messageVariant('produce-later', 'the run ended, and the message of record 0 is lost'),
  messageVariant('unacknowledged', 'the run ended, and the message of record 1 is lost', {
    lostAnswers: 1,
  }),
  messageVariant('partitions-anew', 'the message of record 0 is read twice', {
    lostAnswers: 1,
    widenings: 1,
  }),
]

const wrongHunts: Variant[] = [huntVariant('claim-is-trial'), huntVariant('together')]

function huntVariant(name: HuntMistake): Variant {
  const model = huntModel({ records: 2, kills: 0 }, name)
  const violation = 'record 1:0 was set aside, and nobody died of it'
  return { name, meaning: huntMistakes[name], violation, find: () => explore(model) }
}

const wrongRivals: Variant[] = [rivalVariant('no-hearing'), rivalVariant('no-retraction')]

export const wrongVariants: readonly Variant[] = [
  ...wrongLanes,
  ...wrongExchanges,
  ...wrongMessages,
  ...wrongHunts,
  ...wrongRivals,
]

function rivalVariant(name: RivalMistake): Variant {
  const model = rivalsModel({ processes: 4, kills: 2 }, name)
  const violation = 'a record was set aside, and no three owners had died'
  return { name, meaning: rivalMistakes[name], violation, find: () => explore(model) }
}

function laneVariant(
  name: LaneMistake,
  violation: string,
  faults: Partial<LaneBounds> = {},
): Variant {
  const model = laneModel({ ...lane, ...faults }, name)
  return { name, meaning: laneMistakes[name], violation, find: () => explore(model) }
}

function exchangeVariant(
  name: ExchangeMistake,
  violation: string,
  faults: Partial<ExchangeBounds> = {},
): Variant {
  const model = exchangeModel({ ...exchange, ...faults }, name)
  return { name, meaning: exchangeMistakes[name], violation, find: () => explore(model) }
}

function messageVariant(
  name: MessageMistake,
  violation: string,
  faults: Partial<MessageBounds> = {},
): Variant {
  const model = messageModel({ ...messages, ...faults }, name)
  return { name, meaning: messageMistakes[name], violation, find: () => explore(model) }
}
