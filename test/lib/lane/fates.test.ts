import test from 'ava'
import { fateByOperator, fatesOf } from '../../../lib/lane/fates.ts'
import type { OperatorStream } from '../../../lib/operator-stream.ts'
import type { SinkEpoch } from '../../../lib/sink.ts'

const operator = (
  id: string,
  dropped: number,
  rejected: number,
  { holds = false, expanded = 0 } = {},
): OperatorStream => ({ id, fates: { dropped, rejected, expanded }, holds }) as OperatorStream

const took = (kept: number, rejected = 0): SinkEpoch => ({
  kept,
  rejected,
  held: 0,
  stage: () => Promise.resolve({ objects: [], carried: [] }),
})

const parse = operator('parse', 0, 2)
const dedupe = operator('dedupe', 3, 0)

test('on the way to each sink every message has one fate', (t) => {
  const paths = [
    { id: 'raw', operators: [parse] },
    { id: 'unique', operators: [parse, dedupe] },
  ]
  const taken = new Map([
    ['raw', took(8)],
    ['unique', took(4, 1)],
  ])
  t.deepEqual(fatesOf(paths, taken, 10), {
    raw: { kept: 8, dropped: {}, rejected: { parse: 2 } },
    unique: { kept: 4, dropped: { dedupe: 3 }, rejected: { parse: 2, unique: 1 } },
  })
})

test('a sink that took in more or less than came through does not go unnoticed', (t) => {
  const paths = [{ id: 'raw', operators: [parse] }]
  for (const kept of [7, 9])
    t.throws(() => fatesOf(paths, new Map([['raw', took(kept)]]), 10), {
      message: `raw took in ${kept} of 8 messages that came through its operators`,
    })
})

test('behind an operator that combines, a sink may take in fewer', (t) => {
  const paths = [{ id: 'raw', operators: [parse, operator('batch', 0, 0, { holds: true })] }]
  t.deepEqual(fatesOf(paths, new Map([['raw', took(2)]]), 10), {
    raw: { kept: 8, dropped: {}, rejected: { parse: 2 } },
  })
})

test('an exchange has fates as a sink has', (t) => {
  const paths = [
    { id: 'reduce', operators: [parse, dedupe, operator('reduce', 0, 0, { holds: true })] },
  ]
  t.deepEqual(fatesOf(paths, new Map(), 10), {
    reduce: { kept: 5, dropped: { dedupe: 3 }, rejected: { parse: 2 } },
  })
})

test('what a record became beyond one message is counted, and has fates too', (t) => {
  const lines = operator('parse', 0, 1, { expanded: 30 })
  const paths = [
    { id: 'raw', operators: [lines] },
    { id: 'unique', operators: [lines, dedupe] },
  ]
  const fates = fatesOf(
    paths,
    new Map([
      ['raw', took(39)],
      ['unique', took(36)],
    ]),
    10,
  )
  t.deepEqual(fates, {
    raw: { kept: 39, expanded: { parse: 30 }, dropped: {}, rejected: { parse: 1 } },
    unique: {
      kept: 36,
      expanded: { parse: 30 },
      dropped: { dedupe: 3 },
      rejected: { parse: 1 },
    },
  })
  t.deepEqual(fateByOperator({ fates }, 'expanded'), { parse: 30 })
  t.deepEqual(fateByOperator({ fates }, 'dropped'), { dedupe: 3 })
})

test('what operators of one name have dropped is added up', (t) => {
  const paths = [{ id: 'raw', operators: [operator('filter', 2, 0), operator('filter', 3, 1)] }]
  t.deepEqual(fatesOf(paths, new Map([['raw', took(4)]]), 10), {
    raw: { kept: 4, dropped: { filter: 5 }, rejected: { filter: 1 } },
  })
})

test('what the source has dropped counts on the way to every sink', (t) => {
  const paths = [{ id: 'raw', operators: [parse] }]
  t.deepEqual(fatesOf(paths, new Map([['raw', took(5)]]), 10, { dropped: 3, rejected: 0 }), {
    raw: { kept: 5, dropped: { source: 3 }, rejected: { parse: 2 } },
  })
})
