import test from 'ava'
import type { Compression } from '../../../lib/s3/compression.ts'
import { runCell } from './cell.ts'
import { events } from './events.ts'
import { layouts } from './folders.ts'
import { names, onceNames, rotations } from './rotations.ts'
import { writings } from './rows.ts'

/** A test for each format and rotation: all folders and names. The process is killed at another event in every cell. */
export function testProduct(title: string, compression: () => Compression | undefined): void {
  for (const [format, writing] of Object.entries(writings)) {
    for (const [rotation, rotating] of Object.entries(rotations))
      test.serial(
        `${format}, ${title}, rotated ${rotation}: every event once, in its folder, over a kill`,
        async (t) => {
          let cells = 0
          for (const layout of Object.values(layouts))
            for (const name of Object.values(names)) {
              const cell = { layout, writing, rotating, name, compression: compression() }
              await runCell(t, cell, 1 + (cells++ % (events.length - 1)))
            }
        },
      )
    test.serial(
      `${format}, ${title}, under names that are written once: every event once, in its folder, sorted, over a kill`,
      async (t) => {
        let cells = 0
        for (const layout of Object.values(layouts))
          for (const name of onceNames) {
            const cell = { layout, writing, rotating: {}, name, compression: compression() }
            await runCell(t, cell, 1 + (cells++ % (events.length - 1)))
          }
      },
    )
  }
}
