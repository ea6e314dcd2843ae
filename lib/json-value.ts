/**
 * Why a value would not come back the same from JSON, as the end of a sentence about it; undefined for one that does. JSON has texts, finite
 * numbers, true, false, null, lists, and plain objects of these.
 */
export function whyNotJson(value: unknown, path = ''): string | undefined {
  const at = path === '' ? '' : ` at ${path}`
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `has ${value}${at}`
  if (typeof value !== 'object') return `has ${article(typeof value)}${at}`
  if (Array.isArray(value)) return first(value.entries(), path)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null)
    return first(Object.entries(value), path)
  return `has ${article(value.constructor.name)}${at}`
}

function first(entries: Iterable<[string | number, unknown]>, path: string): string | undefined {
  for (const [name, value] of entries) {
    const why = whyNotJson(value, path === '' ? String(name) : `${path}.${name}`)
    if (why !== undefined) return why
  }
  return undefined
}

const article = (noun: string): string =>
  noun === 'undefined' ? noun : `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`
