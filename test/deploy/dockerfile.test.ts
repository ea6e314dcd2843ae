import { existsSync, readFileSync } from 'node:fs'
import test from 'ava'
import { parse } from 'yaml'

const lines = readFileSync('deploy/Dockerfile', 'utf8').replaceAll('\\\n', '').split('\n')
const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')))
const valuesOf = (instruction: string, from = lines): string[] =>
  from.flatMap((line) =>
    line.startsWith(`${instruction} `) ? line.slice(instruction.length + 1) : [],
  )

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  optionalDependencies: Record<string, string>
}

test('the image has the Node that the project comes with, so that none is fetched', (t) => {
  const [version = ''] = Object.values(manifest.optionalDependencies)
  const [minor = ''] = /^\d+\.\d+/.exec(version) ?? []
  t.deepEqual(
    new Set(valuesOf('FROM').map((image) => image.split(' ')[0])),
    new Set([`node:${minor}-slim`]),
  )
})

test('everything that is copied is in the repository, and let through to the build', (t) => {
  const copied = valuesOf('COPY')
    .filter((words) => !words.startsWith('--from'))
    .flatMap((words) => words.split(' ').slice(0, -1))
  t.deepEqual(new Set(copied), new Set([...copied].filter((path) => existsSync(path))))
  const let_ = readFileSync('deploy/Dockerfile.dockerignore', 'utf8').trim().split('\n')
  t.deepEqual(new Set(let_), new Set(['*', ...copied.map((path) => `!${path}`)]))
})

test('it runs as nobody of weight, and Node itself gets the signals', (t) => {
  t.deepEqual(valuesOf('USER', last), ['node'])
  const [entry = '[]'] = valuesOf('ENTRYPOINT', last)
  const [node, start = ''] = JSON.parse(entry) as string[]
  t.is(node, 'node')
  t.true(existsSync(start))
})

test('what it does unless told otherwise is to run a pipeline that there is', (t) => {
  const [words = '[]'] = valuesOf('CMD', last)
  const [command, pipeline] = JSON.parse(words) as string[]
  t.is(command, 'run')
  t.true(existsSync(`pipelines/${pipeline}.ts`))
})

test('a container is given longer to stop than a clean stop takes', async (t) => {
  const { DRAIN } = await import('../../lib/cli/stop.ts')
  const compose = parse(readFileSync('deploy/compose.yaml', 'utf8')) as {
    'x-sluice': { stop_grace_period: string }
  }
  const grace = /^(\d+)s$/.exec(compose['x-sluice'].stop_grace_period)?.[1]
  t.true(Number(grace) * 1_000 > DRAIN)
})
