import type { Report } from './service.ts'

/** Where one service lives. */
export interface Place {
  folder: string
  port: number
  report: Report
}

/** How one service is run, after all that it needs has been made. */
export interface Launch {
  command: string
  args: string[]
  env?: Record<string, string>
}
