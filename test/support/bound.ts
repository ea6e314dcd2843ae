import type { Binding } from '../../lib/operator.ts'
import type { OperatorStream } from '../../lib/operator-stream.ts'
import { newStores } from '../../lib/state/stores.ts'

/** The operator as part of a lane, with new stores. Rejections are lost unless they are taken. */
export function bound(
  stream: OperatorStream,
  reject: Binding['reject'] = () => undefined,
): OperatorStream {
  stream.bind({ state: newStores(), reject })
  return stream
}
