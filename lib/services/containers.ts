import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { SluiceError, messageOf } from '../errors.ts'
import type { DriverOptions } from './driver.ts'
import { becomesHealthy } from './health.ts'
import { leash } from './process.ts'
import type { Driver, Service, ServiceState } from './service.ts'
import { urlOf } from './url.ts'

const composeFile = fileURLToPath(new URL('../../deploy/compose.services.yaml', import.meta.url))
const startWithin = 120_000
const execute = promisify(execFile)

/** Whether a container engine and Compose answer on this machine. */
export async function containersWork(): Promise<boolean> {
  try {
    await execute('docker', ['info'], { timeout: 10_000 })
    await execute('docker', ['compose', 'version'], { timeout: 10_000 })
    return true
  } catch {
    return false
  }
}

/**
 * The driver that runs services by Docker Compose. A folder's services are one Compose project;
 * their data is in its volumes, so the folder itself stays empty.
 */
export function containers(options: DriverOptions): Driver {
  const project = projectOf(options.folder)
  const down = ['down', '--volumes', '--timeout', '0']
  const release = options.outlive
    ? undefined
    : leash(['docker', ...composeArguments(project, down)])
  return {
    kind: 'containers',
    async prepare(names) {
      options.report(`fetching the images of ${names.join(' and ')}`)
      await compose(project, ['pull', '--quiet', '--ignore-buildable', ...names])
      await compose(project, ['build', '--quiet', ...names])
    },
    service: (state) => containerService(state, project),
    async remove() {
      await compose(project, down)
      release?.()
      await rm(options.folder, { recursive: true, force: true })
    },
  }
}

/** The Compose project of a folder: the same folder is always the same project. */
export function projectOf(folder: string): string {
  return `sluice-${createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 12)}`
}

function containerService({ name, port }: ServiceState, project: string): Service {
  const run = (...args: string[]) => compose(project, args, { [portVariable(name)]: `${port}` })
  const service: Service = {
    name,
    url: urlOf({ name, port }),
    state: () => ({ name, port }),
    running: async () => (await run('ps', '--quiet', name)) !== '',
    kill: async () => void (await run('kill', name)),
    pause: async () => void (await run('pause', name)),
    resume: async () => void (await run('unpause', name)),
    stop: async () => void (await run('rm', '--stop', '--force', name)),
    async start() {
      await run('up', '--detach', name)
      if (await becomesHealthy(service, startWithin)) return
      const log = await run('logs', '--no-log-prefix', '--tail', '15', name)
      await service.stop()
      throw new SluiceError('service', `${name} does not start; the end of its log:\n${log}`)
    },
  }
  return service
}

function portVariable(name: string): string {
  return `SLUICE_${name.toUpperCase()}_PORT`
}

async function compose(
  project: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  try {
    const { stdout } = await execute('docker', composeArguments(project, args), {
      env: { ...process.env, ...env },
    })
    return stdout.trim()
  } catch (error) {
    throw new SluiceError('service', messageOf(error).trim(), { cause: error })
  }
}

function composeArguments(project: string, args: readonly string[]): string[] {
  return ['compose', '--project-name', project, '--file', composeFile, ...args]
}
