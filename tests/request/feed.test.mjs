// feed.test.mjs - the list of vacancies for other sites: well-formed, valid against the schema beside
// it, complete, read with parsers that are not ours; and honest while the jobs are switched off.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { enterDemo } from '../lib/roles.mjs';
import { vacancy } from '../lib/objects.mjs';
import { Site } from '../lib/site.mjs';

const site = Site.shared();
const folder = mkdtempSync(join(tmpdir(), 'jiye-feed-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const published = () => site.sql("SELECT id FROM jobs_vacancies WHERE state = 'published' AND expires >= CURDATE() ORDER BY id").map(([id]) => id);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const fetched = () => site.visitor().send('GET', '/feeds/jobs.xml', { json: false });

// As a site that fetches it would: the root's attributes and members, and all jobs, by Python's parser.
function parsed(text) {
  return JSON.parse(execFileSync('python3', ['-c', `
import sys, json, xml.etree.ElementTree as E
root = E.fromstring(sys.stdin.buffer.read())
jobs = [dict(((c.tag, c.text or '') for c in job), **{'@' + k: v for k, v in job.attrib.items()}) for job in root.iter('job')]
print(json.dumps({'tag': root.tag, 'head': {c.tag: c.text or '' for c in root if c.tag != 'job'}, 'attributes': root.attrib, 'jobs': jobs}))
`], { input: text, encoding: 'utf8', maxBuffer: 1 << 28 }));
}

// The task writes the list within seconds after a change.
async function settled() {
  for (let i = 0; i < 90; i++) {
    const answer = await fetched();
    if (answer.status === 200 && parsed(answer.text).jobs.length === published().length) return answer;
    await sleep(500);
  }
  return fetched();
}

test('the list is valid against its own schema', async () => {
  const [feed, schema] = [await settled(), await site.visitor().send('GET', '/feeds/jobs.xsd', { json: false })];
  assert.equal(feed.status, 200);
  writeFileSync(join(folder, 'jobs.xml'), feed.text);
  writeFileSync(join(folder, 'jobs.xsd'), schema.text);
  execFileSync('xmllint', ['--noout', '--nonet', '--schema', join(folder, 'jobs.xsd'), join(folder, 'jobs.xml')], { stdio: 'pipe' });
  assert.match(feed.text, /^<\?xml version="1\.0" encoding="UTF-8"/i);
  assert.doesNotMatch(feed.text, /<!DOCTYPE|<!ENTITY/);
});

test('the count that it states, the jobs in it and the published ones in the database are the same', async () => {
  const feed = parsed((await settled()).text);
  const said = { ...feed.head, ...feed.attributes };
  const count = Number(said.expectedJobCount);
  assert.ok(count > 0, JSON.stringify(said));
  assert.equal(feed.jobs.length, count);
  const ids = published();
  assert.equal(count, ids.length);
  const numbers = feed.jobs.map((job) => job.referencenumber ?? job.id ?? job['@id']);
  assert.equal(new Set(numbers).size, count, 'each once');
  for (const job of feed.jobs.slice(0, 20)) {
    assert.ok(job.title && job.url && job.company, JSON.stringify(job));
    assert.ok(job.url.startsWith(site.url));
  }
});

test('the address of a job in the list leads to its page', async () => {
  const [job] = parsed((await settled()).text).jobs;
  const answer = await site.visitor().page(job.url.slice(site.url.length));
  assert.equal(answer.status, 200);
  assert.ok(answer.text.includes(job.title));
});

test('what an employer typed cannot break the list; a new vacancy appears, a closed one goes', async () => {
  const firm = await enterDemo(site, 'firm1');
  const city = await enterDemo(site, 'city1');
  const title = `文员 ]]> <b>&amp; "'${Date.now() % 100000}`;
  const made = await firm.post('/api/jobs/new', vacancy({ title, region: '220102', description: '第一行\n<script>alert(1)</script> ]]> &#0; 结束的一行。' }));
  assert.equal(made.status, 200, made.text);
  const id = made.json.location.split('/').pop();
  assert.equal((await city.post(`/api/jobs/flow/vacancy/${id}/approve`, { ver: 0 })).status, 200);
  const text = (await settled()).text;
  const job = parsed(text).jobs.find((each) => each.url.endsWith(`/jobs/${id}`));
  assert.equal(job?.title, title);
  assert.match(job.description, /<script>alert\(1\)<\/script>/, 'as text');
  assert.equal((await firm.post(`/api/jobs/flow/vacancy/${id}/close`, { ver: 0, reason: 'filled' })).status, 200);
  const rest = parsed((await settled()).text).jobs;
  assert.ok(!rest.some((each) => each.url.endsWith(`/jobs/${id}`)));
});

test('no personal data: no account, no person, no phone of a graduate', async () => {
  const { text } = await fetched();
  assert.doesNotMatch(text, /(?<!\d)1[3-9]\d{9}(?!\d)/);
  assert.doesNotMatch(text, /(?<!\d)\d{17}[\dX](?![\dA-Z])/);
});

test('while the jobs are off the list answers 503 with Retry-After, and comes back', async () => {
  const off = await site.tool('plugin', 'disable', 'jobs', '--wait', '--why', '测试');
  try {
    assert.equal(off.code, 0, off.err);
    for (const path of ['/feeds/jobs.xml', '/jobs']) {
      let answer;
      for (let i = 0; i < 20; i++) { // the page cache may hold the old page for its five seconds
        answer = await site.visitor().send('GET', path, { json: false, headers: { accept: path === '/jobs' ? 'text/html' : '*/*' } });
        if (answer.status === 503) break;
        await sleep(500);
      }
      assert.equal(answer.status, 503, path);
      assert.ok(Number(answer.headers.get('retry-after')) > 0, path);
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      assert.match(answer.text, /[\u4e00-\u9fff]+.*。/);
    }
    assert.equal((await site.visitor().page('/')).status, 200);
    const home = await site.visitor().page(`/hello/off`);
    assert.doesNotMatch(home.text, /href="\/jobs"/, 'no entry leads to it');
  } finally {
    const on = await site.tool('plugin', 'enable', 'jobs', '--wait', '--why', '测试');
    assert.equal(on.code, 0, on.err);
  }
  assert.equal((await site.visitor().page('/jobs')).status, 200);
  assert.equal((await settled()).status, 200);
});
