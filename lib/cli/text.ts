const SIZES = ['B', 'KB', 'MB', 'GB', 'TB'] as const

/** `1,234,567`: whole, in groups of three. */
export const formatCount = (n: number): string => Math.round(n).toLocaleString('en-US')

/** `201 MB`, `1.5 GB`: in powers of 1,024. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1_000 && unit < SIZES.length - 1) {
    value /= 1_024
    unit++
  }
  const digits = value < 10 && unit > 0 ? 1 : 0
  return `${value.toFixed(digits)} ${SIZES[unit]}`
}

/** `0.4 s`, `12 s`, `3 min 20 s`. */
export function formatSpan(ms: number): string {
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** Rows of cells as lines: columns are padded to the widest cell, numbers to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string[] {
  const texts = rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' ? formatCount(cell) : cell)),
  )
  const widths = texts.reduce<number[]>(
    (widest, row) => row.map((cell, i) => Math.max(widest[i] ?? 0, cell.length)),
    [],
  )
  return rows.map((row, r) =>
    row
      .map((cell, c) => {
        const text = texts[r]![c]!
        return typeof cell === 'number' ? text.padStart(widths[c]!) : text.padEnd(widths[c]!)
      })
      .join('  ')
      .trimEnd(),
  )
}
