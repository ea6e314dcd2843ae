import test, { type ExecutionContext } from 'ava'
import type { Compression } from '../../../lib/s3/compression.ts'
import { isLong } from '../../support/length.ts'
import { type Cell, runCell } from './cell.ts'
import { events } from './events.ts'
import { layouts } from './folders.ts'
import { names, onceNames, rotations } from './rotations.ts'
import { writings } from './rows.ts'

/** In the short form one of so many cells is run: what an object is compressed with knows nothing of where it lies. */
const SHARES = { plain: 2, compressed: 6 }

interface Part extends Omit<Cell, 'layout' | 'name' | 'compression'> {
  readonly compression: (() => Compression) | undefined
  readonly names: readonly Cell['name'][]
  /** Other layouts and names in every part, so that together they have every pair. */
  readonly turn: number
}

/** Run all layouts and names, or in the short form a share of them. The process is killed at another event in every cell. */
async function runPart(t: ExecutionContext, part: Part): Promise<void> {
  const { names, turn, compression, ...rest } = part
  const share = isLong ? 1 : SHARES[compression ? 'compressed' : 'plain']
  let cells = turn
  for (const [row, layout] of Object.values(layouts).entries())
    for (const [column, name] of names.entries())
      if ((row + column + turn) % share === 0) {
        const cell = { ...rest, layout, name, compression: compression?.() }
        await runCell(t, cell, 1 + (cells++ % (events.length - 1)))
      }
}

/** A test for each format and rotation, through folders and names. */
export function testProduct(title: string, compression?: () => Compression): void {
  for (const [row, [format, writing]] of Object.entries(writings).entries()) {
    for (const [turn, [rotation, rotating]] of Object.entries(rotations).entries())
      test.serial(
        `${format}, ${title}, rotated ${rotation}: every event once, in its folder, over a kill`,
        (t) =>
          runPart(t, {
            writing,
            rotating,
            compression,
            names: Object.values(names),
            turn: row + turn,
          }),
      )
    test.serial(
      `${format}, ${title}, under names that are written once: every event once, in its folder, sorted, over a kill`,
      (t) => runPart(t, { writing, rotating: {}, compression, names: onceNames, turn: row }),
    )
  }
}
