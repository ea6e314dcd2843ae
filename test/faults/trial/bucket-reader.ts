import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import type { StoredObject } from './remains.ts'

const beginsWith = (key: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => key.startsWith(prefix))

/** All objects under some prefixes, by the SDK itself. */
export async function readBucket(
  variables: Readonly<Record<string, string | undefined>>,
  prefixes: readonly string[],
): Promise<StoredObject[]> {
  const client = new S3Client({
    endpoint: variables['S3_ENDPOINT']!,
    region: variables['S3_REGION']!,
    forcePathStyle: true,
    credentials: {
      accessKeyId: variables['AWS_ACCESS_KEY_ID']!,
      secretAccessKey: variables['AWS_SECRET_ACCESS_KEY']!,
    },
  })
  const Bucket = variables['S3_BUCKET']!
  const objects: StoredObject[] = []
  for (const Prefix of prefixes) {
    let StartAfter: string | undefined
    do {
      const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix, StartAfter }))
      const keys = (page.Contents ?? []).map(({ Key }) => Key!)
      for (const key of keys) {
        const { Body, Metadata = {} } = await client.send(
          new GetObjectCommand({ Bucket, Key: key }),
        )
        objects.push({
          key,
          bytes: Buffer.from(await Body!.transformToByteArray()),
          metadata: Metadata,
        })
      }
      StartAfter = page.IsTruncated ? keys.at(-1) : undefined
    } while (StartAfter !== undefined)
  }
  client.destroy()
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
