import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { messageOf, SluiceError } from '../errors.ts'
import { checkSamples, type Samples, suits } from '../generator/samples.ts'
import { checkSchema, type EventSchema } from '../generator/schema.ts'
import type { Pipeline } from '../pipeline.ts'

/** The project's pipelines: `<name>.ts`; beside them `<name>.generator.ts` where events can be generated for one, and `<name>.samples.ts` where there are samples of a topic. */
const FOLDER = new URL('../../pipelines/', import.meta.url)

/** Names of all pipelines, sorted. */
export async function pipelineNames(folder = FOLDER): Promise<string[]> {
  const files = await readdir(folder)
  return files.flatMap((file) => /^([^.]+)\.ts$/.exec(file)?.[1] ?? []).sort()
}

/** Load `pipelines/<name>.ts`. @throws SluiceError 'config' when there is none, with the names of those there are; when it is broken */
export async function loadPipeline(name: string | undefined, folder = FOLDER): Promise<Pipeline> {
  const names = await pipelineNames(folder)
  const those = `the pipelines are: ${names.join(', ')}`
  if (name === undefined) throw new SluiceError('config', `which pipeline? ${those}`)
  if (!names.includes(name))
    throw new SluiceError('config', `there is no pipeline ${name}; ${those}`)
  const pipeline = (await load(new URL(`${name}.ts`, folder))) as Partial<Pipeline> | undefined
  if (pipeline?.name === name && pipeline.build) return pipeline as Pipeline
  throw new SluiceError(
    'config',
    `pipelines/${name}.ts has to end in export default definePipeline('${name}', …)`,
  )
}

/**
 * Load how events are generated for a pipeline: `pipelines/<name>.generator.ts`, or another module or JSON file.
 *
 * @returns undefined when the pipeline has no generator and no file is named
 * @throws SluiceError 'config' for a file that is not there or does not fit
 */
export async function loadSchema(
  name: string,
  file?: string,
  folder = FOLDER,
): Promise<EventSchema | undefined> {
  const own = `${name}.generator.ts`
  if (file === undefined && !(await readdir(folder)).includes(own)) return undefined
  const url = file === undefined ? new URL(own, folder) : pathToFileURL(resolve(file))
  return checkSchema(await load(url), file ?? `pipelines/${own}`)
}

/** Names of all samples, sorted. */
export async function samplesNames(folder = FOLDER): Promise<string[]> {
  const files = await readdir(folder)
  return files.flatMap((file) => /^([^.]+)\.samples\.ts$/.exec(file)?.[1] ?? []).sort()
}

/** Load `pipelines/<name>.samples.ts`. @throws SluiceError 'config' when there is none, or it does not fit */
export async function loadSamples(name: string, folder = FOLDER): Promise<Samples> {
  const file = `${name}.samples.ts`
  return checkSamples(await load(new URL(file, folder)), `pipelines/${file}`)
}

/** The first samples by name that suit a pipeline with such options that reads this topic. @throws as `loadSamples` */
export async function findSamples(
  wanted: { readonly topic: string; readonly values: Readonly<Record<string, unknown>> },
  folder = FOLDER,
): Promise<Samples | undefined> {
  for (const name of await samplesNames(folder)) {
    const samples = await loadSamples(name, folder)
    if (suits(samples, wanted)) return samples
  }
  return undefined
}

async function load(url: URL): Promise<unknown> {
  const attributes = url.pathname.endsWith('.json') ? { with: { type: 'json' } } : {}
  try {
    const module = (await import(url.href, attributes)) as { default?: unknown }
    return module.default
  } catch (error) {
    throw new SluiceError('config', `cannot load ${fileURLToPath(url)}: ${messageOf(error)}`, {
      cause: error,
    })
  }
}
