import test from 'ava'
import { hours, minutes } from '../../../lib/duration.ts'
import type { Rotation } from '../../../lib/s3/rotation.ts'
import { checkRotation } from '../../../lib/s3/rotation-check.ts'

const refused: readonly [Rotation, RegExp][] = [
  [{}, /rotate states no limit: give records, .* or maxOpen/],
  [{ records: 0 }, /rotate\.records is 0: it has to be a whole number from 1/],
  [{ records: 1.5 }, /rotate\.records is 1\.5/],
  [{ bytes: Number.NaN }, /rotate\.bytes is NaN/],
  [{ maxOpen: -1 }, /rotate\.maxOpen is -1/],
  [{ every: 0 }, /rotate\.every is 0: it has to be a time above 0 ms/],
  [{ idle: Infinity }, /rotate\.idle is Infinity/],
  [{ span: -1 }, /rotate\.span is -1/],
  [{ records: 1, aligned: true }, /rotate\.aligned needs rotate\.every/],
  [{ every: minutes(7), aligned: true }, /rotate\.every is 420000 ms, which does not divide a day/],
  [{ watermark: hours(5) }, /rotate\.watermark is 18000000 ms, which does not divide a day/],
  [{ every: hours(1), zone: 'Europe/Berlin' }, /rotate\.zone says whose midnight rotate\.aligned/],
  [{ watermark: hours(1), zone: 'Europe/Atlantis' }, /there is no time zone 'Europe\/Atlantis'/],
]

for (const [rotation, message] of refused)
  test(`rotate: ${JSON.stringify(rotation)} is refused: ${message.source}`, (t) => {
    t.throws(() => checkRotation(rotation), { code: 'config', message })
  })

test('limits may be combined', (t) => {
  const all: Rotation = {
    records: 1,
    bytes: 1,
    every: minutes(10),
    aligned: true,
    zone: 'Asia/Kathmandu',
    idle: 1,
    span: 1,
    watermark: minutes(30),
    maxOpen: 1,
  }
  t.notThrows(() => checkRotation(all))
})
