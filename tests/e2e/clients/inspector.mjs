// The Inspector's command line, as a developer or a script uses it: a process and a connection for each question.
import { run } from '../lib/children.mjs';
import { module, node22 } from '../lib/paths.mjs';
import { headersFor } from './endpoint.mjs';

const cli = module('@modelcontextprotocol/inspector/clients/launcher/build/index.js');

export async function connect(endpoint, { era = 'legacy' } = {}) {
  const target = endpoint.url
    ? [
        ...['--server-url', endpoint.url, '--transport', 'http'],
        ...Object.entries(headersFor(endpoint)).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
      ]
    : endpoint.command;
  const ask = async (method, ...more) => {
    const args = ['--cli', ...target, '--method', method, '--protocol-era', era, '--format', 'json', '--quiet', ...more];
    const { code, stdout, stderr } = await run(node22, [cli, ...args]);
    if (!stdout.trim()) throw new Error(`inspector ended with ${code}: ${stderr.trim()}`);
    const { result, ...rest } = JSON.parse(stdout);
    return result ?? rest;
  };
  const list = async (key) => (await ask(`${key}/list`))[key];
  return {
    // Inspector does not tell which version it agreed on, nor who answered.
    protocol: undefined,
    server: undefined,
    listTools: () => list('tools'),
    callTool: (name, args = {}) =>
      ask('tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args)),
    listResources: () => list('resources'),
    readResource: (uri) => ask('resources/read', '--uri', uri),
    listPrompts: () => list('prompts'),
    getPrompt: (name, args = {}) =>
      ask('prompts/get', '--prompt-name', name, ...pairs('--prompt-args', args)),
    close: async () => {},
  };
}

const pairs = (flag, values) => Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`]);
