import { Command, Option as Flag } from 'commander'
import { systemClock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import { choice, integer } from '../options.ts'
import { flagName, flagOf, readTopic, textFlag } from './flag.ts'
import { PLAN } from './generate.ts'
import { createTopics, hasRecords, PARTITIONS, producedTopicsOf } from './pipeline-topics.ts'
import { openLog } from './ports.ts'
import { type Given, type Origin, recordsFor } from './record-source.ts'
import { stopOnSignals } from './stop.ts'

/** Options that mean something for records of one origin alone. */
const OWN: Readonly<Record<Origin, readonly (keyof Given)[]>> = {
  generated: ['events', 'seed', 'duplicates', 'late', 'malformed', 'schema'],
  samples: [],
  lines: ['key', 'badLines'],
}

const BAD_LINES = choice(
  ['stop', 'skip', 'send'],
  'what a line that is no JSON, or has no such field, does: stop there, be left out, or be sent as it is, without a key',
)

/** `produce <pipeline>`: generated events, or samples, into the topic that the pipeline reads. `produce --topic T`: lines of standard input. */
export function produceCommand(): Command {
  return new Command('produce')
    .description(
      'write records into a topic: generated for a pipeline, samples that lie beside it, or, with --topic alone, JSON lines from standard input; makes the topic, and those that the pipeline produces to',
    )
    .argument('[name]', 'pipelines/<name>.ts, or samples: pipelines/<name>.samples.ts')
    .addOption(textFlag('topic', 'name', "topic (default: the pipeline's)", readTopic))
    .addOption(
      textFlag(
        'partitions',
        'n',
        `partitions of a new topic (default: ${PARTITIONS} for generated records, what samples say, 1 for lines)`,
        (text) => integer(1, '').read(text),
      ),
    )
    .addOption(new Flag('--if-empty', 'only where the topic has no record yet'))
    .addOption(
      textFlag('key', 'field', 'lines: whose value is the key, such as id or user.id', readField),
    )
    .addOption(flagOf('badLines', { ...BAD_LINES, help: `lines: ${BAD_LINES.help}` }))
    .addOption(flagOf('events', integer(PLAN.events, 'generated: records of all kinds together')))
    .addOption(flagOf('seed', integer(PLAN.seed, 'generated: the same seed, the same records', 0)))
    .addOption(rate('duplicates', 'generated: part that repeats an earlier record'))
    .addOption(rate('late', 'generated: part that is hours behind'))
    .addOption(rate('malformed', 'generated: part that no pipeline can take'))
    .addOption(
      textFlag(
        'schema',
        'file',
        'generated: columns (default: pipelines/<name>.generator.ts)',
        String,
      ),
    )
    .action(produce)
}

function rate(name: 'duplicates' | 'late' | 'malformed', help: string) {
  return textFlag(name, 'rate', help, (text) => {
    const value = Number(text)
    if (text.trim() !== '' && value >= 0 && value <= 1) return value
    throw new SluiceError('config', `takes a number from 0 to 1 such as 0.01, not '${text}'`)
  }).default(PLAN[name])
}

function readField(text: string): string {
  if (text.split('.').every((name) => name !== '')) return text
  throw new SluiceError('config', `takes the name of a field such as id or user.id, not '${text}'`)
}

async function produce(name: string | undefined, given: Given, command: Command): Promise<void> {
  const { origin, topic, pipeline, write } = await recordsFor(name, given)
  refuseOthers(origin, command)
  const log = await openLog()
  const stop = stopOnSignals({ clock: systemClock, process, screen: process.stderr })
  const world = { log, clock: systemClock, signal: stop.signal, screen: process.stderr }
  try {
    const produced = pipeline ? producedTopicsOf(pipeline) : []
    for (const line of await createTopics(produced, PARTITIONS, log)) console.log(line)
    if (given.ifEmpty && (await hasRecords(log, topic)))
      return console.log(`${topic} has records already at ${log.place}: nothing written`)
    await write(world)
    process.exitCode = stop.code
  } finally {
    stop.close()
    await log.close()
  }
}

/** @throws SluiceError 'config' that names an option which would change nothing */
function refuseOthers(origin: Origin, command: Command): void {
  for (const [other, names] of Object.entries(OWN))
    for (const name of names)
      if (other !== origin && command.getOptionValueSource(name) === 'cli')
        throw new SluiceError(
          'config',
          `${flagName(name)} is for ${RECORDS[other as Origin]}, and these are ${RECORDS[origin]}: leave it out`,
        )
}

const RECORDS: Readonly<Record<Origin, string>> = {
  generated: 'generated records',
  samples: 'samples',
  lines: 'lines of standard input',
}
