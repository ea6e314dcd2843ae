import type { Asked } from './faulty-proxy.ts'

/** What is asked of a store: S3's operations, and writes told apart by what they are for. */
export type Operation =
  | 'record'
  | 'bundle'
  | 'put'
  | 'create'
  | 'part'
  | 'complete'
  | 'abort'
  | 'list'
  | 'get'
  | 'head'
  | 'delete'

export function operationOf({ method, path }: Pick<Asked, 'method' | 'path'>): Operation {
  const [key = '', query = ''] = path.split('?', 2)
  const has = (name: string): boolean => new URLSearchParams(query).has(name)
  if (method === 'HEAD') return 'head'
  if (method === 'GET') return has('list-type') ? 'list' : 'get'
  if (method === 'DELETE') return 'abort'
  if (method === 'POST') return has('uploads') ? 'create' : has('delete') ? 'delete' : 'complete'
  if (has('partNumber') || key.includes('-part-')) return 'part'
  if (key.includes('/commits/')) return 'record'
  return key.includes('/bundles/') ? 'bundle' : 'put'
}
