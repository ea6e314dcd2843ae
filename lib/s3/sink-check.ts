import { SluiceError } from '../errors.ts'
import type { Compression } from './compression.ts'
import type { Format } from './format/format.ts'
import { problemWithKey } from './key.ts'
import { SYSTEM } from '../commit/chain.ts'
import { needsTime, type ObjectName, probe, trimmed } from './object-name.ts'
import { kindOf } from './partitioner/path.ts'
import { type Need, needsOf, type Partitioner } from './partitioner/partitioner.ts'

/** By which options a sink asks for what not every message has. */
export function goesBy(
  partitionBy: Partitioner<never> | undefined,
  name: ObjectName,
): Readonly<Partial<Record<Need, string>>> {
  const folders = partitionBy ? needsOf(partitionBy).map((need) => [need, 'partitionBy']) : []
  const names = needsTime(name) ? [['event time', 'name']] : []
  return Object.fromEntries([...names, ...folders]) as Partial<Record<Need, string>>
}

/**
 * A prefix as it stands in keys.
 *
 * @throws SluiceError 'config' for one that can begin no key
 */
export function checkedPrefix(prefix: unknown): string {
  if (typeof prefix !== 'string')
    throw wrong("s3() needs a prefix, which all of its keys begin with: prefix: 'raw'")
  const id = trimmed(prefix)
  const problem = id === '' ? undefined : problemWithKey(id)
  if (problem !== undefined) throw wrong(`prefix '${id}' cannot begin a key: ${problem}`)
  if (!`${id}/`.startsWith(SYSTEM)) return id
  throw wrong(`prefix '${id}' lies in ${SYSTEM}, which holds what is not the user's: take another`)
}

/** @throws SluiceError 'config' for a name with which no key can be made */
export function checkName(place: string, name: ObjectName): void {
  const last = name(probe)
  const problem = problemWithKey(last)
  if (problem === undefined) return
  throw wrong(`name of ${place} makes '${last}' for instance, which cannot end a key: ${problem}`)
}

/** @throws SluiceError 'config' for what is no format or no compression, such as its name: a run does not look at types */
export function checkKinds(place: string, format: unknown, compression: unknown): void {
  if (!has(format, 'row'))
    throw wrong(`format of ${place} is one such as jsonLines(), not ${kindOf(format)}`)
  if (compression !== undefined && !has(compression, 'compress'))
    throw wrong(`compression of ${place} is gzip() or zstd(), not ${kindOf(compression)}`)
}

const has = (thing: unknown, method: string): boolean =>
  typeof thing === 'object' && thing !== null && method in thing

/** @throws SluiceError 'config' where a compression's extension would follow itself */
export function checkExtensions(
  { extension }: Pick<Format<never>, 'extension'>,
  compression: Compression | undefined,
): void {
  if (!compression || extension.split('.').at(-1) !== compression.extension) return
  throw wrong(
    `extension '${extension}' of the format and compression ${compression.name} would both end names in .${compression.extension}: leave one of them out`,
  )
}

const wrong = (what: string): SluiceError => new SluiceError('config', what)
