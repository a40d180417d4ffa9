// cache.test.mjs - what may be kept and by whom: tags and 304, the page cache for visitors alone,
// compression, HEAD and ranges, and the security headers of every answer.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { enterDemo } from '../lib/roles.mjs';
import { Site } from '../lib/site.mjs';

const site = Site.shared();
const page = (path, headers = {}) => site.visitor().send('GET', path, { json: false, headers });

// Bytes as they come over the wire: fetch would unpack them.
function wire(method, path, headers = {}) {
  return new Promise((done, fail) => {
    request(site.url + path, { method, headers }, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece));
      answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces) }));
    }).on('error', fail).end();
  });
}

test('a visitor gets a tag, and 304 without a body while nothing changed', async () => {
  for (const path of ['/', '/jobs', '/hello/小明', '/exchange']) {
    const first = await wire('GET', encodeURI(path), { accept: 'text/html' });
    assert.match(first.headers.etag ?? '', /^(W\/)?"[^"]+"$/, path);
    assert.match(first.headers['cache-control'], /^public, max-age=5/);
    for (const tag of [first.headers.etag, `"other", ${first.headers.etag}`, '*']) {
      const again = await wire('GET', encodeURI(path), { accept: 'text/html', 'if-none-match': tag });
      assert.equal(again.status, 304, `${path} ${tag}`);
      assert.equal(again.body.length, 0);
      assert.ok(again.headers.etag);
    }
    const other = await wire('GET', encodeURI(path), { accept: 'text/html', 'if-none-match': '"other"' });
    assert.equal(other.status, 200);
  }
});

test('the page of somebody signed in is neither kept nor served to anybody else', async () => {
  const person = await enterDemo(site, 'student1');
  for (const path of ['/', '/jobs', '/hello/小明']) {
    const visitor = await page(path);
    const own = await person.page(path);
    assert.equal(own.headers.get('cache-control'), 'no-store');
    assert.equal(own.headers.get('etag'), null);
    assert.ok(own.text.includes(person.user.name), 'the own name in the head of the page');
    assert.ok(!visitor.text.includes(person.user.name));
    const after = await page(path);
    assert.ok(!after.text.includes(person.user.name), `${path}: nothing personal in the cache`);
    assert.ok(!after.text.includes('name="_csrf"') || path !== '/', 'a page that is kept holds no token');
  }
});

test('HTML, JSON and XML of one address are kept apart', async () => {
  for (let i = 0; i < 2; i++) {
    assert.match((await page('/jobs')).headers.get('content-type'), /^text\/html/);
    assert.match((await page('/jobs', { accept: 'application/json' })).headers.get('content-type'), /^application\/json/);
    assert.match((await page('/jobs', { accept: 'application/xml' })).headers.get('content-type'), /^application\/xml/);
    assert.match((await page('/api/jobs')).headers.get('content-type'), /^application\/json/);
  }
});

test('only public GET pages may be kept, and for no longer than a minute', async () => {
  const kept = (await site.tool('--json', 'routes')).json.filter((route) => route.cache_s > 0);
  assert.ok(kept.length > 3);
  for (const route of kept) {
    assert.equal(route.method, 'GET');
    assert.ok(route.roles.includes('public'), route.path);
    assert.ok(route.cache_s <= 60, route.path);
  }
});

