import test from 'ava'
import { days } from '../../../lib/duration.ts'
import { dangerousRules, warnOfRules } from '../../../lib/run/expiry.ts'
import { StoreError } from '../../../lib/ports.ts'
import { memoryStore } from '../../../lib/testing.ts'

const aborts = (prefix: string, abortsAfter = days(1)) => ({ id: 'rule', prefix, abortsAfter })
const expires = (prefix: string) => ({ id: 'rule', prefix, expiresAfter: days(30) })
const what = (rule: { id: string; prefix: string }, prefixes = ['raw']): string[] =>
  dangerousRules([rule], 'views', prefixes).map((found) => found.what)

test('a rule that aborts uploads of the pipeline after a day is dangerous, wherever it begins', (t) => {
  for (const prefix of ['', 'ra', 'raw/', 'raw/year=2026', '_sluice/'])
    t.regex(what(aborts(prefix))[0]!, /not completed 1d after they were begun/, prefix)
  t.deepEqual(what(aborts('raw-json/')), [])
  t.deepEqual(what(aborts('other/')), [])
  t.is(what(aborts('other/'), ['']).length, 1)
})

test('one that waits for a week is none', (t) => {
  t.deepEqual(what(aborts('', days(7))), [])
})

test('a rule that deletes records is dangerous, one that deletes results is the user’s', (t) => {
  for (const prefix of ['', '_sluice/', '_sluice/views/views/0/'])
    t.regex(what(expires(prefix))[0]!, /also the pipeline's records and state/, prefix)
  t.deepEqual(what(expires('raw/')), [])
  t.deepEqual(what(expires('_sluice/others/')), [])
})

test('a run tells of them when it begins, and begins without knowing them', async (t) => {
  const notes: string[] = []
  const store = memoryStore({ rules: [aborts('raw/')] })
  await warnOfRules(store, 'views', ['raw'], (text) => notes.push(text))
  t.is(notes.length, 1)
  t.regex(notes[0]!, /^lifecycle rule 'rule' of memory: .*; let it wait for 7 days$/)
  const lifecycle = () => Promise.reject(new StoreError('transient', 'not now'))
  await t.notThrowsAsync(warnOfRules({ ...store, lifecycle }, 'views', ['raw'], t.fail))
})
