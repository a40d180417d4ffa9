// measure.mjs - the measuring half of tests/bench/run, which says what it prints and needs.
import { spawn, spawnSync, execFileSync } from 'node:child_process';
import {
  existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { JIYE_HOME: site, JIYE_PORT: sitePort, JIYE_BUILD: build, JIYE_ROOT: root } = process.env;
const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const port = Number(process.env.JIYE_BENCH_PORT ?? 18281); // and the next one
const ours = `http://127.0.0.1:${port}`;
const theirs = `http://127.0.0.1:${port + 1}`;
const uncached = 'Authorization: bench'; // the page cache neither answers nor keeps such requests
const tick = 10000; // microseconds of one clock tick in /proc

const median = (numbers) => {
  const sorted = numbers.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor(sorted.length / 2)] : NaN;
};
const pidOf = (file) => Number(readFileSync(file, 'utf8'));

// --- Processes ---

function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const rest = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
    const [user, system, childUser, childSystem] = rest.slice(11, 15).map(Number);
    return { name, parent: Number(rest[1]), own: (user + system) * tick, ended: (childUser + childSystem) * tick };
  } catch {
    return null;
  }
}

const children = (parent) => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number)
  .filter((pid) => stat(pid)?.parent === parent);

// CPU microseconds of a process and all it ever started, those that have ended included.
function cpu(pid) {
  const all = (one) => (one?.own ?? 0) + (one?.ended ?? 0);
  return [pid, ...children(pid)].reduce((sum, one) => sum + all(stat(one)), 0);
}

const webWorkers = () => children(parts.jiyed).filter((pid) => stat(pid)?.name === 'jiyed-web');

// --- The nginx of this run: the site's configuration, with a second server for the bare program ---

const temp = mkdtempSync(`${process.env.TMPDIR ?? '/tmp'}/jiye-bench-`);
const parts = { mariadb: pidOf(`${site}/run/mariadb.pid`), jiyed: pidOf(`${site}/run/jiyed.pid`) };
const started = [];

function configure() {
  for (const folder of ['nginx', 'run', 'log', 'feeds']) mkdirSync(`${temp}/${folder}`);
  symlinkSync(`${site}/run/jiyed.sock`, `${temp}/run/jiyed.sock`);
  const words = {
    HOME: temp, PORT: port, STATIC: `${site}/static`, SHARE: root, USER: process.env.USER ?? 'root',
  };
  const write = (name, change = (text) => text) => {
    const text = readFileSync(`${root}/nginx/${name}.in`, 'utf8').replace(/@([A-Z]+)@/g, (_, word) => words[word]);
    writeFileSync(`${temp}/nginx/${name}`, change(text));
  };
  for (const name of ['headers.inc', 'static.inc', 'site.inc', 'fastcgi.inc']) write(name);
  write('http.inc', (text) => `${text}upstream bare { server unix:${temp}/run/bare.sock max_fails=0; }\n`);
  write('jiye.conf', (text) => {
    const [server] = text.match(/\tserver \{[^}]*\}\n/);
    const bare = server.replace(`:${port} `, `:${port + 1} `).replace('/nginx/site.inc', '/nginx/bare-site.inc');
    return text.replace(server, server + bare);
  });
  const site_ = readFileSync(`${temp}/nginx/site.inc`, 'utf8');
  const pass = readFileSync(`${temp}/nginx/fastcgi.inc`, 'utf8');
  writeFileSync(`${temp}/nginx/bare-site.inc`, site_.replaceAll('/nginx/fastcgi.inc', '/nginx/bare.inc'));
  writeFileSync(`${temp}/nginx/bare.inc`, pass.replace('fastcgi_pass jiye;', 'fastcgi_pass bare;'));
}

async function ready(what, check) {
  for (let tries = 0; tries < 100; tries++) {
    if (await check()) return;
    await sleep(50);
  }
  throw new Error(`${what} did not start`);
}

