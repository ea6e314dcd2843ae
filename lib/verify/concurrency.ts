/** Map items in their order, with `width` of them under way ahead of the reader. */
export async function* readAhead<T, R>(
  items: Iterable<T>,
  width: number,
  read: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = []
  for (const item of items) {
    const result = read(item)
    // seen when its turn comes; never unhandled
    result.catch(() => undefined)
    underWay.push(result)
    if (underWay.length >= width) yield await (underWay.shift() as Promise<R>)
  }
  for (const result of underWay) yield await result
}

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
