import test from 'ava'
import {
  byField,
  byFields,
  byInterval,
  byKafkaPartition,
  byTime,
  byTopic,
  csv,
  daily,
  defaultName,
  gzip,
  hourly,
  hours,
  jsonArray,
  jsonLines,
  minutes,
  nested,
  once,
  rawBytes,
  seconds,
  template,
  timestampOf,
  tombstones,
  tsv,
  zstd,
} from '../../lib/index.ts'
import { parse } from '../../operators/index.ts'
import {
  untyped,
  build,
  timed,
  sink,
  untimed,
  source,
  results,
  testRefusals,
  type View,
} from './refusals.ts'

testRefusals({
  'rotate without a limit': [
    sink(() => ({ rotate: {} })),
    /rotate states no limit: give .* or leave/,
  ],
  'rotate with a limit that there is not': [
    sink(() => ({ rotate: untyped({ records: 1, evry: 5 }) })),
    /rotate has no option evry: it knows records, .*zone/,
  ],
  'the name of a format': [
    sink(() => ({ format: untyped('json') })),
    /format of s3 prefix '.*' is one such as jsonLines\(\), not a text/,
  ],
  'the name of a compression': [
    sink(() => ({ compression: untyped('gzip') })),
    /compression of s3 prefix '.*' is gzip\(\) or zstd\(\), not a text/,
  ],
  'aligned without every': [
    sink(() => ({ rotate: { records: 5, aligned: true } })),
    /rotate\.aligned needs rotate\.every.*give both/,
  ],
  'aligned by what does not divide a day': [
    sink(() => ({ rotate: { every: minutes(7), aligned: true } })),
    /rotate\.every is .* does not divide a day.*or leave rotate\.aligned out/,
  ],
  'zone with nothing to count from midnight': [
    sink(() => ({ rotate: { every: hours(1), zone: 'Europe/Berlin' } })),
    /rotate\.zone .* rotate\.aligned and rotate\.watermark.*leave zone out/,
  ],
  'a zone that there is not': [
    sink(() => ({ rotate: { every: hours(1), aligned: true, zone: 'Mars/Base' } })),
    /no time zone 'Mars\/Base': take/,
  ],
  'maxOpen of none': [
    sink(() => ({ rotate: { maxOpen: 0 } })),
    /rotate\.maxOpen is 0: it has to be/,
  ],
  'half a record': [sink(() => ({ rotate: { records: 1.5 } })), /rotate\.records is 1\.5/],
  'span without event time': [
    untimed(() => ({ rotate: { span: hours(1) } })),
    /rotate\.span of .*'raw' needs event time.*put eventTime/,
  ],
  'watermark without event time': [
    untimed(() => ({ rotate: { watermark: hours(1) } })),
    /rotate\.watermark of .*'raw' needs event time.*put eventTime/,
  ],
  'watermark in the rejected flow': [
    () =>
      build((world) => {
        timed(world).to(world.s3({ prefix: 'raw' }))
        world.rejected.to(world.s3({ prefix: 'rejected', rotate: { watermark: hours(1) } }))
      }),
    /rotate\.watermark of .*'rejected'.*the rejected flow does not have: leave it out/,
  ],
  'folders of event time without it': [
    untimed(() => ({ partitionBy: hourly() })),
    /partitionBy of .*'raw' goes by event time.*put eventTime.*or say by: 'record'/,
  ],
  'folders of event time within others, without it': [
    untimed(() => ({ partitionBy: tombstones('gone', nested(byField('page'), daily())) })),
    /partitionBy of .*'raw' goes by event time.*put eventTime/,
  ],
  'a name of event time without it': [
    untimed(() => ({ name: template('{time}-{first}') })),
    /name of .*'raw' holds event time.*put eventTime.*or leave it out/,
  ],
  'a name of one’s own of event time without it': [
    untimed(() => ({
      name: ({ firstTime, firstOffset }) => `${timestampOf(firstTime)}-${firstOffset}`,
    })),
    /name of .*'raw' holds event time/,
  ],
  'once with rotate': [
    () =>
      build(({ kafka, s3 }) =>
        kafka({ topic: 'views', keyedBy: (view: View) => view.page })
          .through(parse<View>())
          .to(s3({ prefix: 'raw', name: once({ of: 'x' }), rotate: { records: 5 } })),
      ),
    /once.*rotate|rotate.*once/,
  ],
  'results in folders of a partition': [
    results(() => ({ partitionBy: byKafkaPartition() })),
    /partitionBy of .*'results' goes by the record.*results of reduce come from none: go by/,
  ],
  'results in folders of a topic': [
    results(() => ({ partitionBy: nested(byTopic(), hourly()) })),
    /partitionBy of .*'results' goes by the record/,
  ],
  'results in folders of their record’s time': [
    results(() => ({ partitionBy: hourly({ by: 'record' }) })),
    /partitionBy of .*'results' goes by the record/,
  ],
  'results called after offsets': [
    results(() => ({ name: template('{topic}+{partition}+{first:10}.{extension}') })),
    /name of .*'results' goes by offsets.*put the commit and the ordinal into it, or leave name out/,
  ],
  'one name for all': [sink(() => ({ name: () => 'x' })), /name of .*'raw' is the same for all/],
  'a name that cannot be': [
    sink(() => ({ name: template('{topic}//{first}') })),
    /name of .*'raw' makes 'topic\/\/0'.*slash/,
  ],
  'a placeholder that there is not': [
    sink(() => ({ name: template('{offset}') })),
    /no placeholder \{offset\}: it knows/,
  ],
  'too many digits': [sink(() => ({ name: defaultName({ digits: 21 }) })), /digits .* is 1 to 20/],
  'no prefix': [sink(() => untyped({ prefix: undefined })), /s3\(\) needs a prefix/],
  'a prefix that leads out of itself': [
    sink(() => ({ prefix: 'a/../b' })),
    /prefix 'a\/\.\.\/b' cannot begin a key/,
  ],
  'a prefix that is not the user’s': [
    sink(() => ({ prefix: '/_sluice/mine' })),
    /prefix '_sluice\/mine' lies in _sluice\/.*take another/,
  ],
  'two sinks with one prefix': [
    () =>
      build((world) => {
        const views = timed(world)
        views.to(world.s3({ prefix: 'raw/' }))
        views.to(world.s3({ prefix: '/raw' }))
      }),
    /two sinks write to s3 prefix 'raw': give one another prefix/,
  ],
  'an option that there is not': [
    sink(() => untyped({ rotation: { records: 1 } })),
    /s3\(\) has no option rotation: it knows .*rotate/,
  ],
  'a field twice': [
    sink(() => ({ partitionBy: byFields('page', 'page') })),
    /byFields names page twice/,
  ],
  'a bare folder with a name': [
    sink(() => ({ partitionBy: byField('page', { bare: true, name: 'p' }) })),
    /bare and name of byField\('page'\).*leave one of them out/,
  ],
  'a folder for what is missing that is none': [
    sink(() => ({ partitionBy: byField('page', { missing: 'a/b' }) })),
    /'a\/b' cannot be a folder by the field 'page': take/,
  ],
  'a time with unit and pattern': [
    sink(() => ({
      partitionBy: byTime('YYYY', { by: { field: 'at', unit: 'ms', pattern: 'YYYY' } }),
    })),
    /'at' needs either unit or pattern, not both/,
  ],
  'a time with neither': [
    sink(() => ({ partitionBy: byTime('YYYY', { by: { field: 'at' } }) })),
    /'at' needs either unit or pattern, not neither/,
  ],
  'a zone of folders that there is not': [
    sink(() => ({ partitionBy: hourly({ zone: 'Mars/Base' }) })),
    /no time zone 'Mars\/Base': take/,
  ],
  'a language that there is not': [
    sink(() => ({ partitionBy: byTime('MMMM', { locale: '??' }) })),
    /no language is known as '\?\?': take/,
  ],
  'minutes for a month': [sink(() => ({ partitionBy: byTime('year=YYYY/month=mm') })), /mm/],
  'an interval that does not divide a day': [
    sink(() => ({ partitionBy: byInterval(minutes(7)) })),
    /an interval is so many minutes.*such as/,
  ],
  'an interval of seconds': [
    sink(() => ({ partitionBy: byInterval(seconds(30)) })),
    /an interval is so many minutes/,
  ],
  'a folder of tombstones that is none': [
    sink(() => ({ partitionBy: tombstones('', byField('page')) })),
    /tombstones cannot lie in the folder ''/,
  ],
  'one extension twice': [
    sink(() => ({ format: rawBytes({ extension: 'log.gz' }), compression: gzip() })),
    /extension 'log\.gz' of the format and compression gzip.*leave one of them out/,
  ],
  'a level that there is not': [
    sink(() => ({ compression: zstd({ level: 99 }) })),
    /zstd\.level is 99/,
  ],
  'delimiter and quote alike': [
    sink(() => ({ format: csv({ delimiter: '"' }) })),
    /delimiter and quote of csv are both .*: choose another/,
  ],
  'a null text that is a delimiter': [
    sink(() => ({ format: csv({ delimiter: ';', nullText: 'a;b' }) })),
    /nullText of csv has ";" in it.*choose another nullText, delimiter or quote/,
  ],
  'a delimiter of TSV': [
    sink(() => ({ format: tsv(untyped({ delimiter: ';' })) })),
    /tsv\(\) has no option delimiter: it knows columns|tsv\(\) has no option delimiter: it knows include/,
  ],
  'a column twice': [
    sink(() => ({ format: csv({ columns: ['page', 'page'] }) })),
    /columns of csv names page twice/,
  ],
  'a column that is the record’s': [
    sink(() => ({ format: csv(untyped({ columns: ['_key'], include: ['key'] })) })),
    /columns of csv has _key, which is what include.*take it out of one of them/,
  ],
  'columns that widen, and nobody is told': [
    sink(() => ({ format: csv({ drift: 'widen' }) })),
    /drift: 'widen' of csv.*header: true, or drift: 'reject'/,
  ],
  'a field of the record twice': [
    sink(() => ({ format: jsonLines({ include: ['key', 'key'] }) })),
    /include of jsonLines names key twice/,
  ],
  'a field of the record that there is not': [
    sink(() => ({ format: jsonArray({ include: untyped(['value']) }) })),
    /include of jsonArray takes key, .*, not value/,
  ],
  'raw bytes with a key': [
    sink(() => ({ format: rawBytes(untyped({ include: ['key'] })) })),
    /rawBytes\(\) has no option include: it knows/,
  ],
  'a key of encryption that the store has': [
    sink(() => ({ encryption: { algorithm: 'AES256', keyId: 'mine' } })),
    /encryption\.keyId needs encryption\.algorithm 'aws:kms'/,
  ],
  'a storage class that takes hours to read': [
    sink(() => untyped({ storageClass: 'GLACIER' })),
    /storageClass is 'GLACIER': it has to be/,
  ],
})

test('the flows that these are made of can be built', (t) => {
  t.notThrows(sink(() => ({})))
  t.notThrows(untimed(() => ({ partitionBy: hourly({ by: 'record' }) })))
  t.notThrows(results(() => ({ partitionBy: hourly() })))
  t.notThrows(source({ topic: 'a' }))
})
