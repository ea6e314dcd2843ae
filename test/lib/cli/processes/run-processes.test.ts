import test from 'ava'
import { without } from '../../../../lib/cli/processes/run-processes.ts'
import { testFolder } from '../../local/folder.ts'
import { sluice } from '../command-line.ts'

test('options of the parent are not passed on, in either spelling', (t) => {
  const words = ['--until-end', '--processes', '2', '--memory=1GB', '--name', 'mine']
  t.deepEqual(without(words, ['--processes', '--memory']), ['--until-end', '--name', 'mine'])
})

test('folders take one process, and more are refused with both reasons', async (t) => {
  const { code, err } = await sluice(t, testFolder(t), 'run hello --processes 2')
  t.is(code, 2)
  t.regex(
    err,
    /^error: --processes 2 needs Kafka and S3: the folders data\/log and data\/bucket take one process/,
  )
})

test('one process in folders is looked after, with one summary at its end', async (t) => {
  const folder = testFolder(t)
  const { code, out, err } = await sluice(t, folder, 'run hello --processes 1')
  t.is(code, 0, err)
  t.regex(err, /^\[1\] reading visitors \(\d+ partitions?\)/m)
  t.is([...out.matchAll(/^hello: 1,000 records of visitors/gm)].length, 1)
})

test('what a person has to mend is told once, and nothing is started anew', async (t) => {
  const half = { KAFKA_BROKERS: '127.0.0.1:9' }
  const { code, err } = await sluice(t, testFolder(t), 'run hello --processes 1', half)
  t.is(code, 2, err)
  t.is([...err.matchAll(/^\[1\] error: KAFKA_BROKERS is set/gm)].length, 1)
  t.notRegex(err, /takes its place/)
})
