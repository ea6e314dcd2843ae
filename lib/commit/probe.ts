import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { retry } from '../retry.ts'

/** Where a pipeline tries what its store does, of all that is its own. Nothing there is kept. */
export const probePrefix = (own: string): string => `${own}probe/`

const RIVALS = 16
const RACES = 4
const BYTES = 64 * 1024

/**
 * Try to refute what the commit protocol rests on: that a key is created only once, also by sixteen at a time with bodies of 64 KiB; that an upload is completed
 * once, however often it is asked for; that keys are listed in the order of their bytes. None of it can be proved. An answer that got lost is asked for again
 * and is another one then, so what counts is who was told of success, and what is there.
 *
 * @param prefix where it may write; nothing is left there
 * @throws SluiceError 'service' that names the store and what it does not do
 */
export async function probe(prefix: string, store: ObjectStore, clock: Clock): Promise<void> {
  const trial = new Trial(`${probePrefix(prefix)}${randomUUID()}`, store, clock)
  try {
    const races = Array.from({ length: RACES }, (_, race) => trial.race(race))
    const trials = [trial.creates(), ...races, trial.uploads(), trial.lists()]
    const wrong = (await Promise.all(trials)).find((what) => what !== undefined)
    if (wrong === undefined) return
    throw new SluiceError(
      'service',
      `${store.place} ${wrong}: commits would not be safe there. Use another store`,
    )
  } finally {
    await trial.clear()
  }
}

/** Each method says what is wrong, if anything is. */
class Trial {
  readonly #prefix: string
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #keys: string[] = []

  constructor(prefix: string, store: ObjectStore, clock: Clock) {
    this.#prefix = prefix
    this.#store = store
    this.#clock = clock
  }

  /** A repeated create; and again, once the key is free. */
  async creates(): Promise<string | undefined> {
    const key = this.#key('twice')
    for (const first of [0, 2]) {
      await this.#create(key, first)
      const again = await this.#create(key, first + 1)
      if (again !== 'exists' || (await this.#writerOf(key)) !== first)
        return `does not keep the condition If-None-Match: * (a repeated create answered '${again}')`
      await this.#retry(() => this.#store.delete([key]))
    }
    return undefined
  }

  async race(race: number): Promise<string | undefined> {
    const key = this.#key(`race-${race}`)
    const rivals = Array.from({ length: RIVALS }, (_, rival) => this.#create(key, rival))
    const answers = await Promise.all(rivals)
    const told = answers.flatMap((answer, rival) => (answer === 'created' ? rival : []))
    const winner = await this.#writerOf(key)
    if (winner !== undefined && told.every((rival) => rival === winner)) return undefined
    return `does not keep the condition If-None-Match: * (${told.length} of ${RIVALS} rivals were told that they created the same key)`
  }

  async uploads(): Promise<string | undefined> {
    const key = this.#key('upload')
    const body = Buffer.alloc(BYTES, 1)
    const metadata = { 'sluice-commit': 'probe' }
    const uploadId = await this.#retry(() => this.#store.createUpload(key, { metadata }))
    const part = await this.#retry(() => this.#store.uploadPart(key, uploadId, 1, [body]))
    const complete = (): Promise<string> =>
      this.#retry(() => this.#store.completeUpload(key, uploadId, [part]))
    for (let time = 0; time < 2; time++) await complete()
    const there = await this.#retry(() => this.#store.head(key))
    if (there?.size !== BYTES) return 'has no object, or another one, after an upload is completed'
    if (there.metadata['sluice-commit'] !== 'probe') return 'loses the metadata of an upload'
    await this.#retry(() => this.#store.delete([key]))
    await complete()
    const again = await this.#retry(() => this.#store.head(key))
    return again && 'makes an object anew that was deleted, when its upload is completed once more'
  }

  async lists(): Promise<string | undefined> {
    const keys = ['list-2', 'list-1', 'list-3'].map((name) => this.#key(name))
    await Promise.all(keys.map((key) => this.#create(key, 0)))
    const listed = await this.#retry(() => this.#listed(`${this.#prefix}-list-`))
    const isRight = listed.join() === keys.toSorted().join()
    return isRight ? undefined : 'does not list keys in the order of their bytes'
  }

  async #listed(prefix: string): Promise<string[]> {
    const keys: string[] = []
    for await (const key of this.#store.list(prefix)) keys.push(key)
    return keys
  }

  async clear(): Promise<void> {
    await this.#retry(() => this.#store.delete(this.#keys))
  }

  #key(name: string): string {
    const key = `${this.#prefix}-${name}`
    this.#keys.push(key)
    return key
  }

  #create(key: string, writer: number): Promise<'created' | 'exists'> {
    const body = Buffer.alloc(BYTES, writer)
    return this.#retry(() => this.#store.put(key, body, { ifAbsent: true }))
  }

  async #writerOf(key: string): Promise<number | undefined> {
    return (await this.#retry(() => this.#store.get(key)))?.[0]
  }

  #retry<T>(action: () => Promise<T>): Promise<T> {
    return retry(action, { clock: this.#clock })
  }
}
