import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import test from 'ava'

const ROOT = join(import.meta.dirname, '..')

interface Source {
  /** From the root of the project. */
  readonly path: string
  readonly text: string
  /** What it imports: paths from the root, or names of packages. */
  readonly imports: readonly string[]
}

const sources = ['lib', 'operators', 'pipelines', 'bench', 'test'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map(({ parentPath, name }) => sourceOf(join(parentPath, name).slice(ROOT.length + 1))),
)

function sourceOf(path: string): Source {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const found = text.matchAll(/^(?:import|export|\}).* from '([^']+)'|\bimport\('([^']+)'\)/gm)
  const imports = [...found].map(([, first, second]) => (first ?? second) as string)
  const absolute = (name: string): string =>
    name.startsWith('.') ? normalize(join(dirname(path), name)) : name
  return { path, text, imports: imports.map(absolute) }
}

/** An area of the project: its files, and what they may import. The first one that fits a file is its area. */
interface Area {
  readonly name: string
  readonly files: RegExp
  readonly may: readonly RegExp[]
}

const core = /^lib\/(?!index|testing)[^/]+\.ts$|^lib\/(commit|exchange|lane|run|state|table)\//
const s3WithoutClient = /^lib\/s3\/(?!client)/
const kafkaSink = /^lib\/kafka\/sink\.ts$/
const node = /^node:/

