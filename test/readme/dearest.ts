import { reducer } from '../../operators/index.ts'

interface Sale {
  readonly item: string
  readonly price: number
}

export const dearest = () =>
  reducer({
    initial: (): Sale[] => [],
    add: (best, sale: Sale) => topThree([...best, sale]),
    merge: (best, other) => topThree([...best, ...other]),
    result: (best) => best.map(({ item, price }) => `${item} at ${price}`).join(', '),
  })

const topThree = (sales: Sale[]): Sale[] =>
  sales.sort((a, b) => b.price - a.price || (a.item < b.item ? -1 : 1)).slice(0, 3)
