import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import type { StoredObject } from './remains.ts'

const beginsWith = (key: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => key.startsWith(prefix))

/** A key, and what tells whether its object is still the same. */
export interface Listed {
  readonly key: string
  readonly etag: string
}

/** A bucket, by the SDK itself. */
export class Bucket {
  readonly #client: S3Client
  readonly #name: string

  /** @param variables lead to the store */
  constructor(variables: Readonly<Record<string, string | undefined>>) {
    this.#client = new S3Client({
      endpoint: variables['S3_ENDPOINT']!,
      region: variables['S3_REGION']!,
      forcePathStyle: true,
      credentials: {
        accessKeyId: variables['AWS_ACCESS_KEY_ID']!,
        secretAccessKey: variables['AWS_SECRET_ACCESS_KEY']!,
      },
    })
    this.#name = variables['S3_BUCKET']!
  }

  /** What is there under a prefix, in the order of keys; at most so many, if that is said. */
  async *list(prefix: string, most?: number): AsyncGenerator<Listed> {
    let after: string | undefined
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#name,
          Prefix: prefix,
          StartAfter: after,
          MaxKeys: most,
        }),
      )
      const listed = (page.Contents ?? []).map(({ Key, ETag }) => ({ key: Key!, etag: ETag! }))
      yield* listed
      after = page.IsTruncated && most === undefined ? listed.at(-1)?.key : undefined
    } while (after !== undefined)
  }

  async get(key: string): Promise<StoredObject> {
    const { Body, Metadata = {} } = await this.#client.send(
      new GetObjectCommand({ Bucket: this.#name, Key: key }),
    )
    return { key, bytes: Buffer.from(await Body!.transformToByteArray()), metadata: Metadata }
  }

  close(): void {
    this.#client.destroy()
  }
}

/** All objects under some prefixes. */
export async function readBucket(
  variables: Readonly<Record<string, string | undefined>>,
  prefixes: readonly string[],
): Promise<StoredObject[]> {
  const bucket = new Bucket(variables)
  const objects: StoredObject[] = []
  for (const prefix of prefixes)
    for await (const { key } of bucket.list(prefix)) objects.push(await bucket.get(key))
  bucket.close()
  return objects
}

/** The same for a folder: objects are plain files at their keys, and what is said of them lies beside them. */
export async function readFolder(
  folder: string,
  prefixes: readonly string[],
): Promise<StoredObject[]> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const keys = files
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
  return Promise.all(
    keys
      .filter((key) => beginsWith(key, prefixes))
      .map(async (key) => ({
        key,
        bytes: await readFile(join(folder, key)),
        metadata: await metadataOf(folder, key),
      })),
  )
}

async function metadataOf(folder: string, key: string): Promise<StoredObject['metadata']> {
  const text = await readFile(join(folder, '.sluice', 'metadata', `${key}%=`), 'utf8').catch(
    () => '[]',
  )
  const files = JSON.parse(text) as { metadata: Record<string, string> }[]
  return files.at(-1)?.metadata ?? {}
}
