/** A change of the text of one file of `lib/`, for one process. */
export interface Patch {
  /** URL of the file. */
  readonly file: string
  /** Stands in it exactly once. */
  readonly text: string
  readonly instead: string
}

const patch = (path: string, text: string, instead: string): Patch => ({
  file: new URL(`../../../lib/${path}`, import.meta.url).href,
  text,
  instead,
})

const PATCHES: Readonly<Record<string, readonly Patch[]>> = {
  /** What is done every 30 seconds is done every 50 ms, so that a short run comes to it. */
  'busy-upkeep': [
    patch('run/upkeep.ts', 'const MIRROR_EVERY = 5_000', 'const MIRROR_EVERY = 50'),
    patch('run/upkeep.ts', 'const COLLECT_EVERY = 30_000', 'const COLLECT_EVERY = 50'),
  ],
}

/** @throws Error for a name that there is not */
export function patchesOf(names: string): Patch[] {
  return names
    .split(',')
    .filter((name) => name !== '')
    .flatMap((name) => {
      const found = PATCHES[name]
      if (!found) throw new Error(`there is no patch ${name}`)
      return found
    })
}

/** @throws Error for a patch that does not fit, so that none is without effect unnoticed */
export function patched(source: string, patches: readonly Patch[], place: string): string {
  return patches.reduce((text, { text: before, instead }) => {
    const times = text.split(before).length - 1
    if (times !== 1) throw new Error(`a patch does not fit: ${place} has ${times} times ${before}`)
    return text.replace(before, () => instead)
  }, source)
}
