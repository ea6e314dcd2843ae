import { once } from 'node:events'
import { existsSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Around a request: before it is made, when it is on its way, in the middle of several, and when its answer is there. */
const MOMENTS = ['pre', 'sent', 'mid', 'post'] as const
export type Moment = (typeof MOMENTS)[number]

/** What a process does to the world. `merge-` stands before what a merging lane does. */
const POINTS = [
  'right', // begins an upload to see whether it may
  'newest', // reads the newest record of its chain
  'claim',
  'trial', // says which records it tries alone
  'restore', // reads a bundle back
  'barrier', // a barrier goes through all streams
  'upload', // begins an upload
  'part',
  'bundle', // state, carried rows, small objects, partials, messages
  'commit',
  'publish', // completes an upload, or puts an object
  'look', // asks whose an object is
  'produce',
  'mirror',
  'collect', // deletes bundles
  'release',
  'leave',
] as const
export type Point = (typeof POINTS)[number]

/** To wait is to go on at SIGUSR2. */
export type Action = 'kill' | 'stop' | 'throw' | 'spin' | 'wait' | { readonly delay: number }

/** What happens to a process, once. */
export interface Failpoint {
  readonly point: `${'' | 'merge-'}${Point}`
  readonly moment: Moment
  /** Which time it comes there, from 1. */
  readonly time: number
  readonly action: Action
}

const GRAMMAR =
  /^((?:merge-)?([a-z]+))\.([a-z]+)(?:@(\d+))?:(kill|stop|throw|spin|wait|delay=(\d+))$/

/**
 * Read failpoints: `<point>.<moment>[@<time>]:<kill|stop|throw|spin|wait|delay=ms>`, with commas between them.
 *
 * @throws Error for one that can never be reached
 */
export function readPlan(text: string): Failpoint[] {
  return text
    .split(',')
    .filter((word) => word !== '')
    .map((word) => {
      const [, point, plain, moment, time = '1', action, delay] = GRAMMAR.exec(word) ?? []
      const isKnown = isOneOf(POINTS, plain) && isOneOf(MOMENTS, moment) && Number(time) > 0
      if (!isKnown) throw new Error(`${word} is no failpoint`)
      return {
        point: point as Failpoint['point'],
        moment,
        time: Number(time),
        action: delay === undefined ? (action as Action) : { delay: Number(delay) },
      }
    })
}

const isOneOf = <T extends string>(all: readonly T[], text: string | undefined): text is T =>
  (all as readonly (string | undefined)[]).includes(text)

/** Long enough for a request to be on its way, and short enough that its answer may not be there. */
const UNDER_WAY = 2

/** The failpoints of one process, and how often it has come to each. */
export class Failpoints {
  readonly #plan: readonly Failpoint[]
  readonly #times = new Map<string, number>()

  constructor(plan: readonly Failpoint[]) {
    this.#plan = plan
  }

  /**
   * Do something with what is planned around it.
   *
   * @param halves what it consists of, where something may happen in the middle of it
   */
  async around<T>(
    point: Failpoint['point'] | undefined,
    action: () => Promise<T>,
    halves?: readonly [() => Promise<unknown>, () => Promise<T>],
  ): Promise<T> {
    if (point === undefined) return action()
    const time = (this.#times.get(point) ?? 0) + 1
    this.#times.set(point, time)
    const mine = this.#plan.filter(
      (failpoint) => failpoint.point === point && failpoint.time === time,
    )
    const at = async (moment: Moment): Promise<void> => {
      for (const failpoint of mine) if (failpoint.moment === moment) await happen(failpoint)
    }
    const has = (moment: Moment): boolean => mine.some((failpoint) => failpoint.moment === moment)

    await at('pre')
    if (halves && has('mid')) {
      await halves[0]()
      await at('mid')
      return halves[1]()
    }
    const answer = action()
    if (has('sent')) {
      answer.catch(() => undefined)
      await Promise.race([answer, sleep(UNDER_WAY)])
      await at('sent')
    }
    const value = await answer
    await at('post')
    return value
  }
}

/** Says so first, so that whoever waits for it need not look at the process again and again. */
async function happen({ point, moment, time, action }: Failpoint): Promise<void> {
  const woken = action === 'wait' && once(process, 'SIGUSR2')
  writeSync(2, `failpoint ${point}.${moment}@${time}\n`)
  if (action === 'kill') process.kill(process.pid, 'SIGKILL')
  else if (action === 'stop') process.kill(process.pid, 'SIGSTOP')
  else if (action === 'throw') throw new Error(`failpoint ${point}.${moment}`)
  else if (action === 'spin') spin()
  else if (action === 'wait') await woken
  else await sleep(action.delay)
}

/** Computes and computes, so that the event loop stands still, until the file is there that `FAULT_UNTIL` names. */
function spin(): void {
  for (let next = 0; ;) {
    if (performance.now() < next) continue
    if (existsSync(process.env['FAULT_UNTIL'] ?? '.')) return
    next = performance.now() + 20
  }
}
