import { Command, Option } from 'commander'
import { findDetached, startDetached, stopDetached } from '../services/detached.ts'
import type { DriverKind } from '../services/driver.ts'
import type { Service, StoreName } from '../services/service.ts'

const stores: StoreName[] = ['versitygw', 'minio']
const drivers: DriverKind[] = ['processes', 'containers']

/**
 * `services [start] | stop | status`: a broker and an S3 store on this machine, for pipelines
 * started by hand. Works in the current folder: `.env`, and data and logs in `data/services`.
 */
export function servicesCommand(): Command {
  const command = new Command('services')
    .description('a real Kafka broker and a real S3 store on this machine')
    .exitOverride()
  command
    .command('start', { isDefault: true })
    .description('start them, and write into .env how pipelines reach them')
    .addOption(oneOf('--store <name>', 'the S3 store (default: versitygw)', stores))
    .addOption(oneOf('--driver <kind>', 'default: containers where Docker Compose works', drivers))
    .action(start)
  command
    .command('stop')
    .description('end them and take their lines out of .env; their data stays')
    .action(stop)
  command.command('status').description('show which of them run').action(status)
  return command
}

function oneOf(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices(choices)
}

async function start(options: { store?: StoreName; driver?: DriverKind }): Promise<void> {
  const found = await startDetached({ ...here(), ...options })
  for (const { service, wasRunning } of found) {
    print(service, wasRunning ? 'already running' : 'started')
  }
  console.log('.env names them; their data and logs are in data/services')
}

async function stop(): Promise<void> {
  const found = await stopDetached(here())
  if (found.length === 0) console.log('no services were started here')
  for (const { service, wasRunning } of found) {
    print(service, wasRunning ? 'stopped' : 'was not running any more')
  }
}

async function status(): Promise<void> {
  const found = await findDetached(here())
  if (found.length === 0) console.log('no services were started here')
  for (const { service, wasRunning } of found) {
    print(service, wasRunning ? 'running' : 'not running any more')
  }
}

function here() {
  return { root: process.cwd(), report: (line: string) => console.error(line) }
}

function print({ name, url }: Service, what: string): void {
  console.log(`${name.padEnd(10)} ${url.padEnd(22)} ${what}`)
}
