import test from 'ava'
import {
  allocatorSettings,
  dataBudget,
  DEFAULT_MEMORY,
  heapFlags,
  memoryOfEach,
} from '../../../lib/cli/heap.ts'

const MB = 1024 ** 2

/** A flag that some words ask for, as a number. */
const flagOf = (name: string, ...words: string[]): number | undefined => {
  const flag = heapFlags(words).find((one) => one.startsWith(`--${name}=`))
  return flag === undefined ? undefined : Number(flag.split('=')[1])
}

/** MB that the young generation may take: it is for these words what tells one memory from another. */
const youngOf = (...words: string[]): number | undefined => flagOf('max-semi-space-size', ...words)

test('data may take less than half of a small memory, and most of a large one', (t) => {
  t.true(dataBudget(DEFAULT_MEMORY) >= 16 * MB)
  t.true(dataBudget(DEFAULT_MEMORY) < DEFAULT_MEMORY / 2)
  t.true(dataBudget(2_048 * MB) > 1_024 * MB)
  t.true(dataBudget(2_048 * MB) < 2_048 * MB)
})

test('too little is refused with the least that will do, and that much will do', (t) => {
  const error = t.throws(() => dataBudget(64 * MB), { code: 'config' })
  t.regex(error.message, /^--memory 64MB is too small: a pipeline takes at least \d+MB$/)
  const least = Number(/least (\d+)MB/.exec(error.message)![1])
  t.true(dataBudget(least * MB) >= 16 * MB)
  t.throws(() => dataBudget(least * MB - MB), { code: 'config' })
})

test('the heap is smaller than the process and has room for its data, and garbage is collected the later the more there is', (t) => {
  for (const memory of [256, 340, 1_024]) {
    const heap = flagOf('max-old-space-size', 'run', 'views', '--memory', `${memory}MB`)!
    t.true(heap < memory)
    t.true(heap > dataBudget(memory * MB) / MB)
  }
  const growthOf = (memory: string) =>
    flagOf('heap-growing-percent', 'run', 'views', '--memory', memory)!
  t.true(growthOf('300MB') > growthOf('256MB'))
  t.true(growthOf('340MB') > growthOf('300MB'))
  t.is(growthOf('1GB'), growthOf('8GB'))
})

test('only run has flags, which are those of its default without the option', (t) => {
  t.deepEqual(heapFlags(['run', 'views']), heapFlags(['run', 'views', '--memory', '256MB']))
  t.deepEqual(heapFlags(['produce', 'views', '--memory', '512MB']), [])
  t.deepEqual(heapFlags([]), [])
})

test('both spellings and the last of several are understood, as by whoever reads the options', (t) => {
  const large = youngOf('run', 'views', '--memory', '1GB')
  t.is(youngOf('run', 'views', '--memory=1GB'), large)
  t.is(youngOf('run', 'views', '--memory', '300MB', '--memory', '1GB'), large)
  t.not(youngOf('run', 'views', '--memory', '1GB', '--memory', '300MB'), large)
})

test('a wrong value sets no flag: it will be refused', (t) => {
  for (const text of ['much', '', '5MB'])
    t.deepEqual(heapFlags(['run', 'views', '--memory', text]), [])
  t.deepEqual(heapFlags(['run', 'views', '--memory']), [])
})

test('several processes share what was said, and have as much as one alone each where nothing was', (t) => {
  t.is(memoryOfEach(undefined, 4), DEFAULT_MEMORY)
  t.true(memoryOfEach(2_048 * MB, 2) < 1_024 * MB)
  t.true(memoryOfEach(2_048 * MB, 2) > 900 * MB)
  const error = t.throws(() => memoryOfEach(512 * MB, 4), { code: 'config' })
  t.regex(
    error.message,
    /^--memory 512MB is too small for --processes 4: together .* at least \d+MB$/,
  )
  const least = Number(/least (\d+)MB/.exec(error.message)![1])
  t.notThrows(() => dataBudget(memoryOfEach(least * MB, 4)))
})

test('the allocator keeps what was freed only where there is room', (t) => {
  const kept = (...words: string[]) =>
    Number(allocatorSettings(['run', 'views', ...words])['MALLOC_TRIM_THRESHOLD_'])
  t.true(kept() < MB)
  t.is(kept('--memory', '300MB'), kept())
  t.true(kept('--memory', '360MB') > 8 * MB)
})
