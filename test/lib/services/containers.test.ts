import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { containers, projectOf } from '../../../lib/services/containers.ts'
import { SluiceError } from '../../../lib/errors.ts'
import { credentials } from '../../../lib/services/credentials.ts'
import { serverProperties } from '../../../lib/services/kafka.ts'
import {
  kafkaVersion,
  minioPackage,
  minioVersion,
  versitygwVersion,
} from '../../../lib/services/versions.ts'
import { writeProgram } from '../../support/program.ts'

const composeFile = new URL('../../../deploy/compose.services.yaml', import.meta.url)
const compose = readFileSync(composeFile, 'utf8')

test('a folder is always the same Compose project, and two folders are two', (t) => {
  t.is(projectOf('/a/b'), projectOf('/a/c/../b'))
  t.not(projectOf('/a/b'), projectOf('/a/c'))
  t.regex(projectOf('/A Folder/ü'), /^[a-z0-9][a-z0-9_-]+$/)
})

test('containers run the versions that processes run', (t) => {
  t.true(compose.includes(`image: apache/kafka:${kafkaVersion}\n`))
  t.true(compose.includes(`image: versity/versitygw:v${versitygwVersion}\n`))
  t.true(compose.includes(`image: sluice-minio:${minioVersion}\n`))
  t.true(compose.includes(`go install ${minioPackage}@v${minioVersion}\n`))
})

test('containers have the bucket and the credentials that processes have', (t) => {
  const { accessKeyId, secretAccessKey, region, bucket } = credentials
  for (const line of [
    `ROOT_ACCESS_KEY: ${accessKeyId}`,
    `ROOT_SECRET_KEY: ${secretAccessKey}`,
    `VGW_REGION: ${region}`,
    `MINIO_ROOT_USER: ${accessKeyId}`,
    `MINIO_ROOT_PASSWORD: ${secretAccessKey}`,
    `MINIO_REGION: ${region}`,
    `mkdir -p /data/buckets/${bucket} `,
    `mkdir -p /data/${bucket} `,
  ])
    t.true(compose.includes(line), line)
})

test('the broker in a container is configured as the one that runs as a process', (t) => {
  const ofThePlace = /listener|quorum|log\.dirs|node\.id|process\.roles|controller/
  const lines = serverProperties({
    port: 1,
    node: { id: 1, controllers: new Map([[1, 2]]) },
    logFolder: '/data',
  })
    .trim()
    .split('\n')
  const shared = lines.filter((line) => !ofThePlace.test(line))
  t.true(shared.length > 5)
  for (const line of shared) {
    const [name = '', value = ''] = line.split('=')
    const variable = `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`
    t.regex(compose, new RegExp(`^ +${variable}: '?${value}'?$`, 'm'))
  }
})

/** A `docker` that notes how it was called and prints `answer`. Resolves to the calls so far. */
async function withDocker(t: ExecutionContext, answer: string): Promise<() => Promise<string[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-docker-'))
  const { PATH } = process.env
  t.teardown(async () => {
    Object.assign(process.env, { PATH })
    await rm(folder, { recursive: true })
  })
  const calls = join(folder, 'calls')
  const docker = join(folder, 'docker')
  const script = ['#!/bin/sh', `echo "$SLUICE_MINIO_PORT $*" >> ${calls}`, `echo ${answer}`]
  writeProgram(docker, script.join('\n'))
  Object.assign(process.env, { PATH: `${folder}${delimiter}${PATH}` })
  return async () => (await readFile(calls, 'utf8')).trimEnd().split('\n')
}

test.serial('each verb is one Compose command on the project of the folder', async (t) => {
  const calls = await withDocker(t, 'container-id')
  const folder = await mkdtemp(join(tmpdir(), 'sluice-containers-'))
  const server = createServer((_, response) => response.writeHead(403).end()).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }

  const driver = containers({ folder, outlive: true, report: () => {} })
  const service = driver.service({ name: 'minio', port })
  await service.start()
  t.true(await service.running())
  await service.pause()
  await service.resume()
  await service.kill()
  await service.stop()
  await driver.remove()

  const compose = `compose --project-name ${projectOf(folder)} --file`
  const made = (await calls()).map((call) => call.replace(/--file \S+/, '--file'))
  t.deepEqual(
    [...new Set(made)],
    [
      `${port} ${compose} up --detach minio`,
      `${port} ${compose} ps --quiet minio`,
      `${port} ${compose} pause minio`,
      `${port} ${compose} unpause minio`,
      `${port} ${compose} kill minio`,
      `${port} ${compose} rm --stop --force minio`,
      ` ${compose} down --volumes --timeout 0`,
    ],
  )
})

test.serial('what Compose says is in the error of a container that does not start', async (t) => {
  await withDocker(t, '"no space left" >&2; exit 1')
  const driver = containers({ folder: tmpdir(), outlive: true, report: () => {} })
  const error = await t.throwsAsync(driver.service({ name: 'minio', port: 1 }).start(), {
    instanceOf: SluiceError,
  })
  t.regex(error.message, /no space left/)
})
