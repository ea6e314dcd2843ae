import { Health } from '../../../../lib/cli/health.ts'
import { Meter } from '../../../../lib/cli/meter.ts'
import { Metrics } from '../../../../lib/cli/metrics/metrics.ts'
import type { Clock } from '../../../../lib/clock.ts'

/** Metrics of a run that has not begun. */
export function newMetrics(clock: Clock, name = 'views') {
  const meter = new Meter(clock)
  const health = new Health(clock, new AbortController().signal)
  return { meter, health, metrics: new Metrics({ name, clock, meter, health }) }
}

/** What is told beyond what every Node process tells: by name and labels, without the one that all have. */
export async function samplesOf(metrics: Metrics): Promise<Map<string, number>> {
  const text = await metrics.text()
  const own = text.matchAll(/^(sluice_\w+)\{(.*)\} (\S+)$/gm)
  return new Map(
    Array.from(own, ([, name, labels = '', value]) => {
      const others = labels.replace(/,?pipeline="[^"]*"/, '').replace(/^,/, '')
      return [others === '' ? name! : `${name}{${others}}`, Number(value)]
    }),
  )
}
