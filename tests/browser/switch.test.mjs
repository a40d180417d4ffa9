// An administrator switches the jobs off and on by the pages while others go on reading: no request to
// another page fails, the jobs' pages explain themselves, the feed asks to come again.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { Browser, press, text } from '../lib/browser.mjs';
import { startLoad, until } from '../lib/load.mjs';

let browser;
before(async () => { browser = await Browser.over(); });
after(async () => {
  if (!browser) return;
  const { site } = browser;
  await site.tool('plugin', 'enable', 'jobs', '--why', '测试以后恢复', '--wait');
  await browser.close();
});

async function turn(page, button, field) {
  await page.goto('/admin/plugins/jobs');
  await page.getByLabel(field).fill('浏览器测试');
  await press(page, new RegExp(`^${button}$`));
}

test('the jobs are switched off and on, and nobody else notices', { timeout: 90000 }, async () => {
  const { site } = browser;
  const [admin, reader] = [await browser.signedIn('admin'), await browser.signedIn('student1')];
  const visitor = site.visitor();
  const paths = ['/', '/exchange', '/account/sign-in', '/hello/试', '/healthz'];
  const load = startLoad(3, async (index, n) => {
    const path = paths[(index + n) % paths.length];
    const answer = await visitor.get(path, { headers: { 'cache-control': 'no-cache' } });
    return { ok: answer.status === 200, what: `${path} ${answer.status}` };
  });
  try {
    await turn(admin, '关闭', '关闭的原因');
    await until('the page of the jobs says that they are off', async () =>
      (await reader.goto('/jobs/pushed')).status() === 503);
    const said = await reader.reload();
    assert.match(await text(reader), /“岗位”现在没有开放[\s\S]*其他服务不受影响/);
    assert.ok(Number(said.headers()['retry-after']) > 0, 'it says when to come again');
    assert.equal(await reader.locator('nav a[href="/jobs"]').count(), 0, 'the entry is gone');
    const feed = await until('the feed is off', async () => {
      const answer = await visitor.get('/feeds/jobs.xml');
      return answer.status === 503 && answer;
    });
    assert.ok(Number(feed.headers.get('retry-after')) > 0);
    assert.equal((await reader.goto('/needs')).status(), 200, 'the needs go on');
    assert.equal((await reader.goto('/work/timeline')).status(), 200);

    await turn(admin, '开启', '开启的原因');
    await until('the jobs are back', async () => (await reader.goto('/jobs/pushed')).status() === 200);
    assert.ok((await reader.locator('nav a[href="/jobs"]').count()) > 0);
    await until('the feed is back', async () => (await visitor.get('/feeds/jobs.xml')).status === 200, { seconds: 40 });
  } finally {
    const book = await load.stop();
    assert.deepEqual(book.failures, []);
    assert.ok(book.requests > 50, `only ${book.requests} requests were made meanwhile`);
  }
});
