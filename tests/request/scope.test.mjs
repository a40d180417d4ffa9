// scope.test.mjs - an officer of one place never meets a row of another: many addresses of every
// list, drawn at random, as JSON, page by page, as CSV and as a workbook, with counts.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { before, test } from 'node:test';
import { enterDemo } from '../lib/roles.mjs';
import { Site } from '../lib/site.mjs';

const site = Site.shared();
const callers = {};
let seed = Number(process.env.JIYE_SEED ?? Date.now() % 1_000_000);
const draw = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
const pick = (list) => list[draw(list.length)];

before(async () => {
  for (const name of ['city1', 'city2', 'school1', 'school2', 'province']) callers[name] = await enterDemo(site, name);
});

// The lists, the table behind each, and the columns of that table that hold a place.
const lists = [
  { path: '/needs/people', table: 'people', unit: 'unit', university: 'university', of: 'cohort = (SELECT cohort FROM campaigns WHERE current = 1)' },
  { path: '/needs/ledger', table: 'needs', unit: 'unit', university: 'university', of: 'campaign = (SELECT id FROM campaigns WHERE current = 1)' },
  { path: '/work/orders', table: 'orders', unit: 'unit', university: 'university', of: 'need IN (SELECT id FROM needs WHERE campaign = (SELECT id FROM campaigns WHERE current = 1))' },
  { path: '/jobs/all', table: 'jobs_vacancies', unit: 'unit', of: '1 = 1' },
];
const scoped = (list, user) => user.role === 'city' ? `${list.unit} = '${user.unit}'`
  : list.university ? `${list.university} = '${user.university}'` : '1 = 0';
const ids = (list, user) => new Set(site.sql(`SELECT id FROM ${list.table} WHERE ${list.of} AND ${scoped(list, user)}`).map(([id]) => Number(id)));

// One random choice of filters, as the list itself offers them; places of others above all.
function address(filters) {
  const query = new URLSearchParams();
  for (const filter of filters) {
    if (draw(3) === 0 && filter.choices?.length) query.set(filter.name, pick(filter.choices).value);
    else if (filter.reference === 'units' && draw(2)) query.set(filter.name, pick(['220100', '220200', '220300']));
    else if (filter.reference === 'universities' && draw(2)) query.set(filter.name, pick([callers.school1, callers.school2]).user.university);
    else if (filter.type === 'text' && draw(4) === 0) query.set(filter.name, pick(['%', '_', "' OR 1=1 -- ", '测试', '王']));
  }
  return query;
}

for (const list of lists)
  test(`${list.path}: only own rows, whatever is asked for`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    for (const [name, client] of Object.entries(callers)) {
      if (name === 'province' || (!list.university && client.user.role === 'university')) continue;
      const own = ids(list, client.user);
      const first = (await client.get(`/api${list.path}`)).json;
      assert.ok(own.size > 0 && first.rows.length > 0, `${name} has rows`);
      assert.equal(first.count, Math.min(own.size, 1000));
      for (let i = 0; i < 12; i++) {
        const query = address(first.filters);
        const answer = await client.get(`/api${list.path}?${query}`);
        assert.equal(answer.status, 200, `${query} ${answer.text}`);
        for (const row of answer.json.rows) assert.ok(own.has(row.id), `${name} ${query}: row ${row.id}`);
        assert.ok(answer.json.count <= own.size, `${name} ${query}: ${answer.json.count}`);
      }
    }
  });

test('paging shows each own row once, and a cursor from elsewhere leads to no foreign row', async () => {
  const list = lists[0];
  const own = ids(list, callers.school1.user);
  const seen = new Set();
  for (let next = ''; next !== undefined;) {
    const page = (await callers.school1.get(`/api${list.path}${next}`)).json;
    for (const row of page.rows) {
      assert.ok(!seen.has(row.id));
      seen.add(row.id);
    }
    next = page.next;
  }
  assert.deepEqual([...seen].sort((a, b) => a - b), [...own].sort((a, b) => a - b));
  const foreign = (await callers.city2.get(`/api${list.path}`)).json.next;
  for (const row of (await callers.school1.get(`/api${list.path}${foreign}`)).json.rows) assert.ok(own.has(row.id));
});

