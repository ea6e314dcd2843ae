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
