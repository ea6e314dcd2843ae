import { createInterface } from 'node:readline'
import { Command } from 'commander'
import { type KeyPart, partsOf } from '../s3/partitioner/key-parts.ts'

/** `keys decode <key…>`: what the folders of keys are called after. */
export function keysCommand(): Command {
  return new Command('keys')
    .description('keys of objects')
    .helpCommand(false)
    .addCommand(
      new Command('decode')
        .description('the parts of keys as they were before they were escaped')
        .argument('[keys...]', 'keys, or folders; without any, the lines of standard input')
        .option('--json', 'one JSON document a key')
        .action(decode),
    )
}

async function decode(keys: readonly string[], { json }: { json?: boolean }): Promise<void> {
  for await (const key of keys.length > 0 ? keys : createInterface(process.stdin))
    console.log(json ? JSON.stringify({ key, parts: partsOf(key) }) : lineOf(key))
}

/** `"raw" / "country" = "a/b" / "x.json"`: what was missing, or null, stands there without quotes. */
export const lineOf = (key: string): string => partsOf(key).map(textOf).join(' / ')

function textOf({ name, value }: KeyPart): string {
  const text = value === undefined ? 'missing' : quoted(value)
  return name === undefined ? text : `${quoted(name)} = ${text}`
}

/** JSON leaves some control characters as they are. */
const quoted = (value: string | null): string =>
  JSON.stringify(value).replace(
    /\p{Cc}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
