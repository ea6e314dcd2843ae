import test from 'ava'
import { seconds } from '../../../lib/duration.ts'
import { Bundle } from '../../../lib/commit/bundle.ts'
import { recordKey } from '../../../lib/commit/chain.ts'
import { encode } from '../../../lib/commit/record.ts'
import { Board } from '../../../lib/exchange/board.ts'
import { idOf } from '../../../lib/topics.ts'
import { faultyStore, memoryStore, virtualClock } from '../../../lib/testing.ts'
import { aRecord, lane } from '../commit/a-record.ts'

const never = new AbortController().signal

/** A board, the store behind it, and how often that was asked. */
function newBoard() {
  const clock = virtualClock(0)
  const inner = memoryStore()
  const asked: string[] = []
  const store = faultyStore(inner, { clock, fault: ({ key }) => void asked.push(key) })
  const board = new Board(lane.pipeline, store, clock)
  const write = (index: number) => inner.put(recordKey(lane, index), encode(aRecord({ index })))
  return { board, clock, inner, asked, write }
}

const here = idOf(lane)

test('what a lane of this process has committed is there at once, without a request', async (t) => {
  const { board, asked } = newBoard()
  board.announce(aRecord({ index: 4 }))
  t.is((await board.record(here, 4))?.index, 4)
  t.is(await board.record(here, 5), undefined)
  t.deepEqual(asked, [])
})

test('what it committed before is read from its chain', async (t) => {
  const { board, write } = newBoard()
  await write(3)
  board.announce(aRecord({ index: 4 }))
  t.is((await board.record(here, 3))?.index, 3)
})

test('a chain that another process writes is read, each record once for all', async (t) => {
  const { board, write, asked } = newBoard()
  await write(1)
  await write(2)
  for (let merging = 0; merging < 3; merging++)
    for (const index of [1, 2]) t.is((await board.record(here, index))?.index, index)
  t.is(asked.length, 2)
})

test('a record that is not there yet is asked for once a second', async (t) => {
  const { board, write, asked, clock } = newBoard()
  for (let n = 0; n < 5; n++) t.is(await board.record(here, 1), undefined)
  t.is(asked.length, 1)
  await write(1)
  await clock.advance(seconds(1))
  t.is((await board.record(here, 1))?.index, 1)
})

test('a merging lane that is behind is not held up by one that waits for what is to come', async (t) => {
  const { board, write } = newBoard()
  await write(1)
  t.is(await board.record(here, 2), undefined)
  t.is((await board.record(here, 1))?.index, 1)
})

test('a lane that has left is looked for in its chain', async (t) => {
  const { board, write } = newBoard()
  board.announce(aRecord({ index: 1 }))
  await write(2)
  t.is(await board.record(here, 2), undefined)
  board.forget(here)
  t.is((await board.record(here, 2))?.index, 2)
})

test('partials are at hand while they are few, and read from their bundle otherwise', async (t) => {
  const { board, inner, asked } = newBoard()
  const announce = async (index: number, size: number) => {
    const bundle = new Bundle(lane, index, 'token')
    const segment = bundle.add(Buffer.alloc(size, index))
    await bundle.save(inner)
    const partials = { reduce: { watermark: 0, ranges: [segment, null] } }
    board.announce(aRecord({ index, partials }), bundle)
    return segment
  }
  const first = await announce(1, 1_000)
  t.deepEqual(Buffer.from(await board.bytes(first)), Buffer.alloc(1_000, 1))
  t.is(asked.length, 0)
  await announce(2, 8 * 1024 * 1024)
  t.deepEqual(await board.bytes(first), Buffer.alloc(1_000, 1))
  t.is(asked.length, 1)
})

test('partials that are gone or altered are named', async (t) => {
  const { board, inner } = newBoard()
  const segment = { bundle: 'b', from: 0, to: 3, sha256: 'x' }
  await t.throwsAsync(board.bytes(segment), { code: 'corrupt', message: /in b of memory are gone/ })
  await inner.put('b', Buffer.from('abc'))
  await t.throwsAsync(board.bytes(segment), { code: 'corrupt', message: /are altered/ })
})

test('whoever waits for news gets them at once, or nothing after a while', async (t) => {
  const { board, clock } = newBoard()
  const news = board.news(seconds(1), never)
  board.announce(aRecord())
  await news
  t.is(clock.now(), 0)
  await clock.run(board.news(seconds(1), never))
  t.is(clock.now(), seconds(1))
})

test('waiting for news ends with its signal', async (t) => {
  const { board } = newBoard()
  const stop = new AbortController()
  const news = board.news(seconds(1), stop.signal)
  const reason = new Error('enough')
  stop.abort(reason)
  t.is(await t.throwsAsync(news), reason)
})
