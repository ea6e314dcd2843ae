import type { Clock } from '../clock.ts'
import { OVERDUE } from '../commit/pending.ts'
import type { CommitRecord } from '../commit/record.ts'

/** Raise the alarm, every hour, while what a record lists does not become visible, for uploads do not wait for ever. */
export async function alarmUnless<T>(
  published: Promise<T>,
  { objects, index, at }: CommitRecord,
  clock: Clock,
  note: (text: string) => void,
): Promise<T> {
  const over = new AbortController()
  const uploads = objects.filter(({ staged }) => staged.in === 'upload')
  const [first] = uploads
  const alarm = async (): Promise<never> => {
    for (;;) {
      await clock.sleep(OVERDUE, over.signal)
      note(
        `${uploads.length} objects of record ${index}, of ${at}, are committed and not visible yet, such as ${first!.key}: ` +
          'they wait in uploads, and are lost where the store removes these. Look at the store and its lifecycle rules',
      )
    }
  }
  if (first) alarm().catch(() => undefined)
  try {
    return await published
  } finally {
    over.abort()
  }
}
