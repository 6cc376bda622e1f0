// A registry around counting upstreams (lib/counting.mjs): two agents, `one` and `two`, each in a workflow of its own, and
// tools that pass without a human although they write.

export const people = [
  { kind: 'Person', name: 'ana' },
  { kind: 'Person', name: 'ben' },
];

/** An Upstream document: `where` is { url } or { command, args }. */
export const counter = (name, where, keys = {}) => ({
  kind: 'Upstream',
  name,
  ...where,
  environment: 'staging',
  prefix: '',
  system_owner: 'ana',
  risk_owner: 'ben',
  tools: { look: { tier: 'read' }, count: { tier: 'write' }, spend: { tier: 'write' }, echo: { tier: 'read' } },
  ...keys,
});

/** Files of a registry with these upstreams. `rules` come beside those that let everything pass. */
export function counted(upstreams, { rules = [], meters = {}, hold = { budget: '30s', expires: '1h' } } = {}) {
  const tools = upstreams.flatMap(({ name, tools }) => [`${name}/*`, ...Object.keys(tools).map((tool) => `${name}/${tool}`)]);
  const may = { environments: ['staging'], tools };
  const agent = (name) => [
    { kind: 'Agent', name, owner: 'ana', steward: 'ana', may },
    { kind: 'Workflow', name: `work-${name}`, accountable: 'ana', agents: [name], autonomy: 'production', reviewers: ['ben'], hold, may },
  ];
  const allowed = [
    { id: 'reads', match: { tier: 'read' }, effect: 'allow' },
    { id: 'writes', match: { tier: 'write' }, effect: 'allow', unattended: 'It only counts.' },
  ];
  const documents = [
    ...people,
    ...agent('one'),
    ...agent('two'),
    { kind: 'Policy', name: 'all', rules: [...allowed, ...rules] },
    ...(Object.keys(meters).length ? [{ kind: 'Meters', name: 'all', meters }] : []),
    ...upstreams,
  ];
  // JSON is YAML.
  return { 'bailiwick.yaml': documents.map((document) => JSON.stringify(document, null, 2)).join('\n---\n') + '\n' };
}
