import { readFileSync } from 'node:fs'
import test from 'ava'
import { OF_RUNS, patched, WRONG_VARIANTS } from './patches.ts'

for (const [name, patches] of Object.entries({ ...OF_RUNS, ...WRONG_VARIANTS }))
  test(`the patch ${name} fits what lib/ says now`, (t) => {
    for (const [file, mine] of Map.groupBy(patches, (patch) => patch.file)) {
      const source = readFileSync(new URL(file), 'utf8')
      t.not(patched(source, mine, file), source)
    }
  })
