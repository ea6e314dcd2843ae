/** Run jobs, `width` at a time; the next one is asked for when there is room for it. Rejects with the first error, after which none is begun. */
export async function runAll(
  jobs: AsyncIterable<() => Promise<void>>,
  width: number,
): Promise<void> {
  const iterator = jobs[Symbol.asyncIterator]()
  const work = async (): Promise<void> => {
    for (let next = await iterator.next(); !next.done; next = await iterator.next())
      await next.value()
  }
  try {
    await Promise.all(Array.from({ length: width }, work))
  } finally {
    await iterator.return?.()
  }
}
