/** Most results that are remembered: every message asks for a folder, and few are new. */
const REMEMBERED = 2_048

/** The same function, with its latest results at hand. What it throws is not remembered. */
export function remembered<A, R>(compute: (argument: A) => R): (argument: A) => R {
  const results = new Map<A, R>()
  return (argument) => {
    const known = results.get(argument)
    if (known !== undefined) return known
    const result = compute(argument)
    if (results.size === REMEMBERED) results.clear()
    results.set(argument, result)
    return result
  }
}
