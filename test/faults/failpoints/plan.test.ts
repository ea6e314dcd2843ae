import test from 'ava'
import { patched, patchesOf } from './patches.ts'
import { Failpoints, readPlan } from './plan.ts'

test('a plan names points, moments, times and actions', (t) => {
  t.deepEqual(readPlan('commit.sent@7:kill,merge-claim.pre:stop,part.post@2:delay=250'), [
    { point: 'commit', moment: 'sent', time: 7, action: 'kill' },
    { point: 'merge-claim', moment: 'pre', time: 1, action: 'stop' },
    { point: 'part', moment: 'post', time: 2, action: { delay: 250 } },
  ])
  t.like(readPlan('barrier.pre:spin'), [{ action: 'spin' }])
  t.deepEqual(readPlan(''), [])
})

for (const wrong of ['comit.pre:kill', 'commit.before:kill', 'commit.pre@0:kill', 'commit.pre:die'])
  test(`${wrong} is refused: it would never be reached`, (t) => {
    t.throws(() => readPlan(wrong), { message: `${wrong} is no failpoint` })
  })

/** What is done, in order, when the second of three errors is planned. */
async function doneWith(plan: string, halves = false): Promise<string[]> {
  const done: string[] = []
  const failpoints = new Failpoints(readPlan(plan))
  const step = (what: string) => () => Promise.resolve(void done.push(what))
  for (let time = 1; time <= 3; time++)
    await failpoints
      .around('collect', step('all'), halves ? [step('half'), step('rest')] : undefined)
      .catch(({ message }: Error) => done.push(message))
  return done
}

test('before is before, after is after, and each once', async (t) => {
  t.deepEqual(await doneWith('collect.pre@2:throw'), ['all', 'failpoint collect.pre', 'all'])
  t.deepEqual(await doneWith('collect.post@2:throw'), [
    'all',
    'all',
    'failpoint collect.post',
    'all',
  ])
  t.deepEqual(await doneWith('collect.mid@2:throw', true), [
    'all',
    'half',
    'failpoint collect.mid',
    'all',
  ])
  t.deepEqual(await doneWith('claim.pre:throw'), ['all', 'all', 'all'])
})

test('a patch that does not fit is refused', (t) => {
  const [patch] = patchesOf('busy-upkeep')
  t.is(patched(`a ${patch!.text} b`, [patch!], 'f'), `a ${patch!.instead} b`)
  t.throws(() => patched('', [patch!], 'f'), { message: /does not fit: f has 0 times/ })
  t.throws(() => patched(patch!.text.repeat(2), [patch!], 'f'), { message: /has 2 times/ })
  t.throws(() => patchesOf('unheard-of'), { message: 'there is no patch unheard-of' })
})
