import { setTimeout as sleep } from 'node:timers/promises'

/** Whom the desk has put off once; of a process. */
const putOff = new Set<string>()

/**
 * A service that gives out tickets: other ones whenever it is asked again, so nothing that was committed may ever be asked for again. It is sometimes slow, puts some off,
 * and knows nothing of some.
 */
export async function askDesk({ id, sku }: { id: string; sku: string }): Promise<number> {
  if (Math.random() < 0.02) await sleep(Math.random() * 10)
  if (sku === 'sku-unknown') throw new Error(`nobody knows ${sku}`)
  if (id.endsWith('777/0') && !putOff.has(id)) {
    putOff.add(id)
    throw new Error('ask again')
  }
  return Math.floor(Math.random() * 2 ** 40)
}
