import type { Clock } from '../clock.ts'
import { systemPrefix } from '../commit/chain.ts'
import { seal, sha256, unseal } from '../commit/record.ts'
import type { ObjectStore } from '../ports.ts'
import { retry } from '../retry.ts'
import { type Finding, RESTORE } from './finding.ts'

/** Says that objects were deleted on purpose: which, why, by whom. Never changed once it is written. */
export interface Declaration {
  readonly v: 1
  /** Its place among the declarations of the instance, from 1. */
  readonly index: number
  /** A key, or a folder with all that lies in it; without slashes around it. */
  readonly prefix: string
  readonly reason: string
  readonly by: string
  /** Wall clock at writing, for people. */
  readonly at: string
  /** By lane, as messages call it, the newest record whose objects it speaks of: what is committed later is not covered. */
  readonly covers: Readonly<Record<string, number>>
  /** What it came to when it was made. */
  readonly objects: number
  readonly rows: number
  readonly bytes: number
  /** sha256 of the declaration before it. */
  readonly prevHash: string | null
}

/** All declarations of an instance that can be read, and what is wrong with the others. */
export interface Declarations {
  readonly all: readonly Declaration[]
  readonly findings: readonly Finding[]
  /** Hash of the newest one. */
  readonly hash: string | null
}

/** No topic can be called so: what lies beside it are folders of topics. */
const prefixOf = (instance: string): string => `${systemPrefix(instance)}+forgotten/`

export const declarationKey = (instance: string, index: number): string =>
  `${prefixOf(instance)}${String(index).padStart(16, '0')}.json`

export const encodeDeclaration = (declaration: Declaration): Buffer =>
  seal(JSON.stringify(declaration))

/** Read what has been declared. One that is altered is not believed. */
export async function readDeclarations(
  instance: string,
  store: ObjectStore,
  clock: Clock,
): Promise<Declarations> {
  const all: Declaration[] = []
  const findings: Finding[] = []
  /** Of the one before; undefined where that is not as it was. */
  let hash: string | null | undefined = null
  const newest = await newestIndex(instance, store, clock)
  for (let index = 1; index <= newest; index++) {
    const key = declarationKey(instance, index)
    const bytes = await retry(() => store.get(key), { clock })
    const declaration: Declaration | undefined = bytes && read(bytes, index, hash)
    if (declaration) all.push(declaration)
    else findings.push(bytes ? altered(key) : gone(key))
    hash = bytes && declaration ? sha256(bytes) : undefined
  }
  return { all, findings, hash: hash ?? null }
}

const altered = (where: string): Finding => ({
  kind: 'altered',
  where,
  what: 'it is not the declaration that was written, or the one before it is not: it excuses nothing',
  advice: RESTORE,
})

const gone = (where: string): Finding => ({
  kind: 'lost',
  where,
  what: 'a declaration of what was deleted on purpose is gone',
  advice: RESTORE,
})

async function newestIndex(instance: string, store: ObjectStore, clock: Clock): Promise<number> {
  return retry(
    async () => {
      let newest = 0
      for await (const key of store.list(prefixOf(instance)))
        newest = Number(key.slice(prefixOf(instance).length, -'.json'.length)) || newest
      return newest
    },
    { clock },
  )
}

/** @param prevHash of the one before it; undefined where nothing is known of that */
function read(
  bytes: Buffer,
  index: number,
  prevHash: string | null | undefined,
): Declaration | undefined {
  try {
    const declaration = JSON.parse(unseal(bytes)) as Declaration
    const follows = prevHash === undefined || declaration.prevHash === prevHash
    return declaration.index === index && follows ? declaration : undefined
  } catch {
    return undefined
  }
}

/** The declaration that speaks of an object, if any does: by the lane, as messages call it, and the record that lists it. */
export const declarationOf = (
  key: string,
  lane: string,
  commit: number,
  all: readonly Declaration[],
): Declaration | undefined =>
  all.find(({ prefix, covers }) => isUnder(key, prefix) && commit <= (covers[lane] ?? 0))

/** Whether a key is this one, or lies in this folder: `month=1` has nothing of `month=12` in it. */
export const isUnder = (key: string, prefix: string): boolean =>
  key === prefix || key.startsWith(`${prefix}/`)