// The cells of the first sheet, read with a program that is not ours.
function workbook(bytes) {
  return JSON.parse(execFileSync('python3', ['-c', `
import sys, io, json, zipfile, xml.etree.ElementTree as E
z = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
n = {'m': 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'}
shared = []
if 'xl/sharedStrings.xml' in z.namelist():
    shared = [''.join(t.text or '' for t in s.iter('{%s}t' % n['m'])) for s in E.fromstring(z.read('xl/sharedStrings.xml'))]
def cell(c):
    if c.get('t') == 'inlineStr': return ''.join(t.text or '' for t in c.iter('{%s}t' % n['m']))
    v = c.find('m:v', n)
    return '' if v is None else shared[int(v.text)] if c.get('t') == 's' else v.text
print(json.dumps([[cell(c) for c in r] for r in E.fromstring(z.read('xl/worksheets/sheet1.xml')).iter('{%s}row' % n['m'])]))
`], { input: bytes, encoding: 'utf8', maxBuffer: 1 << 26 }));
}
async function bytes(client, path) {
  const cookie = [...client.cookies].map(([k, v]) => `${k}=${v}`).join('; ');
  const answer = await fetch(site.url + path, { headers: { cookie } });
  assert.equal(answer.status, 200, path);
  return { headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
}
const unitName = (code) => site.sql(`SELECT name FROM units WHERE code = '${code}'`)[0][0];

test('an export holds every own row and no other, as CSV and as a workbook', async () => {
  for (const list of lists.filter((each) => each.university))
    for (const client of [callers.city2, callers.school2]) {
      const own = ids(list, client.user);
      const place = unitName(site.sql(client.user.role === 'city' ? `SELECT '${client.user.unit}'`
        : `SELECT unit FROM universities WHERE code = '${client.user.university}'`)[0][0]);
      const csv = await bytes(client, `${list.path}?format=csv&columns=unit`);
      assert.match(csv.headers.get('content-disposition'), /^attachment/);
      assert.equal(csv.headers.get('cache-control'), 'no-store');
      assert.equal(csv.body.subarray(0, 3).toString('hex'), 'efbbbf');
      const lines = csv.body.toString('utf8').slice(1).trimEnd().split('\r\n').slice(1);
      assert.equal(lines.length, own.size, list.path);
      assert.deepEqual(new Set(lines), new Set([place]), list.path);
      const rows = workbook((await bytes(client, `${list.path}?format=xlsx&columns=unit`)).body).slice(1);
      assert.equal(rows.length, own.size, list.path);
      assert.ok(rows.every(([cell]) => cell === place), list.path);
      const foreign = await bytes(client, `${list.path}?format=csv&columns=unit&university=${callers.school1.user.university}`);
      assert.equal(foreign.body.toString('utf8').trimEnd().split('\r\n').length, 1, 'the head alone');
    }
});

test('vacancies of another unit are in no export and no queue', async () => {
  const names = (unit) => site.sql(`SELECT title, id FROM jobs_vacancies WHERE unit ${unit}`);
  const csv = (await bytes(callers.city2, '/jobs/all?format=csv')).body.toString('utf8').trimEnd().split('\r\n');
  assert.equal(csv.length - 1, names("= '220200'").length);
  for (const name of ['city1', 'city2']) {
    const { user } = callers[name];
    const queue = (await callers[name].get('/api/jobs/flow/vacancy/queue')).json;
    const waiting = site.sql(`SELECT id FROM jobs_vacancies WHERE unit = '${user.unit}' AND state = 'pending'`).map(([id]) => Number(id));
    for (const row of queue.rows) assert.ok(waiting.includes(row.id), `${name}: ${row.id}`);
    assert.equal(queue.count, waiting.length);
  }
  const orders = (await callers.city2.get('/api/work/flow/order/queue')).json;
  const own = ids(lists[2], callers.city2.user);
  for (const row of orders.rows) assert.ok(own.has(row.id));
});

test('figures count own people alone', async () => {
  for (const name of ['city2', 'school2']) {
    const client = callers[name];
    const own = ids(lists[0], client.user).size;
    const coverage = (await client.get('/api/needs/coverage')).json;
    assert.equal(coverage.total.people, own);
    assert.equal(coverage.rows.reduce((sum, row) => sum + row.people, 0), own);
    const meters = (await client.get('/api/work/meters')).json;
    assert.equal(meters.groups.reduce((sum, group) => sum + group.people, 0), own);
  }
});

test('matching batches of another unit are not shown', async () => {
  const measures = `'{"people": 77, "with_three": 5}'`;
  site.sql(`INSERT INTO jobs_batches (campaign, region, seed, weights, measures, finished)
    VALUES (1, '220100', 1, '{}', ${measures}, NOW()), (1, '220200', 1, '{}', ${measures}, NOW())`);
  try {
    const seen = (name) => callers[name].get('/api/jobs/batches').then((answer) => new Set(answer.json.rows.map((row) => row.region)));
    assert.ok((await seen('province')).has('220100'));
    assert.ok((await seen('city1')).has('220100'));
    assert.ok(!(await seen('city2')).has('220100'));
    const asked = (await callers.city2.get('/api/jobs/batches?region=220100')).json;
    assert.equal(asked.count, 0);
  } finally {
    site.sql("DELETE FROM jobs_batches WHERE seed = 1 AND weights = '{}'");
  }
});

test('a province-wide caller does see them all', async () => {
  const all = (await callers.province.get('/api/jobs/all')).json;
  assert.equal(all.count, Math.min(Number(site.sql('SELECT COUNT(*) FROM jobs_vacancies')[0][0]), 1000));
});
