// Compile-time tests: `tsc` checks this file, nothing runs it.
import type { Flow } from '../../lib/flow.ts'
import { byField, byFields, byTime, hourly, nested, tombstones } from '../../lib/index.ts'
import type { Message } from '../../lib/message.ts'
import type { Context } from '../../lib/pipeline.ts'
import type { Partitioner } from '../../lib/s3/partitioner/partitioner.ts'

interface View {
  readonly country: string | null
  readonly device?: string
  readonly tags: readonly string[]
  readonly address?: { readonly city: string; readonly geo: { readonly lat: number } | null }
  readonly items: { readonly sku: string }[]
  readonly extra: unknown
  readonly labels: Readonly<Record<string, string>>
  readonly page: Page
  readonly 'a.b': bigint
  readonly at: Date
}

interface Page {
  readonly url: string
  readonly next?: Page
}

declare const s3: Context<Record<string, never>>['s3']
declare const views: Flow<View>
declare const anything: Flow<unknown>
declare const withTombstones: Flow<View | null>
const prefix = 'raw'

// Fields are checked against the flow's event, however they are nested.
views.to(s3({ prefix, partitionBy: byField('country') }))
views.to(s3({ prefix, partitionBy: byField('device', { missing: 'none' }) }))
views.to(s3({ prefix, partitionBy: byFields('country', 'address.city', 'address.geo.lat') }))
views.to(s3({ prefix, partitionBy: byFields('tags.0', 'items.12.sku', 'labels.team') }))
views.to(s3({ prefix, partitionBy: byFields('extra.of.any.kind', 'page.next.next.url', 'a\\.b') }))
views.to(s3({ prefix, partitionBy: nested(byField('country'), byField('device'), hourly()) }))
export const byBoth: Partitioner<View> = nested(byField('country'), hourly())

// @ts-expect-error a field that does not exist
views.to(s3({ prefix, partitionBy: byField('city') }))

// @ts-expect-error a field that does not exist, beside one that does
views.to(s3({ prefix, partitionBy: nested(byField('country'), byField('city')) }))

// @ts-expect-error a field that does not exist, inside one that does
views.to(s3({ prefix, partitionBy: byFields('country', 'address.town') }))

// @ts-expect-error an array
views.to(s3({ prefix, partitionBy: byField('tags') }))

// @ts-expect-error an object
views.to(s3({ prefix, partitionBy: byField('address') }))

// @ts-expect-error a name with a dot, without a backslash
views.to(s3({ prefix, partitionBy: byField('a.b') }))

// @ts-expect-error a field that does not exist
export const byCity: Partitioner<View> = byField('city')

// @ts-expect-error at least one partitioner
nested()

// @ts-expect-error at least one field
byFields()

// Of events without a type, every path may be there.
anything.to(s3({ prefix, partitionBy: byField('whatever.there.0.is') }))

// Times are read from fields of events, zones are chosen by messages.
const dayOf = 'YYYY-MM-dd'
views.to(s3({ prefix, partitionBy: byTime(dayOf, { by: { field: 'at', unit: 'ms' } }) }))
views.to(
  s3({ prefix, partitionBy: byTime(dayOf, { zone: ({ value }) => value.country ?? 'UTC' }) }),
)
views.to(s3({ prefix, partitionBy: nested(byField('country'), hourly({ by: 'tick' })) }))

// @ts-expect-error no field
views.to(s3({ prefix, partitionBy: byTime(dayOf, { by: { field: 'when', unit: 'ms' } }) }))

// @ts-expect-error no time
views.to(s3({ prefix, partitionBy: byTime(dayOf, { by: { field: 'tags', unit: 'ms' } }) }))

// @ts-expect-error no unit
views.to(s3({ prefix, partitionBy: byTime(dayOf, { by: { field: 'at', unit: 'minutes' } }) }))

// A function of one's own knows the event.
const bySize = ({ value }: Message<View>): string => (value.tags.length > 9 ? 'many' : 'few')
views.to(s3({ prefix, partitionBy: nested(bySize, byField('country')) }))
views.to(s3({ prefix, partitionBy: ({ value, record }) => `${record.topic}/${value.page.url}` }))

// @ts-expect-error a function of another event
views.to(s3({ prefix, partitionBy: ({ value }: Message<{ town: string }>) => value.town }))

// Tombstones have a folder of their own, or lack the field; a function that does not expect them is not asked.
withTombstones.to(s3({ prefix, partitionBy: byField('address.city') }))
withTombstones.to(s3({ prefix, partitionBy: tombstones('deleted', byField('country')) }))
withTombstones.to(
  s3({ prefix, partitionBy: tombstones('deleted', ({ value }) => value.country ?? '?') }),
)
withTombstones.to(
  s3({
    prefix,
    partitionBy: nested(tombstones('deleted', byField('country')), hourly({ by: 'record' })),
  }),
)

// @ts-expect-error no such field
withTombstones.to(s3({ prefix, partitionBy: tombstones('deleted', byField('city')) }))

// @ts-expect-error a tombstone has no fields
withTombstones.to(s3({ prefix, partitionBy: ({ value }) => value.page.url }))
