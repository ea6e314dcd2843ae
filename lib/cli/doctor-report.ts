import type { Diagnosis } from '../doctor/doctor.ts'
import type { Finding } from '../doctor/finding.ts'
import { formatCount } from './text.ts'

/** Findings that are still to be mended. */
export const openFindings = ({ findings }: Diagnosis): Finding[] =>
  findings.filter(({ removed }) => !removed)

/** What a diagnosis came to, as lines for people. The last one says whether all is well. */
export function linesOf(diagnosis: Diagnosis): string[] {
  const { pipeline, instance, store, log, lanes, findings, foreign, notChecked } = diagnosis
  const open = openFindings(diagnosis).length
  return [
    `${pipeline}: instance ${instance} in ${store}, log ${log}`,
    ...findings.map(lineOf),
    ...(foreign.first
      ? [
          `${counted(foreign.count, 'open upload')} of others under its prefixes, left alone: ${foreign.first.key}, begun ${timeOf(foreign.first.begun)}, upload id ${foreign.first.uploadId}`,
        ]
      : []),
    ...notChecked.map((what) => `not checked: ${what}`),
    open === 0 ? `well: ${counted(lanes, 'lane')}` : `FOUND: ${counted(open, 'finding')}`,
  ]
}

function lineOf({ kind, where, what, advice, since, removed }: Finding): string {
  const time = since === undefined ? '' : `, since ${timeOf(since)}`
  return removed
    ? `removed: ${kind} ${where}${time}`
    : `${kind.toUpperCase()} ${where}${time}: ${what}; ${advice}`
}

const timeOf = (ms: number): string =>
  Number.isFinite(ms) ? new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z') : 'a time not known'

const counted = (n: number, what: string): string =>
  `${formatCount(n)} ${what}${n === 1 ? '' : 's'}`
