import test from 'ava'
import fc from 'fast-check'
import { seconds } from '../../../lib/duration.ts'
import { Patience, type Sends } from '../../../lib/s3/patience.ts'

const MIB = 1024 * 1024
const usual = seconds(20)

/** What a request of this kind is allowed after it was given up so many times, one after another. */
function afterGivenUp(times: number, sends: Sends): number {
  const patience = new Patience(usual)
  for (let time = 0; time < times; time++) patience.gaveUp(sends, patience.allowed(sends))
  return patience.allowed(sends)
}

for (const [what, sends, allowed] of [
  ['request without a body', 0, [20, 20, 20]],
  ['small body', 100 * 1024, [20, 20, 20]],
  ['large body', 8 * MIB, [20, 40, 80, 160, 300, 300]],
  ['completion', 'completion', [80, 160, 300]],
] as const)
  test(`a ${what} that was silent in vain may be silent for longer, ${allowed.join(', ')} s`, (t) => {
    for (const [times, limit] of allowed.entries()) t.is(afterGivenUp(times, sends), seconds(limit))
  })

test('bodies of other sizes, and all else, are allowed what they were', (t) => {
  const patience = new Patience(usual)
  patience.gaveUp(8 * MIB, usual)
  t.is(patience.allowed(9 * MIB), 2 * usual)
  t.is(patience.allowed(7 * MIB), usual)
  t.is(patience.allowed('completion'), 4 * usual)
  t.is(patience.allowed(1_000), usual)
})

test('requests that are given up side by side count as one', (t) => {
  const patience = new Patience(usual)
  for (let request = 0; request < 4; request++) patience.gaveUp(MIB, usual)
  t.is(patience.allowed(MIB), 2 * usual)
})

test('what is answered quickly is allowed less again, down to the usual', (t) => {
  const patience = new Patience(usual)
  for (const allowed of [20, 40, 80]) patience.gaveUp(MIB, seconds(allowed))
  patience.answered(MIB, seconds(50))
  t.is(patience.allowed(MIB), seconds(160), 'it needs that long')
  patience.answered(MIB, seconds(30))
  t.is(patience.allowed(MIB), seconds(80))
  for (let time = 0; time < 4; time++) patience.answered(MIB, seconds(1))
  t.is(patience.allowed(MIB), usual)
})

test('on a line of any speed bodies of one kind, in any order, come to be given up no more', (t) => {
  const size = fc.integer({ min: 256 * 1024, max: 512 * 1024 - 1 })
  const sizes = fc.array(size, { minLength: 60, maxLength: 60 })
  fc.assert(
    fc.property(fc.integer({ min: 2_000, max: 1_000_000 }), sizes, (rate, bodies) => {
      const patience = new Patience(usual)
      const givenUp = bodies.map((bytes) => {
        const takes = (bytes / rate) * 1_000
        const allowed = patience.allowed(bytes)
        if (takes < allowed) patience.answered(bytes, takes)
        else patience.gaveUp(bytes, allowed)
        return takes >= allowed
      })
      t.true(givenUp.filter(Boolean).length <= 5)
    }),
  )
})