test('the feed: tag, 304, gzip, HEAD and ranges', async () => {
  const plain = await wire('GET', '/feeds/jobs.xml');
  assert.equal(plain.status, 200);
  assert.equal(plain.headers['content-type'], 'application/xml; charset=utf-8');
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.match(plain.headers.etag, /^"/);
  assert.match(plain.headers['cache-control'], /^public/);
  assert.ok(plain.headers['last-modified']);
  assert.match(plain.headers.vary ?? '', /Accept-Encoding/i);

  const packed = await wire('GET', '/feeds/jobs.xml', { 'accept-encoding': 'gzip' });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.ok(packed.body.length < plain.body.length / 4);
  assert.ok(gunzipSync(packed.body).equals(plain.body), 'the same bytes');

  const same = await wire('GET', '/feeds/jobs.xml', { 'if-none-match': plain.headers.etag });
  assert.equal(same.status, 304);
  assert.equal(same.body.length, 0);
  const since = await wire('GET', '/feeds/jobs.xml', { 'if-modified-since': plain.headers['last-modified'] });
  assert.equal(since.status, 304);

  const head = await wire('HEAD', '/feeds/jobs.xml');
  assert.equal(head.status, 200);
  assert.equal(head.body.length, 0);
  assert.equal(Number(head.headers['content-length']), plain.body.length);

  const part = await wire('GET', '/feeds/jobs.xml', { range: 'bytes=100-299' });
  assert.equal(part.status, 206);
  assert.equal(part.headers['content-range'], `bytes 100-299/${plain.body.length}`);
  assert.ok(part.body.equals(plain.body.subarray(100, 300)));
  const beyond = await wire('GET', '/feeds/jobs.xml', { range: 'bytes=999999999-' });
  assert.equal(beyond.status, 416);
  const xsd = await wire('GET', '/feeds/jobs.xsd');
  assert.equal(xsd.status, 200);
  assert.match(xsd.headers['content-type'], /xml; charset=utf-8$/);
});

test('HEAD answers like GET, without a body', async () => {
  const person = await enterDemo(site, 'student1');
  const cookie = [...person.cookies].map(([k, v]) => `${k}=${v}`).join('; ');
  for (const path of ['/', '/jobs', '/nothing', '/account', '/healthz', '/static/jiye.css'])
    for (const headers of [{}, { cookie }]) {
      const [get, head] = [await wire('GET', path, headers), await wire('HEAD', path, headers)];
      assert.equal(head.status, get.status, path);
      assert.equal(head.body.length, 0, path);
      assert.equal(head.headers['content-type'], get.headers['content-type'], path);
    }
});

test('security headers: the same, once, on every kind of answer', async () => {
  const person = await enterDemo(site, 'student1');
  const wanted = {
    'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'x-frame-options': 'DENY',
  };
  for (const path of ['/', '/jobs', '/account', '/api/session', '/nothing', '/static/jiye.css', '/static/nothing', '/static/bootstrap/css/bootstrap.min.css',
    '/feeds/jobs.xml', '/feeds/nothing', '/favicon.ico', '/robots.txt', '/metrics', '/%zz', `/${'x'.repeat(9000)}`, '/.git/config', '/jobs?nothing=1']) {
    const answer = await person.page(path);
    for (const [name, value] of Object.entries(wanted)) assert.equal(answer.headers.get(name), value, `${path.slice(0, 30)} ${name}`);
    assert.doesNotMatch(answer.headers.get('server') ?? '', /\d/, 'no version');
    assert.equal(answer.headers.get('x-powered-by'), null);
  }
  const redirect = await site.visitor().page('/account');
  assert.equal(redirect.status, 303);
  assert.equal(redirect.headers.get('x-frame-options'), 'DENY');
});

test('no page has code or style of its own in it, and nothing is loaded from elsewhere', async () => {
  for (const [name, paths] of [['admin', ['/', '/admin', '/admin/plugins', '/admin/health', '/admin/audit']], ['city1', ['/', '/needs/people', '/work/meters', '/jobs/all', '/jobs/import/vacancies']], ['student1', ['/', '/needs', '/jobs/pushed', '/work/timeline', '/account']], ['firm1', ['/jobs/new', '/jobs/mine']]]) {
    const client = await enterDemo(site, name);
    for (const path of paths) {
      const { status, text } = await client.page(path);
      assert.equal(status, 200, `${name} ${path}`);
      assert.doesNotMatch(text, /<script(?![^>]*\ssrc=)[^>]*>/i, path);
      assert.doesNotMatch(text, /\sstyle\s*=|\son[a-z]+\s*=\s*["']|<style|javascript:/i, path);
      assert.doesNotMatch(text, /(src|href|action)="(https?:)?\/\/(?!127\.0\.0\.1)/i, path);
      assert.match(text, /<html lang="zh-CN">/);
    }
  }
});

test('nothing that is not meant to be served is: hidden files, folders, error pages, templates', async () => {
  for (const path of ['/.git/HEAD', '/static/', '/static/bootstrap/', '/static/errors/404.html', '/_errors/404.html', '/_feeds/jobs.xml', '/static/../conf/jiye.conf',
    '/static/%2e%2e/%2e%2e/conf/jiye.conf', '/core/templates/layout.mustache', '/feeds/../keys', '/feeds/..%2fkeys'])
    for (const headers of [{}, { accept: 'text/html' }]) {
      const answer = await wire('GET', path, headers);
      assert.ok([400, 403, 404].includes(answer.status), `${path}: ${answer.status}`);
    }
});
