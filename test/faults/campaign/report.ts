import { format } from 'prettier'
import { formatBytes, formatCount, formatSpan } from '../../../lib/cli/text.ts'
import { showBytes, showDuration } from '../../../lib/options.ts'
import { isContent, KILL, type Recovery, type State } from './state.ts'

/** What it ran on. */
export interface Surroundings {
  /** In words. */
  readonly machine: string
  readonly node: string
}

/** What a campaign came to, as Markdown. */
export function reportOf(state: State, surroundings: Surroundings): Promise<string> {
  const sections = [headOf(state, surroundings), outcomeOf(state)]
  sections.push(faultsOf(state), recoveriesOf(state), memoryOf(state), checksOf(state))
  return format(sections.join('\n\n'), { parser: 'markdown', printWidth: 100 })
}

function headOf({ goal, began, sessions, worked }: State, { machine, node }: Surroundings): string {
  const { events, kills, seed, store, memory } = goal
  const [every = 0, ...later] = sessions
  const words = [
    `--events ${events} --kills ${kills} --seed ${seed}`,
    `--every ${showDuration(every)} --store ${store} --memory ${showBytes(memory)}`,
  ]
  const resumed =
    later.length > 0
      ? ` It was stopped and resumed, with ${later.map((each) => `\`--every ${showDuration(each)}\``).join(', then ')}.`
      : ''
  return `# A campaign of faults

Written by \`npm run campaign\`; what it does is told in [faults](faults.md#the-campaign).

\`\`\`sh
npm run campaign -- ${words.join(' ')}
\`\`\`

${new Date(began).toISOString().slice(0, 10)}, ${formatSpan(worked)} of work; ${machine}, shared by broker, store, generator, checkers and pipeline; Node ${node}.${resumed}`
}

function outcomeOf({ goal, checks, claims, worked, whole }: State): string {
  const { produced = 0, kills = 0 } = checks.at(-1) ?? {}
  const wrong = checks.flatMap((check) => [...check.complaints, ...check.findings])
  const lost = wrong.filter((text) => /missing|gone|not there|lost/.test(text)).length
  const doubled = wrong.filter((text) => /twice|doubled/.test(text)).length
  const rows = [
    ['events', formatCount(produced)],
    ['`kill -9`', formatCount(kills)],
    ['**lost**', `**${lost}**`],
    ['**doubled**', `**${doubled}**`],
    ['otherwise wrong', String(wrong.length - lost - doubled)],
    ['findings of `verify`', String(checks.flatMap(({ findings }) => findings).length)],
    ['quiet points, everything held against everything', formatCount(checks.length)],
    ['events a second, over all of the time', formatCount((produced * 1_000) / worked)],
    ['lanes claimed', formatCount(claims)],
    ...(whole
      ? [
          ['rebalances, as the broker counted them', formatCount(whole.rebalances)],
          ['commit records', formatCount(whole.commits)],
          ['objects', formatCount(whole.objects)],
          ['messages in the topic marked as repeats', formatCount(whole.repeats)],
        ]
      : []),
  ]
  const missed = [
    ...(produced < goal.events
      ? [`${formatCount(produced)} of ${formatCount(goal.events)} events`]
      : []),
    ...(kills < goal.kills ? [`${formatCount(kills)} of ${formatCount(goal.kills)} kills`] : []),
  ]
  const but = whole
    ? ''
    : `It was stopped before it had reached all${missed.length > 0 ? `: ${missed.join(', ')}` : ''}; \`--resume\` goes on. Events and kills are those up to its last quiet point.\n\n`
  return `${but}${table(['', ''], rows)}`
}

function faultsOf({ faults, requests, hostile, ended }: State): string {
  const [, one, more] = hostile
  const all = hostile.reduce((sum, ms) => sum + ms, 0)
  const share = (ms: number): string => `${Math.round((100 * ms) / Math.max(1, all))} %`
  const counts = (title: string, of: Record<string, number>): string =>
    table(
      [title, 'times'],
      Object.entries(of)
        .toSorted(([, some], [, others]) => others - some)
        .map(([kind, times]) => [code(kind), formatCount(times)]),
    )
  return `## Faults

Something was wrong in ${share(one + more)} of the time between quiet points, two things or more at once in ${share(more)}.

${counts('fault', faults)}

${counts('of requests to the store', requests)}

${counts('processes that gave up and were started again', ended)}`
}

function recoveriesOf({ recoveries }: State): string {
  const kinds = Map.groupBy(recoveries, ({ after }) => after)
  const alone = recoveries.filter((recovery) => recovery.alone)
  const groups: [string, readonly Recovery[]][] = [
    ['any `kill -9`', killsAmong(recoveries)],
    ['`kill -9`, and nothing else went wrong meanwhile', killsAmong(alone)],
    ...Array.from(kinds, ([kind, those]): [string, readonly Recovery[]] => [
      code(kind),
      those,
    ]).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  ]
  return `## Recovery

From a kill, the beginning of a sleep or the end of an outage to the next commit of each lane that suffered from it; most were delayed by other faults.

${table(
  ['after', 'lanes', 'p50', 'p95', 'longest'],
  groups.map(([after, those]) => {
    const at = (part: number): string => spanAt(those, part)
    return [after, formatCount(those.length), at(0.5), at(0.95), at(1)]
  }),
)}`
}

const spanAt = (recoveries: readonly Recovery[], part: number): string =>
  recoveries.length > 0
    ? formatSpan(
        percentile(
          recoveries.map(({ ms }) => ms),
          part,
        ),
      )
    : 'none'

const killsAmong = (recoveries: readonly Recovery[]): readonly Recovery[] =>
  recoveries.filter(({ after }) => after.startsWith(KILL))

function memoryOf({ peaks, goal }: State): string {
  const at = (part: number): string => formatBytes(percentile(peaks, part))
  return `## Memory

The most that each of ${formatCount(peaks.length)} processes had, as the operating system says (\`VmHWM\`), of \`--memory ${showBytes(goal.memory)}\`: half of them less than ${at(0.5)}, 95 % less than ${at(0.95)}, and the largest ${at(1)}.`
}

function checksOf({ checks, recoveries, whole }: State): string {
  const end = whole ? ' The last line is the whole of it, once more from the beginning.' : ''
  const rounds = Map.groupBy(killsAmong(recoveries), ({ round }) => round)
  const rows = checks.map((check, n) => [
    String(n + 1),
    formatCount(check.produced),
    formatCount(check.kills),
    check.load.toFixed(1),
    spanAt(rounds.get(check.round) ?? [], 0.5),
    spanAt(rounds.get(check.round) ?? [], 0.95),
    formatSpan(check.drained),
    formatSpan(check.took),
    isContent(check) ? 'nothing' : [...check.complaints, ...check.findings].join('; '),
  ])
  return `## Quiet points

What a machine does besides has a say in how long all of it takes: *load* is how many processes wanted each of its cores at the end of the round, those of the campaign among them.${end}

${table(['', 'events', 'kills', 'load', 'recovery p50', 'p95', 'drained in', 'checked in', 'wrong'], rows)}`
}

/** What was said by somebody else is no Markdown. */
const code = (text: string): string => `\`${text.replaceAll('|', '/')}\``

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = line(head.map((_, n) => (n === 0 ? '---' : '---:')))
  return [line(head), rule, ...rows.map(line)].join('\n')
}

/** The number that such a part of them does not exceed; 0 of none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0
}
