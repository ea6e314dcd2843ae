import { Command } from 'commander'
import { systemClock } from '../clock.ts'
import { labelOf } from '../verify/context.ts'
import { inventory, type Listed, placeOf } from '../verify/inventory.ts'
import { readTopics, textFlag } from './flag.ts'
import { openPorts } from './ports.ts'

interface Flags {
  readonly committed?: boolean
  readonly sink?: string
  readonly prefix?: string
  readonly topic?: readonly string[]
  readonly name?: string
  readonly json?: boolean
}

/** `list <pipeline>`: the objects that its commits name. */
export function listCommand(): Command {
  return new Command('list')
    .description('the objects of a pipeline by its commits: key, rows, bytes, offsets, state')
    .argument('<pipeline>', 'which pipeline')
    .option('--committed', 'exactly what is committed: without open and forgotten objects')
    .option('--sink <prefix>', 'only those of this sink')
    .option('--prefix <prefix>', 'only those whose key begins so')
    .addOption(
      textFlag('topic', 'names', 'as it was run: on other topics; or only these', readTopics),
    )
    .option('--name <name>', 'the instance, where it was run with another name')
    .option('--json', 'one JSON document a line')
    .action(run)
}

async function run(pipeline: string, flags: Flags): Promise<void> {
  const { committed, sink, prefix = '', topic, name = pipeline, json } = flags
  const ports = await openPorts({ readOnly: true })
  try {
    const all = inventory({
      pipeline: name,
      store: ports.store,
      clock: systemClock,
      ...(topic !== undefined && { topics: topic }),
    })
    for await (const listed of all) {
      if (committed && (listed.state === 'open' || listed.state === 'forgotten')) continue
      if (sink !== undefined && listed.object.sink !== sinkOf(sink)) continue
      if (placeOf(listed).startsWith(prefix)) console.log(json ? jsonOf(listed) : lineOf(listed))
    }
  } finally {
    await ports.close()
  }
}

/** As sinks are called: a prefix without slashes around it. */
const sinkOf = (text: string): string => text.replace(/^\/+|\/+$/g, '')

/** What stands in a line, with tabs between: keys may hold spaces, and no tabs. */
export function lineOf(listed: Listed): string {
  const { state, lane, object } = listed
  const { rows, rowBytes, firstOffset, lastOffset } = object
  const bytes = state === 'open' ? rowBytes : object.bytes
  const offsets = firstOffset < 0 ? labelOf(lane) : `${labelOf(lane)}@${firstOffset}..${lastOffset}`
  return [placeOf(listed), rows, bytes, offsets, state].join('\t')
}

function jsonOf(listed: Listed): string {
  const { state, lane, commit, object } = listed
  const { sink, rows, rowBytes, firstOffset, lastOffset, minTime, maxTime } = object
  const own =
    state === 'open'
      ? { bytes: rowBytes }
      : { bytes: object.bytes, sha256: object.sha256, because: object.because }
  return JSON.stringify({
    [state === 'open' ? 'folder' : 'key']: placeOf(listed),
    state,
    sink,
    lane: labelOf(lane),
    commit,
    rows,
    ...own,
    ...(firstOffset >= 0 && { firstOffset, lastOffset }),
    ...(Number.isFinite(minTime) && { minTime, maxTime }),
  })
}