const areas: readonly Area[] = [
  {
    name: 'operators',
    files: /^operators\//,
    may: [
      /^operators\//,
      /^lib\/(argument-check|operator|async-operator|message|part|duration|errors|json-integers|json-tokens|zone|standard-schema|table\/table)\.ts$/,
      /^lib\/state\//,
      /^lib\/exchange\/exchange\.ts$/,
      /^node:buffer$/,
      /^stream-json\/core\//,
    ],
  },
  {
    name: 'pipelines',
    files: /^pipelines\//,
    may: [/^lib\/index\.ts$/, /^operators\/index\.ts$/, /^lib\/generator\//, /^zod$/],
  },
  { name: 'what pipelines import', files: /^lib\/index\.ts$/, may: [core, s3WithoutClient] },
  {
    name: 'the test kit',
    files: /^lib\/testing(\.ts$|\/)/,
    may: [
      core,
      kafkaSink,
      /^lib\/testing\//,
      /^lib\/s3\/(key|sink)\.ts$/,
      /^lib\/verify\/verify\.ts$/,
      node,
    ],
  },
  {
    name: 'kafka',
    files: /^lib\/kafka\//,
    may: [core, /^lib\/kafka\//, node, /^(p-limit|kafkajs|snappy|lz4-napi)$/],
  },
  {
    name: 's3',
    files: /^lib\/s3\//,
    may: [core, /^lib\/s3\//, node, /^(csv-stringify$|p-limit$|@(aws-sdk|smithy)\/)/],
  },
  {
    name: 'folders',
    files: /^lib\/local\//,
    may: [core, /^lib\/local\//, /^lib\/s3\/key\.ts$/, node],
  },
  {
    name: 'verify',
    files: /^lib\/verify\//,
    may: [core, /^lib\/verify\//, node, /^csv-parse\/sync$/],
  },
  {
    name: 'doctor',
    files: /^lib\/doctor\//,
    may: [core, /^lib\/doctor\//, /^lib\/verify\/(discovery|context)\.ts$/, node],
  },
  { name: 'generator', files: /^lib\/generator\//, may: [core, /^lib\/generator\//, node] },
  { name: 'services', files: /^lib\/services\//, may: [core, /^lib\/services\//, node] },
  {
    name: 'command line',
    files: /^lib\/cli\//,
    may: [
      core,
      /^lib\/(cli|kafka|s3|local|verify|doctor|generator|services)\//,
      node,
      /^(commander|hono|@hono\/node-server|prom-client)$/,
    ],
  },
  {
    // what one would write without this project
    name: 'hand-written loops',
    files: /^bench\/baselines\//,
    may: [/^bench\/baselines\//, node, /^(kafkajs|p-limit)$|^@aws-sdk\//],
  },
  {
    name: 'benchmark',
    files: /^bench\//,
    may: [/^bench\//, /^lib\//, /^operators\//, /^pipelines\//, node, /^commander$/],
  },
  {
    name: 'core',
    files: core,
    may: [core, s3WithoutClient, kafkaSink, node, /^(p-limit|xxhash-wasm|csv-parse)$/],
  },
]

/** What lies beside a pipeline under its name, or under the beginning of it: `users-by-field.ts` has `users.schema.ts`. */
const isOwn = (path: string, name: string): boolean => {
  const [pipeline = ''] = path.split(/\.(?:schema\.|generator\.)?ts$/)
  const [owner = name] = name.split(/\.(?=schema\.)/)
  return path.startsWith('pipelines/') && (pipeline === owner || pipeline.startsWith(`${owner}-`))
}

for (const { name, files, may } of areas)
  test(`imports: ${name}`, (t) => {
    const own = sources.filter(
      ({ path }) => files.test(path) && areas.find((area) => area.files.test(path))?.name === name,
    )
    t.true(own.length > 0)
    const foreign = own.flatMap(({ path, imports }) =>
      imports
        .filter((wanted) => !may.some((allowed) => allowed.test(wanted)) && !isOwn(path, wanted))
        .map((wanted) => `${path} imports ${wanted}`),
    )
    t.deepEqual(foreign, [])
  })

test('every file belongs to an area', (t) => {
  const lost = sources.filter(
    ({ path }) => !path.startsWith('test/') && !areas.some(({ files }) => files.test(path)),
  )
  t.deepEqual(
    lost.map(({ path }) => path),
    [],
  )
})

const product = sources.filter(({ path }) => !/^(test|bench)\//.test(path))

/** The files of the product in which something stands. */
const having = (what: RegExp): string[] =>
  product.filter(({ text }) => what.test(text)).map(({ path }) => path)

const importing = (what: RegExp): string[] =>
  product.filter(({ imports }) => imports.some((name) => what.test(name))).map(({ path }) => path)

test('one file knows kafkajs, one the AWS SDK, and one what carries its requests', (t) => {
  t.deepEqual(importing(/^kafkajs/), ['lib/kafka/client.ts'])
  t.deepEqual(importing(/^@aws-sdk\//), ['lib/s3/client.ts'])
  t.deepEqual(importing(/^@smithy\//), ['lib/s3/client-connections.ts'])
})

test('nothing imports tests or the test kit but tests', (t) => {
  t.deepEqual(
    importing(/^(test|lib\/testing)(\/|\.ts$)/).filter((path) => !path.startsWith('lib/testing')),
    [],
  )
})

/** Edges: what is outside of the process has a time of its own. */
const EDGES = /^lib\/(clock\.ts$|(testing|kafka|local|services|cli)\/)/

test('time is read, and timers are set, by the clock and at the edges only', (t) => {
  const clocks =
    /\b(Date\.now|performance\.now|setTimeout|setInterval|setImmediate|hrtime)\b|new Date\(\)/
  t.deepEqual(
    having(clocks).filter((path) => !EDGES.test(path)),
    [],
  )
})

test('the environment is read by the command line and for services only', (t) => {
  t.deepEqual(
    having(/\bprocess\.env\b/).filter((path) => !/^lib\/(cli|services)\//.test(path)),
    [],
  )
})

test('operators are functions of their input alone', (t) => {
  const operators = having(/Math\.random|crypto|process\.|\bfetch\(|node:(?!buffer)/)
  t.deepEqual(
    operators.filter((path) => path.startsWith('operators/')),
    [],
  )
})

test('a Transform is made in one place', (t) => {
  t.deepEqual(having(/extends Transform|new Transform/), ['lib/operator-stream.ts'])
})

/** What may have more than 250 lines, and why. */
const LONG: Readonly<Record<string, string>> = {
  'lib/operator-stream.ts': 'the one Transform of the project: its state is private to it',
  'lib/ports.ts': 'the two ports: all that the runtime asks of what is outside of it',
  'lib/commit/record.ts': 'the format of a commit record: all that can be in one, in one place',
  'lib/lane/session.ts': 'all that one claim holds: dropping it has to drop everything',
  'lib/s3/client.ts': 'the one place that knows the AWS SDK: every method of the port',
  'lib/s3/open-objects.ts':
    'the life of a sink’s objects from the first row to the stage, in one place',
}

const linesOf = ({ text }: Source): number => text.split('\n').length - 1

test('a file of over 250 lines has a reason, and a test file has no more than 400', (t) => {
  const tests = sources.filter(({ path }) => path.startsWith('test/'))
  const others = sources.filter((source) => !tests.includes(source))
  const long = others.filter((source) => linesOf(source) > 250).map(({ path }) => path)
  t.deepEqual(long.toSorted(), Object.keys(LONG).toSorted())
  t.deepEqual(
    tests.filter((source) => linesOf(source) > 400).map(({ path }) => path),
    [],
  )
})