async function start(bytes, processes) {
  const bare = spawn(`${build}/tests/bench_hello_fcgi`, [`${temp}/run/bare.sock`, processes, bytes], { stdio: 'ignore' });
  started.push(bare);
  parts.bare = bare.pid;
  await ready('hello_fcgi', () => existsSync(`${temp}/run/bare.sock`));
  const nginx = spawn('nginx', ['-e', `${temp}/log/nginx-error.log`, '-p', temp, '-c', `${temp}/nginx/jiye.conf`,
    '-g', 'daemon off;'], { stdio: ['ignore', 'ignore', 'inherit'] });
  started.push(nginx);
  parts.nginx = nginx.pid;
  for (const url of [ours, theirs])
    await ready('nginx', () => fetch(`${url}/hello`).then((answer) => answer.ok, () => false));
}

async function page(path) {
  const answer = await fetch(`http://127.0.0.1:${sitePort}${path}`, { headers: { accept: 'text/html' } });
  if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}`);
  return answer.text();
}

// --- Requests ---

function load(url) {
  const before = Object.fromEntries(Object.entries(parts).map(([name, pid]) => [name, cpu(pid)]));
  const out = execFileSync('wrk', ['-t1', `-c${options.connections}`, `-d${seconds}`, '--latency', '-H', uncached,
    url], { encoding: 'utf8' });
  const requests = Number(out.match(/(\d+) requests in/)[1]);
  const [, p99, unit] = out.match(/99%\s+([\d.]+)(us|ms|s)/);
  const used = Object.fromEntries(Object.entries(parts).map(([name, pid]) => [name, (cpu(pid) - before[name]) / requests]));
  return {
    rate: Number(out.match(/Requests\/sec:\s+([\d.]+)/)[1]),
    p99_ms: Number(p99) * { us: 0.001, ms: 1, s: 1000 }[unit],
    failed: Number(out.match(/Non-2xx or 3xx responses: (\d+)/)?.[1] ?? 0),
    nginx_us: used.nginx, program_us: used.jiyed + used.bare, mariadb_us: used.mariadb,
  };
}

function summary(name, runs) {
  const row = { name };
  for (const key of Object.keys(runs[0])) row[key] = median(runs.map((run) => run[key]));
  row.failed = runs.reduce((sum, run) => sum + run.failed, 0);
  return row;
}

// --- Rendering, start, memory ---

// The best of several: other programs on the machine only ever add to it.
function rendering() {
  const best = new Map();
  for (let i = 0; i < 7; i++) {
    const { stdout } = spawnSync(`${build}/tests/bench_render`, ['4000'], { encoding: 'utf8' });
    for (const line of stdout.trim().split('\n')) {
      const [, name, bytes, us] = line.match(/^(.*): (\d+) bytes, ([\d.]+) us$/);
      if (!(best.get(name)?.us <= Number(us))) best.set(name, { name, bytes: Number(bytes), us: Number(us) });
    }
  }
  return [...best.values()];
}

const status = () => JSON.parse(execFileSync(`${build}/bin/jiyectl`,
  ['--conf', `${site}/jiye.conf`, 'status', '--json'], { encoding: 'utf8' }));

// One worker at a time is asked to leave; its successor says how long it took.
async function starts(times) {
  const took = [];
  for (let i = 0; i < times; i++) {
    const before = new Set(webWorkers());
    process.kill([...before][0], 'SIGTERM');
    await ready('a worker', () => {
      const fresh = status().workers.find((w) => w.kind === 'web' && !before.has(w.pid) && w.start_ms > 0);
      if (fresh) took.push(fresh.start_ms);
      return fresh;
    });
  }
  return took;
}

function memory(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mib = (key) => Number(text.match(new RegExp(`^${key}:\\s+(\\d+)`, 'm'))[1]) / 1024;
  return { rss: mib('Rss'), pss: mib('Pss'), own: mib('Private_Dirty') };
}

// --- The run ---

async function measure() {
  const hello = await page('/hello');
  const job = (await page('/jobs')).match(/href="(\/jobs\/\d+)"/)?.[1];
  const bytes = Buffer.byteLength(hello);
  const workers = webWorkers().length;
  configure();
  await start(bytes, workers);
  const subjects = [['bare libfcgi hello', `${theirs}/hello`], ['our hello', `${ours}/hello`]];
  if (job) subjects.push([`one query by key (${job})`, ours + job]);
  subjects.push(['static file (jiye.css)', `${ours}/static/jiye.css`]);
  const runs = new Map(subjects.map(([name]) => [name, []]));
  for (const [, url] of subjects) execFileSync('wrk', ['-t1', '-c8', '-d1', '-H', uncached, url]);
  for (let round = 0; round < rounds; round++)
    for (const [name, url] of subjects) runs.get(name).push(load(url));
  const rows = subjects.map(([name]) => summary(name, runs.get(name)));
  const ratios = runs.get('our hello').map((run, i) => run.rate / runs.get('bare libfcgi hello')[i].rate);
  const used = webWorkers().map(memory);
  return {
    workers, bytes, connections: Number(options.connections), rounds, seconds, rows,
    hello_of_bare: median(ratios), rendering: rendering(),
    memory_mib: Object.fromEntries(['rss', 'pss', 'own'].map((key) => [key, Math.max(...used.map((m) => m[key]))])),
    start_ms: await starts(5),
  };
}

function table(r) {
  const lines = [`${r.workers} workers, pages of ${r.bytes} bytes, ${r.connections} connections, medians of `
    + `${r.rounds} rounds of ${r.seconds} s`, ''];
  const head = ['requests/s', 'of bare', 'p99 ms', 'nginx us', 'program us', 'MariaDB us', 'CPU of bare', 'failed'];
  const cost = (row) => row.nginx_us + row.program_us + row.mariadb_us;
  lines.push(''.padEnd(34) + head.map((word) => word.padStart(12)).join(''));
  for (const row of r.rows) {
    const cells = [row.rate.toFixed(0), (row.rate / r.rows[0].rate).toFixed(2), row.p99_ms.toFixed(1),
      row.nginx_us.toFixed(1), row.program_us.toFixed(1), row.mariadb_us.toFixed(1),
      (cost(row) / cost(r.rows[0])).toFixed(2), row.failed];
    lines.push(row.name.padEnd(34) + cells.map((cell) => String(cell).padStart(12)).join(''));
  }
  const aim = (good) => (good ? 'reached' : 'MISSED');
  const page14 = r.rendering.at(-1);
  const start = median(r.start_ms);
  lines.push('', `hello, round by round: ${(100 * r.hello_of_bare).toFixed(1)} % of bare (aim 90): ${aim(r.hello_of_bare >= 0.9)}`);
  for (const one of r.rendering) lines.push(`${one.name}: ${one.bytes} bytes, ${one.us} us`);
  lines.push(`   aim of the last 60 us: ${aim(page14.us < 60)}`,
    `a worker from fork to ready: ${start} ms (${r.start_ms.join(', ')}; aim 100): ${aim(start < 100)}`,
    `a worker's memory, the largest, after the load: PSS ${r.memory_mib.pss.toFixed(1)} MiB, RSS `
    + `${r.memory_mib.rss.toFixed(1)} MiB, its own ${r.memory_mib.own.toFixed(1)} MiB (aim 20, RSS): ${aim(r.memory_mib.rss < 20)}`);
  return lines.join('\n');
}

try {
  const result = await measure();
  console.log(options.json ? JSON.stringify(result, null, 1) : table(result));
} finally {
  for (const program of started) program.kill('SIGTERM');
  await Promise.all(started.map((program) => program.exitCode ?? new Promise((done) => program.once('exit', done))));
  rmSync(temp, { recursive: true, force: true });
}
