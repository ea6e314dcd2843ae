import { readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import { parse } from 'yaml'
import { Health } from '../../lib/cli/health.ts'
import { Meter } from '../../lib/cli/meter.ts'
import { Metrics } from '../../lib/cli/metrics/metrics.ts'
import { healthRoutes } from '../../lib/cli/health-server.ts'
import { settingsOf } from '../../lib/cli/settings.ts'
import { DRAIN } from '../../lib/cli/stop.ts'
import { systemClock } from '../../lib/clock.ts'
import { readBytes } from '../../lib/options.ts'
import { helpOf } from './help.ts'

const FOLDER = 'deploy/kubernetes'
const MB = 1024 ** 2

/** What the kernel counts and the process does not show. */
const OUTSIDE = 150 * MB

interface Resource {
  readonly kind: string
  readonly metadata: { readonly name: string }
}

interface StatefulSet extends Resource {
  readonly spec: {
    readonly serviceName: string
    readonly selector: { readonly matchLabels: Labels }
    readonly template: {
      readonly metadata: Readonly<Record<'labels' | 'annotations', Labels>>
      readonly spec: PodSpec
    }
  }
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number
  readonly securityContext: { readonly runAsNonRoot: boolean }
  readonly containers: readonly [Container]
}

interface Container {
  readonly image: string
  readonly args: readonly string[]
  readonly envFrom: readonly Readonly<Record<string, { readonly name: string }>>[]
  readonly ports: readonly [{ readonly name: string; readonly containerPort: number }]
  readonly resources: Readonly<Record<'requests' | 'limits', { readonly memory: string }>>
  readonly startupProbe: Probe
  readonly livenessProbe: Probe
  readonly readinessProbe: Probe
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}

type Labels = Readonly<Record<string, string>>

const read = <R>(file: string): R => parse(readFileSync(`${FOLDER}/${file}`, 'utf8')) as R
const { spec } = read<StatefulSet>('statefulset.yaml')
const pod = spec.template.spec
const [container] = pod.containers
const argument = (flag: string): string => container.args[container.args.indexOf(flag) + 1] ?? ''

test('all files are applied together', (t) => {
  const { resources } = read<{ resources: string[] }>('kustomization.yaml')
  const files = readdirSync(FOLDER).filter((file) => file !== 'kustomization.yaml')
  t.deepEqual(new Set(resources), new Set(files))
})

test('the pods have as much memory as their pipeline may take, and 150 MB', (t) => {
  const limit = `${(readBytes(argument('--memory')) + OUTSIDE) / MB}Mi`
  t.is(container.resources.limits.memory, limit)
  t.is(container.resources.requests.memory, limit)
})

test('the pods are given longer to stop than a clean stop takes', (t) => {
  t.true(pod.terminationGracePeriodSeconds * 1_000 > DRAIN)
})

test('the command is one of the command line, with options that it has', async (t) => {
  const help = await helpOf(t, container.args.slice(0, 2))
  for (const flag of container.args.filter((word) => word.startsWith('--')))
    t.true(help.includes(`${flag} `), flag)
})

test('the settings are those that the command line reads', (t) => {
  const { data } = read<{ data: Labels }>('configmap.yaml')
  const { stringData } = read<{ stringData: Labels }>('secret.yaml')
  const settings = settingsOf({ ...data, ...stringData })
  t.is(settings.kind, 'services')
  for (const name of [...Object.keys(data), ...Object.keys(stringData)])
    t.regex(readFileSync('docs/cli.md', 'utf8'), new RegExp(`\`${name}\``))
})

test('names refer to what is there', (t) => {
  const nameOf = (kind: string) => read<Resource>(`${kind.toLowerCase()}.yaml`).metadata.name
  const referred = Object.assign({}, ...container.envFrom) as Record<string, { name: string }>
  t.is(referred['configMapRef']?.name, nameOf('ConfigMap'))
  t.is(referred['secretRef']?.name, nameOf('Secret'))
  t.is(spec.serviceName, nameOf('Service'))
  const { spec: service } = read<{ spec: { selector: Labels } }>('service.yaml')
  for (const labels of [spec.selector.matchLabels, service.selector])
    t.deepEqual(labels, spec.template.metadata.labels)
})

function routesOf() {
  const clock = systemClock
  const health = new Health(clock, new AbortController().signal)
  return healthRoutes(
    health,
    new Metrics({ name: 'ecommerce', clock, meter: new Meter(clock), health }),
  )
}

test('probes ask what is answered, where it is answered', async (t) => {
  const routes = routesOf()
  const [port] = container.ports
  t.is(String(port.containerPort), argument('--health-port'))
  const { startupProbe, livenessProbe, readinessProbe } = container
  for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) {
    t.is(httpGet.port, port.name)
    t.not((await routes.request(httpGet.path)).status, 404)
  }
})

test('a scraper finds the metrics of each pod by its annotations', async (t) => {
  const { annotations } = spec.template.metadata
  const path = annotations['prometheus.io/path'] ?? ''
  t.is(annotations['prometheus.io/scrape'], 'true')
  t.is(annotations['prometheus.io/port'], argument('--health-port'))
  t.regex(await (await routesOf().request(path)).text(), /^# TYPE sluice_lag_records gauge$/m)
})

test('the image is that of the containers, and it does not run as root', (t) => {
  const compose = parse(readFileSync('deploy/compose.yaml', 'utf8')) as {
    'x-sluice': { image: string }
  }
  t.is(container.image, compose['x-sluice'].image)
  t.true(pod.securityContext.runAsNonRoot)
})
