import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { patched, patchesOf } from './patches.ts'

/**
 * `node --import=…/loader.ts`: hurts a process of which nothing in `lib/` knows. `FAULT` plans what happens at failpoints, `PATCH` names changes of the text of
 * `lib/`. Without either the process is as it would be without this.
 */
const ORIGINAL = new URL('../../../lib/cli/ports.ts', import.meta.url).href
const HURT = new URL('ports.ts', import.meta.url).href

const patches = patchesOf(process.env['PATCH'] ?? '')

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    const isWanted = process.env['FAULT'] !== undefined && found.url === ORIGINAL
    return isWanted && context.parentURL !== HURT ? { ...found, url: HURT } : found
  },
  load(url, context, next) {
    const loaded = next(url, context)
    const mine = patches.filter(({ file }) => url === file)
    if (mine.length === 0) return loaded
    const place = fileURLToPath(url)
    return { ...loaded, source: patched(readFileSync(place, 'utf8'), mine, place) }
  },
})
