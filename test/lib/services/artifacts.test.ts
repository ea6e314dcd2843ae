import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { artifactFolder, requireToolsFor } from '../../../lib/services/artifacts.ts'
import { SluiceError } from '../../../lib/errors.ts'
import { writeProgram } from '../../support/program.ts'

const silent = () => {}

/** A cache folder of its own, and a `go` that is this shell script. */
async function withGo(t: ExecutionContext, script: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-artifacts-'))
  const { PATH, XDG_CACHE_HOME } = process.env
  t.teardown(async () => {
    Object.assign(process.env, { PATH, XDG_CACHE_HOME: XDG_CACHE_HOME ?? '' })
    await rm(folder, { recursive: true })
  })
  writeProgram(join(folder, 'go'), `#!/bin/sh\n${script}\n`)
  Object.assign(process.env, {
    PATH: `${folder}${delimiter}${PATH}`,
    XDG_CACHE_HOME: join(folder, 'cache'),
  })
  return join(folder, 'cache', 'sluice')
}

test.serial('a program is built once and then found', async (t) => {
  const cache = await withGo(t, 'echo program > "$GOBIN/versitygw"')
  const lines: string[] = []
  const first = await artifactFolder('versitygw', (line) => lines.push(line))
  t.deepEqual(await readdir(first), ['versitygw'])
  t.is(lines.length, 2)
  t.is(await artifactFolder('versitygw', (line) => lines.push(line)), first)
  t.is(lines.length, 2)
  t.is((await readdir(cache)).length, 1)
})

test.serial('of two builds at once both use the one that is finished first', async (t) => {
  const cache = await withGo(t, 'sleep 0.1; echo program > "$GOBIN/minio"')
  const [one, other] = await Promise.all([
    artifactFolder('minio', silent),
    artifactFolder('minio', silent),
  ])
  t.is(one, other)
  t.deepEqual(await readdir(cache), [one.slice(cache.length + 1)])
})

test.serial('a build that fails leaves nothing behind and says why', async (t) => {
  const cache = await withGo(t, 'touch "$GOBIN/half"; echo "no such module" >&2; exit 3')
  const error = await t.throwsAsync(artifactFolder('minio', silent), { instanceOf: SluiceError })
  t.regex(error.message, /go install .*minio.* ended with 3:\nno such module/)
  t.deepEqual(await readdir(cache), [])
})

test.serial('tools are needed only to build what has not been built', async (t) => {
  await withGo(t, 'test "$1" = version && echo "go version go1.2" || echo > "$GOBIN/minio"')
  const error = await t.throwsAsync(requireToolsFor(['minio']), { instanceOf: SluiceError })
  t.regex(error.message, /Go 1\.25 or newer \(found 1\.2\)/)
  t.notRegex(error.message, /\n/)
  await artifactFolder('minio', silent)
  await t.notThrowsAsync(requireToolsFor(['minio']))
})
