// screenshot.mjs - the README's picture, from a running demonstration: the first page and a graduate's
// three jobs, as two phones side by side.
//
//   node tests/browser/screenshot.mjs http://127.0.0.1:8080 var/demo-accounts.json core/static/screenshot.png
import { readFileSync, writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import { launch, phone, press } from '../lib/browser.mjs';

const [url, accounts, file] = process.argv.slice(2);
if (!file) {
  console.error('usage: node tests/browser/screenshot.mjs URL ACCOUNTS.json OUT.png');
  process.exit(2);
}
const graduate = JSON.parse(readFileSync(accounts, 'utf8')).find((a) => a.role_code === 'graduate');
const browser = await launch();
const context = await browser.newContext({ viewport: phone, deviceScaleFactor: 1.5, locale: 'zh-CN', baseURL: url });
const page = await context.newPage();

const shots = [];
await page.goto('/');
shots.push(await page.screenshot());
await page.goto('/account/sign-in');
await page.getByLabel('账号').fill(graduate.name);
await page.getByLabel('密码').fill(graduate.password);
await press(page, '登录');
await page.goto('/jobs/pushed');
shots.push(await page.screenshot());

const frame = await browser.newPage({ viewport: { width: 868, height: 892 }, deviceScaleFactor: 1.5 });
await frame.setContent(`<body style="margin:0;display:flex;gap:24px;padding:24px;background:#e8eef5">
${shots.map((png) => `<img width="390" height="844" style="border:1px solid #9fb0c2;border-radius:20px"
  src="data:image/png;base64,${png.toString('base64')}">`).join('')}`);
await frame.evaluate(() => Promise.all([...document.images].map((i) => i.decode())));
const { width, height, pixels } = await frame.evaluate(async (png) => {
  const image = await createImageBitmap(await (await fetch(png)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(0, 0, image.width, image.height);
  return { width: image.width, height: image.height, pixels: [...new Uint32Array(data.buffer)] };
}, `data:image/png;base64,${(await frame.screenshot()).toString('base64')}`);
writeFileSync(file, palettePng(width, height, pixels));
await browser.close();

// A page has few colours: 256 of them make a file of a third of the size.
function palettePng(wide, high, colours) {
  const seen = new Map();
  for (const c of colours) seen.set(c, (seen.get(c) ?? 0) + 1);
  const palette = [...seen].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([c]) => c);
  const parts = (c) => [c & 255, (c >> 8) & 255, (c >> 16) & 255];
  const apart = (a, b) => parts(a).reduce((sum, v, i) => sum + (v - parts(b)[i]) ** 2, 0);
  const nearest = (c) => palette.reduce((best, p, i) => (apart(p, c) < apart(palette[best], c) ? i : best), 0);
  const index = new Map([...seen.keys()].map((c) => [c, nearest(c)]));
  const lines = Buffer.alloc((wide + 1) * high);
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) lines[y * (wide + 1) + 1 + x] = index.get(colours[y * wide + x]);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(wide, 0);
  header.writeUInt32BE(high, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const chunk = (kind, body) => {
    const data = Buffer.concat([Buffer.from(kind), body]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(body.length);
    sum.writeUInt32BE(crc32(data));
    return Buffer.concat([length, data, sum]);
  };
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap(parts))), chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0))]);
}
