import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import test from 'ava'
import { byField } from '../../../lib/index.ts'
import { folderStore } from '../../../lib/local/store.ts'
import { testFolder } from '../../lib/local/folder.ts'
import { archive } from './archive.ts'

const places = [
  'a b',
  "Côte d'Ivoire",
  'a/b',
  'a=b',
  '100%',
  '%2F',
  'q?*:"<>|',
  'é+ü',
  'two\nlines',
  '.',
  '..',
  '日本',
  '007',
  'true',
  null,
]

test('DuckDB finds the values in the folders of a bucket on disk, and null where they were null', async (t) => {
  const root = testFolder(t)
  const store = await folderStore(root)
  const { objects } = await archive(
    places.map((place) => JSON.stringify({ place })),
    { partitionBy: byField('place', { name: 'folder' }) },
  )
  for (const [key, text] of Object.entries(objects)) await store.put(key, Buffer.from(text))
  await store.close()

  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const files = join(root, 'folder=*', '*.jsonl')
  const found = await connection.runAndReadAll(
    `select place, folder from read_json('${files}', columns = {place: 'varchar'}, hive_partitioning = true, hive_types_autocast = false)`,
  )
  const rows = found.getRows()
  t.is(rows.length, places.length)
  for (const [place, folder] of rows) t.is(folder, place)
})
