// matrix.test.mjs - every route of `jiyectl routes --json` with every role, and every address of an
// object with somebody else's. A new route with a parameter needs a line in lib/objects.mjs.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { addresses, Objects, shared, vacancy } from '../lib/objects.mjs';
import { everyone, roles } from '../lib/roles.mjs';
import { Site } from '../lib/site.mjs';

const site = Site.shared();
const objects = new Objects(site);
const visitor = { role: 'public', account: 0 };
let routes, clients;

// The real addresses of a route: one, or one for each flow or import behind a shared route.
function expand(route) {
  if (route.path.startsWith('/:plugin/'))
    return shared(route).map((each) => ({ ...route, ...each, listed: route.roles, roles: each.roles ?? route.roles }));
  if (!route.path.includes(':')) return [{ ...route, path: () => route.path, open: true, name: route.path }];
  const known = addresses[route.path];
  assert.ok(known, `${route.path} has no line in tests/lib/objects.mjs`);
  return [{ ...route, ...known, name: route.path }];
}
const user = (role) => clients[role].user ?? visitor;
const told = (each, role, answer) => `${each.method} ${each.name} as ${role}: ${answer.status} ${answer.text.slice(0, 300)}`;
const invented = (path) => /999999999|\/[\w-]{43}(\/|$)/.test(path); // an id or token that nobody has
const inTurn = async (work) => { await Promise.all(roles.map(work)); };

before(async () => {
  routes = (await site.tool('--json', 'routes')).json;
  clients = await everyone(site);
  const made = await clients.employer.post('/api/jobs/new', vacancy()); // every caller has an object of their own
  assert.equal(made.status, 200, made.text);
});

test('every route names its roles, and is listed once', () => {
  const seen = new Set();
  assert.ok(routes.length > 90);
  for (const route of routes) {
    assert.ok(route.roles.length > 0, route.path);
    for (const role of route.roles) assert.ok(roles.includes(role), `${route.path}: ${role}`);
    assert.ok(!seen.has(`${route.method} ${route.path}`));
    seen.add(`${route.method} ${route.path}`);
  }
});

test('GET: who is named gets in, who is not gets 401 or 403 and no content', async () => {
  await inTurn(async (role) => {
    for (const each of routes.filter((route) => route.method === 'GET').flatMap(expand)) {
      const path = each.path(objects, user(role), true);
      const data = await clients[role].get(`/api${path}`);
      if (each.roles.includes(role))
        assert.ok(data.status < 400 || (data.status === 404 && invented(path)), told(each, role, data));
      else
        assert.equal(data.status, role === 'public' ? 401 : 403, told(each, role, data));
      const page = await clients[role].page(path);
      if (each.roles.includes(role)) {
        assert.ok(page.status < 400 || (page.status === 404 && invented(path)), told(each, role, page));
      } else if (role === 'public') {
        assert.equal(page.status, 303, told(each, role, page));
        assert.ok(page.location.startsWith('/account/sign-in?next='), page.location);
      } else {
        assert.equal(page.status, 403, told(each, role, page));
        assert.match(page.text, /您现在的身份|不能/);
      }
    }
  });
});

// What every signed-in person may do to themselves, and would end this test's own session.
const leaving = ['/account/sign-out'];

test('POST: with a token but nothing in it no route fails, without a token none does anything', async () => {
  const states = () => site.sql('SELECT name, wanted, state FROM plugins ORDER BY name');
  const before = states();
  await inTurn(async (role) => {
    for (const each of routes.filter((route) => route.method === 'POST' && !leaving.includes(route.path)).flatMap(expand)) {
      const path = `/api${each.path(objects, user(role), true)}`;
      const named = each.roles.includes(role) || each.listed?.includes(role);
      if (role === 'public' && !clients.public.token)
        clients.public.token = (await clients.public.get('/api/session')).json.token;
      const full = await clients[role].post(path, path.includes('/flow/') ? each.body ?? {} : {});
      assert.ok(full.status < 500, told(each, role, full));
      if (each.roles.includes(role)) assert.ok(![401, 403].includes(full.status), told(each, role, full));
      if (!named) assert.equal(full.status, role === 'public' ? 401 : 403, told(each, role, full));
      const bare = await clients[role].post(path, {}, { headers: { 'x-csrf-token': '' } });
      if (each.flags.includes('keyed')) assert.ok(bare.status < 500, told(each, role, bare));
      else assert.equal(bare.status, role === 'public' && !named ? 401 : 403, told(each, role, bare));
    }
  });
  assert.deepEqual(states(), before, 'no plugin was switched by an empty form');
});

test("somebody else's object is not there", async () => {
  let tried = 0;
  await inTurn(async (role) => {
    if (role === 'admin' || role === 'province') return; // the one has no such routes, the other sees all
    for (const each of routes.flatMap(expand)) {
      if (each.open || !each.roles.includes(role)) continue;
      const send = (own) => {
        const path = `/api${each.path(objects, user(role), own)}`;
        return each.method === 'GET' ? clients[role].get(path) : clients[role].post(path, each.body ?? {});
      };
      if (!invented(each.path(objects, user(role), true))) {
        const mine = await send(true);
        assert.ok(mine.status < 500 && ![403, 404].includes(mine.status), `own: ${told(each, role, mine)}`);
      }
      const path = each.path(objects, user(role), false);
      const answer = await send(false);
      assert.equal(answer.status, 404, `${path}: ${told(each, role, answer)}`);
      assert.deepEqual(Object.keys(answer.json), ['error']);
      tried++;
    }
  });
  assert.ok(tried > 25, `${tried} tried`);
});

test('a batch moves own records and none of another unit', async () => {
  const { city } = clients;
  const own = objects.vacancy(city.user, true, "state = 'pending'");
  const foreign = objects.vacancy(city.user, false, "state = 'pending'");
  const ids = [own, foreign].map((id) => `${id}.${site.sql(`SELECT ver FROM jobs_vacancies WHERE id = ${id}`)[0][0]}`);
  const batch = await city.post('/api/jobs/flow/vacancy/batch', { ids, move: 'approve', confirm: true });
  assert.ok(batch.status < 500, batch.text);
  const state = (id) => site.sql(`SELECT state FROM jobs_vacancies WHERE id = ${id}`)[0][0];
  assert.equal(state(own), 'published', batch.text);
  assert.equal(state(foreign), 'pending', batch.text);
});

test('signing out works for every role and kills the session', async () => {
  for (const role of roles.slice(1)) {
    const client = clients[role];
    client.token = (await client.get('/api/session')).json.token;
    const cookies = new Map(client.cookies);
    assert.equal((await client.post('/api/account/sign-out', {}, { headers: { 'x-csrf-token': '' } })).status, 403);
    assert.equal((await client.post('/api/account/sign-out', {})).status, 200);
    client.cookies = cookies;
    assert.equal((await client.get('/api/account')).status, 401);
  }
});
