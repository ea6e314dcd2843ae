import { fileURLToPath } from 'node:url'
import { heapFlags } from '../lib/cli/heap.ts'
import type { World } from './baselines/world.ts'

/** One of the programs that are measured. */
export interface Candidate {
  readonly letter: 'a' | 'b' | 'c' | 'd' | 'e'
  readonly title: string
  /** What Node is to run: flags, file and arguments. */
  readonly words: (world: World) => string[]
  /** Where its aggregates lie, if it makes any. */
  readonly aggregates?: string
}

export type Letter = Candidate['letter']

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

const baseline = (letter: Letter, name: string, title: string): Candidate => ({
  letter,
  title,
  words: (world) => [file(`baselines/${name}.ts`), JSON.stringify(world)],
})

/** What ours may take: the loops are held to nothing. */
const MEMORY = ['--memory', '360MB']

const own = ({ group, commitEvery }: World): string[] => [
  '--until-end',
  '--name',
  group,
  '--commit-every',
  `${commitEvery}ms`,
  ...MEMORY,
]

/** What is compared, in the order of a round: each of ours right after the loop that it is measured by. */
export const candidates: readonly Candidate[] = [
  baseline('a', 'drain', 'kafkajs reads, nothing else'),
  baseline('b', 'archive', 'hand-written: archive'),
  {
    letter: 'c',
    title: 'sluice: archive',
    // as the command line starts a pipeline, which this one is not listed for
    words: (world) => [...heapFlags(['run', ...MEMORY]), file('archive.ts'), ...own(world)],
  },
  {
    ...baseline('d', 'job', 'hand-written: archive, dedupe, aggregate'),
    aggregates: 'job/aggregates/',
  },
  {
    letter: 'e',
    title: 'sluice: pipelines/ecommerce.ts',
    words: (world) => [file('../lib/cli/start.mjs'), 'run', 'ecommerce', ...own(world)],
    aggregates: 'aggregates/',
  },
]
