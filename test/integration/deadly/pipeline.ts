import { definePipeline } from '../../../lib/index.ts'
import { map, parse } from '../../../operators/index.ts'

export const TOPIC = 'parcels'

export interface Parcel {
  readonly n: number
  /** What it does to whoever decodes it. */
  readonly does?: 'abort' | 'loop'
}

/** Some events end the process at once, some keep it busy for ever. */
export const deadly = definePipeline('deadly', ({ kafka, s3, rejected }) => {
  kafka({ topic: TOPIC })
    .through(parse<Parcel>())
    .through(
      map((parcel) => {
        if (parcel.does === 'abort') process.abort()
        while (parcel.does === 'loop') continue
        return parcel
      }),
    )
    .to(s3({ prefix: 'parcels' }))
  rejected.to(s3({ prefix: 'rejected' }))
})
