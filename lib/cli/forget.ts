import { hostname, userInfo } from 'node:os'
import { Command } from 'commander'
import { systemClock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { declarationsOf, declare, type Forgetting, planForgetting } from '../verify/forget.ts'
import { oneLine } from './exit.ts'
import { readTopics, textFlag } from './flag.ts'
import { openPorts } from './ports.ts'
import { formatBytes, formatCount } from './text.ts'

interface Flags {
  readonly prefix?: string
  readonly reason?: string
  readonly dryRun?: boolean
  readonly list?: boolean
  readonly topic?: readonly string[]
  readonly name?: string
  readonly json?: boolean
}

/** `forget <pipeline>`: declare that objects are deleted on purpose. */
export function forgetCommand(): Command {
  return new Command('forget')
    .description('declare that objects are deleted on purpose, so that verify does not miss them')
    .argument('<pipeline>', 'which pipeline')
    .option('--prefix <prefix>', 'a folder with all in it that is committed by now, or one key')
    .option('--reason <text>', 'why: verify tells it')
    .option('--dry-run', 'only say what it comes to')
    .option('--list', 'what has been declared')
    .addOption(
      textFlag('topic', 'names', 'as it was run: on other topics than its own', readTopics),
    )
    .option('--name <name>', 'the instance, where it was run with another name')
    .option('--json', 'one JSON document a line')
    .action(run)
}

async function run(pipeline: string, flags: Flags): Promise<void> {
  const { prefix, reason, list, dryRun } = flags
  if (list) {
    if (prefix ?? reason ?? dryRun)
      throw new SluiceError('config', '--list shows what was declared: leave out the other options')
    return withStore(true, (store) => show(pipeline, flags, store))
  }
  if (prefix === undefined || reason === undefined)
    throw new SluiceError('config', 'say what is forgotten with --prefix, and why with --reason')
  const plan = await withStore(true, (store) =>
    planForgetting({
      ...instanceOf(pipeline, flags),
      prefix,
      reason,
      by: whoIsThis(),
      store,
      clock: systemClock,
    }),
  )
  if (!dryRun) await withStore(false, (store) => declare(plan, store, systemClock))
  for (const line of flags.json ? [JSON.stringify(plan)] : linesOf(plan, dryRun)) console.log(line)
}

async function withStore<T>(
  readOnly: boolean,
  action: (store: ObjectStore) => Promise<T>,
): Promise<T> {
  const ports = await openPorts({ readOnly })
  try {
    return await action(ports.store)
  } finally {
    await ports.close()
  }
}

const instanceOf = (pipeline: string, { topic, name = pipeline }: Flags) => ({
  pipeline: name,
  ...(topic !== undefined && { topics: topic }),
})

async function show(pipeline: string, flags: Flags, store: ObjectStore): Promise<void> {
  const { all, findings } = await declarationsOf({
    ...instanceOf(pipeline, flags),
    store,
    clock: systemClock,
  })
  for (const declaration of all) {
    const { at, prefix, objects, rows, bytes, reason, by } = declaration
    const line = `${at}  ${prefix}  ${formatCount(objects)} objects  ${formatCount(rows)} rows  ${formatBytes(bytes)}  ${by}: ${oneLine(reason)}`
    console.log(flags.json ? JSON.stringify(declaration) : line)
  }
  for (const { where, what } of findings) throw new SluiceError('corrupt', `${where}: ${what}`)
}

/** What a declaration comes to, as lines for people. */
export function linesOf(
  { declaration, stillThere, notCovered }: Forgetting,
  dryRun = false,
): string[] {
  const { prefix, objects, rows, bytes, covers, by } = declaration
  const upTo = Object.entries(covers).map(([lane, index]) => `${lane} ${index}`)
  return [
    `${dryRun ? 'to be forgotten' : 'forgotten'}: ${formatCount(objects)} objects with ${formatCount(rows)} rows (${formatBytes(bytes)}) under ${prefix}, by ${by}`,
    `it covers what was committed up to these records: ${upTo.join(', ')}`,
    ...(stillThere > 0
      ? [`${formatCount(stillThere)} of them are still there: delete them, readers see them`]
      : []),
    ...(notCovered > 0
      ? [
          `${formatCount(notCovered)} more under it are open, or about to become visible: they are not covered`,
        ]
      : []),
  ]
}

/** A user may have no name, as in containers. */
function whoIsThis(): string {
  try {
    return `${userInfo().username}@${hostname()}`
  } catch {
    return `${process.getuid?.() ?? 'somebody'}@${hostname()}`
  }
}
