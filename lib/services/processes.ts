import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SluiceError } from '../errors.ts'
import { artifactFolder, requireToolsFor } from './artifacts.ts'
import type { DriverOptions } from './driver.ts'
import { becomesHealthy } from './health.ts'
import { kafkaLaunch } from './kafka.ts'
import type { Launch, Place } from './launch.ts'
import { gone, isRunning, lastLines, signal, spawnProcess, stopped } from './process.ts'
import type { Driver, Service, ServiceName, ServiceState } from './service.ts'
import { minioLaunch, versitygwLaunch } from './stores.ts'
import { urlOf } from './url.ts'

const launches: Record<ServiceName, (place: Place) => Promise<Launch>> = {
  kafka: kafkaLaunch,
  versitygw: versitygwLaunch,
  minio: minioLaunch,
}

const startWithin = 60_000
const stopWithin = 15_000
const pauseWithin = 1_000

/** The driver that runs services as processes of this machine, from programs in the cache. */
export function processes(options: DriverOptions): Driver {
  const services = new Set<Service>()
  return {
    kind: 'processes',
    async prepare(names) {
      await requireToolsFor(names)
      for (const name of names) await artifactFolder(name, options.report)
    },
    service(state) {
      const service = processService(state, options)
      services.add(service)
      return service
    },
    async remove() {
      for (const service of services) await service.kill()
      await rm(options.folder, { recursive: true, force: true })
    },
  }
}

function processService(known: ServiceState, options: DriverOptions): Service {
  const { name, port } = known
  const folder = join(options.folder, name)
  const logFile = join(folder, `${name}.log`)
  let identity = known.process

  const running = () => identity !== undefined && isRunning(identity)
  const send = (signalName: NodeJS.Signals) => {
    if (identity !== undefined) signal(identity, signalName)
  }
  const kill = async () => {
    send('SIGKILL')
    if (identity !== undefined) await gone(identity, stopWithin)
  }

  const service: Service = {
    name,
    url: urlOf(known),
    state: () => ({ name, port, ...(identity === undefined ? {} : { process: identity }) }),
    running: async () => running(),
    async pause() {
      send('SIGSTOP')
      if (identity !== undefined) await stopped(identity, pauseWithin)
    },
    resume: async () => send('SIGCONT'),
    kill,
    async start() {
      if (running()) return
      await mkdir(folder, { recursive: true })
      const launch = await launches[name]({ ...options, folder, port })
      const logged = await sizeOf(logFile)
      const { release, ...started } = await spawnProcess({ ...launch, logFile })
      identity = started
      if (!(await becomesHealthy(service, startWithin))) {
        const what = running() ? `does not answer after ${startWithin / 1_000} s` : 'died'
        await kill()
        const log = lastLines(logFile, logged)
        throw new SluiceError('service', `${name} ${what}; the end of ${logFile}:\n${log}`)
      }
      if (options.outlive) release()
    },
    async stop() {
      send('SIGTERM')
      send('SIGCONT')
      if (identity !== undefined && !(await gone(identity, stopWithin))) await kill()
    },
  }
  return service
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0
}
