import { Command } from 'commander'
import { systemClock } from '../clock.ts'
import { type Duration, days } from '../duration.ts'
import { examine } from '../doctor/doctor.ts'
import { SluiceError } from '../errors.ts'
import { duration } from '../options.ts'
import { instancesIn } from '../verify/discovery.ts'
import { linesOf, openFindings } from './doctor-report.ts'
import { EXIT } from './exit.ts'
import { flagOf, readTopics, textFlag } from './flag.ts'
import { openPorts } from './ports.ts'

interface Flags {
  readonly topic?: readonly string[]
  readonly name?: string
  readonly olderThan: Duration
  readonly remove?: boolean
  readonly json?: boolean
}

/** `doctor [pipeline …]`: what may cost data or money later, and what to do. Exits 1 with findings. */
export function doctorCommand(): Command {
  const olderThan = duration(days(1), 'what is younger is left alone')
  return new Command('doctor')
    .description(
      'look for uploads that nobody needs, rules that remove what is needed, lanes that stand still, two owners, clocks that disagree',
    )
    .argument('[pipelines...]', 'which pipelines (default: all that have run in the bucket)')
    .addOption(
      textFlag('topic', 'names', 'as it was run: on other topics than its own', readTopics),
    )
    .option('--name <name>', 'the instance, where it was run with another name')
    .addOption(flagOf('olderThan', olderThan))
    .option('--remove', 'remove uploads and bundles that no record can need')
    .option('--json', 'one JSON document for each pipeline')
    .action(run)
}

async function run(pipelines: readonly string[], flags: Flags): Promise<void> {
  const { topic, name, olderThan, remove = false, json } = flags
  if (pipelines.length !== 1 && (topic !== undefined || name !== undefined))
    throw new SluiceError('config', '--topic and --name are of one pipeline: say which')
  const ports = await openPorts({ readOnly: !remove })
  try {
    const { store, log } = ports
    const names = pipelines.length > 0 ? pipelines : await instancesIn(store, systemClock)
    if (names.length === 0) throw new SluiceError('config', `no pipeline has run in ${store.place}`)
    for (const pipeline of names) {
      const diagnosis = await examine({
        pipeline: name ?? pipeline,
        ...(topic !== undefined && { topics: topic }),
        store,
        log,
        clock: systemClock,
        olderThan,
        remove,
      })
      const lines = json ? [JSON.stringify(diagnosis)] : linesOf(diagnosis)
      for (const line of lines) console.log(line)
      if (openFindings(diagnosis).length > 0) process.exitCode = EXIT.failed
    }
  } finally {
    await ports.close()
  }
}
