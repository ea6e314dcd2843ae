/**
 * Refuse a total that would not come back from JSON as it was.
 *
 * @throws TypeError that says what is wrong, and where in the total
 */
export function checkTotal(total: unknown): void {
  if (!isPlain(total)) throw new TypeError(problemIn(total, 'a total'))
}

/** A copy of a total that was checked, which shares nothing with it. */
export function copyTotal(total: unknown): unknown {
  if (typeof total !== 'object' || total === null) return total
  if (Array.isArray(total)) return total.map(copyTotal)
  const copy: Record<string, unknown> = {}
  for (const name in total) copy[name] = copyTotal((total as Record<string, unknown>)[name])
  return copy
}

function isPlain(value: unknown): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isPlain)
  if (typeof value !== 'object' || !isRecord(value)) return false
  for (const name in value)
    if (name === '__proto__' || (value[name] !== undefined && !isPlain(value[name]))) return false
  return true
}

function isRecord(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Where in a value, and what, is not plain. */
function problemIn(value: unknown, path: string): string {
  if (Array.isArray(value)) {
    const at = value.findIndex((inner) => !isPlain(inner))
    return problemIn(value[at], `${path}[${at}]`)
  }
  if (typeof value === 'object' && value !== null && isRecord(value)) {
    const wrong = Object.entries(value).find(([, inner]) => inner !== undefined && !isPlain(inner))
    return wrong ? problemIn(wrong[1], `${path}.${wrong[0]}`) : `${path} has a field __proto__`
  }
  return `${path} is ${nameOf(value)}, which JSON cannot hold`
}

function nameOf(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `a ${value.constructor.name}`
  return typeof value === 'function' ? 'a function' : String(value)
}
