import { setTimeout as sleep } from 'node:timers/promises'

/** Do nothing for so many ms, or until the signal. */
export async function rest(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(Math.max(0, ms), undefined, signal && { signal }).catch(() => undefined)
}
