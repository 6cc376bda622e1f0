// Registries for tests: everything that an upstream offers, for one agent in one workflow, unless told otherwise.
import { clients } from '../clients/drive.mjs';

export const agent = 'tester';
export const workflow = 'testing';

/** An upstream's tool names, as it lists them itself. `where` is { url, token } or { command, env }. */
export async function toolsOf(where) {
  const client = await clients['sdk-v2-auto'](where);
  const tools = await client.listTools();
  await client.close();
  return tools.map((tool) => tool.name);
}

/**
 * The Upstream document for `where`, its tools of tier read unless `profiles` says otherwise. `keys` are further keys of
 * the document, such as credential.
 */
export async function upstream(name, where, { prefix = '', profiles = {}, tools, ...keys } = {}) {
  const [command, ...args] = where.command ?? [];
  const names = tools ?? (await toolsOf(where));
  return {
    kind: 'Upstream',
    name,
    ...(where.url ? { url: where.url } : { command, args, ...(where.env && { env: where.env }) }),
    environment: 'sandbox',
    prefix,
    system_owner: 'ana',
    risk_owner: 'rita',
    tools: Object.fromEntries(names.map((tool) => [tool, { tier: 'read', ...profiles[tool] }])),
    resources: ['*'],
    prompts: ['*'],
    ...keys,
  };
}

/**
 * People, one agent, one workflow that may use all of `upstreams`, and a policy of `rules`. `agentMay` grants the agent less
 * than its workflow has.
 */
export function registry(upstreams, { rules = [], hold = { budget: '30s', expires: '1h' }, documents = [], agentMay } = {}) {
  const tools = upstreams.flatMap(({ name, tools }) => {
    const above = Object.entries(tools).filter(([, profile]) => profile.tier !== 'read');
    return [`${name}/*`, ...above.map(([tool]) => `${name}/${tool}`)];
  });
  const may = { environments: ['sandbox'], tools, resources: ['*'], prompts: ['*'] };
  return {
    'bailiwick.yaml': yaml([
      ...['ana', 'ben', 'rita'].map((name) => ({ kind: 'Person', name })),
      { kind: 'Agent', name: agent, owner: 'ana', steward: 'ben', may: { ...may, ...agentMay } },
      { kind: 'Workflow', name: workflow, accountable: 'ana', agents: [agent], autonomy: 'production', hold, may },
      { kind: 'Policy', name: 'all', rules: [...reads, ...rules] },
      ...upstreams,
      ...documents,
    ]),
  };
}

const reads = [
  { id: 'read.tools', match: { tier: 'read' }, effect: 'allow' },
  { id: 'read.resources', match: { resource: '*' }, effect: 'allow' },
  { id: 'read.prompts', match: { prompt: '*' }, effect: 'allow' },
];

/** JSON is YAML. */
export const yaml = (documents) => documents.map((document) => JSON.stringify(document, null, 2)).join('\n---\n') + '\n';
