import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import {
  type MirroredLane,
  readMirror,
  watermarkToAdopt,
  writeMirror,
} from '../../../lib/run/mirror.ts'

const lane = (status: MirroredLane['status'], watermark: number): MirroredLane => ({
  index: 1,
  status,
  watermark,
})

const read = (metadata: string): MirroredLane | undefined =>
  readMirror({ topic: 'views', partition: 0, offset: 0, metadata })

testProp(
  'a lane is read back from the mirror as it was written',
  [
    fc.nat(),
    fc.oneof(fc.integer(), fc.constantFrom(-Infinity, Infinity)),
    fc.constantFrom('active' as const, 'idle' as const, 'ended' as const),
  ],
  (t, index, watermark, status) => {
    t.deepEqual(read(writeMirror({ index, watermark, status })), { index, watermark, status })
  },
)

test('what other tools have committed is no lane', (t) => {
  for (const metadata of ['', 'v2;i=1;w=1;s=idle', 'v1', 'v1;i=1;w=x;s=idle', 'v1;i=1;w=1;s=dead'])
    t.is(read(metadata), undefined)
})

test('an idle lane takes over the lowest time of those that are active', (t) => {
  const lanes = [lane('idle', 10), lane('active', 80), lane('active', 90), lane('ended', 5)]
  t.is(watermarkToAdopt(lanes, 4, 10, 1_000), 80)
})

test('an active lane that is behind holds the idle ones back', (t) => {
  t.is(watermarkToAdopt([lane('idle', 50), lane('active', 20)], 2, 50, 1_000), 20)
})

test('a lane of which nothing is known holds everything back', (t) => {
  t.is(watermarkToAdopt([lane('idle', 50)], 2, 50, 1_000), undefined)
})

test('when nobody is active, lanes first catch up with the furthest, then go on with the wall', (t) => {
  const lanes = [lane('idle', 10), lane('ended', 40)]
  t.is(watermarkToAdopt(lanes, 2, 10, 1_000), 40)
  t.is(watermarkToAdopt(lanes, 2, 40, 1_000), 1_040)
})

test('a lane that has never seen an event has no time to go on from', (t) => {
  t.is(watermarkToAdopt([lane('idle', -Infinity)], 1, -Infinity, 1_000), -Infinity)
})
