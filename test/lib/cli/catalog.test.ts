import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import {
  findSamples,
  loadPipeline,
  loadSamples,
  loadSchema,
  pipelineNames,
  samplesNames,
} from '../../../lib/cli/catalog.ts'
import { testFolder } from '../local/folder.ts'

const SCHEMA = {
  from: '2025-03-17T00:00:00Z',
  columns: [
    { name: 'id', type: 'uuid' },
    { name: 'at', type: 'timestamp' },
  ],
}

/** A folder with these files. */
async function folderOf(t: ExecutionContext, files: Record<string, string>): Promise<URL> {
  const folder = testFolder(t)
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return pathToFileURL(`${folder}/`)
}

const exporting = (value: unknown): string => `export default ${JSON.stringify(value)}\n`

test('pipelines are the files without a dot in their name', async (t) => {
  const folder = await folderOf(t, {
    'views.ts': '',
    'views.schema.ts': '',
    'views.generator.ts': '',
    'README.md': '',
    'a-b.ts': '',
  })
  t.deepEqual(await pipelineNames(folder), ['a-b', 'views'])
})

test("the project's own pipelines load", async (t) => {
  for (const name of await pipelineNames()) t.is((await loadPipeline(name)).name, name)
})

test('a name that is missing or wrong is answered with those there are', async (t) => {
  const folder = await folderOf(t, { 'orders.ts': '', 'views.ts': '' })
  const code = 'config'
  await t.throwsAsync(loadPipeline(undefined, folder), {
    code,
    message: 'which pipeline? the pipelines are: orders, views',
  })
  await t.throwsAsync(loadPipeline('../views', folder), {
    code,
    message: 'there is no pipeline ../views; the pipelines are: orders, views',
  })
})

test('a file that defines no pipeline, or one of another name, is refused', async (t) => {
  const folder = await folderOf(t, {
    'views.ts': exporting({ name: 'orders' }),
    'empty.ts': 'export {}\n',
  })
  for (const name of ['views', 'empty'])
    await t.throwsAsync(loadPipeline(name, folder), {
      code: 'config',
      message: `pipelines/${name}.ts has to end in export default definePipeline('${name}', …)`,
    })
})

test('a file that does not run is named, with its own complaint', async (t) => {
  const folder = await folderOf(t, { 'views.ts': `throw new Error('no such field')\n` })
  await t.throwsAsync(loadPipeline('views', folder), {
    code: 'config',
    message: /^cannot load .*views\.ts: no such field$/,
  })
})

test('a schema is found beside its pipeline', async (t) => {
  const folder = await folderOf(t, { 'views.generator.ts': exporting(SCHEMA) })
  t.deepEqual(await loadSchema('views', undefined, folder), SCHEMA as never)
  t.is(await loadSchema('orders', undefined, folder), undefined)
})

test('another schema is a module or a JSON file', async (t) => {
  const folder = await folderOf(t, {
    'mine.ts': exporting(SCHEMA),
    'mine.json': JSON.stringify(SCHEMA),
  })
  for (const name of ['mine.ts', 'mine.json'])
    t.deepEqual(await loadSchema('views', new URL(name, folder).pathname, folder), SCHEMA as never)
})

test('a schema that is not there or does not fit is named', async (t) => {
  const folder = await folderOf(t, { 'mine.json': '{}' })
  const code = 'config'
  await t.throwsAsync(loadSchema('views', '/nowhere/mine.json'), {
    code,
    message: /^cannot load \/nowhere\/mine\.json: /,
  })
  await t.throwsAsync(loadSchema('views', new URL('mine.json', folder).pathname), {
    code,
    message: /mine\.json: from is undefined/,
  })
})

const samples = (topic: string, more = ''): string =>
  `export default { topic: '${topic}', partitions: 1, file: new URL('./x.jsonl', import.meta.url)${more} }\n`

test('samples are found by the topic that is read, and by the options that they are for', async (t) => {
  const folder = await folderOf(t, {
    'a.samples.ts': samples('views', ", options: { input: 'json' }"),
    'b.samples.ts': samples('views', ", options: { input: 'text' }"),
    'c.samples.ts': samples('orders'),
    'views.ts': '',
  })
  t.deepEqual(await samplesNames(folder), ['a', 'b', 'c'])
  const found = async (topic: string, values: Record<string, unknown>) =>
    (await findSamples({ topic, values }, folder))?.options?.['input']
  t.is(await found('views', { input: 'text' }), 'text')
  t.is(await found('views', {}), 'json')
  t.is(await found('views', { input: 'xml' }), undefined)
  t.is((await findSamples({ topic: 'orders', values: { input: 'x' } }, folder))?.topic, 'orders')
  t.is(await findSamples({ topic: 'sales', values: {} }, folder), undefined)
})

test("the project's own samples load, and their files are there", async (t) => {
  for (const name of await samplesNames()) {
    const { file } = await loadSamples(name)
    t.true((await readFile(file, 'utf8')).endsWith('\n'), name)
  }
})

test('samples that do not fit are named, with what is wrong', async (t) => {
  const folder = await folderOf(t, {
    'a.samples.ts': exporting({ topic: 'a/b' }),
    'b.samples.ts': exporting({ topic: 'b', partitions: 0 }),
    'c.samples.ts': exporting({ topic: 'c', partitions: 1, file: './c.jsonl' }),
    'd.samples.ts': samples('d', ', key: 1'),
  })
  for (const [name, what] of [
    ['a', 'topic is a/b'],
    ['b', 'partitions is 0'],
    ['c', 'file has to be new URL'],
    ['d', 'key is 1'],
  ] as const) {
    const error = await t.throwsAsync(loadSamples(name, folder), { code: 'config' })
    t.true(error.message.startsWith(`pipelines/${name}.samples.ts: ${what}`), error.message)
  }
})
