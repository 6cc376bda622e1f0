// The real gateway in a test: its process, its registry and data in folders that go away, its command line.
//
//   const gateway = await bailiwick({ registry: { 'bailiwick.yaml': '…' } });
//   const token = await gateway.token('refund-bot', 'refund-desk');
//   await drive('sdk-v1', { url: gateway.mcp, token }, { tool: 'get_ticket', args: { ticket: 'T-501' } });
//   await gateway.kill();                 // as a power cut would
//   await gateway.restart();              // same data, same addresses
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run, start } from './children.mjs';
import { repository } from './paths.mjs';
import { scratch } from './scratch.mjs';

export const binary = process.env.BAILIWICK_BINARY ?? join(repository, 'build/bailiwick');
export const built = existsSync(binary);

/**
 * Starts a gateway. `registry` is a folder to copy or an object of path → text; `env` adds to the environment, which is
 * where upstream secrets are; `args` adds to `bailiwick serve`; `data` is its folder, when it is not
 * to be a new one; `faults` (lib/faults.mjs) befall the server, and its files of the ledger; `openFiles` is what it may open.
 */
export async function bailiwick({ registry = {}, env = {}, args = [], data, faults, openFiles } = {}) {
  const home = scratch('bailiwick');
  const gateway = { registry: join(home, 'registry'), data: data ?? join(home, 'data') };
  faults?.files(join(gateway.data, 'ledger.db'));
  mkdirSync(gateway.registry);
  mkdirSync(gateway.data, { recursive: true });

  /** Puts files into the registry; `apply` makes them live. */
  gateway.write = (files) => {
    for (const [path, text] of Object.entries(files)) {
      const file = join(gateway.registry, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  };
  if (typeof registry === 'string') cpSync(registry, gateway.registry, { recursive: true });
  else gateway.write(registry);

  const environment = () => ({
    ...process.env,
    BAILIWICK_USER: 'ana',
    BAILIWICK_DATA: gateway.data,
    ...(gateway.admin && { BAILIWICK_ADMIN: gateway.admin }),
    ...env,
  });

  /** Runs a command against this gateway: { code, signal, stdout, stderr }. */
  gateway.cli = (...words) => run(binary, words, { env: environment() });

  /** The same for a command that must succeed; answers what it printed. */
  gateway.must = async (...words) => {
    const { code, stdout, stderr } = await gateway.cli(...words);
    if (code !== 0) throw new Error(`bailiwick ${words.join(' ')} ended with ${code}: ${stderr || stdout}`);
    return stdout.trim();
  };

  gateway.token = (agent, workflow, ttl = '1h') =>
    gateway.must('token', 'issue', '--agent', agent, '--workflow', workflow, '--ttl', ttl);

  let server;
  const serve = async () => {
    const at = (url) => (url ? new URL(url).host : '127.0.0.1:0');
    const folders = ['--registry', gateway.registry, '--data', gateway.data];
    const addresses = ['--agents', at(gateway.agents), '--admin', at(gateway.admin)];
    const limited = openFiles ? ['sh', '-c', `ulimit -n ${openFiles}; exec "$0" "$@"`, binary] : [binary];
    const [command, ...words] = [...limited, 'serve', ...folders, ...addresses, ...args];
    server = await start(command, words, { env: { ...environment(), ...faults?.env } });
    gateway.agents = server.agents;
    gateway.admin = server.admin;
    gateway.mcp = new URL('/mcp', server.agents).href;
  };

  gateway.stop = () => server.stop('SIGTERM');
  gateway.kill = () => server.stop('SIGKILL');
  gateway.pid = () => server.child.pid;
  gateway.stderr = () => server.stderr();
  gateway.gone = () => server.gone;
  gateway.restart = async () => {
    await server.stop();
    await serve();
  };

  await serve();
  return gateway;
}
