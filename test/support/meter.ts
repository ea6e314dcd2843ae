import { setImmediate } from 'node:timers/promises'

/** A job to be called many times, and how many calls were under way at most. */
export function meter() {
  let now = 0
  let most = 0
  const job = async (): Promise<void> => {
    most = Math.max(most, ++now)
    await setImmediate()
    now--
  }
  return { job, most: () => most }
}
