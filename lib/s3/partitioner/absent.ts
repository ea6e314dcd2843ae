import { SluiceError } from '../../errors.ts'
import { percentEncoded, segment } from './segment.ts'

/** What becomes of a message whose field is not there, is null, or is the empty text: the folder of this name, or `'reject'`. */
export interface AbsentOptions {
  readonly missing?: string
  readonly null?: string
  readonly empty?: string
}

const REJECT = 'reject'

/** The folders of what is absent, unless said otherwise: that of null is what Hive, Spark, Athena, Trino and DuckDB read as null. */
export const MISSING = '__missing__'
export const NULL = '__HIVE_DEFAULT_PARTITION__'

/** The segment of a value that may be absent. */
export interface AbsentFolders {
  /** @throws TypeError where such a message is to be rejected */
  of(value: undefined | null | ''): string
  /** A text's own segment, told apart from the folders of what is absent. */
  apartFrom(text: string): string
}

/**
 * @param place the partitioner and its field, for messages
 * @throws SluiceError 'config' for a name that no folder can have
 */
export function absentFolders(place: string, options: Required<AbsentOptions>): AbsentFolders {
  const taken = Object.values(options).filter((folder) => folder !== REJECT)
  for (const folder of taken) checkFolder(place, folder)
  return {
    of(value) {
      const kind = value === undefined ? 'missing' : value === null ? 'null' : 'empty'
      if (options[kind] !== REJECT) return options[kind]
      throw new TypeError(`no folder ${place}: the field is ${kind}`)
    },
    apartFrom(text) {
      const folder = segment(text)
      if (!taken.includes(folder)) return folder
      const [first = ''] = folder
      return percentEncoded(first) + folder.slice(first.length)
    },
  }
}

function checkFolder(place: string, folder: string): void {
  if (folder === segment('') || (folder !== '' && segment(folder) === folder)) return
  throw new SluiceError(
    'config',
    `'${folder}' cannot be a folder ${place}: take a name without any of % / \\ = + : * ? " < > |, or 'reject'`,
  )
}
