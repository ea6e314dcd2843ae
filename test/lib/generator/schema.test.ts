import test from 'ava'
import { checkSchema } from '../../../lib/generator/schema.ts'

const sound = {
  from: '2025-03-17T00:00:00Z',
  columns: [
    { name: 'id', type: 'uuid' },
    { name: 'at', type: 'timestamp' },
    { name: 'country', type: 'string', cardinality: 3 },
  ],
}

const refuses = (title: string, schema: unknown, message: RegExp): void =>
  test(`a schema is refused ${title}`, (t) => {
    t.throws(() => checkSchema(schema, 'my.json'), { code: 'config', message })
  })

test('a sound schema is handed back', (t) => {
  t.deepEqual(checkSchema(sound, 'my.json'), sound as never)
})

refuses('when the file exports nothing', undefined, /^my.json: from is undefined/)
refuses('without a time to begin at', { ...sound, from: 'soon' }, /from is soon: it has to be/)
refuses(
  'with no number of events',
  { ...sound, events: 0.5 },
  /events is 0.5: it has to be a whole/,
)
refuses('without columns', { from: sound.from }, /^my.json: columns has to be a list$/)
refuses(
  'with a column of no known type',
  { ...sound, columns: [...sound.columns, { name: 'x', type: 'date', cardinality: 1 }] },
  /the type of x is date: it has to be one of uuid, timestamp, string/,
)
refuses(
  'with a column without a cardinality',
  { ...sound, columns: [...sound.columns, { name: 'x', type: 'string' }] },
  /the cardinality of x is undefined: it has to be a whole number from 1 to 4294967296/,
)
refuses(
  'with a column without a name',
  { ...sound, columns: [...sound.columns, { type: 'string', cardinality: 1 }] },
  /a column has no name/,
)
refuses(
  'with two columns of one name',
  { ...sound, columns: [...sound.columns, { name: 'country', type: 'integer', cardinality: 2 }] },
  /there are two columns country/,
)
refuses(
  'without an identity',
  { ...sound, columns: sound.columns.slice(1) },
  /0 columns have the type uuid: it has to be one/,
)
refuses(
  'with two times',
  { ...sound, columns: [...sound.columns, { name: 'until', type: 'timestamp' }] },
  /2 columns have the type timestamp: it has to be one/,
)
