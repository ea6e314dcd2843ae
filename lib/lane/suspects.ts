import type { CommitRecord, Suspects } from '../commit/record.ts'

/** Claims in a row that found input waiting and got nothing done, after which a record is suspected. */
const STALLS = 3

/** Owners in a row that died of one record alone, after which it is set aside. */
const DEATHS = 3

/** A suspected range is read in so many steps. */
const STEPS = 16

/** Whether so many claims in a row are on the way to a suspicion. */
export const isOnTheWay = (stalls: number): boolean => stalls > 0 && stalls <= STALLS

export interface Circumstances {
  /** Claims in a row, this one included, that found input waiting and no progress. */
  readonly stalls: number
  /** Where the input ends that the last owner can have read. */
  readonly end: number
  /** Whether an owner is this very process: then it has not died. */
  readonly isAlive: (owner: string) => boolean
}

/**
 * What the next owner of a lane has to be careful with. An owner that died while it tried a range makes suspects of that range, and of nothing else; any
 * other death, and one that committed before, accuses nobody. An owner that lost the lane to a rival looks like one that died, until it claims the lane
 * again: it takes back what was made of that.
 */
export function suspectsAfter(
  before: Pick<CommitRecord, 'kind' | 'owner' | 'to' | 'trying' | 'suspects'>,
  { stalls, end, isAlive }: Circumstances,
): Suspects | undefined {
  const { kind, owner, trying, suspects } = before
  const dead = suspects?.dead?.filter((one) => !isAlive(one)) ?? []
  if (kind === 'trial' && trying && !isAlive(owner)) {
    const [from, to] = trying
    if (to - from > 1) return inSteps(from, to)
    return { until: to, step: 1, dead: [...dead, owner] }
  }
  if (suspects) return withDead(suspects, dead)
  return stalls >= STALLS ? inSteps(before.to, end) : undefined
}

/** What is left of the suspects when their lane has committed up to an offset. */
export function leftOf(
  suspects: Suspects | undefined,
  before: number,
  to: number,
): Suspects | undefined {
  if (!suspects || to >= suspects.until) return undefined
  return to === before ? suspects : withDead(suspects, [])
}

/** The only range that the owner takes before it commits. */
export const rangeToTry = (
  from: number,
  { step, until }: Suspects,
): readonly [from: number, to: number] => [from, Math.min(from + step, until)]

/** Whether it is one record, and enough owners have died of it. */
export const isConvicted = ({ dead = [] }: Suspects): boolean => dead.length >= DEATHS

const withDead = ({ until, step }: Suspects, dead: readonly string[]): Suspects => ({
  until,
  step,
  ...(dead.length > 0 && { dead }),
})

const inSteps = (from: number, until: number): Suspects => ({
  until,
  step: Math.ceil((until - from) / STEPS),
})
