import test from 'ava'
import { minutes, seconds } from '../../../lib/duration.ts'
import { Budget } from '../../../lib/memory.ts'
import { StoreError } from '../../../lib/ports.ts'
import { faultyStore, memoryFiles, memoryStore, virtualClock } from '../../../lib/testing.ts'
import { PipelineTable, type TableOptions } from '../../../lib/table/table.ts'
import { Tables } from '../../../lib/table/tables.ts'

const MB = 1024 * 1024
const prefix = '_sluice/p/topic/'
const csv = (region: string): string => `country,region\nNZ,${region}\n`

/** A process with one table; `look` tells what a lane that begins an epoch now finds. */
async function scene(
  text: string | undefined = csv('Oceania'),
  options: Partial<TableOptions<Record<string, string>>> = {},
  budget = new Budget(64 * MB),
) {
  const clock = virtualClock()
  const store = memoryStore()
  const { files, write } = memoryFiles()
  write('regions.csv', text)
  const notes: string[] = []
  const note = (line: string): void => void notes.push(line)
  const table = new PipelineTable({ file: 'regions.csv', key: 'country', ...options })
  const open = Tables.open([table], { prefix, store, files, clock, budget, note })
  const tables = await clock.run(open)
  const stop = new AbortController()
  const over = tables.keepOn(stop.signal)
  const look = (): string | undefined => {
    tables.turn([table])
    return table.get('NZ')?.['region']
  }
  return { clock, store, write, notes, look, tables, budget, end: () => (stop.abort(), over) }
}

const kept = (store: ReturnType<typeof memoryStore>): string[] =>
  store.objects(`${prefix}tables/`).map(({ bytes }) => bytes.toString())

test('a change holds for epochs that begin after it was seen, and every version is kept', async (t) => {
  const { clock, store, write, notes, look } = await scene()
  t.is(look(), 'Oceania')
  write('regions.csv', csv('Zealandia'))
  await clock.advance(seconds(59))
  t.is(look(), 'Oceania')
  await clock.advance(seconds(2))
  t.is(look(), 'Zealandia')
  t.deepEqual(notes, ['the table regions.csv has changed: it holds from the next epoch on'])
  t.deepEqual(kept(store).toSorted(), [csv('Oceania'), csv('Zealandia')])
})

test('it is looked at as often as refresh says, and no more when the run is over', async (t) => {
  const { clock, write, look, end } = await scene(csv('a'), { refresh: minutes(10) })
  write('regions.csv', csv('b'))
  await clock.advance(minutes(9))
  t.is(look(), 'a')
  await clock.advance(minutes(1))
  t.is(look(), 'b')
  await end()
  write('regions.csv', csv('c'))
  await clock.advance(minutes(30))
  t.is(look(), 'b')
})

test('a table that breaks stays as it was, says so once, and goes on when it is mended', async (t) => {
  const { clock, write, notes, look } = await scene()
  write('regions.csv', 'country,region\n,nowhere\n')
  await clock.advance(minutes(5))
  t.is(look(), 'Oceania')
  write('regions.csv', undefined)
  await clock.advance(minutes(5))
  t.is(look(), 'Oceania')
  write('regions.csv', csv('again'))
  await clock.advance(minutes(1))
  t.is(look(), 'again')
  t.is(notes.length, 3)
  t.regex(
    notes[0]!,
    /^the table regions\.csv cannot be used: row 1 has no country.*; what it was before holds on until that is mended$/,
  )
  t.regex(
    notes[1]!,
    /^the table regions\.csv is not there: tables\['regions\.csv'\] of into\(pipeline, \{ tables \}\); what it was/,
  )
})

test('a table that cannot be used when the run begins stops it with one line', async (t) => {
  await t.throwsAsync(scene('a,b\n1,2\n'), { code: 'config', message: /^the table regions\.csv/ })
  await t.throwsAsync(scene(undefined, { object: undefined, file: 'other.csv' }), {
    code: 'config',
    message: "the table other.csv is not there: tables['other.csv'] of into(pipeline, { tables })",
  })
  await t.throwsAsync(scene(`country,region\n${'x'.repeat(16 * MB)},y\n`), {
    code: 'config',
    message:
      /^the table regions\.csv has 16777234 bytes, more than the 16777216 that a table may have/,
  })
})

test('tables are charged to the memory, and may take half of it', async (t) => {
  const { budget, tables } = await scene()
  t.true(tables.held > 50)
  t.is(budget.used, tables.held)
  const large = `country,region\n${Array.from({ length: 20_000 }, (_, i) => `c${i},r`).join('\n')}`
  await t.throwsAsync(scene(large, {}, new Budget(4 * MB)), {
    code: 'memory',
    message: /the table regions\.csv takes about 3 MB in memory, and all tables may take 2 MB/,
  })
})

test('an object in the bucket is a table too, and a store that is away for a while harms nothing', async (t) => {
  const clock = virtualClock()
  const memory = memoryStore()
  let isAway = true
  const store = faultyStore(memory, {
    clock,
    fault: () => (isAway ? { before: new StoreError('transient', 'away') } : undefined),
  })
  await memory.put('tables/regions.json', Buffer.from('{"NZ":{"region":"Oceania"}}'))
  const table = new PipelineTable({ object: 'tables/regions.json', key: 'country' })
  const notes: string[] = []
  void clock.sleep(seconds(90)).then(() => (isAway = false))
  const { files } = memoryFiles()
  const tables = await clock.run(
    Tables.open([table], {
      prefix,
      store,
      files,
      clock,
      budget: new Budget(MB),
      note: (line) => void notes.push(line),
    }),
  )
  const stop = new AbortController()
  void tables.keepOn(stop.signal)
  isAway = true
  await clock.advance(minutes(3))
  tables.turn([table])
  t.is(table.get('NZ')?.['region'], 'Oceania')
  t.deepEqual(notes, ['away; what it was before holds on until that is mended'])
})
