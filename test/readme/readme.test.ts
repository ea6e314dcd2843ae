import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import test from 'ava'
import { minutes } from '../../lib/duration.ts'
import { runPipeline } from '../../lib/run/run.ts'
import { memoryLog, memoryStore, virtualClock } from '../../lib/testing.ts'
import pageViews from './page-views.ts'

const readme = readFileSync('README.md', 'utf8')
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(
    ([, text = '']) => text,
  )

const textOf = (key: string, bytes: Buffer): string =>
  (key.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()

test('the pipeline in the README is one that compiles', (t) => {
  const source = readFileSync(new URL('./page-views.ts', import.meta.url), 'utf8')
  t.true(blocks('ts').some((block) => block.startsWith('export default') && source.endsWith(block)))
})

test('the pipeline in the README runs, with nothing but memory', async (t) => {
  const clock = virtualClock()
  const log = memoryLog({ clock })
  const store = memoryStore()
  await log.create('page-views', 2)
  const producer = await log.producer('page-views')
  const view = { viewedAt: clock.now(), country: 'NZ', device: 'phone', seconds: 3 }
  const values = ['a', 'b', 'a'].map((eventGuid) => JSON.stringify({ ...view, eventGuid }))
  await producer.append([
    ...values.map((value) => ({ key: 'NZ', value })),
    { key: 'NZ', value: '{' },
  ])
  await runPipeline({
    pipeline: pageViews,
    log,
    store,
    clock,
    untilEnd: true,
    commitEvery: minutes(1),
    memory: 64 * 1024 * 1024,
    signal: new AbortController().signal,
  })
  const rows = async (prefix: string): Promise<unknown[]> => {
    const found: unknown[] = []
    for await (const key of store.list(`${prefix}/`))
      for (const line of textOf(key, (await store.get(key))!)
        .trim()
        .split('\n'))
        found.push(JSON.parse(line))
    return found
  }
  t.is((await rows('raw')).length, 3)
  t.like(await rows('hourly'), [{ country: 'NZ', device: 'phone', views: 2, seconds: 6 }])
  t.like(await rows('rejected'), [{ operator: 'parse', text: '{' }])
})

test('what the page on look-ups shows compiles', (t) => {
  const shown = [...readFileSync('docs/look-ups.md', 'utf8').matchAll(/```ts\n(.*?)```/gs)]
  const compiled = unindented(readFileSync('test/types/look-ups.types.ts', 'utf8'))
  t.is(shown.length, 2)
  for (const [, block = ''] of shown) t.true(compiled.includes(unindented(block).trim()), block)
})

const unindented = (text: string): string => text.replace(/^ +/gm, '')

test('every command and every file that the README names is there', (t) => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: Record<string, string>
  }
  const commands = [...readme.matchAll(/npm (?:run )?([a-z:-]+)/g)].map(([, name = '']) => name)
  t.true(commands.length > 8)
  for (const name of commands.filter((name) => name !== 'ci')) t.truthy(scripts[name], name)
  for (const [, file = ''] of readme.matchAll(/\]\((?!http)([^)#]+)(?:#[^)]*)?\)/g))
    t.true(existsSync(file), file)
})
