import test from 'ava'
import { AnswerCache } from '../../lib/answer-cache.ts'
import { Outcome } from '../../lib/answers.ts'

test('when it is full, the answer that was used longest ago makes room', (t) => {
  const cache = new AnswerCache(2, 1_000)
  const [a, b, c] = [new Outcome('a'), new Outcome('b'), new Outcome('c')]
  cache.set('a', a, 0)
  cache.set('b', b, 0)
  t.is(cache.get('a', 1), a)
  cache.set('c', c, 1)
  t.is(cache.get('b', 2), undefined)
  t.is(cache.get('a', 2), a)
  t.is(cache.get('c', 2), c)
})

test('an answer is used for less than its age, however often it is used', (t) => {
  const cache = new AnswerCache(2, 1_000)
  const answer = new Outcome(1)
  cache.set('a', answer, 5)
  t.is(cache.get('a', 504), answer)
  t.is(cache.get('a', 1_004), answer)
  t.is(cache.get('a', 1_005), undefined)
})
