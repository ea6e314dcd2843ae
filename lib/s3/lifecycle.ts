import { type Duration, days } from '../duration.ts'
import type { LifecycleRule } from '../ports.ts'

/** A rule as S3 tells it, as far as it matters here. */
export interface BucketRule {
  readonly ID?: string
  readonly Status?: string
  /** The older way to say it. */
  readonly Prefix?: string
  readonly Filter?: {
    readonly Prefix?: string
    readonly Tag?: unknown
    readonly And?: { readonly Prefix?: string; readonly Tags?: readonly unknown[] }
  }
  readonly AbortIncompleteMultipartUpload?: { readonly DaysAfterInitiation?: number }
  readonly Expiration?: { readonly Days?: number; readonly Date?: Date }
}

/** The rules in force that remove uploads, or objects that bear no tags. */
export const rulesOf = (rules: readonly BucketRule[]): LifecycleRule[] =>
  rules.flatMap((rule, index) => (rule.Status === 'Enabled' ? ruleOf(rule, index) : []))

function ruleOf(rule: BucketRule, index: number): LifecycleRule[] {
  const { ID, Prefix, Filter = {} } = rule
  const abortsAfter = inDays(rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation)
  const isForTagged = Filter.Tag !== undefined || (Filter.And?.Tags ?? []).length > 0
  const expiresAfter = isForTagged ? undefined : expiryOf(rule)
  if (abortsAfter === undefined && expiresAfter === undefined) return []
  return [
    {
      id: ID ?? `rule ${index + 1}`,
      prefix: Filter.And?.Prefix ?? Filter.Prefix ?? Prefix ?? '',
      ...(abortsAfter !== undefined && { abortsAfter }),
      ...(expiresAfter !== undefined && { expiresAfter }),
    },
  ]
}

/** A date, once it has come, is for everything. */
const expiryOf = ({ Expiration }: BucketRule): Duration | undefined =>
  Expiration?.Date === undefined ? inDays(Expiration?.Days) : 0

const inDays = (n: number | undefined): Duration | undefined =>
  n === undefined ? undefined : days(n)
