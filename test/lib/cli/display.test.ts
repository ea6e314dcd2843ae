import test from 'ava'
import { type Screen, showProgress } from '../../../lib/cli/display.ts'
import { virtualClock } from '../../../lib/testing.ts'

const screenOf = (other: Partial<Screen> = {}) => {
  const texts: string[] = []
  return { texts, screen: { write: (text: string) => void texts.push(text), ...other } }
}

test('without a terminal a plain line comes every 10 s, when it has changed', async (t) => {
  const clock = virtualClock()
  const { screen, texts } = screenOf()
  let line = 'one'
  const display = showProgress(() => line, screen, clock)
  await clock.advance(9_999)
  t.deepEqual(texts, [])
  await clock.advance(20_001)
  t.deepEqual(texts, ['one\n'])
  line = 'two'
  await clock.advance(10_000)
  t.deepEqual(texts, ['one\n', 'two\n'])
  display.close()
  await clock.advance(60_000)
  t.is(texts.length, 2)
})

test('a note is printed at once', (t) => {
  const { screen, texts } = screenOf()
  const display = showProgress(() => 'line', screen, virtualClock())
  display.note('fenced')
  display.close()
  t.deepEqual(texts, ['fenced\n'])
})

test('on a terminal the line is rewritten in place, no wider than the terminal', async (t) => {
  const clock = virtualClock()
  const { screen, texts } = screenOf({ isTTY: true, columns: 6 })
  const display = showProgress(() => '1234567890', screen, clock)
  await clock.advance(1_000)
  t.deepEqual(texts, ['\r\x1b[K12345', '\r\x1b[K12345'])
  display.close()
  t.is(texts.at(-1), '\r\x1b[K')
})

test('on a terminal a note stays above the line', (t) => {
  const { screen, texts } = screenOf({ isTTY: true })
  const display = showProgress(() => 'line', screen, virtualClock())
  display.note('fenced')
  t.deepEqual(texts, ['\r\x1b[Kfenced\n', '\r\x1b[Kline'])
  display.close()
})
