import type { Environment } from './environment.ts'

const begin = '# >>> sluice services: written by `npm run services`'
const end = '# <<< sluice services: removed by `npm run services -- stop`'
const block = new RegExp(`^${begin}\n(?:(?!${begin}\n|${end}\n)[^\n]*\n)*${end}\n`, 'm')

/**
 * The text of a `.env` file with our variables in a block of their own at its end, where they win
 * over lines of the same name above. An earlier block of ours is replaced; no other line changes.
 */
export function withBlock(text: string, environment: Environment): string {
  const others = withoutBlock(text)
  const separator = others === '' || others.endsWith('\n') ? '' : '\n'
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  return others + separator + [begin, ...lines, end, ''].join('\n')
}

/** The text without our block. A mark without its counterpart is an ordinary line. */
export function withoutBlock(text: string): string {
  return text.replace(block, '')
}
