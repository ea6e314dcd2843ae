import { Command } from 'commander'
import test from 'ava'
import { flagName, flagOf, readName, readTopic, tamed } from '../../../lib/cli/flag.ts'
import { bytes, choice, duration, integer } from '../../../lib/options.ts'

test('the words of a name are joined by hyphens', (t) => {
  t.is(flagName('maxPollRecords'), '--max-poll-records')
  t.is(flagName('topic'), '--topic')
})

/** What a command line comes to. */
function parsed(...words: string[]): Record<string, unknown> {
  const command = new Command('views')
    .addOption(flagOf('maxPollRecords', integer(500, 'most records')))
    .addOption(flagOf('pollTimeout', duration(1_500, 'longest wait')))
    .addOption(flagOf('maxRecordBytes', bytes(1024, 'largest record')))
    .addOption(flagOf('dimensions', choice(['single', 'joined'], 'which')))
    .action(() => undefined)
  return tamed(command).parse(words, { from: 'user' }).opts()
}

test('options have their defaults', (t) => {
  t.deepEqual(parsed(), {
    maxPollRecords: 500,
    pollTimeout: 1_500,
    maxRecordBytes: 1_024,
    dimensions: 'single',
  })
})

test('options are read as what they are', (t) => {
  const words = '--max-poll-records 7 --poll-timeout 2s --max-record-bytes=64KB --dimensions joined'
  t.deepEqual(parsed(...words.split(' ')), {
    maxPollRecords: 7,
    pollTimeout: 2_000,
    maxRecordBytes: 65_536,
    dimensions: 'joined',
  })
})

test('a wrong value is answered with its option and what it takes', (t) => {
  const answers: [string[], string][] = [
    [['--max-poll-records', '0'], "--max-poll-records takes a whole number of at least 1, not '0'"],
    [['--dimensions', 'both'], "--dimensions takes single or joined, not 'both'"],
  ]
  for (const [words, message] of answers)
    t.throws(() => parsed(...words), { code: 'config', message })
})

test('topics are what Kafka allows', (t) => {
  t.is(readTopic('Page.views_2-x'), 'Page.views_2-x')
  for (const text of ['', '.', '..', 'a b', 'a/b', 'x'.repeat(250)])
    t.throws(() => readTopic(text), { code: 'config' })
})

test('names of instances are what pipelines may be called', (t) => {
  t.is(readName('views-2'), 'views-2')
  for (const text of ['', 'Views', '-a', 'a b', 'a/b'])
    t.throws(() => readName(text), { code: 'config' })
})
