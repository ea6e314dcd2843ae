import { readFileSync } from 'node:fs'
import { type Input, at, type Outcome } from '../../lib/testing.ts'

/** The lines of a file of samples. */
export const samples = (name: string): string[] =>
  readFileSync(`pipelines/${name}.samples.jsonl`, 'utf8').trimEnd().split('\n')

/** Lines as records, a second apart from nine o'clock on. */
export const records = (lines: readonly string[]): Input<string>[] =>
  lines.map((line, i) => at(`09:00:${String(i).padStart(2, '0')}`, line))

/** Keys and texts of all objects under a prefix. */
export const contents = (outcome: Outcome, prefix: string): Record<string, string> =>
  Object.fromEntries(outcome.objects(prefix).map(({ key, bytes }) => [key, String(bytes)]))
