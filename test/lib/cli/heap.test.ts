import test from 'ava'
import { dataBudget, DEFAULT_MEMORY, heapFlags } from '../../../lib/cli/heap.ts'

const MB = 1024 ** 2

/** The limit of the old generation that some words ask for, in MB. */
const limitOf = (...words: string[]): number | undefined => {
  const flag = heapFlags(words).find((one) => one.startsWith('--max-old-space-size='))
  return flag === undefined ? undefined : Number(flag.split('=')[1])
}

test('data may take what memory leaves, and never as much as the heap may', (t) => {
  for (const memory of [DEFAULT_MEMORY, 512 * MB, 2_048 * MB]) {
    const budget = dataBudget(memory)
    t.true(budget >= 16 * MB)
    t.true(budget < limitOf('run', 'views', '--memory', `${memory}B`)! * MB)
    t.true(limitOf('run', 'views', '--memory', `${memory}B`)! * MB < memory)
  }
})

test('more memory is more room for data', (t) => {
  t.true(dataBudget(512 * MB) > dataBudget(256 * MB))
})

test('too little is refused with the least that will do, and that much will do', (t) => {
  const error = t.throws(() => dataBudget(64 * MB), { code: 'config' })
  t.regex(error.message, /^--memory 64MB is too small: a pipeline takes at least \d+MB$/)
  const least = Number(/least (\d+)MB/.exec(error.message)![1])
  t.true(dataBudget(least * MB) >= 16 * MB)
  t.throws(() => dataBudget(least * MB - MB), { code: 'config' })
})

test('only run has a limit, which is that of its default without the option', (t) => {
  t.is(limitOf('run', 'views'), limitOf('run', 'views', '--memory', '256MB'))
  t.is(limitOf('produce', 'views', '--memory', '512MB'), undefined)
  t.is(limitOf(), undefined)
})

test('both spellings and the last of several are understood, as by whoever reads the options', (t) => {
  const large = limitOf('run', 'views', '--memory', '1GB')
  t.is(limitOf('run', 'views', '--memory=1GB'), large)
  t.is(limitOf('run', 'views', '--memory', '300MB', '--memory', '1GB'), large)
})

test('a wrong value sets no limit: it will be refused', (t) => {
  for (const text of ['much', '', '5MB']) t.is(limitOf('run', 'views', '--memory', text), undefined)
  t.is(limitOf('run', 'views', '--memory'), undefined)
})
