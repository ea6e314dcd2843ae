import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { SluiceError } from '../errors.ts'
import { requireTools, type Tool } from './toolchain.ts'
import type { Report, ServiceName } from './service.ts'
import {
  kafkaVersion,
  log4jVersion,
  mavenDependencyPlugin,
  minioPackage,
  minioVersion,
  versitygwPackage,
  versitygwVersion,
} from './versions.ts'

interface Artifact {
  version: string
  builtWith: Tool
  runsOn?: Tool
  /** Fills an empty folder. */
  build(folder: string): Promise<void>
}

const artifacts: Record<ServiceName, Artifact> = {
  kafka: {
    version: kafkaVersion,
    builtWith: 'mvn',
    runsOn: 'java',
    async build(folder) {
      const pom = join(folder, 'pom.xml')
      await writeFile(pom, kafkaPom())
      const goal = `org.apache.maven.plugins:maven-dependency-plugin:${mavenDependencyPlugin}:copy-dependencies`
      await run('mvn', ['-B', '-q', '-f', pom, goal, `-DoutputDirectory=${folder}`])
    },
  },
  versitygw: {
    version: versitygwVersion,
    builtWith: 'go',
    build: (folder) => goInstall(`${versitygwPackage}@v${versitygwVersion}`, folder),
  },
  minio: {
    version: minioVersion,
    builtWith: 'go',
    build: (folder) => goInstall(`${minioPackage}@v${minioVersion}`, folder),
  },
}

/** Where built services are kept: `$XDG_CACHE_HOME/sluice`, by default `~/.cache/sluice`. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sluice')
}

/** Throws one `service` error that names every tool these services need and this machine lacks. */
export async function requireToolsFor(names: readonly ServiceName[]): Promise<void> {
  const needed = names.flatMap((name) => {
    const { builtWith, runsOn } = artifacts[name]
    return [...(runsOn ? [runsOn] : []), ...(existsSync(folderOf(name)) ? [] : [builtWith])]
  })
  await requireTools(needed)
}

/**
 * The folder that holds a service's program: Kafka's jars, or the store's binary. Built on first
 * use (Kafka about 10 s, versitygw 1–2 minutes, MinIO 3), reported every 10 s. A build that is
 * killed leaves no half folder, and of two builds at once the first to finish is used by both.
 */
export async function artifactFolder(name: ServiceName, report: Report): Promise<string> {
  const folder = folderOf(name)
  if (existsSync(folder)) return folder
  await mkdir(cacheFolder(), { recursive: true })
  const unfinished = await mkdtemp(join(cacheFolder(), `.unfinished-${name}-`))
  const title = `${name} ${artifacts[name].version}`
  const begun = Date.now()
  const seconds = () => Math.round((Date.now() - begun) / 1_000)
  report(`building ${title}, once for this machine`)
  const ticking = setInterval(() => report(`building ${title}: ${seconds()} s`), 10_000)
  try {
    await artifacts[name].build(unfinished)
    await rename(unfinished, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
    report(`built ${title} in ${seconds()} s`)
    return folder
  } finally {
    clearInterval(ticking)
    await rm(unfinished, { recursive: true, force: true })
  }
}

function folderOf(name: ServiceName): string {
  return join(cacheFolder(), `${name}-${artifacts[name].version}`)
}

function goInstall(packageAtVersion: string, folder: string): Promise<void> {
  return run('go', ['install', packageAtVersion], { GOBIN: folder })
}

function run(command: string, args: string[], env: Record<string, string> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let tail = ''
    const keep = (data: Buffer) => {
      tail = (tail + data.toString()).slice(-2_000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) return resolve()
      const line = [command, ...args].join(' ')
      reject(
        new SluiceError('service', `\`${line}\` ended with ${code ?? signal}:\n${tail.trim()}`),
      )
    })
  })
}

function kafkaPom(): string {
  const dependency = (group: string, artifact: string, version: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0">',
    '<modelVersion>4.0.0</modelVersion>',
    '<groupId>sluice</groupId><artifactId>kafka</artifactId><version>1</version>',
    '<dependencies>',
    dependency('org.apache.kafka', 'kafka_2.13', kafkaVersion),
    dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', log4jVersion),
    '</dependencies>',
    '</project>',
    '',
  ].join('\n')
}
