import test from 'ava'
import { minutes } from '../../../lib/duration.ts'
import { operator } from '../../../lib/operator.ts'
import { json } from '../../../lib/state/codec.ts'
import { at, barrier, crash, feed, restart, watermark } from '../../../lib/testing.ts'
import { dedupe } from '../../../operators/dedupe.ts'

const [a, b, c] = ['a', 'b', 'c'].map((guid) => ({ guid })) as [View, View, View]
interface View {
  readonly guid: string
}
const byGuid = () => dedupe((view: View) => view.guid, { within: minutes(10) })

test('what was done since the last barrier is forgotten by a crash and done again after the restart', async (t) => {
  const views = feed(at('09:00', a), barrier(), at('09:01', b), crash(), restart(), at('09:02', b))
  t.deepEqual(await views.through(byGuid()), [a, b])
})

test('an operator forgets at a crash what it has not put into a store', async (t) => {
  const forgetful = () => {
    let count = 0
    return operator<View, number>('count', () => {
      count = 0
      return { message: (message, out) => out.emit({ ...message, value: ++count }) }
    })
  }
  const views = feed(at('09:00', a), barrier(), at('09:01', b), crash(), restart(), at('09:02', c))
  t.deepEqual(await views.through(forgetful()), [1, 1, 2])
})

test('after a crash without a restart only what was committed is there', async (t) => {
  const views = feed(at('09:00', a), barrier(), at('09:01', b), crash())
  t.deepEqual(await views.through(byGuid()), [a])
})

test('a restart without a crash is a clean one: everything is kept', async (t) => {
  const { values, operator: used } = await feed(at('09:00', a), restart(), at('09:01', a)).run(
    byGuid(),
  )
  t.deepEqual(values, [a])
  t.deepEqual(used.fates.dropped, 1)
})

test('rejections since the last barrier are made once, however often it crashes', async (t) => {
  const picky = operator<View, View>('picky', () => ({
    message: (message, out) => out.reject(message, 'never good'),
  }))
  const views = feed(at('09:00', a), crash(), restart(), crash(), restart(), at('09:01', b))
  const { rejected, operator: used } = await views.run(picky)
  t.deepEqual(
    rejected.map(({ message }) => message.value),
    [a, b],
  )
  t.is(used.fates.rejected, 2)
})

test('stores are read back from their bytes', async (t) => {
  const sums = operator<number, number>('sum', (state) => {
    const sum = state.value('sum', json<number>(), 0)
    return {
      message(message, out) {
        sum.set(sum.get() + message.value)
        out.emit({ ...message, value: sum.get() })
      },
    }
  })
  const numbers = feed(at('09:00', 1), barrier(), crash(), restart(), at('09:01', 2))
  t.deepEqual(await numbers.through(sums), [1, 3])
})

test('an operator that fails fails its feed, after a restart too', async (t) => {
  const failing = operator<number, number>('failing', () => ({
    message: (message, out) => out.emit(message),
    watermark() {
      throw new Error('no more')
    },
  }))
  const numbers = feed(at('09:00', 1), restart(), at('09:01', 2), watermark('09:02'))
  await t.throwsAsync(numbers.through(failing), { message: 'no more' })
})
