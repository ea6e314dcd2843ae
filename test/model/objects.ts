// The object store of the model: objects that are staged (as an open multipart upload, or as
// bytes inside the epoch's bundle) and become visible when they are published.
//
// Modelled: Complete and its repetition (200 again, or NoSuchUpload and a look at the token), PUT
// with If-None-Match (412 and a look at the token), uploads that expire, a reader of the bucket
// who rewrites a visible object. A publication that is not applied is one that is not sent yet.
//
// Not modelled: parts, bundles that are deleted, 409, an endless 5xx (a publisher that waits for
// ever is one that takes no step).

/** `edited`: rewritten by a reader of the bucket; `altered`: and then by us once more. */
export type ObjectState = 'staged' | 'visible' | 'overwritten' | 'gone' | 'edited' | 'altered'

/** An object that an epoch has closed, on its way to its key. */
export interface StagedObject<C> {
  key: string
  content: C
  staging: 'upload' | 'bundle'
  state: ObjectState
}

export type Objects<C> = readonly StagedObject<C>[]

/** What a publisher's request did, and what the publisher makes of the answer. */
export interface Publication<C> {
  label: string
  objects: Objects<C>
  result: 'published' | 'lost'
}

/** What can come of publishing object `id`, right or with a mistake made about objects. */
export function publications<C>(
  objects: Objects<C>,
  id: number,
  mistake: string | undefined,
): Publication<C>[] {
  const careless = mistake === 'publish-first' || mistake === 'put-unconditionally'
  const found =
    objects[id]!.staging === 'upload' ? complete(objects, id) : put(objects, id, careless)
  if (mistake !== 'expiry-given-up') return found
  return found.map((publication) => ({ ...publication, result: 'published' }))
}

function complete<C>(objects: Objects<C>, id: number): Publication<C>[] {
  const { key, state } = objects[id]!
  const label = `publish ${key}: Complete`
  if (state === 'staged') return [{ label, objects: show(objects, id), result: 'published' }]
  const again: Publication<C> = { label: `${label} again`, objects, result: 'published' }
  const lost: Publication<C> = {
    label: `${label}, upload gone, no token of ours`,
    objects,
    result: 'lost',
  }
  if (state === 'visible') return [again]
  return state === 'gone' ? [lost] : [again, lost]
}

function put<C>(objects: Objects<C>, id: number, careless: boolean): Publication<C>[] {
  const { key, state } = objects[id]!
  const label = `publish ${key}: PUT`
  if (careless || !objects.some((other) => other.key === key && isVisible(other))) {
    return [{ label, objects: show(objects, id), result: 'published' }]
  }
  const ours = state === 'visible'
  const token = ours ? 'token ours' : 'no token of ours'
  return [{ label: `${label}, 412, ${token}`, objects, result: ours ? 'published' : 'lost' }]
}

/** Whether a reader of the bucket finds the object's rows (an edit is the reader's own doing). */
export function isVisible(object: StagedObject<unknown>): boolean {
  return object.state === 'visible' || object.state === 'edited'
}

function show<C>(objects: Objects<C>, id: number): Objects<C> {
  const { key } = objects[id]!
  return objects.map((object, index) => {
    if (index === id) return { ...object, state: object.state === 'edited' ? 'altered' : 'visible' }
    return object.key === key && isVisible(object) ? { ...object, state: 'overwritten' } : object
  })
}

/** Every way in which one of the objects that satisfy the condition changes its state. */
export function changes<C>(
  objects: Objects<C>,
  condition: (object: StagedObject<C>) => boolean,
  to: ObjectState,
): { key: string; objects: Objects<C> }[] {
  return objects.flatMap((object, id) =>
    condition(object)
      ? [{ key: object.key, objects: objects.with(id, { ...object, state: to }) }]
      : [],
  )
}

/** Whether the store holds an open multipart upload of it, which can expire or be aborted. */
export function isOpenUpload(object: StagedObject<unknown>): boolean {
  return object.staging === 'upload' && object.state === 'staged'
}
