/** What a process took from its start to its end, as the operating system counts it. */
export interface Usage {
  /** User and system time of all its threads, in seconds. */
  readonly cpu: number
  /** From start to end, in seconds. */
  readonly elapsed: number
  /** The most memory that it had at a time, in bytes. */
  readonly peak: number
}

/** How the line begins that a measured process ends its output with. */
const MARK = 'measured '

export const usageLine = (usage: Usage): string => MARK + JSON.stringify(usage)

/** What a process has written at its end; undefined when it has not come so far. */
export function usageIn(output: string): Usage | undefined {
  const line = output.split('\n').findLast((text) => text.startsWith(MARK))
  return line === undefined ? undefined : (JSON.parse(line.slice(MARK.length)) as Usage)
}
