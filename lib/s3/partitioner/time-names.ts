import { SluiceError } from '../../errors.ts'

/** What the months, days and halves of a day are called in a language, standing alone. */
export interface Names {
  readonly months: NamesOf
  /** From Monday. */
  readonly days: NamesOf
  readonly halves: readonly string[]
}

interface NamesOf {
  readonly short: readonly string[]
  readonly long: readonly string[]
}

/** January 2001 began on a Monday. */
const YEAR = 2_001

/**
 * The names of the Gregorian calendar in a language, as the data of this Node.js have them.
 *
 * @param locale a language tag such as `en-US`
 * @throws SluiceError 'config' for a language that is not known
 */
export function namesIn(locale: string): Names {
  checkLocale(locale)
  const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(locale, { calendar: 'gregory', timeZone: 'UTC', ...options })

  const monthsOf = (month: 'short' | 'long'): string[] => {
    const names = format({ month })
    return Array.from({ length: 12 }, (_, i) => names.format(Date.UTC(YEAR, i)))
  }
  const daysOf = (weekday: 'short' | 'long'): string[] => {
    const names = format({ weekday })
    return Array.from({ length: 7 }, (_, i) => names.format(Date.UTC(YEAR, 0, i + 1)))
  }
  const hours = format({ hour: 'numeric', hour12: true })
  const halfAt = (hour: number): string =>
    hours.formatToParts(Date.UTC(YEAR, 0, 1, hour)).find(({ type }) => type === 'dayPeriod')
      ?.value ?? (hour < 12 ? 'AM' : 'PM')

  return {
    months: { short: monthsOf('short'), long: monthsOf('long') },
    days: { short: daysOf('short'), long: daysOf('long') },
    halves: [halfAt(9), halfAt(15)],
  }
}

/** Without this, Intl would take the language of the machine for one that it does not know. */
function checkLocale(locale: string): void {
  try {
    if (Intl.DateTimeFormat.supportedLocalesOf(locale).length > 0) return
  } catch {
    // no language tag at all
  }
  throw new SluiceError('config', `no language is known as '${locale}': take a tag such as 'en-US'`)
}
