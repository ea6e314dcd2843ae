import test from 'ava'
import { figuresOf, type Round, verdictOf } from '../../bench/verdict.ts'

const MB = 1_024 ** 2
const EVENTS = 1_000_000

/** A round in which candidates reach so many events a second. */
const round = (speeds: { b: number; c: number; d: number; e: number }, peak = 300 * MB): Round =>
  Object.fromEntries(
    Object.entries(speeds).map(([letter, speed]) => [
      letter,
      { elapsed: EVENTS / speed, cpu: 2 * (EVENTS / speed), peak },
    ]),
  )

const good = { b: 400_000, c: 320_000, d: 200_000, e: 140_000 }

const missed = (rounds: readonly Round[]): string[] =>
  verdictOf(rounds, EVENTS).goals.flatMap(({ text, isReached }) => (isReached ? [] : text))

test('goals are reached by the median of the ratios of every round', (t) => {
  const slow = round({ b: 200_000, c: 160_000, d: 100_000, e: 70_000 })
  const unlucky = round({ ...good, c: 100_000, e: 50_000 })
  t.deepEqual(missed([round(good), slow, unlucky]), [])
  t.deepEqual(missed([round(good), unlucky, unlucky]), [
    'c/b 0.25 (at least 0.75)',
    'e/d 0.25 (at least 0.65)',
  ])
})

test('the largest peak of any round counts', (t) => {
  t.deepEqual(missed([round(good), round(good, 351 * MB), round(good)]), [
    'peak of (e) 351 MB (at most 350 MB)',
  ])
})

test('slow baselines make a run void', (t) => {
  t.deepEqual(verdictOf([round(good)], EVENTS).voids, [])
  const slow = round({ b: 299_000, c: 299_000, d: 179_000, e: 179_000 })
  t.deepEqual(verdictOf([slow], EVENTS).voids, [
    '(b) reaches 299,000 events/s, less than 300,000',
    '(d) reaches 179,000 events/s, less than 180,000',
  ])
})

test('baselines that spread by more than 15 % make a run void', (t) => {
  const spread = (b: number, d: number) =>
    verdictOf([round(good), round({ ...good, b, d })], EVENTS)
  t.deepEqual(spread(460_000, 230_000).voids, [])
  t.deepEqual(spread(480_000, 240_000).voids, [
    '(b) spreads by 18 %, more than 15 %',
    '(d) spreads by 18 %, more than 15 %',
  ])
})

test('figures are medians, and the largest peak', (t) => {
  const rounds = [
    round(good, 10),
    round({ ...good, b: 500_000 }, 30),
    round({ ...good, b: 800_000 }, 20),
  ]
  const { eventsPerSecond, spread, cpu, peak } = figuresOf('b', rounds, EVENTS)
  t.is(eventsPerSecond, 500_000)
  t.is(spread, 0.8)
  t.is(cpu, 4)
  t.is(peak, 30)
})
